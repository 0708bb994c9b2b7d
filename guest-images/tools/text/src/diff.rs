//! `diff`: normal, unified, context, brief, side by side not. Myers' algorithm over whole lines.

use applet::{Args, getopt, input, opts, os, out, time, walk, warn, words};

const LONG: &[(&str, char)] = &[
    ("unified", 'u'),
    ("context", 'c'),
    ("brief", 'q'),
    ("recursive", 'r'),
    ("new-file", 'N'),
    ("report-identical-files", 's'),
    ("ignore-case", 'i'),
    ("ignore-space-change", 'b'),
    ("ignore-all-space", 'w'),
    ("ignore-blank-lines", 'B'),
    ("text", 'a'),
    ("label", 'L'),
    ("color", 'χ'),
    ("strip-trailing-cr", 'τ'),
    ("side-by-side", 'y'),
];

/// A run of lines that differ: `a[from..to]` became `b[from..to]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Change {
    a: (usize, usize),
    b: (usize, usize),
}

/// Myers' O(ND) search, in linear space by remembering one row a step.
fn changes(a: &[u64], b: &[u64]) -> Vec<Change> {
    let head = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let tail = a[head..]
        .iter()
        .rev()
        .zip(b[head..].iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    let (a, b) = (&a[head..a.len() - tail], &b[head..b.len() - tail]);
    let (n, m) = (a.len() as isize, b.len() as isize);
    // Beyond this many edits the whole middle is reported as one change, as GNU's heuristics do.
    let limit = (n + m).min(4000);
    let width = (2 * limit + 3) as usize;
    let middle = limit + 1;
    let mut ends = vec![0isize; width];
    let mut trace: Vec<Vec<isize>> = Vec::new();
    let mut reached = None;
    'search: for d in 0..=limit {
        trace.push(ends[(middle - d - 1).max(0) as usize..=(middle + d + 1) as usize].to_vec());
        let mut k = -d;
        while k <= d {
            let at = (middle + k) as usize;
            let mut x = if k == -d || k != d && ends[at - 1] < ends[at + 1] {
                ends[at + 1]
            } else {
                ends[at - 1] + 1
            };
            let mut y = x - k;
            while x < n && y < m && a[x as usize] == b[y as usize] {
                x += 1;
                y += 1;
            }
            ends[at] = x;
            if x >= n && y >= m {
                reached = Some(d);
                break 'search;
            }
            k += 2;
        }
    }
    let Some(depth) = reached else {
        return vec![Change {
            a: (head, head + a.len()),
            b: (head, head + b.len()),
        }];
    };
    let (mut x, mut y) = (n, m);
    let mut list: Vec<Change> = Vec::new();
    for d in (1..=depth).rev() {
        let row = &trace[d as usize];
        let get = |k: isize| row[(k + d + 1) as usize];
        let k = x - y;
        let down = k == -d || k != d && get(k - 1) < get(k + 1);
        let before = if down { k + 1 } else { k - 1 };
        let (px, py) = (get(before), get(before) - before);
        let (fx, fy) = if down { (px, py + 1) } else { (px + 1, py) };
        let found = Change {
            a: (px as usize + head, fx as usize + head),
            b: (py as usize + head, fy as usize + head),
        };
        match list.last_mut() {
            Some(last) if last.a.0 == found.a.1 && last.b.0 == found.b.1 => {
                last.a.0 = found.a.0;
                last.b.0 = found.b.0;
            }
            _ => list.push(found),
        }
        (x, y) = (px, py);
    }
    list.reverse();
    list
}

struct File {
    name: String,
    lines: Vec<Vec<u8>>,
    mtime: i64,
    ended: bool,
}

fn read(path: &str) -> std::io::Result<File> {
    let bytes = input::read_all(path)?;
    let ended = bytes.is_empty() || bytes.ends_with(b"\n");
    let mut lines: Vec<Vec<u8>> = bytes
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    if ended {
        lines.pop();
    }
    let mtime = os::stat(path).map_or_else(|_| time::now(), |stat| stat.mtime);
    Ok(File {
        name: path.to_string(),
        lines,
        mtime,
        ended,
    })
}

fn key(line: &[u8], args: &Args) -> Vec<u8> {
    let mut key = line.to_vec();
    if args.has('τ') && key.last() == Some(&b'\r') {
        key.pop();
    }
    if args.has('w') {
        key.retain(|byte| !byte.is_ascii_whitespace());
    } else if args.has('b') {
        let words: Vec<&[u8]> = key
            .split(|byte| byte.is_ascii_whitespace())
            .filter(|word| !word.is_empty())
            .collect();
        let lead = if key.first().is_some_and(u8::is_ascii_whitespace) {
            b" ".to_vec()
        } else {
            Vec::new()
        };
        key = [lead, words.join(&b' ')].concat();
    }
    if args.has('i') {
        key.make_ascii_lowercase();
    }
    key
}

/// `diff`.
pub fn main(argv: &[String]) -> i32 {
    let usage = "diff [-abBdiNqrTstw] [-L LABEL] [-U LINES] FILE1 FILE2";
    let args = getopt(argv, "u::c::U:C:qrNsibwBadtTL:χ::τyW:", LONG, usage);
    let [one, two] = &args.rest[..] else {
        opts::complain("missing operand", usage)
    };
    let (mut one, mut two) = (one.clone(), two.clone());
    match (os::is_dir(&one), os::is_dir(&two)) {
        (true, true) => return directories(&args, &one, &two, argv),
        (true, false) if two != "-" => one = walk::join(&one, walk::base(&two)),
        (false, true) if one != "-" => two = walk::join(&two, walk::base(&one)),
        _ => {}
    }
    files(&args, &one, &two)
}

fn directories(args: &Args, one: &str, two: &str, argv: &[String]) -> i32 {
    let list = |dir: &str| walk::names(dir).unwrap_or_default();
    let (left, right) = (list(one), list(two));
    let mut all: Vec<&String> = left.iter().chain(right.iter()).collect();
    all.sort();
    all.dedup();
    let mut code = 0;
    for name in all {
        let (a, b) = (walk::join(one, name), walk::join(two, name));
        let (has_a, has_b) = (left.contains(name), right.contains(name));
        if !(has_a && has_b) && !args.has('N') {
            writeln!(out(), "Only in {}: {name}", if has_a { one } else { two });
            code = code.max(1);
        } else if os::is_dir(&a) && os::is_dir(&b) {
            if args.has('r') {
                code = code.max(directories(args, &a, &b, argv));
            } else {
                writeln!(out(), "Common subdirectories: {a} and {b}");
            }
        } else {
            if !args.has('q') {
                let same =
                    matches!((std::fs::read(&a), std::fs::read(&b)), (Ok(x), Ok(y)) if x == y);
                if !same {
                    let options: Vec<&str> = argv[1..]
                        .iter()
                        .map(String::as_str)
                        .filter(|word| word.starts_with('-'))
                        .collect();
                    writeln!(
                        out(),
                        "diff {}{}{a} {b}",
                        options.join(" "),
                        if options.is_empty() { "" } else { " " }
                    );
                }
            }
            code = code.max(files(args, &a, &b));
        }
    }
    code
}

fn files(args: &Args, one: &str, two: &str) -> i32 {
    let mut pair = Vec::new();
    for path in [one, two] {
        match read(path) {
            Ok(file) => pair.push(file),
            Err(error) if args.has('N') && error.kind() == std::io::ErrorKind::NotFound => pair
                .push(File {
                    name: path.into(),
                    lines: Vec::new(),
                    mtime: 0,
                    ended: true,
                }),
            Err(error) => {
                warn(if applet::busybox() {
                    format!("can't open '{path}': {}", words(&error))
                } else {
                    format!("{path}: {}", words(&error))
                });
                return 2;
            }
        }
    }
    let (a, b) = (&pair[0], &pair[1]);
    let mut numbers = std::collections::HashMap::new();
    let mut ids = |file: &File| -> Vec<u64> {
        let last = file.lines.len();
        file.lines
            .iter()
            .enumerate()
            .map(|(at, line)| {
                let mut key = key(line, args);
                // A last line without its end differs from one that has it.
                if at + 1 == last && !file.ended && !args.has('w') && !args.has('b') {
                    key.push(b'\n');
                }
                let next = numbers.len() as u64;
                *numbers.entry(key).or_insert(next)
            })
            .collect()
    };
    let (x, y) = (ids(a), ids(b));
    let mut list = changes(&x, &y);
    if args.has('B') {
        let blank = |lines: &[Vec<u8>]| lines.iter().all(Vec::is_empty);
        list.retain(|change| {
            !(blank(&a.lines[change.a.0..change.a.1]) && blank(&b.lines[change.b.0..change.b.1]))
        });
    }
    if list.is_empty() {
        if args.has('s') {
            writeln!(out(), "Files {one} and {two} are identical");
        }
        return 0;
    }
    if args.has('q') {
        writeln!(out(), "Files {one} and {two} differ");
        return 1;
    }
    let binary = |file: &File| file.lines.iter().take(100).any(|line| line.contains(&0));
    if !args.has('a') && (binary(a) || binary(b)) {
        writeln!(out(), "Binary files {one} and {two} differ");
        return 2;
    }
    let lines = |upper, lower| {
        args.value(upper)
            .or_else(|| args.value(lower))
            .and_then(|text: &str| text.parse().ok())
            .unwrap_or(3)
    };
    let labels: Vec<&str> = args.values('L').collect();
    if args.has('c') || args.has('C') {
        context(a, b, &list, lines('C', 'c'), &labels);
    } else if args.has('u') || args.has('U') || applet::busybox() {
        unified(a, b, &list, lines('U', 'u'), &labels);
    } else {
        normal(a, b, &list);
    }
    1
}

fn show(file: &File, at: usize, mark: &str) {
    let o = out();
    o.text(mark);
    o.bytes(&file.lines[at]);
    o.text("\n");
    if at + 1 == file.lines.len() && !file.ended {
        o.text("\\ No newline at end of file\n");
    }
}

fn range(from: usize, to: usize) -> String {
    match to - from {
        0 => from.to_string(),
        1 => (from + 1).to_string(),
        _ => format!("{},{to}", from + 1),
    }
}

fn normal(a: &File, b: &File, list: &[Change]) {
    for change in list {
        let letter = match (change.a.1 - change.a.0, change.b.1 - change.b.0) {
            (0, _) => 'a',
            (_, 0) => 'd',
            _ => 'c',
        };
        writeln!(
            out(),
            "{}{letter}{}",
            range(change.a.0, change.a.1),
            range(change.b.0, change.b.1)
        );
        (change.a.0..change.a.1).for_each(|at| show(a, at, "< "));
        if letter == 'c' {
            out().text("---\n");
        }
        (change.b.0..change.b.1).for_each(|at| show(b, at, "> "));
    }
}

fn header(file: &File, mark: &str, label: Option<&&str>) {
    match label {
        Some(label) => writeln!(out(), "{mark} {label}"),
        None if applet::busybox() => writeln!(out(), "{mark} {}", file.name),
        None => writeln!(
            out(),
            "{mark} {}\t{}",
            file.name,
            time::format("%Y-%m-%d %H:%M:%S.%N %z", &time::civil(file.mtime))
        ),
    }
}

/// Changes whose contexts touch belong to one hunk.
fn hunks(list: &[Change], around: usize) -> Vec<&[Change]> {
    let mut groups = Vec::new();
    let mut start = 0;
    for at in 1..=list.len() {
        if at == list.len() || list[at].a.0 - list[at - 1].a.1 > 2 * around {
            groups.push(&list[start..at]);
            start = at;
        }
    }
    groups
}

fn spans(group: &[Change], around: usize, a: &File, b: &File) -> [(usize, usize); 2] {
    let (first, last) = (group[0], group[group.len() - 1]);
    let before = around.min(first.a.0).min(first.b.0);
    let after = around
        .min(a.lines.len() - last.a.1)
        .min(b.lines.len() - last.b.1);
    [
        (first.a.0 - before, last.a.1 + after),
        (first.b.0 - before, last.b.1 + after),
    ]
}

fn unified(a: &File, b: &File, list: &[Change], around: usize, labels: &[&str]) {
    header(a, "---", labels.first());
    header(b, "+++", labels.get(1));
    let count = |(from, to): (usize, usize)| match to - from {
        1 => (from + 1).to_string(),
        0 => format!("{from},0"),
        len => format!("{},{len}", from + 1),
    };
    for group in hunks(list, around) {
        let [left, right] = spans(group, around, a, b);
        writeln!(out(), "@@ -{} +{} @@", count(left), count(right));
        let mut at = left.0;
        for change in group {
            (at..change.a.0).for_each(|line| show(a, line, " "));
            (change.a.0..change.a.1).for_each(|line| show(a, line, "-"));
            (change.b.0..change.b.1).for_each(|line| show(b, line, "+"));
            at = change.a.1;
        }
        (at..left.1).for_each(|line| show(a, line, " "));
    }
}

fn context(a: &File, b: &File, list: &[Change], around: usize, labels: &[&str]) {
    header(a, "***", labels.first());
    header(b, "---", labels.get(1));
    let span = |(from, to): (usize, usize)| {
        if to - from < 2 {
            to.to_string()
        } else {
            format!("{},{to}", from + 1)
        }
    };
    for group in hunks(list, around) {
        let [left, right] = spans(group, around, a, b);
        writeln!(out(), "***************\n*** {} ****", span(left));
        let side = |file: &File,
                    (from, to): (usize, usize),
                    mine: &dyn Fn(&Change) -> (usize, usize),
                    other: &dyn Fn(&Change) -> (usize, usize),
                    sign: &str| {
            if group.iter().all(|change| mine(change).0 == mine(change).1) {
                return;
            }
            for line in from..to {
                let change = group
                    .iter()
                    .find(|change| mine(change).0 <= line && line < mine(change).1);
                let mark = match change {
                    None => "  ",
                    Some(change) if other(change).0 == other(change).1 => sign,
                    Some(_) => "! ",
                };
                show(file, line, mark);
            }
        };
        side(a, left, &|change| change.a, &|change| change.b, "- ");
        writeln!(out(), "--- {} ----", span(right));
        side(b, right, &|change| change.b, &|change| change.a, "+ ");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_minimal() {
        let list = changes(&[1, 2, 3, 4], &[1, 3, 5, 4]);
        assert_eq!(
            list,
            [
                Change {
                    a: (1, 2),
                    b: (1, 1)
                },
                Change {
                    a: (3, 3),
                    b: (2, 3)
                }
            ]
        );
        assert_eq!(changes(&[1, 2], &[1, 2]).len(), 0);
        assert_eq!(
            changes(&[], &[7]),
            [Change {
                a: (0, 0),
                b: (0, 1)
            }]
        );
    }
}
