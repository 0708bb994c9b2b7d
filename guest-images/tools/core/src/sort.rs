//! `sort`: bytes (the C locale, as in the real images), numbers, months, versions, human sizes, keys.

use crate::output::cannot_open;
use applet::{Args, Lines, die, getopt, opts, out, time, words};
use std::cmp::Ordering;

const LONG: &[(&str, char)] = &[
    ("numeric-sort", 'n'),
    ("general-numeric-sort", 'g'),
    ("human-numeric-sort", 'h'),
    ("month-sort", 'M'),
    ("version-sort", 'V'),
    ("random-sort", 'R'),
    ("reverse", 'r'),
    ("unique", 'u'),
    ("key", 'k'),
    ("field-separator", 't'),
    ("ignore-case", 'f'),
    ("ignore-leading-blanks", 'b'),
    ("dictionary-order", 'd'),
    ("check", 'c'),
    ("stable", 's'),
    ("merge", 'm'),
    ("output", 'o'),
    ("zero-terminated", 'z'),
];

#[derive(Clone, Default)]
struct Key {
    from: (usize, usize),
    to: Option<(usize, usize)>,
    flags: String,
}

fn key(text: &str) -> Option<Key> {
    let part = |text: &str| -> Option<((usize, usize), String)> {
        let end = text
            .find(|c: char| c.is_ascii_alphabetic())
            .unwrap_or(text.len());
        let (field, character) = text[..end].split_once('.').unwrap_or((&text[..end], "0"));
        Some((
            (field.parse().ok()?, character.parse().ok()?),
            text[end..].to_string(),
        ))
    };
    let (start, end) = text
        .split_once(',')
        .map_or((text, None), |(start, end)| (start, Some(end)));
    let (from, mut flags) = part(start)?;
    let to = match end {
        Some(end) => {
            let (to, more) = part(end)?;
            flags.push_str(&more);
            Some(to)
        }
        None => None,
    };
    (from.0 > 0).then_some(Key { from, to, flags })
}

/// Where each field begins and ends. Without a separator the blanks before a field belong to it.
fn fields(line: &[u8], separator: Option<u8>) -> Vec<(usize, usize)> {
    let mut list = Vec::new();
    let mut start = 0;
    if let Some(separator) = separator {
        for (at, byte) in line.iter().enumerate() {
            if *byte == separator {
                list.push((start, at));
                start = at + 1;
            }
        }
        list.push((start, line.len()));
        return list;
    }
    while start < line.len() {
        let mut end = start;
        while end < line.len() && matches!(line[end], b' ' | b'\t') {
            end += 1;
        }
        while end < line.len() && !matches!(line[end], b' ' | b'\t') {
            end += 1;
        }
        list.push((start, end));
        start = end;
    }
    list
}

fn piece<'a>(line: &'a [u8], key: &Key, separator: Option<u8>) -> &'a [u8] {
    let list = fields(line, separator);
    let blanks = |at: usize| {
        at + line[at..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'))
            .count()
    };
    let skip = key.flags.contains('b') || key.flags.contains('n');
    let start = match list.get(key.from.0 - 1) {
        Some((start, _)) => {
            let start = if skip { blanks(*start) } else { *start };
            (start + key.from.1.saturating_sub(1)).min(line.len())
        }
        None => line.len(),
    };
    let end = match key.to {
        None => line.len(),
        Some((field, 0)) => list
            .get(field.wrapping_sub(1))
            .map_or(line.len(), |(_, end)| *end),
        Some((field, character)) => list
            .get(field.wrapping_sub(1))
            .map_or(line.len(), |(start, _)| {
                (if skip { blanks(*start) } else { *start } + character).min(line.len())
            }),
    };
    &line[start.min(end)..end]
}

/// Compares decimal numbers of any length without rounding.
fn numeric(a: &[u8], b: &[u8]) -> Ordering {
    fn split(text: &[u8]) -> (bool, &[u8], &[u8]) {
        let start = text
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        let text = &text[start..];
        let (negative, text) = match text.first() {
            Some(b'-') => (true, &text[1..]),
            _ => (false, text),
        };
        let whole = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let zeros = text[..whole]
            .iter()
            .take_while(|byte| **byte == b'0')
            .count();
        let fraction = match text.get(whole) {
            Some(b'.') => {
                let len = text[whole + 1..]
                    .iter()
                    .take_while(|byte| byte.is_ascii_digit())
                    .count();
                &text[whole + 1..whole + 1 + len]
            }
            _ => &[],
        };
        let mut end = fraction.len();
        while end > 0 && fraction[end - 1] == b'0' {
            end -= 1;
        }
        let (whole, fraction) = (&text[zeros..whole], &fraction[..end]);
        (
            negative && !(whole.is_empty() && fraction.is_empty()),
            whole,
            fraction,
        )
    }
    let ((na, wa, fa), (nb, wb, fb)) = (split(a), split(b));
    match (na, nb) {
        (true, false) => return Ordering::Less,
        (false, true) => return Ordering::Greater,
        _ => {}
    }
    let order = wa
        .len()
        .cmp(&wb.len())
        .then_with(|| wa.cmp(wb))
        .then_with(|| fa.cmp(fb));
    if na { order.reverse() } else { order }
}

fn human(text: &[u8]) -> (i32, f64) {
    let text = String::from_utf8_lossy(text);
    let text = text.trim_start();
    let end = text
        .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .unwrap_or(text.len());
    let value: f64 = text[..end].parse().unwrap_or(0.0);
    let unit = text[end..]
        .chars()
        .next()
        .and_then(|c| "KMGTPEZY".find(c.to_ascii_uppercase()))
        .map_or(0, |at| at as i32 + 1);
    (
        if value < 0.0 {
            -unit
        } else if value == 0.0 {
            0
        } else {
            unit
        },
        value,
    )
}

fn month(text: &[u8]) -> usize {
    let text = String::from_utf8_lossy(text)
        .trim_start()
        .to_ascii_lowercase();
    time::MONTHS
        .iter()
        .position(|name| text.starts_with(&name[..3].to_ascii_lowercase()))
        .map_or(0, |at| at + 1)
}

fn version(a: &[u8], b: &[u8]) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let word = |text: &[u8]| {
            text.iter()
                .take_while(|byte| !byte.is_ascii_digit())
                .count()
        };
        let (wa, wb) = (word(a), word(b));
        let order = a[..wa].cmp(&b[..wb]);
        if order != Ordering::Equal || (a.len() == wa && b.len() == wb) {
            return order;
        }
        (a, b) = (&a[wa..], &b[wb..]);
        let (da, db) = (digits(a), digits(b));
        let order = numeric(&a[..da], &b[..db]);
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (&a[da..], &b[db..]);
    }
}

fn compare(a: &[u8], b: &[u8], flags: &str) -> Ordering {
    let general = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        let text = text.trim_start();
        let end = text
            .find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c)))
            .unwrap_or(text.len());
        text[..end].parse::<f64>().unwrap_or(f64::NEG_INFINITY)
    };
    if flags.contains('n') {
        numeric(a, b)
    } else if flags.contains('g') {
        general(a).total_cmp(&general(b))
    } else if flags.contains('h') {
        let ((ua, va), (ub, vb)) = (human(a), human(b));
        ua.cmp(&ub).then(va.total_cmp(&vb))
    } else if flags.contains('M') {
        month(a).cmp(&month(b))
    } else if flags.contains('V') {
        version(a, b)
    } else if flags.contains(['f', 'd', 'i']) {
        let fold = |text: &[u8]| -> Vec<u8> {
            text.iter()
                .filter(|byte| {
                    !flags.contains('d')
                        || byte.is_ascii_alphanumeric()
                        || matches!(byte, b' ' | b'\t')
                })
                .map(|byte| {
                    if flags.contains('f') {
                        byte.to_ascii_uppercase()
                    } else {
                        *byte
                    }
                })
                .collect()
        };
        fold(a).cmp(&fold(b))
    } else {
        a.cmp(b)
    }
}

struct Sorter {
    keys: Vec<Key>,
    global: String,
    separator: Option<u8>,
    last_resort: bool,
}

impl Sorter {
    fn of(args: &Args) -> Self {
        let global: String = "nghMVfdbri".chars().filter(|c| args.has(*c)).collect();
        let mut keys = Vec::new();
        for text in args.values('k') {
            let Some(mut key) = key(text) else {
                die(format_args!(
                    "invalid number at field start: invalid count at start of '{text}'"
                ))
            };
            if key.flags.is_empty() {
                key.flags.clone_from(&global);
            }
            keys.push(key);
        }
        let separator = args.value('t').map(|text| match text {
            "\\t" => b'\t',
            "\\0" => 0,
            _ => text.bytes().next().unwrap_or(b'\t'),
        });
        Self {
            keys,
            global,
            separator,
            last_resort: !args.has('s') && !args.has('u'),
        }
    }

    fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        for key in &self.keys {
            let order = compare(
                piece(a, key, self.separator),
                piece(b, key, self.separator),
                &key.flags,
            );
            if order != Ordering::Equal {
                return if key.flags.contains('r') {
                    order.reverse()
                } else {
                    order
                };
            }
        }
        let reverse = self.global.contains('r');
        if self.keys.is_empty() {
            let trim = |line: &'_ [u8]| -> usize {
                if self.global.contains('b') {
                    line.iter()
                        .take_while(|byte| matches!(byte, b' ' | b'\t'))
                        .count()
                } else {
                    0
                }
            };
            let order = compare(&a[trim(a)..], &b[trim(b)..], &self.global);
            if order != Ordering::Equal {
                return if reverse { order.reverse() } else { order };
            }
        }
        if self.last_resort {
            let order = a.cmp(b);
            return if reverse { order.reverse() } else { order };
        }
        Ordering::Equal
    }
}

/// `sort`.
pub fn main(argv: &[String]) -> i32 {
    let usage =
        "sort [-nrughMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END]] [-t CHAR] [FILE]...";
    let args = getopt(argv, "nghMVRruk:t:fbdic::Csmo:zS:T:", LONG, usage);
    if args
        .value('t')
        .is_some_and(|text| text.chars().count() > 1 && !text.starts_with('\\'))
    {
        opts::complain(
            &format!("multi-character tab '{}'", args.value('t').unwrap_or("")),
            usage,
        );
    }
    let end = if args.has('z') { 0 } else { b'\n' };
    let sorter = Sorter::of(&args);
    let mut lines: Vec<Vec<u8>> = Vec::new();
    for path in args.files() {
        match Lines::open(&path) {
            Ok(found) => lines.extend(found.ending(end)),
            Err(error) => {
                if applet::busybox() {
                    cannot_open(&path, &error);
                } else {
                    applet::warn(format_args!("cannot read: {path}: {}", words(&error)));
                }
                return 2;
            }
        }
    }
    if args.has('c') || args.has('C') {
        for (at, pair) in lines.windows(2).enumerate() {
            let order = sorter.compare(&pair[0], &pair[1]);
            if order == Ordering::Greater || order == Ordering::Equal && args.has('u') {
                if args.has('c') {
                    applet::warn(format_args!(
                        "{}:{}: disorder: {}",
                        args.files()[0],
                        at + 2,
                        String::from_utf8_lossy(&pair[1])
                    ));
                }
                return 1;
            }
        }
        return 0;
    }
    if args.has('R') {
        use std::hash::BuildHasher;
        let random = std::collections::hash_map::RandomState::new();
        lines.sort_by_cached_key(|line| random.hash_one(line));
    } else {
        lines.sort_by(|a, b| sorter.compare(a, b));
    }
    if args.has('u') {
        lines.dedup_by(|b, a| sorter.compare(a, b) == Ordering::Equal);
    }
    let mut target: Box<dyn std::io::Write> = match args.value('o') {
        Some(path) => match std::fs::File::create(path) {
            Ok(file) => Box::new(std::io::BufWriter::new(file)),
            Err(error) => die(format_args!("open failed: {path}: {}", words(&error))),
        },
        None => Box::new(out()),
    };
    for mut line in lines {
        line.push(end);
        if let Err(error) = target.write_all(&line) {
            die(words(&error));
        }
    }
    if let Err(error) = target.flush() {
        die(words(&error));
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_length() {
        assert_eq!(numeric(b"10", b"9"), Ordering::Greater);
        assert_eq!(numeric(b"-3", b"2"), Ordering::Less);
        assert_eq!(numeric(b"1.50", b"1.5"), Ordering::Equal);
        assert_eq!(
            numeric(b"99999999999999999999", b"100000000000000000000"),
            Ordering::Less
        );
    }

    #[test]
    fn keys() {
        let key = key("2,2n").unwrap();
        assert_eq!(piece(b"a 10 b", &key, None), b"10");
        assert_eq!(version(b"v1.10", b"v1.9"), Ordering::Greater);
    }
}
