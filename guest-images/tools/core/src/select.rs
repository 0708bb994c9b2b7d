//! Lines and parts of lines: `cut`, `nl`, `rev`, `tac`, `uniq`.

use crate::output::cannot_open;
use applet::{Lines, die, getopt, input, opts, out, warn, words};

/// Ranges like `1,3-5,7-`, from one; `usize::MAX` is "to the end".
fn ranges(list: &str) -> Option<Vec<(usize, usize)>> {
    let mut found = Vec::new();
    for part in list.split([',', ' ']) {
        let number = |text: &str| text.parse::<usize>().ok().filter(|n| *n > 0);
        found.push(match part.split_once('-') {
            None => (number(part)?, number(part)?),
            Some(("", to)) => (1, number(to)?),
            Some((from, "")) => (number(from)?, usize::MAX),
            Some((from, to)) => (number(from)?, number(to)?),
        });
        if found.last().is_some_and(|(from, to)| from > to) {
            return None;
        }
    }
    Some(found)
}

/// `cut`.
pub fn cut(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("bytes", 'b'),
        ("characters", 'c'),
        ("fields", 'f'),
        ("delimiter", 'd'),
        ("only-delimited", 's'),
        ("complement", 'κ'),
        ("output-delimiter", 'ω'),
        ("zero-terminated", 'z'),
    ];
    let usage = "cut OPTIONS [FILE]...";
    let args = getopt(argv, "b:c:f:d:snzκω:", LONG, usage);
    let Some(kind) = args.last_of("bcf") else {
        opts::complain(
            "you must specify a list of bytes, characters, or fields",
            usage,
        )
    };
    let Some(wanted) = args.value(kind).and_then(ranges) else {
        opts::complain("invalid byte, character or field list", usage)
    };
    let keep =
        |at: usize| wanted.iter().any(|(from, to)| (*from..=*to).contains(&at)) != args.has('κ');
    let delimiter = args
        .value('d')
        .map_or("\t", |text| if text.is_empty() { "\0" } else { text });
    if delimiter.chars().count() != 1 {
        die("the delimiter must be a single character");
    }
    let glue = args.value('ω').unwrap_or(delimiter);
    let end = if args.has('z') { 0 } else { b'\n' };
    let mut code = 0;
    for path in args.files() {
        let lines = match Lines::open(&path) {
            Ok(lines) => lines.ending(end),
            Err(error) => {
                cannot_open(&path, &error);
                code = 1;
                continue;
            }
        };
        for line in lines {
            let o = out();
            match kind {
                'b' => {
                    for (at, byte) in line.iter().enumerate() {
                        if keep(at + 1) {
                            o.bytes(&[*byte]);
                        }
                    }
                }
                'c' => {
                    let text = String::from_utf8_lossy(&line);
                    o.text(
                        &text
                            .chars()
                            .enumerate()
                            .filter(|(at, _)| keep(at + 1))
                            .map(|(_, c)| c)
                            .collect::<String>(),
                    );
                }
                _ => {
                    let text = String::from_utf8_lossy(&line);
                    if !text.contains(delimiter) {
                        if args.has('s') {
                            continue;
                        }
                        o.text(&text);
                    } else {
                        let parts: Vec<&str> = text
                            .split(delimiter)
                            .enumerate()
                            .filter(|(at, _)| keep(at + 1))
                            .map(|(_, part)| part)
                            .collect();
                        o.text(&parts.join(glue));
                    }
                }
            }
            o.bytes(&[end]);
        }
    }
    code
}

/// `rev`.
pub fn rev(argv: &[String]) -> i32 {
    let args = getopt(argv, "", &[], "rev [FILE]...");
    let mut code = 0;
    for path in args.files() {
        match Lines::open(&path) {
            Ok(mut lines) => {
                while let Some(line) = lines.next_line() {
                    out().text(
                        &String::from_utf8_lossy(&line)
                            .chars()
                            .rev()
                            .collect::<String>(),
                    );
                    if lines.terminated {
                        out().text("\n");
                    }
                }
            }
            Err(error) => {
                cannot_open(&path, &error);
                code = 1;
            }
        }
    }
    code
}

/// `tac`.
pub fn tac(argv: &[String]) -> i32 {
    let args = getopt(argv, "s:", &[("separator", 's')], "tac [FILE]...");
    let mut code = 0;
    for path in args.files() {
        match input::read_all(&path) {
            Ok(bytes) => {
                let mut pieces: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
                pieces.reverse();
                for piece in pieces {
                    out().bytes(piece);
                }
            }
            Err(error) => {
                warn(if applet::busybox() {
                    format!("can't open '{path}': {}", words(&error))
                } else {
                    format!("failed to open '{path}' for reading: {}", words(&error))
                });
                code = 1;
            }
        }
    }
    code
}

/// `nl`.
pub fn nl(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("body-numbering", 'b'),
        ("number-width", 'w'),
        ("number-separator", 's'),
        ("starting-line-number", 'v'),
        ("line-increment", 'i'),
        ("number-format", 'n'),
    ];
    let args = getopt(argv, "b:w:s:v:i:n:h:f:p", LONG, "nl [OPTIONS] [FILE]...");
    let number = |letter, default: i64| {
        args.value(letter)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
    };
    let (width, step) = (number('w', 6) as usize, number('i', 1));
    let (mut line_number, mut code) = (number('v', 1), 0);
    let style = args.value('b').unwrap_or("t");
    let separator = args.value('s').unwrap_or("\t");
    for path in args.files() {
        let lines = match Lines::open(&path) {
            Ok(lines) => lines,
            Err(error) => {
                cannot_open(&path, &error);
                code = 1;
                continue;
            }
        };
        for line in lines {
            let mut o = out();
            let counts = style == "a" || style == "t" && !line.is_empty();
            if counts {
                match args.value('n') {
                    Some("ln") => write!(o, "{line_number:<width$}{separator}"),
                    Some("rz") => write!(o, "{line_number:0>width$}{separator}"),
                    _ => write!(o, "{line_number:>width$}{separator}"),
                }
                line_number += step;
            } else {
                write!(o, "{:w$}", "", w = width + separator.chars().count());
            }
            o.bytes(&line);
            o.text("\n");
        }
    }
    code
}

/// `uniq`.
pub fn uniq(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("count", 'c'),
        ("repeated", 'd'),
        ("unique", 'u'),
        ("ignore-case", 'i'),
        ("skip-fields", 'f'),
        ("skip-chars", 's'),
        ("check-chars", 'w'),
        ("zero-terminated", 'z'),
        ("all-repeated", 'D'),
    ];
    let args = getopt(
        argv,
        "cduif:s:w:zD",
        LONG,
        "uniq [-cdui] [-f,s,w N] [FILE [OUTFILE]]",
    );
    let number = |letter| {
        args.value(letter)
            .and_then(|text: &str| text.parse::<usize>().ok())
    };
    let path = args.rest.first().map_or("-", String::as_str);
    let lines = match Lines::open(path) {
        Ok(lines) => lines,
        Err(error) => {
            cannot_open(path, &error);
            return 1;
        }
    };
    let end = if args.has('z') { 0 } else { b'\n' };
    let key = |line: &[u8]| -> Vec<u8> {
        let mut rest = line;
        for _ in 0..number('f').unwrap_or(0) {
            let blanks = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            let word = rest[blanks..]
                .iter()
                .take_while(|b| !b.is_ascii_whitespace())
                .count();
            rest = &rest[blanks + word..];
        }
        rest = rest.get(number('s').unwrap_or(0)..).unwrap_or(&[]);
        rest = rest
            .get(..number('w').unwrap_or(usize::MAX))
            .unwrap_or(rest);
        if args.has('i') {
            rest.to_ascii_lowercase()
        } else {
            rest.to_vec()
        }
    };
    let mut target: Box<dyn std::io::Write> = match args.rest.get(1) {
        Some(path) => match std::fs::File::create(path) {
            Ok(file) => Box::new(file),
            Err(error) => die(format_args!("{path}: {}", words(&error))),
        },
        None => Box::new(out()),
    };
    let mut show = |group: &[Vec<u8>]| {
        let count = group.len();
        if count == 0
            || args.has('d') && count < 2
            || args.has('u') && count > 1
            || args.has('D') && count < 2
        {
            return;
        }
        let mut bytes = Vec::new();
        for line in if args.has('D') { group } else { &group[..1] } {
            if args.has('c') {
                bytes.extend(format!("{count:>7} ").bytes());
            }
            bytes.extend(line);
            bytes.push(end);
        }
        let _ = target.write_all(&bytes);
    };
    let mut group: Vec<Vec<u8>> = Vec::new();
    let mut last = None;
    for line in lines.ending(end) {
        let this = key(&line);
        if last.as_ref() != Some(&this) {
            show(&group);
            group.clear();
            last = Some(this);
        }
        // Only the count matters for all but the first, unless all are shown.
        group.push(if group.is_empty() || args.has('D') {
            line
        } else {
            Vec::new()
        });
    }
    show(&group);
    0
}
