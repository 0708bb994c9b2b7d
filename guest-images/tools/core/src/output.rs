//! `cat`, `echo`, `tee`, `yes`.

use applet::{Lines, busybox, flush, getopt, open_input, out, warn, words};
use std::fs::File;
use std::io::{Read, Write};

/// Says that an input could not be opened, in the words of the image's family.
pub fn cannot_open(path: &str, error: &std::io::Error) {
    let long = matches!(applet::name(), "cat" | "uniq");
    if busybox() && long && !matches!(error.kind(), std::io::ErrorKind::IsADirectory) {
        warn(format_args!("can't open '{path}': {}", words(error)));
    } else if busybox() && long {
        warn(format_args!("read error: {}", words(error)));
    } else {
        warn(format_args!("{path}: {}", words(error)));
    }
}

/// `cat`.
pub fn cat(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("number", 'n'),
        ("number-nonblank", 'b'),
        ("squeeze-blank", 's'),
        ("show-ends", 'E'),
        ("show-tabs", 'T'),
        ("show-nonprinting", 'v'),
        ("show-all", 'A'),
    ];
    let args = getopt(argv, "nbsEvTAetu", LONG, "cat [-nbvteA] [FILE]...");
    let ends = args.has('E') || args.has('A') || args.has('e');
    let tabs = args.has('T') || args.has('A') || args.has('t');
    let visible = args.has('v') || args.has('A') || args.has('e') || args.has('t');
    let plain = !ends && !tabs && !visible && !args.has('n') && !args.has('b') && !args.has('s');
    let (mut code, mut number, mut blank) = (0, 0, false);
    for path in args.files() {
        let mut reader = match open_input(&path) {
            Ok(reader) => reader,
            Err(error) => {
                cannot_open(&path, &error);
                code = 1;
                continue;
            }
        };
        let mut o = out();
        if plain {
            let mut buffer = vec![0; 64 * 1024];
            loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(count) => {
                        o.bytes(&buffer[..count]);
                        flush();
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                    Err(error) => {
                        warn(format_args!("{path}: {}", words(&error)));
                        code = 1;
                        break;
                    }
                }
            }
            continue;
        }
        let mut lines = Lines::new(reader);
        while let Some(line) = lines.next_line() {
            if args.has('s') && line.is_empty() && std::mem::replace(&mut blank, line.is_empty()) {
                continue;
            }
            blank = line.is_empty();
            if args.has('n') && !args.has('b') || args.has('b') && !line.is_empty() {
                number += 1;
                write!(o, "{number:>6}\t");
            }
            for byte in &line {
                show_byte(*byte, tabs, visible);
            }
            if lines.terminated {
                o.text(if ends { "$\n" } else { "\n" });
            }
        }
        flush();
    }
    code
}

fn show_byte(byte: u8, tabs: bool, visible: bool) {
    let o = out();
    match byte {
        b'\t' if tabs => o.text("^I"),
        b'\t' => o.bytes(b"\t"),
        _ if !visible => o.bytes(&[byte]),
        128.. => {
            o.text("M-");
            show_byte(byte - 128, true, true);
        }
        127 => o.text("^?"),
        0..32 => o.bytes(&[b'^', byte + 64]),
        _ => o.bytes(&[byte]),
    }
}

/// `echo`, with `-n`, `-e`, `-E`.
pub fn echo(argv: &[String]) -> i32 {
    let mut rest = &argv[1..];
    let (mut newline, mut escapes) = (true, false);
    while let Some(word) = rest.first() {
        if word.len() < 2 || !word.starts_with('-') || word[1..].contains(|c| !"neE".contains(c)) {
            break;
        }
        for c in word[1..].chars() {
            match c {
                'n' => newline = false,
                'e' => escapes = true,
                _ => escapes = false,
            }
        }
        rest = &rest[1..];
    }
    let o = out();
    let text = rest.join(" ");
    if escapes {
        let (bytes, stop) = applet::format::unescape(&text, true);
        o.bytes(&bytes);
        if stop {
            return 0;
        }
    } else {
        o.text(&text);
    }
    if newline {
        o.text("\n");
    }
    0
}

/// `tee`.
pub fn tee(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "aip",
        &[("append", 'a'), ("ignore-interrupts", 'i')],
        "tee [-ai] [FILE]...",
    );
    if args.has('i') {
        applet::os::ignore_signal(2);
    }
    let mut code = 0;
    let mut files: Vec<(String, File)> = Vec::new();
    for path in &args.rest {
        let mut options = File::options();
        options
            .write(true)
            .create(true)
            .append(args.has('a'))
            .truncate(!args.has('a'));
        match options.open(path) {
            Ok(file) => files.push((path.clone(), file)),
            Err(error) => {
                warn(format_args!("{path}: {}", words(&error)));
                code = 1;
            }
        }
    }
    let mut buffer = vec![0; 16 * 1024];
    let mut stdin = std::io::stdin();
    loop {
        match stdin.read(&mut buffer) {
            Ok(0) => return code,
            Ok(count) => {
                out().bytes(&buffer[..count]);
                flush();
                for (path, file) in &mut files {
                    if let Err(error) = file.write_all(&buffer[..count]) {
                        warn(format_args!("{path}: {}", words(&error)));
                        code = 1;
                    }
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(_) => return 1,
        }
    }
}

/// `yes`: until nobody reads.
pub fn yes(argv: &[String]) -> i32 {
    let line = if argv.len() > 1 {
        format!("{}\n", argv[1..].join(" "))
    } else {
        "y\n".into()
    };
    let block = line.repeat((8192 / line.len()).max(1));
    loop {
        out().text(&block);
        flush();
    }
}
