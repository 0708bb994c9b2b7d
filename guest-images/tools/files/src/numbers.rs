//! `factor`, `shuf`, `tsort`.

use applet::{Lines, die, getopt, out, warn, words};
use std::hash::{BuildHasher, Hasher};

fn random() -> u64 {
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}

fn lines(path: &str) -> Vec<String> {
    match Lines::open(path) {
        Ok(lines) => lines
            .map(|line| String::from_utf8_lossy(&line).into_owned())
            .collect(),
        Err(error) => die(format_args!("{path}: {}", words(&error))),
    }
}

/// `factor`.
pub fn factor(argv: &[String]) -> i32 {
    let args = getopt(argv, "h", &[], "factor [NUMBER]...");
    let given = if args.rest.is_empty() {
        lines("-")
            .iter()
            .flat_map(|line| {
                line.split_whitespace()
                    .map(str::to_string)
                    .collect::<Vec<_>>()
            })
            .collect()
    } else {
        args.rest.clone()
    };
    let mut code = 0;
    for word in given {
        let Ok(number) = word.parse::<u64>() else {
            warn(format_args!("'{word}' is not a valid positive integer"));
            code = 1;
            continue;
        };
        write!(out(), "{number}:");
        let (mut rest, mut divisor) = (number, 2u64);
        while divisor
            .checked_mul(divisor)
            .is_some_and(|square| square <= rest)
        {
            while rest % divisor == 0 {
                write!(out(), " {divisor}");
                rest /= divisor;
            }
            divisor += if divisor == 2 { 1 } else { 2 };
        }
        if rest > 1 {
            write!(out(), " {rest}");
        }
        out().text("\n");
    }
    code
}

/// `shuf`.
pub fn shuf(argv: &[String]) -> i32 {
    let long = &[
        ("echo", 'e'),
        ("input-range", 'i'),
        ("head-count", 'n'),
        ("repeat", 'r'),
        ("zero-terminated", 'z'),
        ("output", 'o'),
    ];
    let args = getopt(
        argv,
        "ei:n:rzo:",
        long,
        "shuf [-n NUM] [-o FILE] [-e ARG... | -i L-H | FILE]",
    );
    let mut list: Vec<String> = if args.has('e') {
        args.rest.clone()
    } else if let Some(range) = args.value('i') {
        match range
            .split_once('-')
            .and_then(|(low, high)| Some((low.parse::<u64>().ok()?, high.parse::<u64>().ok()?)))
        {
            Some((low, high)) if high - low < 50_000_000 => {
                (low..=high).map(|number| number.to_string()).collect()
            }
            _ => die(format_args!("invalid input range: '{range}'")),
        }
    } else {
        lines(args.rest.first().map_or("-", String::as_str))
    };
    let most = args
        .value('n')
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(if args.has('r') {
            usize::MAX
        } else {
            list.len()
        });
    let mut seed = random() | 1;
    let mut next = |below: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed % below.max(1) as u64) as usize
    };
    let end = if args.has('z') { '\0' } else { '\n' };
    if args.has('r') && !list.is_empty() {
        for _ in 0..most {
            write!(out(), "{}{end}", list[next(list.len())]);
        }
        return 0;
    }
    for at in (1..list.len()).rev() {
        list.swap(at, next(at + 1));
    }
    list.truncate(most);
    let text: String = list
        .iter()
        .flat_map(|line| [line.clone(), end.to_string()])
        .collect();
    match args.value('o') {
        Some(path) => {
            if let Err(error) = std::fs::write(path, text) {
                die(format_args!("{path}: {}", words(&error)));
            }
        }
        None => out().text(&text),
    }
    0
}

/// `tsort`.
pub fn tsort(argv: &[String]) -> i32 {
    let args = getopt(argv, "", &[], "tsort [FILE]");
    let text = lines(args.rest.first().map_or("-", String::as_str)).join(" ");
    let items: Vec<&str> = text.split_whitespace().collect();
    if items.len() % 2 != 0 {
        die("input contains an odd number of tokens");
    }
    let mut names: Vec<&str> = Vec::new();
    for item in &items {
        if !names.contains(item) {
            names.push(item);
        }
    }
    let mut edges: Vec<(&str, &str)> = items
        .chunks(2)
        .map(|pair| (pair[0], pair[1]))
        .filter(|(a, b)| a != b)
        .collect();
    let mut code = 0;
    while !names.is_empty() {
        let free = names
            .iter()
            .position(|name| edges.iter().all(|(_, to)| to != name));
        let at = free.unwrap_or_else(|| {
            warn("input contains a loop");
            code = 1;
            0
        });
        let name = names.remove(at);
        edges.retain(|(from, to)| *from != name && *to != name);
        writeln!(out(), "{name}");
    }
    code
}
