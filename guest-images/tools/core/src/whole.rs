//! `wc`.

use crate::output::cannot_open;
use applet::{busybox, getopt, open_input, os, out};
use std::io::Read;

#[derive(Clone, Copy, Default)]
struct Count {
    lines: u64,
    words: u64,
    chars: u64,
    bytes: u64,
    longest: u64,
}

fn count(reader: &mut dyn Read) -> Count {
    let mut total = Count::default();
    let (mut inside, mut width) = (false, 0u64);
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(got) = reader.read(&mut buffer) {
        if got == 0 {
            break;
        }
        total.bytes += got as u64;
        for byte in &buffer[..got] {
            total.chars += u64::from(byte & 0xc0 != 0x80);
            let space = byte.is_ascii_whitespace() || *byte == 11;
            if !space && !inside {
                total.words += 1;
            }
            inside = !space;
            match byte {
                b'\n' => {
                    total.lines += 1;
                    total.longest = total.longest.max(width);
                    width = 0;
                }
                b'\t' => width = (width / 8 + 1) * 8,
                _ => width += u64::from(byte & 0xc0 != 0x80 && *byte >= 32),
            }
        }
    }
    total.longest = total.longest.max(width);
    total
}

/// `wc`.
pub fn wc(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("lines", 'l'),
        ("words", 'w'),
        ("bytes", 'c'),
        ("chars", 'm'),
        ("max-line-length", 'L'),
    ];
    let args = getopt(argv, "lwcmL", LONG, "wc [-cmlwL] [FILE]...");
    let plain = args.options.is_empty();
    let mut rows: Vec<(Count, String)> = Vec::new();
    let mut code = 0;
    let mut size = 0;
    let mut piped = false;
    for path in args.files() {
        match open_input(&path) {
            Ok(mut reader) => {
                let stat = os::stat(&path).unwrap_or_default();

                let stat = if path == "-" {
                    os::fstat(0).unwrap_or_default()
                } else {
                    stat
                };
                piped |= !stat.is_file();
                size += stat.size;
                rows.push((count(&mut reader), path));
            }
            Err(error) => {
                cannot_open(&path, &error);
                code = 1;
            }
        }
    }
    let mut sum = Count::default();
    for (one, _) in &rows {
        sum.lines += one.lines;
        sum.words += one.words;
        sum.chars += one.chars;
        sum.bytes += one.bytes;
        sum.longest = sum.longest.max(one.longest);
    }
    let many = args.rest.len() > 1;
    if many {
        rows.push((sum, "total".into()));
    }
    let shown = "lwmcL"
        .chars()
        .filter(|c| args.has(*c) || plain && "lwc".contains(*c))
        .count();
    // GNU makes columns as wide as the sum of sizes, 7 when something is not a file; a single number stands alone.
    let width = match (busybox(), shown == 1 && !many, piped) {
        (_, true, _) => 0,
        (true, ..) => 9,
        (_, _, true) => 7,
        _ => size.to_string().len(),
    };
    for (one, path) in rows {
        let mut cells = Vec::new();
        for (letter, value) in [
            ('l', one.lines),
            ('w', one.words),
            ('m', one.chars),
            ('c', one.bytes),
            ('L', one.longest),
        ] {
            if args.has(letter) || plain && "lwc".contains(letter) {
                cells.push(format!("{value:>width$}"));
            }
        }
        let name = if args.rest.is_empty() {
            String::new()
        } else {
            format!(" {path}")
        };
        writeln!(out(), "{}{name}", cells.join(" "));
    }
    code
}
