//! `ls`: lists in the manner of busybox or of GNU, whichever the image is like.

use crate::columns::{columns, glob, version};
use applet::os::{self, Stat};
use applet::{Args, busybox, getopt, mode, out, size, time, users, walk, warn, words};
use std::cmp::Reverse;

const SHORT: &str = "aAlhRtSr1dFpisngocuCxmLHkQqbNUvXZGT:w:I:fκρστφ::ζ";
const LONG: &[(&str, char)] = &[
    ("all", 'a'),
    ("almost-all", 'A'),
    ("human-readable", 'h'),
    ("recursive", 'R'),
    ("reverse", 'r'),
    ("directory", 'd'),
    ("classify", 'F'),
    ("inode", 'i'),
    ("size", 's'),
    ("numeric-uid-gid", 'n'),
    ("no-group", 'G'),
    ("dereference", 'L'),
    ("color", 'φ'),
    ("colour", 'φ'),
    ("full-time", 'κ'),
    ("group-directories-first", 'ρ'),
    ("si", 'σ'),
    ("width", 'w'),
    ("ignore", 'I'),
    ("quote-name", 'Q'),
    ("literal", 'N'),
    ("escape", 'b'),
    ("version", 'ζ'),
    ("file-type", 'τ'),
];

/// One name that is to be shown.
struct Entry {
    name: String,
    path: String,
    stat: Stat,
}

struct Ls {
    args: Args,
    long: bool,
    colour: bool,
    terminal: bool,
    many: bool,
    code: i32,
    now: i64,
}

/// `ls`.
pub fn ls(argv: &[String]) -> i32 {
    start(argv, None)
}

/// `dir`: columns.
pub fn dir(argv: &[String]) -> i32 {
    start(argv, Some('C'))
}

/// `vdir`: long.
pub fn vdir(argv: &[String]) -> i32 {
    start(argv, Some('l'))
}

fn start(argv: &[String], preset: Option<char>) -> i32 {
    let mut args = getopt(
        argv,
        SHORT,
        LONG,
        "ls [-1AaCxdLHRFplinshrSXvctu] [-w WIDTH] [FILE]...",
    );
    if args.has('ζ') {
        out().text("ls (Schooner tools)\n");
        return 0;
    }
    if let Some(letter) = preset {
        args.options.insert(0, (letter, None));
    }
    let terminal = os::is_terminal(1);
    let colour = match args.options.iter().rev().find(|(letter, _)| *letter == 'φ') {
        Some((_, Some(when))) => {
            matches!(when.as_str(), "always" | "yes" | "force")
                || (matches!(when.as_str(), "auto" | "tty" | "if-tty") && terminal)
        }
        Some((_, None)) => true,
        // busybox colours by itself, GNU when asked.
        None => terminal && busybox(),
    };
    let long = matches!(args.last_of("l1Cxmngoκ"), Some('l' | 'n' | 'g' | 'o' | 'κ'))
        || args.has('l') && !matches!(args.last_of("lCxm"), Some('C' | 'x' | 'm'));
    let rest = if args.rest.is_empty() {
        vec![".".to_string()]
    } else {
        std::mem::take(&mut args.rest)
    };
    let mut ls = Ls {
        args,
        long,
        colour,
        terminal,
        many: rest.len() > 1,
        code: 0,
        now: time::now(),
    };
    ls.operands(&rest);
    ls.code
}

impl Ls {
    fn has(&self, letter: char) -> bool {
        self.args.has(letter)
    }

    fn fail(&mut self, path: &str, error: &std::io::Error, doing: &str) {
        if busybox() {
            warn(format_args!("{path}: {}", words(error)));
            self.code = 1;
        } else {
            warn(format_args!("cannot {doing} '{path}': {}", words(error)));
            self.code = 2;
        }
    }

    fn stat(&self, path: &str, operand: bool) -> std::io::Result<Stat> {
        let follow = self.has('L')
            || operand && (self.has('H') || !(self.long || self.has('d') || self.has('F')));
        if follow {
            os::stat(path).or_else(|_| os::lstat(path))
        } else {
            os::lstat(path)
        }
    }

    fn operands(&mut self, rest: &[String]) {
        let (mut files, mut dirs) = (Vec::new(), Vec::new());
        for path in rest {
            match self.stat(path, true) {
                Ok(stat) => {
                    let entry = Entry {
                        name: path.clone(),
                        path: path.clone(),
                        stat,
                    };
                    if stat.is_dir() && !self.has('d') {
                        dirs.push(entry)
                    } else {
                        files.push(entry)
                    }
                }
                Err(error) => self.fail(path, &error, "access"),
            }
        }
        self.sort(&mut files);
        self.sort(&mut dirs);
        let mut first = files.is_empty();
        self.show(&files);
        for dir in dirs {
            self.directory(&dir.path, &mut first);
        }
    }

    fn directory(&mut self, path: &str, first: &mut bool) {
        let names = match walk::names(path) {
            Ok(names) => names,
            Err(error) => return self.fail(path, &error, "open directory"),
        };
        let mut o = out();
        if !std::mem::replace(first, false) {
            o.text("\n");
        }
        if self.many || self.has('R') {
            writeln!(o, "{path}:");
        }
        let mut entries = Vec::new();
        let all = self.has('a') || self.has('f');
        let hidden = all || self.has('A');
        let specials = if all {
            vec![".".to_string(), "..".to_string()]
        } else {
            Vec::new()
        };
        for name in specials.into_iter().chain(names) {
            let special = name == "." || name == "..";
            if name.starts_with('.') && !hidden
                || self.args.values('I').any(|pattern| glob(pattern, &name))
            {
                continue;
            }
            let inner = walk::join(path, &name);
            match self.stat(&inner, special) {
                Ok(stat) => entries.push(Entry {
                    name,
                    path: inner,
                    stat,
                }),
                Err(error) => self.fail(&inner, &error, "access"),
            }
        }
        self.sort(&mut entries);
        if self.long || self.has('s') {
            let blocks: u64 = entries.iter().map(|entry| entry.stat.blocks / 2).sum();
            if self.has('h') && !busybox() {
                writeln!(o, "total {}", size::human(blocks * 1024, 1024));
            } else if self.has('h') {
                writeln!(
                    o,
                    "total {}",
                    if blocks < 1024 {
                        format!("{blocks}K")
                    } else {
                        size::busybox(blocks * 1024)
                    }
                );
            } else {
                writeln!(o, "total {blocks}");
            }
        }
        self.show(&entries);
        if self.has('R') {
            for entry in entries
                .iter()
                .filter(|e| e.stat.is_dir() && e.name != "." && e.name != "..")
            {
                self.directory(&entry.path, first);
            }
        }
    }

    fn sort(&self, entries: &mut [Entry]) {
        if self.has('U') || self.has('f') {
            return;
        }
        let time = |entry: &Entry| match self.args.last_of("cu") {
            Some('c') => entry.stat.ctime,
            Some(_) => entry.stat.atime,
            None => entry.stat.mtime,
        };
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        match self.args.last_of("tSXv") {
            Some('t') => entries.sort_by_key(|entry| Reverse(time(entry))),
            Some('S') => entries.sort_by_key(|entry| Reverse(entry.stat.size)),
            Some('X') => entries.sort_by_key(|entry| {
                entry
                    .name
                    .rsplit_once('.')
                    .map(|(_, end)| end.to_string())
                    .unwrap_or_default()
            }),
            Some('v') => entries.sort_by(|a, b| version(&a.name, &b.name)),
            _ if self.has('c') && !self.long || self.has('u') && !self.long => {
                entries.sort_by_key(|entry| Reverse(time(entry)))
            }
            _ => {}
        }
        if self.has('r') {
            entries.reverse();
        }
        if self.has('ρ') {
            entries.sort_by_key(|entry| !entry.stat.is_dir());
        }
    }

    /// The name as shown, and its width.
    fn name(&self, entry: &Entry) -> (String, usize) {
        let quoted = self.quote(&entry.name);
        let mut width = quoted.chars().count();
        let mut text = match self.paint(&entry.stat, &entry.path) {
            Some(colour) if busybox() => format!("\x1b[{colour}m{quoted}\x1b[m"),
            Some(colour) => format!("\x1b[{colour}m{quoted}\x1b[0m"),
            None => quoted,
        };
        let kind = mode::letter(entry.stat.mode);
        let mark = match kind {
            'd' if self.has('F') || self.has('p') || self.has('τ') => "/",
            'l' if (self.has('F') || self.has('τ')) && !self.long => "@",
            'p' if self.has('F') || self.has('τ') => "|",
            's' if self.has('F') || self.has('τ') => "=",
            '-' if self.has('F') && entry.stat.mode & 0o111 != 0 => "*",
            _ => "",
        };
        text.push_str(mark);
        width += mark.len();
        (text, width)
    }

    fn quote(&self, name: &str) -> String {
        let printable: String = if self.terminal || self.has('q') {
            name.chars()
                .map(|c| if c.is_control() { '?' } else { c })
                .collect()
        } else {
            name.to_string()
        };
        if self.has('Q') {
            return format!(
                "\"{}\"",
                printable.replace('\\', "\\\\").replace('"', "\\\"")
            );
        }
        let special = |c: char| " !\"$&'()*;<=>?[\\^`{|}~#".contains(c);
        if self.terminal && !busybox() && !self.has('N') && printable.contains(special) {
            return if printable.contains('\'') && !printable.contains(['"', '$', '`', '\\']) {
                format!("\"{printable}\"")
            } else {
                format!("'{}'", printable.replace('\'', "'\\''"))
            };
        }
        printable
    }

    fn paint(&self, stat: &Stat, path: &str) -> Option<&'static str> {
        if !self.colour {
            return None;
        }
        let bits = stat.mode;
        let exec = bits & 0o111 != 0;
        if busybox() {
            return Some(match mode::letter(bits) {
                'd' => "1;34",
                'l' => "1;36",
                'p' => "0;33",
                's' => "1;35",
                'b' | 'c' => "1;33",
                _ if exec => "1;32",
                _ => "0;0",
            });
        }
        Some(match mode::letter(bits) {
            'd' if bits & 0o1002 == 0o1002 => "30;42",
            'd' if bits & 0o002 != 0 => "34;42",
            'd' => "01;34",
            'l' if os::stat(path).is_err() => "40;31;01",
            'l' => "01;36",
            'p' => "40;33",
            's' => "01;35",
            'b' | 'c' => "40;33;01",
            _ if bits & 0o4000 != 0 => "37;41",
            _ if bits & 0o2000 != 0 => "30;43",
            _ if exec => "01;32",
            _ if [
                ".tar", ".gz", ".tgz", ".zip", ".xz", ".zst", ".bz2", ".deb", ".jar",
            ]
            .iter()
            .any(|end| path.ends_with(end)) =>
            {
                "01;31"
            }
            _ => return None,
        })
    }

    fn size(&self, bytes: u64) -> String {
        if self.has('σ') {
            size::human(bytes, 1000)
        } else if !self.has('h') {
            bytes.to_string()
        } else if busybox() {
            size::busybox(bytes)
        } else {
            size::human(bytes, 1024)
        }
    }

    fn show(&mut self, entries: &[Entry]) {
        if self.long {
            return self.rows(entries);
        }
        let mut o = out();
        let blocks = entries
            .iter()
            .map(|entry| (entry.stat.blocks / 2).to_string().len())
            .max()
            .unwrap_or(0);
        let prefix = |entry: &Entry| {
            let mut text = String::new();
            if self.has('i') {
                text.push_str(&format!("{:>7} ", entry.stat.ino));
            }
            if self.has('s') {
                let width = if busybox() { 6 } else { blocks };
                text.push_str(&format!("{:>width$} ", entry.stat.blocks / 2));
            }
            text
        };
        let cells: Vec<(String, usize)> = entries
            .iter()
            .map(|entry| {
                let (name, width) = self.name(entry);
                let before = prefix(entry);
                (format!("{before}{name}"), width + before.len())
            })
            .collect();
        let shape = self
            .args
            .last_of("1Cxm")
            .unwrap_or(if self.terminal { 'C' } else { '1' });
        let width = self
            .args
            .value('w')
            .and_then(|w| w.parse().ok())
            .unwrap_or_else(os::columns);
        match shape {
            'm' => {
                let list: Vec<&str> = cells.iter().map(|(text, _)| text.as_str()).collect();
                if !list.is_empty() {
                    writeln!(o, "{}", list.join(", "));
                }
            }
            'C' | 'x' => columns(&cells, width, shape == 'x'),
            _ => {
                for (text, _) in cells {
                    writeln!(o, "{text}");
                }
            }
        }
    }

    fn rows(&self, entries: &[Entry]) {
        let mut o = out();
        let owner = |entry: &Entry| {
            if self.has('n') {
                entry.stat.uid.to_string()
            } else {
                users::user_text(entry.stat.uid)
            }
        };
        let group = |entry: &Entry| {
            if self.has('n') {
                entry.stat.gid.to_string()
            } else {
                users::group_text(entry.stat.gid)
            }
        };
        let size = |entry: &Entry| {
            if entry.stat.is_device() {
                let (major, minor) = os::device(entry.stat.rdev);
                if busybox() {
                    format!("{major:>3}, {minor:>3}")
                } else {
                    format!("{major}, {minor:>3}")
                }
            } else {
                self.size(entry.stat.size)
            }
        };
        let widest = |f: &dyn Fn(&Entry) -> String| {
            entries
                .iter()
                .map(|entry| f(entry).chars().count())
                .max()
                .unwrap_or(0)
        };
        let bb = busybox();
        let links = if bb {
            4
        } else {
            widest(&|e| e.stat.nlink.to_string())
        };
        let owners = if bb { 8 } else { widest(&owner) };
        let groups = if bb { 8 } else { widest(&group) };
        let sizes = if bb && self.has('h') {
            7
        } else if bb {
            9
        } else {
            widest(&size)
        };
        let inodes = if bb {
            7
        } else {
            widest(&|e| e.stat.ino.to_string())
        };
        let blocks = if bb {
            6
        } else {
            widest(&|e| (e.stat.blocks / 2).to_string())
        };
        for entry in entries {
            if self.has('i') {
                write!(o, "{:>inodes$} ", entry.stat.ino);
            }
            if self.has('s') {
                write!(o, "{:>blocks$} ", entry.stat.blocks / 2);
            }
            write!(
                o,
                "{} {:>links$} ",
                mode::text(entry.stat.mode),
                entry.stat.nlink
            );
            if !self.has('g') {
                write!(o, "{:<owners$} ", owner(entry));
            }
            if !self.has('o') && !self.has('G') {
                write!(o, "{:<groups$} ", group(entry));
            }
            write!(
                o,
                "{:>sizes$} {} {}",
                size(entry),
                self.date(&entry.stat),
                self.name(entry).0
            );
            if entry.stat.is_link() {
                if let Ok(target) = walk::read_link(&entry.path) {
                    let shown = match (self.colour, os::stat(&entry.path)) {
                        (true, Ok(stat)) => match self.paint(&stat, &target) {
                            Some(colour) => {
                                format!("\x1b[{colour}m{target}\x1b[{}m", if bb { "" } else { "0" })
                            }
                            None => target,
                        },
                        _ => target,
                    };
                    write!(o, " -> {shown}");
                }
            }
            o.text("\n");
        }
    }

    fn date(&self, stat: &Stat) -> String {
        let moment = match self.args.last_of("cu") {
            Some('c') => stat.ctime,
            Some(_) => stat.atime,
            None => stat.mtime,
        };
        let civil = time::civil(moment);
        if self.has('κ') {
            return time::format(
                if busybox() {
                    "%a %b %e %H:%M:%S %Y"
                } else {
                    "%Y-%m-%d %H:%M:%S.%N %z"
                },
                &civil,
            );
        }
        let age = self.now - moment;
        let half_year = 15_778_476 * time::NANOS;
        if age > half_year || age < -900 * time::NANOS {
            time::format("%b %e  %Y", &civil)
        } else {
            time::format("%b %e %H:%M", &civil)
        }
    }
}
