//! `dd`, `split`.

use applet::{die, flush, getopt, input, os, out, size, warn, words};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write};
use std::time::Instant;

/// `dd`.
pub fn dd(argv: &[String]) -> i32 {
    let (mut from, mut to, mut ibs, mut obs, mut count, mut skip, mut seek) =
        (None, None, 512u64, 512u64, u64::MAX, 0u64, 0u64);
    let (mut conv, mut status) = (String::new(), String::new());
    for word in &argv[1..] {
        let Some((name, value)) = word.split_once('=') else {
            die(format_args!("unrecognized operand '{word}'"))
        };
        let number = || {
            value
                .split('x')
                .map(|part| size::parse(part))
                .try_fold(1u64, |all, part| Some(all * part?))
                .unwrap_or_else(|| die(format_args!("invalid number: '{value}'")))
        };
        match name {
            "if" => from = Some(value.to_string()),
            "of" => to = Some(value.to_string()),
            "bs" => (ibs, obs) = (number(), number()),
            "ibs" => ibs = number(),
            "obs" => obs = number(),
            "count" => count = number(),
            "skip" | "iseek" => skip = number(),
            "seek" | "oseek" => seek = number(),
            "conv" => conv = value.to_string(),
            "status" => status = value.to_string(),
            "iflag" | "oflag" => {}
            _ => die(format_args!("unrecognized operand '{word}'")),
        }
    }
    let open = |path: &str, error: std::io::Error| -> ! {
        die(if applet::busybox() {
            format!("can't open '{path}': {}", words(&error))
        } else {
            format!("failed to open '{path}': {}", words(&error))
        })
    };
    let mut reader: Box<dyn Read> = match &from {
        Some(path) => match File::open(path) {
            Ok(mut file) => {
                if skip > 0 && os::stat(path).is_ok_and(|stat| stat.is_file()) {
                    let _ = file.seek(SeekFrom::Start(skip * ibs));
                    skip = 0;
                }
                Box::new(file)
            }
            Err(error) => open(path, error),
        },
        None => Box::new(std::io::stdin()),
    };
    let mut writer: Box<dyn Write> = match &to {
        Some(path) => {
            let truncate = seek == 0 && !conv.contains("notrunc");
            match File::options()
                .write(true)
                .create(true)
                .truncate(truncate)
                .open(path)
            {
                Ok(mut file) => {
                    if seek > 0 {
                        let _ = file.seek(SeekFrom::Start(seek * obs));
                    }
                    Box::new(file)
                }
                Err(error) => open(path, error),
            }
        }
        None => Box::new(out()),
    };
    let begin = Instant::now();
    let mut buffer = vec![0; ibs.clamp(1, 64 << 20) as usize];
    let (mut full, mut part, mut total) = (0u64, 0u64, 0u64);
    let (mut out_full, mut out_part) = (0u64, 0u64);
    while full + part < count {
        let got = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(got) => got,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => die(format_args!(
                "error reading '{}': {}",
                from.as_deref().unwrap_or("standard input"),
                words(&error)
            )),
        };
        if skip > 0 {
            skip -= 1;
            continue;
        }
        if got as u64 == ibs {
            full += 1
        } else {
            part += 1
        }
        let mut bytes = buffer[..got].to_vec();
        if conv.contains("ucase") {
            bytes.make_ascii_uppercase();
        } else if conv.contains("lcase") {
            bytes.make_ascii_lowercase();
        }
        if conv.contains("sync") && !conv.contains("fsync") {
            bytes.resize(ibs as usize, 0);
        }
        if let Err(error) = writer.write_all(&bytes) {
            die(format_args!(
                "error writing '{}': {}",
                to.as_deref().unwrap_or("standard output"),
                words(&error)
            ));
        }
        total += bytes.len() as u64;
        if bytes.len() as u64 >= obs {
            out_full += 1
        } else {
            out_part += 1
        }
    }
    let _ = writer.flush();
    flush();
    if status == "none" {
        return 0;
    }
    eprintln!("{full}+{part} records in\n{out_full}+{out_part} records out");
    if status != "noxfer" {
        let seconds = begin.elapsed().as_secs_f64().max(1e-6);
        let rate = total as f64 / seconds;
        if applet::busybox() {
            eprintln!(
                "{total} bytes ({}B) copied, {seconds:.6} seconds, {}B/s",
                size::busybox(total),
                size::busybox(rate as u64)
            );
        } else {
            let units = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
            let human = |value: f64| {
                units.iter().find(|(_, scale)| value >= *scale).map_or_else(
                    || format!("{value:.0} B"),
                    |(unit, scale)| {
                        let value = value / scale;
                        if value < 10.0 {
                            format!("{value:.1} {unit}")
                        } else {
                            format!("{value:.0} {unit}")
                        }
                    },
                )
            };
            let short = if total >= 1000 {
                // Both counts of units, as GNU has it; one when there is no difference to speak of.
                let binary = size::human(total, 1024);
                let (digits, unit) = binary.split_at(binary.len() - 1);
                match total {
                    0..1024 => format!(" ({})", human(total as f64)),
                    _ => format!(" ({}, {digits} {unit}iB)", human(total as f64)),
                }
            } else {
                String::new()
            };
            eprintln!(
                "{total} bytes{short} copied, {seconds:.6} s, {}/s",
                human(rate)
            );
        }
    }
    0
}

/// `split`.
pub fn split(argv: &[String]) -> i32 {
    let long = &[
        ("lines", 'l'),
        ("bytes", 'b'),
        ("number", 'n'),
        ("suffix-length", 'a'),
        ("numeric-suffixes", 'd'),
        ("additional-suffix", 'σ'),
    ];
    let args = getopt(
        argv,
        "l:b:n:a:dσ:",
        long,
        "split [-b BYTES | -l LINES | -n CHUNKS] [-a N] [FILE [PREFIX]]",
    );
    let path = args.rest.first().map_or("-", String::as_str);
    let prefix = args.rest.get(1).map_or("x", String::as_str);
    let bytes = match input::read_all(path) {
        Ok(bytes) => bytes,
        Err(error) => die(format_args!(
            "cannot open '{path}' for reading: {}",
            words(&error)
        )),
    };
    let length = args
        .value('a')
        .and_then(|text| text.parse().ok())
        .unwrap_or(2usize)
        .max(1);
    let pieces: Vec<Vec<u8>> = if let Some(each) = args.value('b').and_then(size::parse) {
        bytes
            .chunks(each.max(1) as usize)
            .map(<[u8]>::to_vec)
            .collect()
    } else if let Some(count) = args.value('n').and_then(|text| text.parse::<usize>().ok()) {
        let each = bytes.len() / count.max(1);
        (0..count)
            .map(|at| {
                bytes[at * each..if at + 1 == count {
                    bytes.len()
                } else {
                    (at + 1) * each
                }]
                    .to_vec()
            })
            .collect()
    } else {
        let each = args
            .value('l')
            .and_then(|text| text.parse::<usize>().ok())
            .unwrap_or(1000)
            .max(1);
        bytes
            .split_inclusive(|byte| *byte == b'\n')
            .collect::<Vec<_>>()
            .chunks(each)
            .map(<[&[u8]]>::concat)
            .collect()
    };
    for (at, piece) in pieces.iter().enumerate() {
        let suffix: String = if args.has('d') {
            format!("{at:0length$}")
        } else {
            (0..length)
                .rev()
                .map(|place| (b'a' + (at / 26usize.pow(place as u32) % 26) as u8) as char)
                .collect()
        };
        if at >= (if args.has('d') { 10usize } else { 26 }).saturating_pow(length as u32) {
            warn("output file suffixes exhausted");
            return 1;
        }
        let name = format!("{prefix}{suffix}{}", args.value('σ').unwrap_or(""));
        if let Err(error) = std::fs::write(&name, piece) {
            die(format_args!("{name}: {}", words(&error)));
        }
    }
    0
}
