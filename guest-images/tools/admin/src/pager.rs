//! `less`, `more`.

use applet::keys::{Key, Raw};
use applet::regex::{Regex, Syntax};
use applet::{flush, getopt, input, os, out, warn, words};

/// `less`.
pub fn less(argv: &[String]) -> i32 {
    let args = getopt(
        argv,
        "+NSFRXiIEMmersp:x:n",
        &[("LINE-NUMBERS", 'N'), ("quit-if-one-screen", 'F')],
        "less [-NSFRi] [FILE]...",
    );
    page(
        &args.files(),
        args.has('N'),
        args.has('F'),
        args.has('S'),
        false,
    )
}

/// `more`: less that ends at the end.
pub fn more(argv: &[String]) -> i32 {
    let args = getopt(argv, "dlfcspun:", &[], "more [FILE]...");
    page(&args.files(), false, false, false, true)
}

fn page(files: &[String], numbers: bool, quit_if_short: bool, chop: bool, more: bool) -> i32 {
    let mut code = 0;
    let mut bytes = Vec::new();
    if files == ["-"] && os::is_terminal(0) {
        warn("missing filename (\"less --help\" for help)");
        return 1;
    }
    for path in files {
        match input::read_all(path) {
            Ok(found) => bytes.extend(found),
            Err(error) => {
                eprintln!("{path}: {}", words(&error));
                code = 1;
            }
        }
    }
    if !os::is_terminal(1) || code != 0 && bytes.is_empty() {
        out().bytes(&bytes);
        return code;
    }
    let text = String::from_utf8_lossy(&bytes).replace('\t', "        ");
    let raw = Raw::open();
    let (rows, columns) = raw.size();
    let mut lines: Vec<String> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let full = if numbers {
            format!("{:>7} {line}", at + 1)
        } else {
            line.to_string()
        };
        let chars: Vec<char> = full
            .chars()
            .map(|c| {
                if c.is_control() && c != '\x1b' {
                    '?'
                } else {
                    c
                }
            })
            .collect();
        if chop || chars.len() <= columns || full.contains('\x1b') {
            lines.push(if chop {
                chars.iter().take(columns).collect()
            } else {
                chars.iter().collect()
            });
        } else {
            lines.extend(
                chars
                    .chunks(columns)
                    .map(|part| part.iter().collect::<String>()),
            );
        }
    }
    let height = rows.saturating_sub(1).max(1);
    if lines.len() <= height && (quit_if_short || more) {
        lines.iter().for_each(|line| writeln!(out(), "{line}"));
        flush();
        return code;
    }
    Pager {
        raw,
        lines,
        top: 0,
        height,
        name: files
            .first()
            .filter(|name| *name != "-")
            .cloned()
            .unwrap_or_default(),
        search: None,
        message: String::new(),
        more,
    }
    .run();
    code
}

struct Pager {
    raw: Raw,
    lines: Vec<String>,
    top: usize,
    height: usize,
    name: String,
    search: Option<Regex>,
    message: String,
    more: bool,
}

impl Pager {
    fn last(&self) -> usize {
        self.lines.len().saturating_sub(self.height)
    }

    fn draw(&self) {
        let mut o = out();
        o.text("\x1b[H");
        for row in 0..self.height {
            match self.lines.get(self.top + row) {
                Some(line) => self.line(line),
                None => o.text("~"),
            }
            o.text("\x1b[K\r\n");
        }
        let end = self.top >= self.last();
        let status = if !self.message.is_empty() {
            format!("\x1b[7m{}\x1b[m", self.message)
        } else if self.more {
            format!(
                "\x1b[7m--More-- ({}%)\x1b[m",
                (self.top + self.height).min(self.lines.len()) * 100 / self.lines.len().max(1)
            )
        } else if end {
            format!(
                "\x1b[7m{}(END)\x1b[m",
                if self.name.is_empty() {
                    String::new()
                } else {
                    format!("{} ", self.name)
                }
            )
        } else if self.top == 0 && !self.name.is_empty() {
            format!("\x1b[7m{}\x1b[m", self.name)
        } else {
            ":".into()
        };
        write!(o, "{status}\x1b[K");
        flush();
    }

    fn line(&self, line: &str) {
        let o = out();
        let mut at = 0;
        if let Some(regex) = &self.search {
            while let Some((from, to)) = regex
                .bounds(line.as_bytes(), at)
                .filter(|(from, to)| to > from)
            {
                o.text(&line[at..from]);
                o.text("\x1b[7m");
                o.text(&line[from..to]);
                o.text("\x1b[27m");
                at = to;
            }
        }
        o.text(&line[at..]);
    }

    fn prompt(&self, mark: char) -> Option<String> {
        let mut text = String::new();
        loop {
            write!(out(), "\r{mark}{text}\x1b[K");
            flush();
            match self.raw.key(None) {
                Key::Enter => return Some(text),
                Key::Escape | Key::Ctrl('c') | Key::Closed => return None,
                Key::Backspace if text.pop().is_none() => return None,
                Key::Char(c) => text.push(c),
                _ => {}
            }
        }
    }

    fn find(&mut self, forward: bool) {
        let Some(regex) = &self.search else {
            self.message = "No previous search pattern".into();
            return;
        };
        let hit = if forward {
            (self.top + 1..self.lines.len()).find(|at| regex.is_match(self.lines[*at].as_bytes()))
        } else {
            (0..self.top)
                .rev()
                .find(|at| regex.is_match(self.lines[*at].as_bytes()))
        };
        match hit {
            Some(at) => self.top = at.min(self.last().max(at.min(self.lines.len() - 1))),
            None => self.message = "Pattern not found".into(),
        }
    }

    fn run(mut self) {
        out().text("\x1b[?1049h");
        let mut count = String::new();
        loop {
            self.draw();
            self.message.clear();
            let key = self.raw.key(None);
            let times: usize = count.parse().unwrap_or(1).max(1);
            if let Key::Char(digit @ '0'..='9') = key {
                count.push(digit);
                continue;
            }
            let given = !std::mem::take(&mut count).is_empty();
            let before = self.top;
            match key {
                Key::Char('q' | 'Q') | Key::Closed | Key::Ctrl('c') => break,
                Key::Down | Key::Enter | Key::Char('j' | 'e') => {
                    self.top = (self.top + times).min(self.last())
                }
                Key::Up | Key::Char('k' | 'y') => self.top = self.top.saturating_sub(times),
                Key::PageDown | Key::Char(' ' | 'f') | Key::Ctrl('f' | 'v') => {
                    self.top = (self.top + self.height).min(self.last())
                }
                Key::PageUp | Key::Char('b') | Key::Ctrl('b') => {
                    self.top = self.top.saturating_sub(self.height)
                }
                Key::Char('d') | Key::Ctrl('d') => {
                    self.top = (self.top + self.height / 2).min(self.last())
                }
                Key::Char('u') | Key::Ctrl('u') => {
                    self.top = self.top.saturating_sub(self.height / 2)
                }
                Key::Home | Key::Char('g' | '<') => {
                    self.top = if given {
                        (times - 1).min(self.last())
                    } else {
                        0
                    }
                }
                Key::End | Key::Char('G' | '>') => {
                    self.top = if given {
                        (times - 1).min(self.last())
                    } else {
                        self.last()
                    }
                }
                Key::Char(mark @ ('/' | '?')) => {
                    if let Some(text) = self.prompt(mark) {
                        if !text.is_empty() {
                            match Regex::new(&text, Syntax::Extended, text == text.to_lowercase()) {
                                Ok(regex) => self.search = Some(regex),
                                Err(problem) => {
                                    self.message = problem;
                                    continue;
                                }
                            }
                        }
                        self.find(mark == '/');
                    }
                }
                Key::Char('n') => self.find(true),
                Key::Char('N') => self.find(false),
                Key::Char('h') => {
                    self.message =
                        "q quit  SPACE next page  b back  /text search  n again  g start  G end"
                            .into()
                }
                Key::Char('=') => {
                    self.message = format!(
                        "{} line {} of {}",
                        self.name,
                        self.top + 1,
                        self.lines.len()
                    )
                }
                _ => {}
            }
            // `more` is over when it is asked to go on at the end.
            if self.more
                && self.top == before
                && self.top >= self.last()
                && matches!(key, Key::Char(' ') | Key::Enter | Key::Down)
            {
                break;
            }
        }
        out().text("\x1b[?1049l");
        flush();
    }
}
