//! `join`, `paste`.

use applet::{Lines, getopt, opts, out, warn, words};

/// `paste`.
pub fn paste(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "d:sz",
        &[
            ("delimiters", 'd'),
            ("serial", 's'),
            ("zero-terminated", 'z'),
        ],
        "paste [-d LIST] [-s] [FILE]...",
    );
    let delimiters: Vec<Vec<u8>> = {
        let list = applet::format::unescape(
            &args.value('d').unwrap_or("\t").replace("\\0", "\u{1}"),
            false,
        )
        .0;
        let list: Vec<Vec<u8>> = list
            .iter()
            .map(|byte| if *byte == 1 { Vec::new() } else { vec![*byte] })
            .collect();
        if list.is_empty() {
            vec![Vec::new()]
        } else {
            list
        }
    };
    let mut files = Vec::new();
    for path in args.files() {
        match Lines::open(&path) {
            Ok(lines) => files.push(lines),
            Err(error) => {
                warn(format_args!("{path}: {}", words(&error)));
                return 1;
            }
        }
    }
    let o = out();
    if args.has('s') {
        for lines in files {
            for (at, line) in lines.enumerate() {
                if at > 0 {
                    o.bytes(&delimiters[(at - 1) % delimiters.len()]);
                }
                o.bytes(&line);
            }
            o.text("\n");
        }
        return 0;
    }
    loop {
        let row: Vec<Option<Vec<u8>>> = files.iter_mut().map(Lines::next_line).collect();
        if row.iter().all(Option::is_none) {
            return 0;
        }
        for (at, cell) in row.iter().enumerate() {
            if at > 0 {
                o.bytes(&delimiters[(at - 1) % delimiters.len()]);
            }
            o.bytes(cell.as_deref().unwrap_or_default());
        }
        o.text("\n");
    }
}

struct Side {
    rows: Vec<Vec<String>>,
    key: usize,
}

impl Side {
    fn key<'a>(&self, row: &'a [String]) -> &'a str {
        row.get(self.key).map_or("", String::as_str)
    }
}

/// `join`: both files are read whole, so unsorted input works as well as it can.
pub fn join(argv: &[String]) -> i32 {
    let usage =
        "join [-a N] [-v N] [-e STR] [-i] [-j N] [-1 N] [-2 N] [-t CHAR] [-o LIST] FILE1 FILE2";
    let args = getopt(argv, "a:v:e:ij:1:2:t:o:", &[("ignore-case", 'i')], usage);
    let [one, two] = &args.rest[..] else {
        opts::complain("needs two files", usage)
    };
    let field = |letter| {
        args.value(letter)
            .or_else(|| args.value('j'))
            .and_then(|text: &str| text.parse::<usize>().ok())
            .unwrap_or(1)
            .max(1)
            - 1
    };
    let separator = args.value('t');
    let read = |path: &str, key: usize| match Lines::open(path) {
        Ok(lines) => Side {
            rows: lines
                .map(|line| {
                    let text = String::from_utf8_lossy(&line).into_owned();
                    match separator {
                        Some(mark) => text.split(mark).map(str::to_string).collect(),
                        None => text.split_whitespace().map(str::to_string).collect(),
                    }
                })
                .collect(),
            key,
        },
        Err(error) => applet::die(format_args!("{path}: {}", words(&error))),
    };
    let (left, right) = (read(one, field('1')), read(two, field('2')));
    let glue = separator.unwrap_or(" ");
    let empty = args.value('e').unwrap_or("");
    let order = |a: &str, b: &str| {
        if args.has('i') {
            a.to_lowercase().cmp(&b.to_lowercase())
        } else {
            a.cmp(b)
        }
    };
    let show = |a: Option<&Vec<String>>, b: Option<&Vec<String>>| {
        let key = a
            .map(|row| left.key(row))
            .or(b.map(|row| right.key(row)))
            .unwrap_or("");
        let mut parts: Vec<String> = Vec::new();
        if let Some(list) = args.value('o') {
            for spec in list.split([',', ' ']) {
                let cell = match spec.split_once('.') {
                    Some((file, field)) => {
                        let row = if file == "1" { a } else { b };
                        field
                            .parse::<usize>()
                            .ok()
                            .and_then(|at| row?.get(at.checked_sub(1)?).cloned())
                    }
                    None => Some(key.to_string()),
                };
                parts.push(cell.unwrap_or_else(|| empty.to_string()));
            }
        } else {
            parts.push(key.to_string());
            for (row, at) in [(a, left.key), (b, right.key)] {
                parts.extend(
                    row.into_iter()
                        .flatten()
                        .enumerate()
                        .filter(|(index, _)| *index != at)
                        .map(|(_, cell)| cell.clone()),
                );
            }
        }
        writeln!(out(), "{}", parts.join(glue));
    };
    let shows = |side: &str| {
        args.values('a')
            .chain(args.values('v'))
            .any(|value| value == side)
    };
    let pairs = !args.has('v');
    let (mut i, mut j) = (0, 0);
    while i < left.rows.len() || j < right.rows.len() {
        let relation = match (left.rows.get(i), right.rows.get(j)) {
            (Some(a), Some(b)) => order(left.key(a), right.key(b)),
            (Some(_), None) => std::cmp::Ordering::Less,
            _ => std::cmp::Ordering::Greater,
        };
        match relation {
            std::cmp::Ordering::Less => {
                if shows("1") {
                    show(Some(&left.rows[i]), None);
                }
                i += 1;
            }
            std::cmp::Ordering::Greater => {
                if shows("2") {
                    show(None, Some(&right.rows[j]));
                }
                j += 1;
            }
            std::cmp::Ordering::Equal => {
                let key = left.key(&left.rows[i]).to_string();
                let same = |side: &Side, from: usize| {
                    side.rows[from..]
                        .iter()
                        .take_while(|row| order(side.key(row), &key).is_eq())
                        .count()
                };
                let (a, b) = (same(&left, i), same(&right, j));
                for x in &left.rows[i..i + a] {
                    for y in &right.rows[j..j + b] {
                        if pairs {
                            show(Some(x), Some(y));
                        }
                    }
                }
                (i, j) = (i + a, j + b);
            }
        }
    }
    0
}
