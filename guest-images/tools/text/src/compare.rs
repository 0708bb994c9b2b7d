//! `cmp`, `comm`.

use applet::{Lines, busybox, getopt, input, opts, out, warn, words};
use std::io::{BufReader, Read};

/// `cmp`.
pub fn cmp(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("verbose", 'l'),
        ("quiet", 's'),
        ("silent", 's'),
        ("bytes", 'n'),
        ("print-bytes", 'b'),
    ];
    let usage = "cmp [-ls] [-n NUM] FILE1 [FILE2]";
    let args = getopt(argv, "lsbn:i:", LONG, usage);
    let Some(one) = args.rest.first() else {
        opts::complain("missing operand", usage)
    };
    let two = args.rest.get(1).map_or("-", String::as_str);
    let limit = args
        .value('n')
        .and_then(|text| text.parse::<u64>().ok())
        .unwrap_or(u64::MAX);
    let mut readers = Vec::new();
    for path in [one.as_str(), two] {
        match input::open_input(path) {
            Ok(reader) => readers.push(BufReader::new(reader).bytes()),
            Err(error) => {
                warn(if busybox() {
                    format!("can't open '{path}': {}", words(&error))
                } else {
                    format!("{path}: {}", words(&error))
                });
                return 2;
            }
        }
    }
    let (mut at, mut line, mut code) = (0u64, 1u64, 0);
    while at < limit {
        let a = readers[0].next().and_then(Result::ok);
        let b = readers[1].next().and_then(Result::ok);
        at += 1;
        match (a, b) {
            (None, None) => break,
            (Some(a), Some(b)) if a == b => line += u64::from(a == b'\n'),
            (Some(a), Some(b)) => {
                code = 1;
                if args.has('l') {
                    writeln!(out(), "{at} {a:>3o} {b:>3o}");
                    continue;
                }
                if !args.has('s') {
                    writeln!(
                        out(),
                        "{one} {two} differ: {} {at}, line {line}",
                        if busybox() { "byte" } else { "char" }
                    );
                }
                break;
            }
            (short, _) => {
                if !args.has('s') {
                    let name = if short.is_none() { one.as_str() } else { two };
                    if busybox() {
                        warn(format_args!("EOF on {name}"));
                    } else if at == 1 {
                        warn(format_args!("EOF on '{name}' which is empty"));
                    } else {
                        warn(format_args!(
                            "EOF on '{name}' after byte {}, line {}",
                            at - 1,
                            line - 1
                        ));
                    }
                }
                return 1;
            }
        }
    }
    code
}

/// `comm`.
pub fn comm(argv: &[String]) -> i32 {
    let usage = "comm [-123] FILE1 FILE2";
    let args = getopt(
        argv,
        "123zω:",
        &[("output-delimiter", 'ω'), ("zero-terminated", 'z')],
        usage,
    );
    let [one, two] = &args.rest[..] else {
        opts::complain("needs two files", usage)
    };
    let mut sides = Vec::new();
    for path in [one, two] {
        match Lines::open(path) {
            Ok(lines) => sides.push(lines),
            Err(error) => {
                warn(format_args!("{path}: {}", words(&error)));
                return 1;
            }
        }
    }
    let tab = args.value('ω').unwrap_or("\t");
    let show = |column: usize, line: &[u8]| {
        let letter = ['1', '2', '3'][column];
        if args.has(letter) {
            return;
        }
        let o = out();
        for before in ['1', '2', '3'].iter().take(column) {
            if !args.has(*before) {
                o.text(tab);
            }
        }
        o.bytes(line);
        o.text("\n");
    };
    let (mut a, mut b) = (sides[0].next_line(), sides[1].next_line());
    loop {
        match (&a, &b) {
            (None, None) => return 0,
            (Some(left), Some(right)) if left == right => {
                show(2, left);
                a = sides[0].next_line();
                b = sides[1].next_line();
            }
            (Some(left), right) if right.as_ref().is_none_or(|right| left < right) => {
                show(0, left);
                a = sides[0].next_line();
            }
            (_, Some(right)) => {
                show(1, right);
                b = sides[1].next_line();
            }
            (Some(_), None) => {}
        }
    }
}
