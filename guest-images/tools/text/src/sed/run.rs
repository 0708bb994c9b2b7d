//! Runs the commands over the lines.

use super::parse::{Address, Command, End, Piece, Substitute, Verb};
use applet::regex::Regex;
use applet::{Lines, flush, os, out, warn, words};
use std::collections::HashMap;
use std::fs::File;
use std::io::Write;
use std::rc::Rc;

/// Whether a range is open, and where it ends.
#[derive(Clone, Copy)]
enum Range {
    Closed,
    Open,
    Until(u64),
}

/// The machine: pattern space, hold space, files.
pub struct Sed {
    commands: Rc<Vec<Command>>,
    ranges: Vec<Range>,
    quiet: bool,
    end: u8,
    live: bool,
    space: Vec<u8>,
    hold: Vec<u8>,
    line: u64,
    last_regex: Option<Rc<Regex>>,
    appended: Vec<Vec<u8>>,
    files: HashMap<String, File>,
    target: Option<Vec<u8>>,
    source: Source,
    code: i32,
}

/// The input files as one stream with a line of look-ahead, so that `$` can be told.
#[derive(Default)]
struct Source {
    waiting: Vec<String>,
    current: Option<Lines>,
    name: String,
    next: Option<(Vec<u8>, bool)>,
    end: u8,
    errors: bool,
}

impl Source {
    fn fill(&mut self) {
        while self.next.is_none() {
            if let Some(lines) = &mut self.current {
                if let Some(line) = lines.next_line() {
                    self.next = Some((line, lines.terminated));
                    return;
                }
                self.current = None;
            }
            if self.waiting.is_empty() {
                return;
            }
            let path = self.waiting.remove(0);
            match Lines::open(&path) {
                Ok(lines) => {
                    self.current = Some(lines.ending(self.end));
                    self.name = path;
                }
                Err(error) => {
                    if error.kind() == std::io::ErrorKind::IsADirectory {
                        warn(format_args!("couldn't edit {path}: not a regular file"));
                    } else if applet::busybox() {
                        warn(format_args!("{path}: {}", words(&error)));
                    } else {
                        warn(format_args!("can't read {path}: {}", words(&error)));
                    }
                    self.errors = true;
                }
            }
        }
    }

    fn take(&mut self) -> Option<(Vec<u8>, bool)> {
        self.fill();
        self.next.take()
    }

    fn at_end(&mut self) -> bool {
        self.fill();
        self.next.is_none()
    }
}

/// What to do after a command.
enum Flow {
    Next,
    Jump(usize),
    /// End of the cycle, with the automatic print or without.
    End(bool),
    /// A new cycle without reading a line.
    Restart,
    Quit(bool),
}

impl Sed {
    pub fn new(commands: Vec<Command>, quiet: bool, end: u8, live: bool) -> Self {
        let ranges = vec![Range::Closed; commands.len()];
        Self {
            commands: Rc::new(commands),
            ranges,
            quiet,
            end,
            live,
            space: Vec::new(),
            hold: Vec::new(),
            line: 0,
            last_regex: None,
            appended: Vec::new(),
            files: HashMap::new(),
            target: None,
            source: Source {
                end,
                ..Source::default()
            },
            code: 0,
        }
    }

    /// Edits the files; `separate` treats each as an input of its own, `in_place` also writes it back.
    pub fn run(mut self, files: &[String], separate: bool, in_place: Option<&str>) -> i32 {
        if !separate {
            self.source.waiting = files.to_vec();
            self.cycles();
            return self.finish();
        }
        for path in files {
            self.source.waiting = vec![path.clone()];
            if in_place.is_some() {
                if !os::exists(path) {
                    warn(if applet::busybox() {
                        format!("{path}: No such file or directory")
                    } else {
                        format!("can't read {path}: No such file or directory")
                    });
                    self.code = if applet::busybox() { 1 } else { 2 };
                    continue;
                }
                self.target = Some(Vec::new());
                self.line = 0;
            }
            let stop = self.cycles();
            if let (Some(suffix), Some(bytes)) = (in_place, self.target.take()) {
                if let Err(error) = replace(path, suffix, &bytes) {
                    warn(format_args!("couldn't edit {path}: {}", words(&error)));
                    self.code = 4;
                }
            }
            if stop {
                break;
            }
        }
        self.finish()
    }

    fn finish(mut self) -> i32 {
        flush();
        for file in self.files.values_mut() {
            let _ = file.flush();
        }
        if self.code == 0 && self.source.errors {
            if applet::busybox() { 1 } else { 2 }
        } else {
            self.code
        }
    }

    fn emit(&mut self, bytes: &[u8]) {
        match &mut self.target {
            Some(target) => target.extend_from_slice(bytes),
            None => {
                out().bytes(bytes);
                if self.live {
                    flush();
                }
            }
        }
    }

    fn emit_line(&mut self, bytes: &[u8], ended: bool) {
        let mut line = bytes.to_vec();
        if ended {
            line.push(self.end);
        }
        self.emit(&line);
    }

    fn write_to(&mut self, path: &str, bytes: &[u8]) {
        if path == "/dev/stdout" {
            return self.emit(bytes);
        }
        if !self.files.contains_key(path) {
            match File::create(path) {
                Ok(file) => drop(self.files.insert(path.to_string(), file)),
                Err(error) => {
                    warn(format_args!("couldn't open file {path}: {}", words(&error)));
                    std::process::exit(4);
                }
            }
        }
        if let Some(file) = self.files.get_mut(path) {
            let _ = file.write_all(bytes);
        }
    }

    /// Runs until the input ends (`false`) or a `q` (`true`).
    fn cycles(&mut self) -> bool {
        let mut ended = true;
        let mut fresh = true;
        loop {
            if fresh {
                match self.source.take() {
                    Some((line, terminated)) => {
                        self.space = line;
                        ended = terminated;
                        self.line += 1;
                    }
                    None => return false,
                }
            }
            fresh = true;
            let commands = self.commands.clone();
            let mut at = 0;
            let mut replaced = false;
            let mut print = !self.quiet;
            let mut quit = false;
            while let Some(command) = commands.get(at) {
                at += 1;
                let selected = self.selected(command, at - 1);
                let flow = if selected {
                    self.obey(command, &mut replaced, &mut ended, at - 1)
                } else if let Verb::Block(to) = command.verb {
                    Flow::Jump(to)
                } else {
                    Flow::Next
                };
                match flow {
                    Flow::Next => {}
                    Flow::Jump(to) => at = to,
                    Flow::End(auto) => {
                        print &= auto;
                        break;
                    }
                    Flow::Restart => {
                        print = false;
                        fresh = false;
                        break;
                    }
                    Flow::Quit(auto) => {
                        print &= auto;
                        quit = true;
                        break;
                    }
                }
            }
            if print {
                let line = std::mem::take(&mut self.space);
                self.emit_line(&line, ended);
                self.space = line;
            }
            self.flush_appended();
            if quit {
                return true;
            }
        }
    }

    fn flush_appended(&mut self) {
        for text in std::mem::take(&mut self.appended) {
            self.emit(&text);
        }
    }

    fn hits(&mut self, address: &Address) -> bool {
        match address {
            Address::Line(number) => *number == self.line,
            Address::Last => self.source.at_end(),
            Address::Step(first, 0) => *first == self.line,
            Address::Step(first, step) => self.line >= *first && (self.line - first) % step == 0,
            Address::Match(regex) => {
                if let Some(regex) = regex {
                    self.last_regex = Some(regex.clone());
                }
                self.last_regex
                    .clone()
                    .is_some_and(|regex| regex.is_match(&self.space))
            }
        }
    }

    fn selected(&mut self, command: &Command, at: usize) -> bool {
        let Some(first) = &command.first else {
            return !command.negate;
        };
        let Some(last) = &command.last else {
            return self.hits(first) != command.negate;
        };
        let mut range = self.ranges[at];
        if command.from_zero && self.line == 1 && matches!(range, Range::Closed) {
            range = Range::Open;
        }
        let inside = match range {
            Range::Closed => {
                if self.hits(first) {
                    self.ranges[at] = match last {
                        End::At(Address::Line(line)) if *line <= self.line => Range::Closed,
                        End::At(Address::Line(line)) => Range::Until(*line),
                        End::At(_) => Range::Open,
                        End::Plus(0) => Range::Closed,
                        End::Plus(count) => Range::Until(self.line + count),
                        End::Multiple(count) if *count == 0 || self.line % count == 0 => {
                            Range::Closed
                        }
                        End::Multiple(count) => Range::Until((self.line / count + 1) * count),
                    };
                    if matches!(last, End::At(Address::Last)) && self.source.at_end() {
                        self.ranges[at] = Range::Closed;
                    }
                    true
                } else {
                    false
                }
            }
            Range::Until(line) => {
                if self.line >= line {
                    self.ranges[at] = Range::Closed;
                }
                self.line <= line
            }
            Range::Open => {
                let End::At(address) = last else {
                    return !command.negate;
                };
                self.ranges[at] = if self.hits(address) {
                    Range::Closed
                } else {
                    Range::Open
                };
                true
            }
        };
        inside != command.negate
    }

    fn obey(
        &mut self,
        command: &Command,
        replaced: &mut bool,
        ended: &mut bool,
        at: usize,
    ) -> Flow {
        match &command.verb {
            Verb::Block(_) => {}
            Verb::Substitute(s) => *replaced |= self.substitute(s, *ended),
            Verb::Translate(map) => {
                let text: String = String::from_utf8_lossy(&self.space)
                    .chars()
                    .map(|c| *map.get(&c).unwrap_or(&c))
                    .collect();
                self.space = text.into_bytes();
            }
            Verb::Branch('b', to) => return Flow::Jump(*to),
            Verb::Branch(letter, to) => {
                let was = std::mem::take(replaced);
                if was == (*letter == 't') {
                    return Flow::Jump(*to);
                }
            }
            Verb::Text('a', text) => self.appended.push(text.clone()),
            Verb::Text('i', text) => self.emit(&text.clone()),
            Verb::Text(_, text) => {
                // In a range the text comes once, at its end.
                let open = command.last.is_some()
                    && !command.negate
                    && !matches!(self.ranges[at], Range::Closed);
                if !open {
                    self.emit(&text.clone());
                }
                return Flow::End(false);
            }
            Verb::Read(path) => {
                if let Ok(bytes) = applet::read_all(if path == "/dev/stdin" { "-" } else { path }) {
                    self.appended.push(bytes);
                }
            }
            Verb::Write(path) => {
                let line = [self.space.as_slice(), &[self.end]].concat();
                self.write_to(path, &line);
            }
            Verb::Quit(letter, code) => {
                self.code = *code;
                return Flow::Quit(*letter == 'q');
            }
            Verb::Simple(letter) => return self.simple(*letter, ended),
        }
        Flow::Next
    }

    fn simple(&mut self, letter: char, ended: &mut bool) -> Flow {
        match letter {
            'd' => return Flow::End(false),
            'D' => match self.space.iter().position(|byte| *byte == b'\n') {
                None => return Flow::End(false),
                Some(at) => {
                    self.space.drain(..=at);
                    return Flow::Restart;
                }
            },
            'p' => {
                let line = self.space.clone();
                self.emit_line(&line, true);
            }
            'P' => {
                let line = self
                    .space
                    .split(|byte| *byte == b'\n')
                    .next()
                    .unwrap_or_default()
                    .to_vec();
                self.emit_line(&line, true);
            }
            'n' => {
                if self.source.at_end() {
                    return Flow::Quit(true);
                }
                if !self.quiet {
                    let line = self.space.clone();
                    self.emit_line(&line, *ended);
                }
                self.flush_appended();
                if let Some((line, terminated)) = self.source.take() {
                    self.space = line;
                    *ended = terminated;
                    self.line += 1;
                }
            }
            'N' => {
                // GNU prints the pattern space when there is no next line.
                if self.source.at_end() {
                    return Flow::Quit(true);
                }
                self.flush_appended();
                if let Some((line, terminated)) = self.source.take() {
                    self.space.push(b'\n');
                    self.space.extend(line);
                    *ended = terminated;
                    self.line += 1;
                }
            }
            'g' => self.space = self.hold.clone(),
            'G' => {
                self.space.push(b'\n');
                self.space.extend_from_slice(&self.hold);
            }
            'h' => self.hold = self.space.clone(),
            'H' => {
                self.hold.push(b'\n');
                self.hold.extend_from_slice(&self.space);
            }
            'x' => std::mem::swap(&mut self.space, &mut self.hold),
            'z' => self.space.clear(),
            '=' => {
                let text = format!("{}\n", self.line);
                self.emit(text.as_bytes());
            }
            'F' => {
                let text = format!("{}\n", self.source.name);
                self.emit(text.as_bytes());
            }
            'l' => {
                let text = visible(&self.space);
                self.emit(text.as_bytes());
            }
            _ => {}
        }
        Flow::Next
    }

    fn substitute(&mut self, s: &Substitute, ended: bool) -> bool {
        let Some(regex) = s.pattern.clone().or_else(|| self.last_regex.clone()) else {
            warn("no previous regular expression");
            std::process::exit(1);
        };
        self.last_regex = Some(regex.clone());
        let text = std::mem::take(&mut self.space);
        let mut result = Vec::with_capacity(text.len());
        let (mut at, mut count, mut done) = (0, 0, false);
        let mut last_end = usize::MAX;
        while let Some(groups) = regex.find_at(&text, at) {
            let Some((start, end)) = groups[0] else { break };
            // An empty match right behind the one before does not count.
            if start == end && start == last_end {
                if start >= text.len() {
                    break;
                }
                result.push(text[start]);
                at = start + 1;
                last_end = usize::MAX;
                continue;
            }
            count += 1;
            result.extend_from_slice(&text[at..start]);
            if count >= s.nth {
                expand(&s.pieces, &text, &groups, &mut result);
                done = true;
            } else {
                result.extend_from_slice(&text[start..end]);
            }
            last_end = end;
            at = end;
            if start == end {
                if start >= text.len() {
                    break;
                }
                result.push(text[start]);
                at = start + 1;
            }
            if done && !s.global {
                break;
            }
        }
        if at < text.len() {
            result.extend_from_slice(&text[at..]);
        }
        self.space = result;
        if done {
            if s.print {
                let line = self.space.clone();
                self.emit_line(&line, true);
            }
            if let Some(path) = &s.write {
                let line = [self.space.as_slice(), &[self.end]].concat();
                self.write_to(path, &line);
            }
        }
        let _ = ended;
        done
    }
}

fn expand(pieces: &[Piece], text: &[u8], groups: &[Option<(usize, usize)>], result: &mut Vec<u8>) {
    let (mut mode, mut once) = ('E', None);
    let mut push = |bytes: &[u8], mode: char, once: &mut Option<char>| {
        if mode == 'E' && once.is_none() {
            return result.extend_from_slice(bytes);
        }
        for c in String::from_utf8_lossy(bytes).chars() {
            let upper = match once.take() {
                Some('u') => Some(true),
                Some(_) => Some(false),
                None if mode == 'U' => Some(true),
                None if mode == 'L' => Some(false),
                None => None,
            };
            let shown: String = match upper {
                Some(true) => c.to_uppercase().collect(),
                Some(false) => c.to_lowercase().collect(),
                None => c.to_string(),
            };
            result.extend_from_slice(shown.as_bytes());
        }
    };
    for piece in pieces {
        match piece {
            Piece::Text(bytes) => push(bytes, mode, &mut once),
            Piece::Group(number) => {
                if let Some(Some((from, to))) = groups.get(*number) {
                    push(&text[*from..*to], mode, &mut once);
                }
            }
            Piece::Case(letter @ ('u' | 'l')) => once = Some(*letter),
            Piece::Case(letter) => mode = *letter,
        }
    }
}

/// `l`: unprintable bytes as escapes, lines of 69 characters.
fn visible(bytes: &[u8]) -> String {
    let mut text = String::new();
    let mut width = 0;
    for byte in bytes {
        let shown = match byte {
            b'\\' => "\\\\".to_string(),
            7 => "\\a".into(),
            8 => "\\b".into(),
            9 => "\\t".into(),
            10 => "\\n".into(),
            11 => "\\v".into(),
            12 => "\\f".into(),
            13 => "\\r".into(),
            32..=126 => (*byte as char).to_string(),
            other => format!("\\{other:03o}"),
        };
        if width + shown.len() > 69 {
            text.push_str("\\\n");
            width = 0;
        }
        width += shown.len();
        text.push_str(&shown);
    }
    text.push_str("$\n");
    text
}

fn replace(path: &str, suffix: &str, bytes: &[u8]) -> std::io::Result<()> {
    let stat = os::stat(path)?;
    if !suffix.is_empty() {
        let backup = if suffix.contains('*') {
            suffix.replace('*', applet::walk::base(path))
        } else {
            format!("{path}{suffix}")
        };
        std::fs::copy(path, backup)?;
    }
    // A new file in its place, as sed does, so that readers of the old one keep it.
    let temporary = format!("{}/sed{:06x}", applet::walk::parent(path), os::pid());
    std::fs::write(&temporary, bytes)?;
    os::chmod(&temporary, stat.mode & 0o7777)?;
    let _ = os::chown(&temporary, stat.uid, stat.gid, true);
    std::fs::rename(&temporary, path)
}
