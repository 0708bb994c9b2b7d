//! `awk`: POSIX's language with the functions that gawk added and people use. `lex.rs` and `parse.rs` read the program, `run.rs`
//! evaluates it, `builtin.rs` has the functions, `stream.rs` the files and commands.

mod builtin;
mod lex;
mod parse;
mod run;
mod stream;
mod value;

use applet::{getopt, input, opts, out, warn, words};

/// `awk`.
pub fn main(argv: &[String]) -> i32 {
    let usage = "awk [-F SEP] [-v VAR=VAL]... { -f FILE | 'PROGRAM' } [FILE]...";
    let long = &[
        ("field-separator", 'F'),
        ("assign", 'v'),
        ("file", 'f'),
        ("version", 'V'),
    ];
    let args = getopt(argv, "+F:v:f:Ve:W:", long, usage);
    if args.has('V') {
        out().text("awk (Schooner tools)\n");
        return 0;
    }
    let mut rest = args.rest.clone();
    let mut program = String::new();
    for file in args.values('f') {
        match input::read_all(file) {
            Ok(bytes) => {
                program.push_str(&String::from_utf8_lossy(&bytes));
                program.push('\n');
            }
            Err(error) => {
                warn(format_args!("can't open file {file}: {}", words(&error)));
                return 2;
            }
        }
    }
    program.extend(args.values('e').flat_map(|text| [text, "\n"]));
    if program.is_empty() {
        if rest.is_empty() {
            opts::complain("no program", usage);
        }
        program = rest.remove(0);
    }
    let program = match parse::parse(&program) {
        Ok(program) => program,
        Err(problem) => {
            warn(format_args!("cmd. line:{problem}"));
            return if applet::busybox() { 1 } else { 2 };
        }
    };
    let mut awk = run::Awk::new(program, &rest);
    if let Some(separator) = args.value('F') {
        awk.assign("FS", if separator == "t" { "\t" } else { separator });
    }
    for text in args.values('v') {
        match text.split_once('=') {
            Some((name, value)) => awk.assign(name, value),
            None => opts::complain("bad -v argument", usage),
        }
    }
    awk.run()
}
