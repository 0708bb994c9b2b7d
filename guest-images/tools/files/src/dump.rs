//! Bytes made visible: `od`, `hexdump`, `hd`, `xxd`, `strings`.

use applet::{die, getopt, input, out, size, words};

fn gather(paths: &[String]) -> Vec<u8> {
    let mut all = Vec::new();
    for path in paths {
        match input::read_all(path) {
            Ok(bytes) => all.extend(bytes),
            Err(error) => die(format_args!("{path}: {}", words(&error))),
        }
    }
    all
}

fn window<'a>(bytes: &'a [u8], skip: Option<&str>, most: Option<&str>) -> (usize, &'a [u8]) {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(hex) => usize::from_str_radix(hex, 16).ok(),
        None => size::parse(text).map(|value| value as usize),
    };
    let from = skip.and_then(number).unwrap_or(0).min(bytes.len());
    let to = most
        .and_then(number)
        .map_or(bytes.len(), |most| (from + most).min(bytes.len()));
    (from, &bytes[from..to])
}

fn printable(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| {
            if (32..127).contains(byte) {
                *byte as char
            } else {
                '.'
            }
        })
        .collect()
}

/// `hd` is `hexdump -C`.
pub fn hd(argv: &[String]) -> i32 {
    let mut argv = argv.to_vec();
    argv.insert(1, "-C".into());
    hexdump(&argv)
}

/// Calls `show` for each row; equal rows become one `*`.
fn rows(base: usize, bytes: &[u8], all: bool, show: &mut dyn FnMut(usize, &[u8])) {
    let mut last: Option<&[u8]> = None;
    let mut starred = false;
    for (at, row) in bytes.chunks(16).enumerate() {
        if !all && last == Some(row) && row.len() == 16 {
            if !std::mem::replace(&mut starred, true) {
                out().text("*\n");
            }
            continue;
        }
        starred = false;
        last = Some(row);
        show(base + at * 16, row);
    }
}

/// `hexdump`.
pub fn hexdump(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "Cbcdoxvn:s:",
        &[],
        "hexdump [-bcdoxCv] [-n LEN] [-s OFS] [FILE]...",
    );
    let bytes = gather(&args.files());
    let (base, bytes) = window(&bytes, args.value('s'), args.value('n'));
    let mut o = out();
    let style = args.last_of("Cbcdox").unwrap_or('x');
    let wide = args.has('x');
    rows(base, bytes, args.has('v'), &mut |at, row| {
        let mut line = if style == 'C' {
            format!("{at:08x} ")
        } else {
            format!("{at:07x}")
        };
        match style {
            'C' => {
                for (index, byte) in row.iter().enumerate() {
                    line.push_str(if index == 8 { "  " } else { " " });
                    line.push_str(&format!("{byte:02x}"));
                }
                writeln!(out(), "{line:<58}  |{}|", printable(row));
                return;
            }
            'b' => row
                .iter()
                .for_each(|byte| line.push_str(&format!(" {byte:03o}"))),
            'c' => row
                .iter()
                .for_each(|byte| line.push_str(&format!(" {:>3}", character(*byte)))),
            _ => {
                for pair in row.chunks(2) {
                    let value = u16::from(pair[0]) | u16::from(*pair.get(1).unwrap_or(&0)) << 8;
                    line.push_str(&match style {
                        'd' => format!("   {value:05}"),
                        'o' => format!("  {value:06o}"),
                        _ if wide => format!("    {value:04x}"),
                        _ => format!(" {value:04x}"),
                    });
                }
            }
        }
        writeln!(out(), "{line}");
    });
    if !bytes.is_empty() {
        let end = base + bytes.len();
        writeln!(
            o,
            "{}",
            if style == 'C' {
                format!("{end:08x}")
            } else {
                format!("{end:07x}")
            }
        );
    }
    0
}

fn character(byte: u8) -> String {
    match byte {
        0 => "\\0".into(),
        7 => "\\a".into(),
        8 => "\\b".into(),
        9 => "\\t".into(),
        10 => "\\n".into(),
        11 => "\\v".into(),
        12 => "\\f".into(),
        13 => "\\r".into(),
        32..127 => (byte as char).to_string(),
        other => format!("{other:03o}"),
    }
}

/// `od`.
pub fn od(argv: &[String]) -> i32 {
    let long = &[
        ("address-radix", 'A'),
        ("skip-bytes", 'j'),
        ("read-bytes", 'N'),
        ("format", 't'),
        ("output-duplicates", 'v'),
    ];
    let args = getopt(
        argv,
        "A:j:N:t:vabcdoxw::",
        long,
        "od [-abcdoxv] [-A RADIX] [-t TYPE] [-j SKIP] [-N LEN] [FILE]...",
    );
    let bytes = gather(&args.files());
    let (base, bytes) = window(&bytes, args.value('j'), args.value('N'));
    let mut formats: Vec<String> = Vec::new();
    for (letter, value) in &args.options {
        match letter {
            't' => formats.push(value.clone().unwrap_or_default()),
            'b' => formats.push("o1".into()),
            'c' => formats.push("c".into()),
            'a' => formats.push("a".into()),
            'd' => formats.push("u2".into()),
            'o' => formats.push("o2".into()),
            'x' => formats.push("x2".into()),
            _ => {}
        }
    }
    if formats.is_empty() {
        formats.push("o2".into());
    }
    let address = |at: usize| match args.value('A') {
        Some("n") => String::new(),
        Some("x") => format!("{at:06x}"),
        Some("d") => format!("{at:07}"),
        _ => format!("{at:07o}"),
    };
    rows(base, bytes, args.has('v'), &mut |at, row| {
        for (index, format) in formats.iter().enumerate() {
            let start = address(at);
            write!(
                out(),
                "{}{}",
                if index == 0 {
                    start.clone()
                } else {
                    " ".repeat(start.len())
                },
                od_row(format, row)
            );
            if format.ends_with('z') {
                write!(out(), "  >{}<", printable(row));
            }
            out().text("\n");
        }
    });
    let end = address(base + bytes.len());
    if !end.is_empty() {
        writeln!(out(), "{end}");
    }
    0
}

fn od_row(format: &str, row: &[u8]) -> String {
    const NAMES: [&str; 33] = [
        "nul", "soh", "stx", "etx", "eot", "enq", "ack", "bel", "bs", "ht", "nl", "vt", "ff", "cr",
        "so", "si", "dle", "dc1", "dc2", "dc3", "dc4", "nak", "syn", "etb", "can", "em", "sub",
        "esc", "fs", "gs", "rs", "us", "sp",
    ];
    let format = format.trim_end_matches('z');
    let kind = format.chars().next().unwrap_or('o');
    if kind == 'c' {
        return row
            .iter()
            .map(|byte| format!(" {:>3}", character(*byte)))
            .collect();
    }
    if kind == 'a' {
        return row
            .iter()
            .map(|byte| {
                format!(
                    " {:>3}",
                    NAMES.get(*byte as usize & 127).map_or_else(
                        || if byte & 127 == 127 {
                            "del".into()
                        } else {
                            ((byte & 127) as char).to_string()
                        },
                        |name| name.to_string()
                    )
                )
            })
            .collect();
    }
    let width: usize = match &format[kind.len_utf8()..] {
        "C" => 1,
        "S" => 2,
        "L" => 8,
        "" | "I" => 4,
        digits => digits.parse().unwrap_or(4),
    };
    row.chunks(width)
        .map(|chunk| {
            let value = chunk
                .iter()
                .rev()
                .fold(0u64, |value, byte| value << 8 | u64::from(*byte));
            match (kind, width) {
                ('x', _) => format!(" {value:0w$x}", w = width * 2),
                ('u', 1) => format!(" {value:>3}"),
                ('u', 2) => format!(" {value:>5}"),
                ('u', 4) => format!(" {value:>10}"),
                ('u', _) => format!(" {value:>20}"),
                ('d', 1) => format!(" {:>4}", value as u8 as i8),
                ('d', 2) => format!(" {:>6}", value as u16 as i16),
                ('d', 4) => format!(" {:>11}", value as u32 as i32),
                ('d', _) => format!(" {:>20}", value as i64),
                (_, 1) => format!(" {value:03o}"),
                (_, 2) => format!(" {value:06o}"),
                (_, 4) => format!(" {value:011o}"),
                _ => format!(" {value:022o}"),
            }
        })
        .collect()
}

/// `xxd`.
pub fn xxd(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "rpiuc:g:l:s:",
        &[],
        "xxd [-pri] [-g N] [-c N] [-l LEN] [-s OFS] [FILE]",
    );
    let paths = args
        .rest
        .get(..1)
        .map_or_else(|| vec!["-".to_string()], <[String]>::to_vec);
    let bytes = gather(&paths);
    if args.has('r') {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        for line in text.lines() {
            let body = if args.has('p') {
                line
            } else {
                line.split_once(": ")
                    .map_or("", |(_, rest)| rest.split("  ").next().unwrap_or(""))
            };
            let digits: Vec<u8> = body.bytes().filter(u8::is_ascii_hexdigit).collect();
            let decoded: Vec<u8> = digits
                .chunks(2)
                .filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
                .collect();
            out().bytes(&decoded);
        }
        return 0;
    }
    let (base, bytes) = window(&bytes, args.value('s'), args.value('l'));
    let number = |letter, default: usize| {
        args.value(letter)
            .and_then(|text| text.parse().ok())
            .unwrap_or(default)
            .max(1)
    };
    let hex = |byte: &u8| {
        if args.has('u') {
            format!("{byte:02X}")
        } else {
            format!("{byte:02x}")
        }
    };
    if args.has('p') {
        for row in bytes.chunks(number('c', 30)) {
            writeln!(out(), "{}", row.iter().map(hex).collect::<String>());
        }
        return 0;
    }
    if args.has('i') {
        for row in bytes.chunks(12) {
            writeln!(
                out(),
                "  {}",
                row.iter()
                    .map(|byte| format!("0x{byte:02x}"))
                    .collect::<Vec<_>>()
                    .join(", ")
            );
        }
        return 0;
    }
    let (columns, group) = (number('c', 16), number('g', 2));
    let width = columns * 2 + columns.div_ceil(group);
    for (at, row) in bytes.chunks(columns).enumerate() {
        let text: Vec<String> = row
            .chunks(group)
            .map(|part| part.iter().map(hex).collect())
            .collect();
        writeln!(
            out(),
            "{:08x}: {:<width$} {}",
            base + at * columns,
            text.join(" "),
            printable(row)
        );
    }
    0
}

/// `strings`.
pub fn strings(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "afon:t:",
        &[("bytes", 'n'), ("radix", 't')],
        "strings [-fo] [-n LEN] [FILE]...",
    );
    let least: usize = args
        .value('n')
        .and_then(|text| text.parse().ok())
        .unwrap_or(4);
    for path in args.files() {
        let bytes = gather(std::slice::from_ref(&path));
        let mut start = 0;
        for at in 0..=bytes.len() {
            if bytes
                .get(at)
                .is_some_and(|byte| (32..127).contains(byte) || *byte == b'\t')
            {
                continue;
            }
            if at - start >= least {
                if args.has('f') {
                    write!(out(), "{path}: ");
                }
                match args.value('t') {
                    Some("x") => write!(out(), "{start:7x} "),
                    Some("d") => write!(out(), "{start:7} "),
                    None if !args.has('o') => {}
                    _ => write!(out(), "{start:7o} "),
                }
                out().bytes(&bytes[start..at]);
                out().text("\n");
            }
            start = at + 1;
        }
    }
    0
}
