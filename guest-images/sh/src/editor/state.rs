//! The line being edited: text, cursor, killed text, place in the history, search.
//!
//! Pure: keys in, an [`Effect`] out. Drawing is `draw`'s work, reading `session`'s.

use super::history::History;
use super::keys::Key;

/// What the caller has to do after a key.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Effect {
    /// Draw the line anew.
    Draw,
    /// The line is complete.
    Accept,
    /// `^C`
    Interrupt,
    /// `^D` on an empty line.
    End,
    /// `^L`
    Clear,
    /// Tab.
    Complete,
    /// Nothing to be done about this key.
    Bell,
}

/// A reverse search.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Search {
    pub pattern: String,
    /// Place of the line that was found.
    found: Option<usize>,
    failed: bool,
    /// Line and cursor before the search.
    before: (Vec<char>, usize),
}

/// The line and its surroundings.
#[derive(Debug, Default)]
pub struct State {
    line: Vec<char>,
    cursor: usize,
    killed: Vec<char>,
    /// Place in the history; none while editing the new line.
    place: Option<usize>,
    /// The new line, while the history is shown.
    saved: Vec<char>,
    pub search: Option<Search>,
}

impl State {
    pub fn line(&self) -> String {
        self.line.iter().collect()
    }
    /// The text before the cursor.
    pub fn before(&self) -> String {
        self.line[..self.cursor].iter().collect()
    }
    /// What the search line says instead of the prompt.
    pub fn search_prompt(&self) -> Option<String> {
        let search = self.search.as_ref()?;
        let failed = if search.failed { "failed " } else { "" };
        Some(format!("({failed}reverse-i-search)`{}': ", search.pattern))
    }

    fn set(&mut self, text: &[char]) {
        self.line = text.to_vec();
        self.cursor = self.line.len();
    }
    fn insert(&mut self, text: impl IntoIterator<Item = char>) {
        for c in text {
            self.line.insert(self.cursor, c);
            self.cursor += 1;
        }
    }
    /// Replaces the text from a byte place to the cursor.
    pub fn replace_before(&mut self, start: usize, text: &str) {
        let keep = self.before()[..start].chars().count();
        self.line.drain(keep..self.cursor);
        self.cursor = keep;
        self.insert(text.chars());
    }
    fn kill(&mut self, from: usize, to: usize) -> Effect {
        if from == to {
            return Effect::Bell;
        }
        self.killed = self.line.drain(from..to).collect();
        self.cursor = from;
        Effect::Draw
    }
    fn word_left(&self, stop: impl Fn(char) -> bool) -> usize {
        let mut at = self.cursor;
        while at > 0 && stop(self.line[at - 1]) {
            at -= 1;
        }
        while at > 0 && !stop(self.line[at - 1]) {
            at -= 1;
        }
        at
    }
    fn word_right(&self) -> usize {
        let mut at = self.cursor;
        while at < self.line.len() && !self.line[at].is_alphanumeric() {
            at += 1;
        }
        while at < self.line.len() && self.line[at].is_alphanumeric() {
            at += 1;
        }
        at
    }
    fn go(&mut self, to: usize) -> Effect {
        if to == self.cursor {
            return Effect::Bell;
        }
        self.cursor = to;
        Effect::Draw
    }

    fn up(&mut self, history: &History) -> Effect {
        let place = self.place.unwrap_or(history.lines().len());
        if place == 0 {
            return Effect::Bell;
        }
        if self.place.is_none() {
            self.saved = self.line.clone();
        }
        self.show(place - 1, history)
    }
    fn down(&mut self, history: &History) -> Effect {
        match self.place {
            None => Effect::Bell,
            Some(place) if place + 1 < history.lines().len() => self.show(place + 1, history),
            Some(_) => {
                self.place = None;
                let saved = std::mem::take(&mut self.saved);
                self.set(&saved);
                Effect::Draw
            }
        }
    }
    fn show(&mut self, place: usize, history: &History) -> Effect {
        self.place = Some(place);
        let line: Vec<char> = history.lines()[place].chars().collect();
        self.set(&line);
        Effect::Draw
    }

    /// Does what a key says.
    pub fn key(&mut self, key: &Key, history: &History) -> Effect {
        if self.search.is_some() {
            return self.search_key(key, history);
        }
        let end = self.line.len();
        let not_word = |c: char| !c.is_alphanumeric();
        match key {
            Key::Char(c) => {
                self.insert([*c]);
                Effect::Draw
            }
            Key::Paste(text) => {
                self.insert(
                    text.trim_end_matches('\n')
                        .chars()
                        .map(|c| if c == '\t' { ' ' } else { c }),
                );
                Effect::Draw
            }
            Key::Enter => Effect::Accept,
            Key::Tab => Effect::Complete,
            Key::Backspace if self.cursor > 0 => {
                self.cursor -= 1;
                self.line.remove(self.cursor);
                Effect::Draw
            }
            Key::Delete | Key::Control('D') if self.cursor < end => {
                self.line.remove(self.cursor);
                Effect::Draw
            }
            Key::Control('D') if end == 0 => Effect::End,
            Key::Left | Key::Control('B') => self.go(self.cursor.saturating_sub(1)),
            Key::Right | Key::Control('F') => self.go((self.cursor + 1).min(end)),
            Key::Home | Key::Control('A') => self.go(0),
            Key::End | Key::Control('E') => self.go(end),
            Key::WordLeft | Key::Alt('b') => self.go(self.word_left(not_word)),
            Key::WordRight | Key::Alt('f') => self.go(self.word_right()),
            Key::Up | Key::Control('P') => self.up(history),
            Key::Down | Key::Control('N') => self.down(history),
            Key::Control('K') => self.kill(self.cursor, end),
            Key::Control('U') => self.kill(0, self.cursor),
            Key::Control('W') => self.kill(self.word_left(char::is_whitespace), self.cursor),
            Key::Alt('\x7f') => self.kill(self.word_left(not_word), self.cursor),
            Key::Alt('d') => self.kill(self.cursor, self.word_right()),
            Key::Control('Y') if !self.killed.is_empty() => {
                self.insert(self.killed.clone());
                Effect::Draw
            }
            Key::Control('T') if self.cursor > 0 && end > 1 => {
                let at = self.cursor.min(end - 1);
                self.line.swap(at - 1, at);
                self.cursor = at + 1;
                Effect::Draw
            }
            Key::Control('L') => Effect::Clear,
            Key::Control('C') => Effect::Interrupt,
            Key::Control('R') => {
                let before = (self.line.clone(), self.cursor);
                self.search = Some(Search {
                    pattern: String::new(),
                    found: None,
                    failed: false,
                    before,
                });
                Effect::Draw
            }
            Key::Alt('.' | '_') => {
                let last = history
                    .lines()
                    .last()
                    .and_then(|line| line.split_whitespace().last());
                self.insert(last.unwrap_or("").chars());
                Effect::Draw
            }
            _ => Effect::Bell,
        }
    }

    fn search_key(&mut self, key: &Key, history: &History) -> Effect {
        let Some(mut search) = self.search.take() else {
            return Effect::Bell;
        };
        let all = history.lines().len();
        let from = match key {
            Key::Char(c) => {
                search.pattern.push(*c);
                search.found.map_or(all, |found| found + 1)
            }
            Key::Backspace => {
                search.pattern.pop();
                all
            }
            Key::Control('R') => search.found.unwrap_or(all),
            Key::Control('G') => {
                (self.line, self.cursor) = search.before;
                return Effect::Draw;
            }
            Key::Control('C') => return Effect::Interrupt,
            // Any other key ends the search and does its own work on the line found.
            other => {
                let other = other.clone();
                return match self.key(&other, history) {
                    Effect::Bell => Effect::Draw,
                    effect => effect,
                };
            }
        };
        match history.search(&search.pattern, from) {
            Some(place) if !search.pattern.is_empty() => {
                search.found = Some(place);
                search.failed = false;
                let line = &history.lines()[place];
                let at = line
                    .find(&search.pattern)
                    .map_or(0, |at| line[..at].chars().count());
                self.line = line.chars().collect();
                self.cursor = at;
                self.place = Some(place);
            }
            _ => search.failed = !search.pattern.is_empty(),
        }
        self.search = Some(search);
        Effect::Draw
    }
}

#[cfg(test)]
mod tests {
    use super::super::keys::Decoder;
    use super::*;

    /// Types keys; gives the line with `|` for the cursor, and the last effect.
    fn typed(bytes: &str, past: &[&str]) -> (String, Effect) {
        let mut history = History::default();
        past.iter().for_each(|line| history.add(line));
        let (mut state, mut decoder) = (State::default(), Decoder::default());
        let mut effect = Effect::Draw;
        for byte in bytes.bytes() {
            if let Some(key) = decoder.feed(byte) {
                effect = state.key(&key, &history);
            }
        }
        let mut line = state.line;
        line.insert(state.cursor, '|');
        (line.into_iter().collect(), effect)
    }
    fn line(bytes: &str) -> String {
        typed(bytes, &[]).0
    }

    #[test]
    fn editing() {
        assert_eq!(line("hello\x01X"), "X|hello");
        assert_eq!(line("hello\x1b[D\x1b[D\x7f"), "he|lo");
        assert_eq!(line("one two\x17"), "one |");
        assert_eq!(line("one two\x15"), "|");
        assert_eq!(line("one two\x17\x01\x19"), "two|one ");
        assert_eq!(line("one two\x1b[1;5D\x0b"), "one |");
        assert_eq!(line("ab\x14"), "ba|");
        assert_eq!(line("äö\x02\x04"), "ä|");
        assert_eq!(line("x\x1b[200~a\nb\x1b[201~"), "xa\nb|");
    }

    #[test]
    fn endings() {
        assert_eq!(typed("", &[]).1, Effect::Draw);
        assert_eq!(typed("\x04", &[]).1, Effect::End);
        assert_eq!(typed("a\x04", &[]).1, Effect::Bell);
        assert_eq!(typed("a\x03", &[]).1, Effect::Interrupt);
        assert_eq!(typed("a\r", &[]).1, Effect::Accept);
    }

    #[test]
    fn history_and_search() {
        let past = ["ls -l", "cd /tmp", "ls"];
        assert_eq!(typed("new\x1b[A\x1b[A", &past).0, "cd /tmp|");
        assert_eq!(typed("new\x1b[A\x1b[B", &past).0, "new|");
        assert_eq!(
            typed("\x1b[A\x1b[A\x1b[A\x1b[A", &past),
            ("ls -l|".into(), Effect::Bell)
        );
        assert_eq!(typed("\x12ls", &past).0, "|ls");
        assert_eq!(typed("\x12ls\x12", &past).0, "|ls -l");
        assert_eq!(typed("x\x12tmp\x07", &past).0, "x|");
        assert_eq!(
            typed("\x12tmp\r", &past),
            ("cd /|tmp".into(), Effect::Accept)
        );
        assert_eq!(typed("\x12tmp\x05!", &past).0, "cd /tmp!|");
    }
}
