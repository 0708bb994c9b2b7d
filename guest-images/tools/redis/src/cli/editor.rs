//! A line that is typed, with its history and the names of commands behind Tab. Keys are read raw; while a command runs, the
//! terminal is as it was, so that `^C` ends the program.

use applet::keys::{Key, Raw};
use std::io::Write;

/// Lines that are kept.
const HISTORY: usize = 500;

pub enum Line {
    Typed(String),
    Ended,
}

pub struct Editor {
    history: Vec<String>,
    path: Option<String>,
}

/// The line being typed.
#[derive(Default)]
struct Typing {
    text: Vec<char>,
    at: usize,
}

impl Typing {
    fn set(&mut self, text: &str) {
        self.text = text.chars().collect();
        self.at = self.text.len();
    }

    fn text(&self) -> String {
        self.text.iter().collect()
    }

    /// Takes the word before the cursor away.
    fn drop_word(&mut self) {
        let end = self.at;
        while self.at > 0 && self.text[self.at - 1] == ' ' {
            self.at -= 1;
        }
        while self.at > 0 && self.text[self.at - 1] != ' ' {
            self.at -= 1;
        }
        self.text.drain(self.at..end);
    }
}

impl Editor {
    /// Reads the history of earlier conversations.
    pub fn new(path: Option<String>) -> Editor {
        let text = path
            .as_ref()
            .and_then(|path| std::fs::read_to_string(path).ok())
            .unwrap_or_default();
        Editor {
            history: text.lines().map(str::to_owned).collect(),
            path,
        }
    }

    /// Keeps a line for later.
    pub fn remember(&mut self, line: &str) {
        if self.history.last().is_some_and(|last| last == line) {
            return;
        }
        self.history.push(line.to_owned());
        let old = self.history.len().saturating_sub(HISTORY);
        self.history.drain(..old);
        if let Some(path) = &self.path {
            // A home that cannot be written has no history.
            let _ = std::fs::write(path, self.history.join("\n") + "\n");
        }
    }

    /// One line. `^C` ends as `^D` on an empty line does.
    pub fn line(&mut self, prompt: &str) -> Line {
        applet::flush();
        let raw = Raw::open();
        let mut typing = Typing::default();
        // Which line of the history is shown; one behind the last is the line being typed.
        let (mut place, mut own) = (self.history.len(), String::new());
        loop {
            draw(prompt, &typing);
            let show = |to: usize, place: &mut usize, typing: &mut Typing, own: &mut String| {
                if *place == self.history.len() {
                    *own = typing.text();
                }
                *place = to;
                typing.set(self.history.get(to).unwrap_or(own));
            };
            match raw.key(None) {
                Key::Enter => {
                    println();
                    return Line::Typed(typing.text());
                }
                Key::Ctrl('c') | Key::Closed => {
                    println();
                    return Line::Ended;
                }
                Key::Ctrl('d') if typing.text.is_empty() => {
                    println();
                    return Line::Ended;
                }
                Key::Char(c) => {
                    typing.text.insert(typing.at, c);
                    typing.at += 1;
                }
                Key::Backspace if typing.at > 0 => {
                    typing.at -= 1;
                    typing.text.remove(typing.at);
                }
                Key::Delete | Key::Ctrl('d') if typing.at < typing.text.len() => {
                    typing.text.remove(typing.at);
                }
                Key::Left | Key::Ctrl('b') => typing.at = typing.at.saturating_sub(1),
                Key::Right | Key::Ctrl('f') => typing.at = (typing.at + 1).min(typing.text.len()),
                Key::Home | Key::Ctrl('a') => typing.at = 0,
                Key::End | Key::Ctrl('e') => typing.at = typing.text.len(),
                Key::Ctrl('k') => typing.text.truncate(typing.at),
                Key::Ctrl('u') => drop(typing.text.drain(..std::mem::take(&mut typing.at))),
                Key::Ctrl('w') => typing.drop_word(),
                Key::Ctrl('l') => write("\x1b[H\x1b[2J"),
                Key::Up | Key::Ctrl('p') if place > 0 => {
                    show(place - 1, &mut place, &mut typing, &mut own)
                }
                Key::Down | Key::Ctrl('n') if place < self.history.len() => {
                    show(place + 1, &mut place, &mut typing, &mut own)
                }
                Key::Tab => complete(&mut typing),
                _ => {}
            }
        }
    }
}

/// Completes the name of a command as far as it is certain.
fn complete(typing: &mut Typing) {
    let start = typing.text().to_ascii_lowercase();
    if start.is_empty() || start.contains(' ') || typing.at < typing.text.len() {
        return;
    }
    let mut names: Vec<&str> = crate::commands::table()
        .into_keys()
        .filter(|name| name.starts_with(&start))
        .collect();
    names.sort_unstable();
    let Some(first) = names.first() else { return };
    let shared = names.iter().fold(first.len(), |length, name| {
        first
            .bytes()
            .zip(name.bytes())
            .take(length)
            .take_while(|(a, b)| a == b)
            .count()
    });
    let mut text = first[..shared].to_ascii_uppercase();
    if names.len() == 1 {
        text.push(' ');
    }
    typing.set(&text);
}

/// Draws the line anew; what does not fit beside the prompt moves to the left.
fn draw(prompt: &str, typing: &Typing) {
    let room = applet::os::columns()
        .saturating_sub(prompt.len() + 1)
        .max(1);
    let from = typing.at.saturating_sub(room);
    let shown: String = typing.text[from..].iter().take(room).collect();
    let column = prompt.len() + typing.at - from;
    write(&format!("\r{prompt}{shown}\x1b[0K\r\x1b[{column}C"));
}

fn println() {
    write("\n");
}

fn write(text: &str) {
    let mut stdout = std::io::stdout();
    // A terminal that is gone ends the input too.
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}
