//! `grep`, `egrep`, `fgrep`.

use applet::regex::{Regex, Syntax};
use applet::{Args, Lines, busybox, flush, getopt, open_input, opts, os, out, walk, warn, words};
use std::collections::VecDeque;

const SHORT: &str = "EFGPe:f:ivwxclnLqsohHrRA:B:C:m:zabUTyιδκ:ω:ε:χ::τ:";
const LONG: &[(&str, char)] = &[
    ("extended-regexp", 'E'),
    ("fixed-strings", 'F'),
    ("basic-regexp", 'G'),
    ("perl-regexp", 'P'),
    ("regexp", 'e'),
    ("file", 'f'),
    ("ignore-case", 'i'),
    ("no-ignore-case", 'ι'),
    ("invert-match", 'v'),
    ("word-regexp", 'w'),
    ("line-regexp", 'x'),
    ("count", 'c'),
    ("files-with-matches", 'l'),
    ("files-without-match", 'L'),
    ("line-number", 'n'),
    ("quiet", 'q'),
    ("silent", 'q'),
    ("no-messages", 's'),
    ("only-matching", 'o'),
    ("no-filename", 'h'),
    ("with-filename", 'H'),
    ("recursive", 'r'),
    ("dereference-recursive", 'R'),
    ("after-context", 'A'),
    ("before-context", 'B'),
    ("context", 'C'),
    ("max-count", 'm'),
    ("null-data", 'z'),
    ("text", 'a'),
    ("byte-offset", 'b'),
    ("binary", 'U'),
    ("line-buffered", 'δ'),
    ("include", 'κ'),
    ("exclude", 'ω'),
    ("exclude-dir", 'ε'),
    ("color", 'χ'),
    ("colour", 'χ'),
    ("label", 'τ'),
];

/// `egrep`.
pub fn egrep(argv: &[String]) -> i32 {
    run(argv, Syntax::Extended)
}

/// `fgrep`.
pub fn fgrep(argv: &[String]) -> i32 {
    run(argv, Syntax::Fixed)
}

/// `grep`.
pub fn grep(argv: &[String]) -> i32 {
    run(argv, Syntax::Basic)
}

struct Grep {
    args: Args,
    patterns: Vec<Regex>,
    before: usize,
    after: usize,
    most: u64,
    names: bool,
    colour: bool,
    hits: bool,
    errors: bool,
    /// Whether anything was printed, for `--` between groups.
    printed: bool,
}

fn run(argv: &[String], preset: Syntax) -> i32 {
    let usage = "grep [-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...";
    // `-5` is short for `-C 5`.
    let argv: Vec<String> = argv
        .iter()
        .enumerate()
        .map(|(at, word)| match word.strip_prefix('-') {
            Some(digits)
                if at > 0
                    && !digits.is_empty()
                    && digits.bytes().all(|byte| byte.is_ascii_digit()) =>
            {
                format!("-C{digits}")
            }
            _ => word.clone(),
        })
        .collect();
    let mut args = getopt(&argv, SHORT, LONG, usage);
    let syntax = match args.last_of("EFGP") {
        Some('E') => Syntax::Extended,
        Some('F') => Syntax::Fixed,
        Some('G') => Syntax::Basic,
        Some(_) => Syntax::Perl,
        None => preset,
    };
    let mut texts: Vec<String> = args
        .values('e')
        .flat_map(|text| text.split('\n').map(str::to_string))
        .collect();
    for file in args.values('f') {
        match Lines::open(file) {
            Ok(lines) => {
                texts.extend(lines.map(|line| String::from_utf8_lossy(&line).into_owned()))
            }
            Err(error) => {
                warn(format_args!("{file}: {}", words(&error)));
                return 2;
            }
        }
    }
    if !args.has('e') && !args.has('f') {
        if args.rest.is_empty() {
            opts::complain("missing pattern", usage);
        }
        texts.extend(args.rest.remove(0).split('\n').map(str::to_string));
    }
    let fold = matches!(args.last_of("iyι"), Some('i' | 'y'));
    let mut patterns = Vec::new();
    for text in texts {
        let text = match (args.has('x'), syntax) {
            (true, Syntax::Extended | Syntax::Perl) => format!("^({text})$"),
            (true, Syntax::Basic) => format!("^\\({text}\\)$"),
            _ => text,
        };
        match Regex::new(&text, syntax, fold) {
            Ok(regex) => patterns.push(regex),
            Err(problem) => {
                warn(if busybox() {
                    format!("bad regex '{text}': {problem}")
                } else {
                    problem
                });
                return 2;
            }
        }
    }
    let number = |letter| {
        args.value(letter)
            .and_then(|text: &str| text.parse::<usize>().ok())
    };
    let around = number('C').unwrap_or(0);
    let (before, after) = (number('B').unwrap_or(around), number('A').unwrap_or(around));
    let most = number('m').map_or(u64::MAX, |most| most as u64);
    let recursive = args.has('r') || args.has('R');
    let colour = args
        .options
        .iter()
        .rev()
        .find(|(letter, _)| *letter == 'χ')
        .is_some_and(|(_, when)| match when.as_deref() {
            Some("always") => true,
            Some("never") => false,
            _ => os::is_terminal(1),
        });
    let files = if args.rest.is_empty() {
        vec![if recursive {
            ".".to_string()
        } else {
            "-".into()
        }]
    } else {
        args.rest.clone()
    };
    let names = match args.last_of("hH") {
        Some('h') => false,
        Some(_) => true,
        None => {
            files.len() > 1
                || recursive && (args.rest.is_empty() || files.iter().any(|file| os::is_dir(file)))
        }
    };
    let bare = recursive && args.rest.is_empty();
    let mut grep = Grep {
        args,
        patterns,
        before,
        after,
        most,
        names,
        colour,
        hits: false,
        errors: false,
        printed: false,
    };
    for file in files {
        if file != "-" && recursive && os::is_dir(&file) {
            grep.tree(&file, bare);
        } else {
            grep.file(&file);
        }
        if grep.hits && grep.args.has('q') {
            break;
        }
    }
    flush();
    match (grep.hits, grep.errors) {
        (true, _) if grep.args.has('q') => 0,
        (_, true) => 2,
        (true, _) => 0,
        _ => 1,
    }
}

/// Shell patterns of `--include` and `--exclude`.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    match pattern.first() {
        None => name.is_empty(),
        Some(b'*') => (0..=name.len()).any(|at| glob(&pattern[1..], &name[at..])),
        Some(b'?') => !name.is_empty() && glob(&pattern[1..], &name[1..]),
        Some(byte) => name.first() == Some(byte) && glob(&pattern[1..], &name[1..]),
    }
}

impl Grep {
    fn has(&self, letter: char) -> bool {
        self.args.has(letter)
    }

    fn tree(&mut self, path: &str, bare: bool) {
        let names = match walk::names(path) {
            Ok(names) => names,
            Err(error) => return self.fail(path, &error),
        };
        for name in names {
            let inner = if bare && path == "." {
                name.clone()
            } else {
                walk::join(path, &name)
            };
            let stat = if self.has('R') {
                os::stat(&inner)
            } else {
                os::lstat(&inner)
            };
            let matches = |letter| {
                self.args
                    .values(letter)
                    .any(|pattern| glob(pattern.as_bytes(), name.as_bytes()))
            };
            match stat {
                Ok(stat) if stat.is_dir() => {
                    if !matches('ε') {
                        self.tree(&inner, false);
                    }
                }
                Ok(stat) if stat.is_file() => {
                    let wanted = self.args.values('κ').next().is_none() || matches('κ');
                    if wanted && !matches('ω') {
                        self.file(&inner);
                    }
                }
                _ => {}
            }
        }
    }

    fn fail(&mut self, path: &str, error: &std::io::Error) {
        self.errors = true;
        if !self.has('s') {
            warn(format_args!("{path}: {}", words(error)));
        }
    }

    fn finds(&self, line: &[u8], from: usize) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        for pattern in &self.patterns {
            let mut at = from;
            while let Some((start, end)) = pattern.bounds(line, at) {
                let edge = |byte: Option<&u8>| {
                    byte.is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
                };
                let word = !self.has('w')
                    || edge(start.checked_sub(1).and_then(|at| line.get(at)))
                        && edge(line.get(end))
                        && end > start;
                let whole = !self.has('x') || start == 0 && end == line.len();
                if word && whole {
                    if best.is_none_or(|(s, e)| start < s || start == s && end > e) {
                        best = Some((start, end));
                    }
                    break;
                }
                if start >= line.len() {
                    break;
                }
                at = start + 1;
            }
        }
        best
    }

    fn file(&mut self, path: &str) {
        let reader = match open_input(path) {
            Ok(reader) => reader,
            Err(error) => {
                if error.kind() == std::io::ErrorKind::IsADirectory {
                    if !self.has('s') {
                        warn(format_args!("{path}: Is a directory"));
                    }
                    self.errors |= busybox();
                    return;
                }
                return self.fail(path, &error);
            }
        };
        let name = if path == "-" {
            self.args
                .value('τ')
                .unwrap_or("(standard input)")
                .to_string()
        } else {
            path.to_string()
        };
        let end = if self.has('z') { 0 } else { b'\n' };
        let mut lines = Lines::new(reader).ending(end);
        let quiet = self.has('q') || self.has('l') || self.has('L') || self.has('c');
        let live = os::is_terminal(0) && path == "-" || self.has('δ') || os::is_terminal(1);
        let (mut count, mut number, mut offset, mut trailing) = (0u64, 0u64, 0u64, 0usize);
        let mut past: VecDeque<(u64, u64, Vec<u8>)> = VecDeque::new();
        let mut last_shown = 0;
        while let Some(line) = lines.next_line() {
            number += 1;
            let here = offset;
            offset += line.len() as u64 + 1;
            if (self.finds(&line, 0).is_some()) != self.has('v') {
                count += 1;
                self.hits = true;
                if self.has('q') {
                    return;
                }
                if self.has('l') || self.has('L') {
                    break;
                }
                if !quiet {
                    if line.contains(&0) && !self.has('a') && end != 0 && !self.has('o') {
                        flush();
                        writeln!(
                            out(),
                            "{}: binary file matches",
                            if busybox() {
                                format!("Binary file {name} matches")
                            } else {
                                format!("grep: {name}")
                            }
                        );
                        return;
                    }
                    let first = past.front().map_or(number, |(number, ..)| *number);
                    if (self.before > 0 || self.after > 0) && self.printed && first > last_shown + 1
                    {
                        out().text("--\n");
                    }
                    for (number, at, line) in std::mem::take(&mut past) {
                        self.show(&name, number, at, &line, '-', end);
                    }
                    self.show(&name, number, here, &line, ':', end);
                    last_shown = number;
                    trailing = self.after;
                    if live {
                        flush();
                    }
                }
                if count >= self.most {
                    // The context after the last one still belongs to it.
                    while trailing > 0 {
                        let Some(line) = lines.next_line() else { break };
                        number += 1;
                        self.show(&name, number, offset, &line, '-', end);
                        trailing -= 1;
                    }
                    break;
                }
            } else if !quiet && trailing > 0 {
                trailing -= 1;
                self.show(&name, number, here, &line, '-', end);
                last_shown = number;
            } else if !quiet && self.before > 0 {
                past.push_back((number, here, line));
                if past.len() > self.before {
                    past.pop_front();
                }
            }
        }
        if self.has('L') {
            // GNU's exit code is about lines, so a listed file is not a hit.
            if count == 0 {
                writeln!(out(), "{name}");
                self.hits = true;
            }
        } else if self.has('l') {
            if count > 0 {
                writeln!(out(), "{name}");
            }
        } else if self.has('c') {
            if self.names {
                write!(out(), "{name}:");
            }
            writeln!(out(), "{count}");
        }
    }

    fn prefix(&self, name: &str, number: u64, offset: u64, mark: char) {
        let mut o = out();
        let paint = |code: &str, text: &str| {
            if self.colour {
                format!("\x1b[{code}m\x1b[K{text}\x1b[m\x1b[K")
            } else {
                text.to_string()
            }
        };
        let mark = paint("36", &mark.to_string());
        if self.names {
            write!(o, "{}{mark}", paint("35", name));
        }
        if self.has('n') {
            write!(o, "{}{mark}", paint("32", &number.to_string()));
        }
        if self.has('b') {
            write!(o, "{}{mark}", paint("32", &offset.to_string()));
        }
    }

    fn show(&mut self, name: &str, number: u64, offset: u64, line: &[u8], mark: char, end: u8) {
        let o = out();
        self.printed = true;
        if self.has('o') {
            if mark == '-' || self.has('v') {
                return;
            }
            let mut at = 0;
            while let Some((start, stop)) = self.finds(line, at) {
                if stop > start {
                    self.prefix(name, number, offset + start as u64, mark);
                    self.highlight(&line[start..stop]);
                    o.bytes(&[end]);
                }
                at = stop.max(start + 1);
                if at > line.len() {
                    break;
                }
            }
            return;
        }
        self.prefix(name, number, offset, mark);
        let mut at = 0;
        if self.colour && mark == ':' && !self.has('v') {
            while let Some((start, stop)) = self.finds(line, at) {
                if stop == start {
                    break;
                }
                o.bytes(&line[at..start]);
                self.highlight(&line[start..stop]);
                at = stop;
            }
        }
        o.bytes(&line[at..]);
        o.bytes(&[end]);
    }

    fn highlight(&self, bytes: &[u8]) {
        let o = out();
        if self.colour {
            o.text("\x1b[01;31m\x1b[K");
        }
        o.bytes(bytes);
        if self.colour {
            o.text("\x1b[m\x1b[K");
        }
    }
}
