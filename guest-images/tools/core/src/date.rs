//! `date`. The clock itself belongs to the host and cannot be set.

use applet::{busybox, die, getopt, os, out, time, words};

/// `date`.
pub fn date(argv: &[String]) -> i32 {
    const LONG: &[(&str, char)] = &[
        ("utc", 'u'),
        ("universal", 'u'),
        ("date", 'd'),
        ("reference", 'r'),
        ("iso-8601", 'I'),
        ("rfc-3339", 'ρ'),
        ("rfc-email", 'R'),
        ("rfc-2822", 'R'),
        ("set", 's'),
    ];
    let args = getopt(
        argv,
        "uRd:r:I::s:D:ρ:",
        LONG,
        "date [-uR] [-d TIME] [-r FILE] [+FMT]",
    );
    if args.has('u') {
        unsafe { std::env::set_var("TZ", "UTC0") };
    }
    let now = time::now();
    let setting = args.rest.iter().find(|word| !word.starts_with('+'));
    if args.has('s') || setting.is_some() {
        if let Some(word) = setting.filter(|word| {
            !word
                .bytes()
                .all(|byte| byte.is_ascii_digit() || byte == b'.')
        }) {
            die(format_args!("invalid date '{word}'"));
        }
        die(if busybox() {
            "can't set date: Operation not permitted"
        } else {
            "cannot set date: Operation not permitted"
        });
    }
    let moment = match (args.value('d'), args.value('r')) {
        (Some(text), _) => {
            time::parse(text, now).unwrap_or_else(|| die(format_args!("invalid date '{text}'")))
        }
        (_, Some(file)) => match os::stat(file) {
            Ok(stat) => stat.mtime,
            Err(error) => die(format_args!("{file}: {}", words(&error))),
        },
        _ => now,
    };
    let format = match args.rest.first() {
        Some(word) => word[1..].to_string(),
        None if args.has('R') => "%a, %d %b %Y %H:%M:%S %z".into(),
        None if args.has('ρ') => match args.value('ρ') {
            Some("date") => "%Y-%m-%d".into(),
            Some("ns") => "%Y-%m-%d %H:%M:%S.%N%:z".into(),
            _ => "%Y-%m-%d %H:%M:%S%:z".into(),
        },
        None if args.has('I') => match args.value('I') {
            None | Some("date") => "%Y-%m-%d".into(),
            Some("hours") => "%Y-%m-%dT%H%:z".into(),
            Some("minutes") => "%Y-%m-%dT%H:%M%:z".into(),
            Some("ns") => "%Y-%m-%dT%H:%M:%S,%N%:z".into(),
            Some(_) => "%Y-%m-%dT%H:%M:%S%:z".into(),
        },
        None => "%a %b %e %H:%M:%S %Z %Y".to_string(),
    };
    writeln!(out(), "{}", time::format(&format, &time::civil(moment)));
    0
}
