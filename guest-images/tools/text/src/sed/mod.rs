//! `sed`: POSIX's commands and GNU's everyday extensions.

mod parse;
mod run;

use applet::{getopt, input, opts, out, warn, words};

/// `sed`.
pub fn main(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("quiet", 'n'),
        ("silent", 'n'),
        ("expression", 'e'),
        ("file", 'f'),
        ("regexp-extended", 'E'),
        ("in-place", 'i'),
        ("separate", 's'),
        ("null-data", 'z'),
        ("unbuffered", 'u'),
        ("posix", 'π'),
        ("version", 'ν'),
    ];
    let usage = "sed [-i[SFX]] [-nrE] [-f FILE]... [-e CMD]... [FILE]...";
    let args = getopt(argv, "ne:f:Eri::szuπν", LONG, usage);
    if args.has('ν') {
        out().text("sed (Schooner tools), after GNU sed 4.9\n");
        return 0;
    }
    let mut rest = args.rest.clone();
    let mut script = String::new();
    for (letter, value) in &args.options {
        let value = value.as_deref().unwrap_or("");
        match letter {
            'e' => script.push_str(value),
            'f' => match input::read_all(value) {
                Ok(bytes) => {
                    script.push_str(String::from_utf8_lossy(&bytes).trim_end_matches('\n'))
                }
                Err(error) => {
                    warn(format_args!(
                        "couldn't open file {value}: {}",
                        words(&error)
                    ));
                    return 1;
                }
            },
            _ => continue,
        }
        script.push('\n');
    }
    if !args.has('e') && !args.has('f') {
        if rest.is_empty() {
            opts::complain("no script specified", usage);
        }
        script = rest.remove(0);
    }
    let quiet = args.has('n') || script.starts_with("#n\n");
    let commands = match parse::parse(&script, args.has('E') || args.has('r')) {
        Ok(commands) => commands,
        Err(problem) => {
            warn(if applet::busybox() {
                problem
            } else {
                format!(
                    "-e expression #1, char {}: {problem}",
                    script.trim_end().len()
                )
            });
            return 1;
        }
    };
    let in_place = args
        .has('i')
        .then(|| args.value('i').unwrap_or("").to_string());
    if rest.is_empty() {
        rest.push("-".into());
    }
    let separate = args.has('s') || in_place.is_some();
    run::Sed::new(
        commands,
        quiet,
        if args.has('z') { 0 } else { b'\n' },
        args.has('u'),
    )
    .run(&rest, separate, in_place.as_deref())
}
