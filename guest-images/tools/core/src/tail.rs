//! `head`, `tail`.

use applet::{Args, Lines, busybox, flush, getopt, open_input, opts, os, out, size, warn, words};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::time::Duration;

/// `head -5` and `tail -5f` are short for `-n 5`.
fn modern(argv: &[String], letters: &str) -> Vec<String> {
    let mut argv = argv.to_vec();
    if let Some(word) = argv.get(1).filter(|word| word.len() > 1) {
        let sign = word.as_bytes()[0];
        let end = word[1..]
            .find(|c: char| !c.is_ascii_digit())
            .map_or(word.len(), |at| at + 1);
        if end > 1
            && (sign == b'-' || sign == b'+' && letters.contains('+'))
            && word[end..].chars().all(|c| letters.contains(c))
        {
            let number = if sign == b'+' {
                word[..end].to_string()
            } else {
                word[1..end].to_string()
            };
            let mut replacement = vec!["-n".to_string(), number];
            if end < word.len() {
                replacement.push(format!("-{}", &word[end..]));
            }
            argv.splice(1..2, replacement);
        }
    }
    argv
}

fn cannot(path: &str, error: &std::io::Error) {
    if busybox() {
        warn(format_args!("{path}: {}", words(error)));
    } else if matches!(error.kind(), std::io::ErrorKind::IsADirectory) {
        warn(format_args!("error reading '{path}': {}", words(error)));
    } else {
        warn(format_args!(
            "cannot open '{path}' for reading: {}",
            words(error)
        ));
    }
}

fn title(path: &str, first: &mut bool) {
    let name = if path == "-" { "standard input" } else { path };
    writeln!(
        out(),
        "{}==> {name} <==",
        if std::mem::replace(first, false) {
            ""
        } else {
            "\n"
        }
    );
}

/// `head`.
pub fn head(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("lines", 'n'),
        ("bytes", 'c'),
        ("quiet", 'q'),
        ("silent", 'q'),
        ("verbose", 'v'),
        ("zero-terminated", 'z'),
    ];
    let usage = "head [OPTIONS] [FILE]...";
    let args = getopt(&modern(argv, "qvz"), "n:c:qvz", LONG, usage);
    let bytes = args.last_of("nc") == Some('c');
    let text = args.value(if bytes { 'c' } else { 'n' }).unwrap_or("10");
    let (all_but, digits) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let Some(count) = size::parse(digits.trim_start_matches('+')) else {
        opts::complain(
            &format!(
                "invalid number of {}: '{text}'",
                if bytes { "bytes" } else { "lines" }
            ),
            usage,
        )
    };
    let end = if args.has('z') { 0 } else { b'\n' };
    let files = args.files();
    let headers = (files.len() > 1 || args.has('v')) && !args.has('q');
    let (mut first, mut code) = (true, 0);
    for path in files {
        let reader = match open_input(&path) {
            Ok(reader) => reader,
            Err(error) => {
                cannot(&path, &error);
                code = 1;
                continue;
            }
        };
        if headers {
            title(&path, &mut first);
        }
        if bytes || all_but {
            let mut content = Vec::new();
            let mut reader = if all_but {
                reader
            } else {
                Box::new(reader.take(count))
            };
            let _ = reader.read_to_end(&mut content);
            let keep = match (bytes, all_but) {
                (true, true) => content.len().saturating_sub(count as usize),
                (true, false) => content.len(),
                _ => {
                    let ends: Vec<usize> = content
                        .split_inclusive(|byte| *byte == end)
                        .map(<[u8]>::len)
                        .collect();
                    ends[..ends.len().saturating_sub(count as usize)]
                        .iter()
                        .sum()
                }
            };
            out().bytes(&content[..keep]);
            continue;
        }
        let mut lines = Lines::new(reader).ending(end);
        for _ in 0..count {
            let Some(line) = lines.next_line() else { break };
            out().bytes(&line);
            if lines.terminated {
                out().bytes(&[end]);
            }
        }
    }
    code
}

/// `tail`.
pub fn tail(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("lines", 'n'),
        ("bytes", 'c'),
        ("follow", 'f'),
        ("quiet", 'q'),
        ("silent", 'q'),
        ("verbose", 'v'),
        ("sleep-interval", 's'),
        ("retry", 'ρ'),
        ("pid", 'π'),
        ("zero-terminated", 'z'),
    ];
    let usage = "tail [OPTIONS] [FILE]...";
    let args = getopt(&modern(argv, "+fFqv"), "n:c:f::Fqvs:ρπ:z", LONG, usage);
    let bytes = args.last_of("nc") == Some('c');
    let text = args.value(if bytes { 'c' } else { 'n' }).unwrap_or("10");
    let (from_start, digits) = text
        .strip_prefix('+')
        .map_or((false, text), |rest| (true, rest));
    let Some(count) = size::parse(digits.trim_start_matches('-')) else {
        opts::complain(
            &format!(
                "invalid number of {}: '{text}'",
                if bytes { "bytes" } else { "lines" }
            ),
            usage,
        )
    };
    let files = args.files();
    let headers = (files.len() > 1 || args.has('v')) && !args.has('q');
    let (mut first, mut code) = (true, 0);
    let mut places: Vec<(String, u64, u64)> = Vec::new();
    for path in &files {
        match open_input(path) {
            Ok(mut reader) => {
                if headers {
                    title(path, &mut first);
                }
                let stat = os::stat(path).unwrap_or_default();
                // A big file is read from near its end.
                if path != "-" && stat.is_file() && stat.size > 1 << 20 && !from_start && !bytes {
                    if let Ok(mut file) = File::open(path) {
                        let guess = (count + 1).saturating_mul(512).clamp(1 << 16, stat.size);
                        let mut content = Vec::new();
                        if file.seek(SeekFrom::End(-(guess as i64))).is_ok()
                            && file.read_to_end(&mut content).is_ok()
                        {
                            if content.iter().filter(|byte| **byte == b'\n').count() as u64 > count
                            {
                                last(&content, count, bytes, from_start);
                                places.push((path.clone(), stat.size, stat.ino));
                                continue;
                            }
                        }
                    }
                }
                let mut content = Vec::new();
                if let Err(error) = reader.read_to_end(&mut content) {
                    warn(format_args!("error reading '{path}': {}", words(&error)));
                    code = 1;
                }
                last(&content, count, bytes, from_start);
                places.push((path.clone(), content.len() as u64, stat.ino));
            }
            Err(error) => {
                cannot(path, &error);
                code = 1;
                if args.has('F') || args.has('ρ') {
                    places.push((path.clone(), 0, 0));
                }
            }
        }
    }
    if (args.has('f') || args.has('F')) && places.iter().any(|(path, ..)| path != "-") {
        follow(&args, places, headers);
    }
    code
}

fn last(content: &[u8], count: u64, bytes: bool, from_start: bool) {
    let count = count as usize;
    let start = match (bytes, from_start) {
        (true, true) => count.saturating_sub(1),
        (true, false) => content.len().saturating_sub(count),
        (false, true) => content
            .split_inclusive(|byte| *byte == b'\n')
            .take(count.saturating_sub(1))
            .map(<[u8]>::len)
            .sum(),
        (false, false) => {
            let mut left = count;
            let body = content.strip_suffix(b"\n").unwrap_or(content);
            if count == 0 {
                content.len()
            } else {
                body.iter()
                    .rposition(|byte| {
                        left -= usize::from(*byte == b'\n');
                        left == 0
                    })
                    .map_or(0, |at| at + 1)
            }
        }
    };
    out().bytes(&content[start.min(content.len())..]);
}

fn follow(args: &Args, mut places: Vec<(String, u64, u64)>, headers: bool) {
    let pause = args
        .value('s')
        .and_then(|text| text.parse::<f64>().ok())
        .unwrap_or(if busybox() { 1.0 } else { 0.25 });
    let by_name = args.has('F') || args.value('f') == Some("name");
    let watched: Option<i32> = args.value('π').and_then(|text| text.parse().ok());
    let mut current = places.len().saturating_sub(1);
    loop {
        flush();
        std::thread::sleep(Duration::from_secs_f64(pause));
        for (at, (path, seen, ino)) in places.iter_mut().enumerate() {
            let Ok(stat) = os::stat(path) else { continue };
            if by_name && stat.ino != *ino {
                if *ino != 0 {
                    warn(format_args!(
                        "'{path}' has been replaced;  following new file"
                    ));
                }
                (*seen, *ino) = (0, stat.ino);
            }
            if stat.size < *seen {
                warn(format_args!("{path}: file truncated"));
                *seen = 0;
            }
            if stat.size > *seen {
                if headers && current != at {
                    title(path, &mut false);
                    current = at;
                }
                if let Ok(mut file) = File::open(path.as_str()) {
                    let mut content = Vec::new();
                    if file.seek(SeekFrom::Start(*seen)).is_ok()
                        && file.read_to_end(&mut content).is_ok()
                    {
                        out().bytes(&content);
                        *seen += content.len() as u64;
                    }
                }
            }
        }
        if watched.is_some_and(|pid| os::kill(pid, 0).is_err()) {
            return;
        }
    }
}
