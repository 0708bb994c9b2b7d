//! The editor behind `vi`: text, cursor and commands. It knows keys but no terminal.

use applet::keys::Key;
use applet::regex::{Regex, Syntax};

/// What keys mean at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Normal,
    Insert,
    Replace,
    /// A line at the bottom, begun by `:`, `/` or `?`.
    Line(char, String),
}

/// What the program around the editor has to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    Nothing,
    /// Write to the file (or another), then perhaps quit.
    Write(Option<String>, bool),
    Quit,
}

/// A text being edited.
pub struct Editor {
    pub lines: Vec<Vec<char>>,
    pub row: usize,
    pub column: usize,
    pub mode: Mode,
    pub message: String,
    pub changed: bool,
    pending: String,
    count: String,
    register: (Vec<Vec<char>>, bool),
    undo: Vec<(Vec<Vec<char>>, usize, usize)>,
    redo: Vec<(Vec<Vec<char>>, usize, usize)>,
    search: Option<(String, bool)>,
}

fn kind(c: char) -> u8 {
    if c.is_whitespace() {
        0
    } else if c.is_alphanumeric() || c == '_' {
        1
    } else {
        2
    }
}

impl Editor {
    pub fn new(text: &str) -> Self {
        let mut lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        if lines.is_empty() {
            lines.push(Vec::new());
        }
        Self {
            lines,
            row: 0,
            column: 0,
            mode: Mode::Normal,
            message: String::new(),
            changed: false,
            pending: String::new(),
            count: String::new(),
            register: (Vec::new(), true),
            undo: Vec::new(),
            redo: Vec::new(),
            search: None,
        }
    }

    /// The text as a file.
    pub fn text(&self) -> String {
        self.lines
            .iter()
            .map(|line| line.iter().collect::<String>() + "\n")
            .collect()
    }

    fn line(&self) -> &Vec<char> {
        &self.lines[self.row]
    }

    fn remember(&mut self) {
        self.undo.push((self.lines.clone(), self.row, self.column));
        if self.undo.len() > 200 {
            self.undo.remove(0);
        }
        self.redo.clear();
        self.changed = true;
    }

    fn clamp(&mut self) {
        if self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        self.row = self.row.min(self.lines.len() - 1);
        let most = self
            .line()
            .len()
            .saturating_sub(usize::from(self.mode == Mode::Normal));
        self.column = self.column.min(most);
    }

    /// One key.
    pub fn key(&mut self, key: Key, page: usize) -> Wish {
        self.message.clear();
        let wish = match self.mode.clone() {
            Mode::Insert | Mode::Replace => self.insert(key),
            Mode::Line(mark, text) => self.bottom(key, mark, text),
            Mode::Normal => self.normal(key, page),
        };
        self.clamp();
        wish
    }

    fn insert(&mut self, key: Key) -> Wish {
        let (row, column) = (self.row, self.column);
        match key {
            Key::Escape | Key::Ctrl('c') => {
                self.mode = Mode::Normal;
                self.column = self.column.saturating_sub(1);
            }
            Key::Enter => {
                let rest = self.lines[row].split_off(column);
                self.lines.insert(row + 1, rest);
                (self.row, self.column) = (row + 1, 0);
            }
            Key::Backspace if column > 0 => {
                self.lines[row].remove(column - 1);
                self.column -= 1;
            }
            Key::Backspace if row > 0 => {
                let line = self.lines.remove(row);
                self.row -= 1;
                self.column = self.line().len();
                self.lines[self.row].extend(line);
            }
            Key::Delete if column < self.line().len() => drop(self.lines[row].remove(column)),
            Key::Char(c) => self.put_char(c),
            Key::Tab => self.put_char('\t'),
            Key::Up => self.row = row.saturating_sub(1),
            Key::Down => self.row = (row + 1).min(self.lines.len() - 1),
            Key::Left => self.column = column.saturating_sub(1),
            Key::Right => self.column = column + 1,
            Key::Home => self.column = 0,
            Key::End => self.column = self.line().len(),
            _ => {}
        }
        Wish::Nothing
    }

    fn put_char(&mut self, c: char) {
        let (row, column) = (self.row, self.column.min(self.line().len()));
        if self.mode == Mode::Replace && column < self.lines[row].len() {
            self.lines[row][column] = c;
        } else {
            self.lines[row].insert(column, c);
        }
        self.column = column + 1;
    }

    fn bottom(&mut self, key: Key, mark: char, mut text: String) -> Wish {
        match key {
            Key::Escape | Key::Ctrl('c') => self.mode = Mode::Normal,
            Key::Backspace => {
                if text.pop().is_none() {
                    self.mode = Mode::Normal;
                } else {
                    self.mode = Mode::Line(mark, text);
                }
            }
            Key::Enter => {
                self.mode = Mode::Normal;
                if mark == ':' {
                    return self.command(&text);
                }
                if !text.is_empty() {
                    self.search = Some((text, mark == '/'));
                }
                self.find(true);
            }
            Key::Char(c) => {
                text.push(c);
                self.mode = Mode::Line(mark, text);
            }
            _ => {}
        }
        Wish::Nothing
    }

    fn find(&mut self, same: bool) {
        let Some((text, forward)) = self.search.clone() else {
            self.message = "No previous regular expression".into();
            return;
        };
        let Ok(regex) = Regex::new(&text, Syntax::Basic, false) else {
            self.message = format!("bad search pattern '{text}'");
            return;
        };
        let forward = forward == same;
        let count = self.lines.len();
        // The current line last again, for a match on the other side of the cursor.
        for step in 0..=count {
            let row = if forward {
                (self.row + step) % count
            } else {
                (self.row + 2 * count - step) % count
            };
            let line: String = self.lines[row].iter().collect();
            let mut hits = Vec::new();
            let mut at = 0;
            while let Some((from, to)) = regex.bounds(line.as_bytes(), at) {
                hits.push(line[..from].chars().count());
                at = to.max(from + line[from..].chars().next().map_or(1, char::len_utf8));
                if at > line.len() {
                    break;
                }
            }
            let here = step == 0;
            let hit = if forward {
                hits.into_iter()
                    .find(|column| !here || *column > self.column)
            } else {
                hits.into_iter()
                    .rev()
                    .find(|column| !here || *column < self.column)
            };
            if let Some(column) = hit {
                (self.row, self.column) = (row, column);
                return;
            }
        }
        self.message = "Pattern not found".into();
    }

    fn command(&mut self, text: &str) -> Wish {
        let text = text.trim();
        if let Ok(line) = text.parse::<usize>() {
            self.row = line.saturating_sub(1).min(self.lines.len() - 1);
            self.column = 0;
            return Wish::Nothing;
        }
        let (name, argument) = text.split_once(' ').map_or((text, None), |(name, rest)| {
            (name, Some(rest.trim().to_string()))
        });
        match name {
            "" => Wish::Nothing,
            "$" => {
                self.row = self.lines.len() - 1;
                Wish::Nothing
            }
            "w" | "w!" | "write" => Wish::Write(argument, false),
            "wq" | "x" | "wq!" | "x!" => Wish::Write(argument, true),
            "q" | "quit" if self.changed => {
                self.message = "No write since last change (:q! overrides)".into();
                Wish::Nothing
            }
            "q" | "q!" | "quit" | "quit!" => Wish::Quit,
            "set" | "se" | "syntax" | "noh" | "nohlsearch" => Wish::Nothing,
            _ => {
                self.substitute(text);
                Wish::Nothing
            }
        }
    }

    /// `:s/a/b/g`, `:%s…`, `:2,5s…`.
    fn substitute(&mut self, text: &str) {
        let (range, rest) = match text.find('s') {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => return self.message = format!("'{text}' is not implemented"),
        };
        let place = |word: &str, own: usize, count: usize| match word {
            "" | "." => Some(own),
            "$" => Some(count - 1),
            number => number
                .parse::<usize>()
                .ok()
                .map(|line| line.saturating_sub(1).min(count - 1)),
        };
        let count = self.lines.len();
        let bounds = if range == "%" {
            Some((0, count - 1))
        } else {
            let (from, to) = range.split_once(',').unwrap_or((range, range));
            place(from, self.row, count).zip(place(to, self.row, count))
        };
        let Some(mark) = rest.chars().next().filter(|c| c.is_ascii_punctuation()) else {
            return self.message = format!("'{text}' is not implemented");
        };
        let parts: Vec<&str> = rest[1..].split(mark).collect();
        let (Some((from, to)), [pattern, replacement, flags @ ..]) = (bounds, &parts[..]) else {
            return self.message = format!("'{text}' is not implemented");
        };
        let regex = match Regex::new(
            pattern,
            Syntax::Basic,
            flags.iter().any(|flags| flags.contains('i')),
        ) {
            Ok(regex) => regex,
            Err(problem) => return self.message = problem,
        };
        let all = flags.iter().any(|flags| flags.contains('g'));
        self.remember();
        let mut hits = 0;
        for row in from..=to {
            let line: String = self.lines[row].iter().collect();
            let (mut result, mut at) = (String::new(), 0);
            while let Some((start, end)) = regex
                .bounds(line.as_bytes(), at)
                .filter(|(start, end)| end > start)
            {
                result.push_str(&line[at..start]);
                result.push_str(&replacement.replace('&', &line[start..end]));
                at = end;
                hits += 1;
                if !all {
                    break;
                }
            }
            result.push_str(&line[at..]);
            self.lines[row] = result.chars().collect();
        }
        self.message = if hits == 0 {
            "Pattern not found".into()
        } else {
            format!("{hits} substitutions")
        };
    }

    /// Where a motion leads; `None` when the key is none.
    fn motion(&self, key: Key, times: usize, given: bool) -> Option<(usize, usize, bool)> {
        let (mut row, mut column) = (self.row, self.column);
        let last = self.lines.len() - 1;
        let mut whole = false;
        match key {
            Key::Left | Key::Char('h') | Key::Backspace => column = column.saturating_sub(times),
            Key::Right | Key::Char('l' | ' ') => column = (column + times).min(self.line().len()),
            Key::Down | Key::Char('j') | Key::Enter => {
                (row, whole) = ((row + times).min(last), true)
            }
            Key::Up | Key::Char('k') => (row, whole) = (row.saturating_sub(times), true),
            Key::Home | Key::Char('0') => column = 0,
            Key::Char('^') => column = self.line().iter().take_while(|c| c.is_whitespace()).count(),
            Key::End | Key::Char('$') => column = self.line().len(),
            Key::Char('G') => {
                (row, whole) = (if given { (times - 1).min(last) } else { last }, true)
            }
            Key::Char('w' | 'W') => {
                for _ in 0..times {
                    let line = &self.lines[row];
                    let start = line.get(column).map_or(0, |c| kind(*c));
                    while column < line.len() && kind(line[column]) == start && start != 0 {
                        column += 1;
                    }
                    while column < line.len() && kind(line[column]) == 0 {
                        column += 1;
                    }
                    if column >= line.len() && row < last && self.pending.is_empty() {
                        row += 1;
                        column = self.lines[row]
                            .iter()
                            .take_while(|c| c.is_whitespace())
                            .count();
                    }
                }
            }
            Key::Char('e') => {
                for _ in 0..times {
                    let line = &self.lines[row];
                    column += 1;
                    while column < line.len() && kind(line[column]) == 0 {
                        column += 1;
                    }
                    while column + 1 < line.len() && kind(line[column + 1]) == kind(line[column]) {
                        column += 1;
                    }
                }
                if !self.pending.is_empty() {
                    column += 1;
                }
            }
            Key::Char('b' | 'B') => {
                for _ in 0..times {
                    if column == 0 && row > 0 {
                        row -= 1;
                        column = self.lines[row].len();
                    }
                    let line = &self.lines[row];
                    while column > 0 && kind(line[column - 1]) == 0 {
                        column -= 1;
                    }
                    while column > 0
                        && column <= line.len()
                        && kind(line[column - 1])
                            == kind(line[column.min(line.len() - 1)].max(line[column - 1]))
                    {
                        column -= 1;
                    }
                }
            }
            _ => return None,
        }
        Some((row, column, whole))
    }

    fn normal(&mut self, key: Key, page: usize) -> Wish {
        if let Key::Char(digit @ '0'..='9') = key {
            if digit != '0' || !self.count.is_empty() {
                self.count.push(digit);
                return Wish::Nothing;
            }
        }
        let given = !self.count.is_empty();
        let times = self.count.parse::<usize>().unwrap_or(1).clamp(1, 10_000);
        if !self.pending.is_empty() {
            return self.operate(key, times, given);
        }
        if let Some((row, column, _)) = self.motion(key, times, given) {
            self.count.clear();
            (self.row, self.column) = (row, column);
            return Wish::Nothing;
        }
        if let Key::Char(c @ ('d' | 'c' | 'y' | 'g' | 'r' | 'Z' | '>' | '<')) = key {
            self.pending.push(c);
            return Wish::Nothing;
        }
        self.count.clear();
        match key {
            Key::PageDown | Key::Ctrl('f') => self.row += page,
            Key::PageUp | Key::Ctrl('b') => self.row = self.row.saturating_sub(page),
            Key::Ctrl('d') => self.row += page / 2,
            Key::Ctrl('u') => self.row = self.row.saturating_sub(page / 2),
            Key::Ctrl('r') => {
                if let Some(state) = self.redo.pop() {
                    self.undo.push((
                        std::mem::replace(&mut self.lines, state.0),
                        self.row,
                        self.column,
                    ));
                    (self.row, self.column) = (state.1, state.2);
                }
            }
            Key::Delete => self.cut_chars(times),
            Key::Char(c) => return self.letter(c, times),
            _ => {}
        }
        Wish::Nothing
    }

    fn letter(&mut self, c: char, times: usize) -> Wish {
        match c {
            'i' | 'a' | 'I' | 'A' | 'R' => {
                self.remember();
                self.mode = if c == 'R' {
                    Mode::Replace
                } else {
                    Mode::Insert
                };
                match c {
                    'a' => self.column = (self.column + 1).min(self.line().len()),
                    'I' => {
                        self.column = self.line().iter().take_while(|c| c.is_whitespace()).count()
                    }
                    'A' => self.column = self.line().len(),
                    _ => {}
                }
            }
            'o' | 'O' => {
                self.remember();
                self.row += usize::from(c == 'o');
                self.lines.insert(self.row, Vec::new());
                self.column = 0;
                self.mode = Mode::Insert;
            }
            'x' => self.cut_chars(times),
            'X' => {
                let times = times.min(self.column);
                self.column -= times;
                self.cut_chars(times);
            }
            'D' | 'C' | 's' => {
                let end = if c == 's' {
                    self.column + times
                } else {
                    usize::MAX
                };
                self.cut_chars(end.saturating_sub(self.column));
                if c != 'D' {
                    self.mode = Mode::Insert;
                }
            }
            'S' => {
                self.remember();
                self.lines[self.row].clear();
                self.column = 0;
                self.mode = Mode::Insert;
            }
            'Y' => self.yank_lines(self.row, times),
            'p' | 'P' => self.paste(c == 'p', times),
            'J' => {
                if self.row + 1 < self.lines.len() {
                    self.remember();
                    let next: String = self.lines.remove(self.row + 1).iter().collect();
                    self.column = self.line().len();
                    let row = self.row;
                    self.lines[row].push(' ');
                    self.lines[row].extend(next.trim_start().chars());
                }
            }
            '~' => {
                self.remember();
                let (row, column) = (self.row, self.column);
                if let Some(c) = self.lines[row].get_mut(column) {
                    *c = if c.is_uppercase() {
                        c.to_lowercase().next()
                    } else {
                        c.to_uppercase().next()
                    }
                    .unwrap_or(*c);
                    self.column += 1;
                }
            }
            'u' => {
                if let Some(state) = self.undo.pop() {
                    self.redo.push((
                        std::mem::replace(&mut self.lines, state.0),
                        self.row,
                        self.column,
                    ));
                    (self.row, self.column) = (state.1, state.2);
                } else {
                    self.message = "Already at oldest change".into();
                }
            }
            'n' => self.find(true),
            'N' => self.find(false),
            'H' | 'M' | 'L' => {}
            ':' | '/' | '?' => self.mode = Mode::Line(c, String::new()),
            other => self.message = format!("'{other}' is not implemented"),
        }
        Wish::Nothing
    }

    fn cut_chars(&mut self, times: usize) {
        self.remember();
        let (row, from) = (self.row, self.column.min(self.line().len()));
        let to = from.saturating_add(times).min(self.line().len());
        self.register = (vec![self.lines[row].drain(from..to).collect()], false);
    }

    fn yank_lines(&mut self, from: usize, count: usize) {
        let to = (from + count).min(self.lines.len());
        self.register = (self.lines[from..to].to_vec(), true);
    }

    fn paste(&mut self, after: bool, times: usize) {
        let (text, whole) = self.register.clone();
        if text.is_empty() {
            return;
        }
        self.remember();
        for _ in 0..times {
            if whole {
                let at = self.row + usize::from(after);
                for (index, line) in text.iter().enumerate() {
                    self.lines.insert(at + index, line.clone());
                }
                (self.row, self.column) = (at, 0);
            } else {
                let at = (self.column + usize::from(after)).min(self.line().len());
                let row = self.row;
                self.lines[row].splice(at..at, text[0].iter().copied());
                self.column = at + text[0].len().saturating_sub(1);
            }
        }
    }

    /// The second key of `dd`, `dw`, `gg`, `rX`, `ZZ` and the like.
    fn operate(&mut self, key: Key, times: usize, given: bool) -> Wish {
        let operator = self.pending.chars().next().unwrap_or('d');
        let motion = self.motion(key, times, given);
        self.pending.clear();
        self.count.clear();
        match (operator, key) {
            ('r', Key::Char(c)) => {
                self.remember();
                let (row, column) = (self.row, self.column);
                if let Some(slot) = self.lines[row].get_mut(column) {
                    *slot = c;
                }
            }
            ('g', Key::Char('g')) => {
                (self.row, self.column) = (if given { times - 1 } else { 0 }, 0)
            }
            ('Z', Key::Char('Z')) => return Wish::Write(None, true),
            ('Z', Key::Char('Q')) => return Wish::Quit,
            ('g' | 'r' | 'Z', _) => {}
            ('>' | '<', _) => {
                self.remember();
                let row = self.row;
                if operator == '>' {
                    self.lines[row].insert(0, '\t');
                } else if self.lines[row].first().is_some_and(|c| c.is_whitespace()) {
                    self.lines[row].remove(0);
                }
            }
            (_, Key::Char(c)) if c == operator => self.lines_operator(operator, self.row, times),
            _ => match motion {
                Some((row, _, true)) => {
                    let (from, to) = (self.row.min(row), self.row.max(row));
                    self.lines_operator(operator, from, to - from + 1);
                }
                Some((row, column, false)) if row == self.row => {
                    let (from, to) = (self.column.min(column), self.column.max(column));
                    self.column = from;
                    if operator == 'y' {
                        let to = to.min(self.line().len());
                        self.register = (vec![self.line()[from..to].to_vec()], false);
                    } else {
                        self.cut_chars(to - from);
                        if operator == 'c' {
                            self.mode = Mode::Insert;
                        }
                    }
                }
                _ => {}
            },
        }
        Wish::Nothing
    }

    fn lines_operator(&mut self, operator: char, from: usize, count: usize) {
        self.yank_lines(from, count);
        if operator == 'y' {
            self.row = from;
            return;
        }
        self.remember();
        let to = (from + count).min(self.lines.len());
        self.lines.drain(from..to);
        self.row = from;
        if operator == 'c' {
            self.lines.insert(from.min(self.lines.len()), Vec::new());
            self.mode = Mode::Insert;
        }
        self.column = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(text: &str, keys: &str) -> (String, Editor) {
        let mut editor = Editor::new(text);
        for c in keys.chars() {
            let key = match c {
                '\x1b' => Key::Escape,
                '\n' => Key::Enter,
                c => Key::Char(c),
            };
            editor.key(key, 10);
        }
        (editor.text(), editor)
    }

    #[test]
    fn commands() {
        for (text, keys, expected) in [
            ("a\nb\n", "ihello \x1b", "hello a\nb\n"),
            ("a\nb\nc\n", "jdd", "a\nc\n"),
            ("a\nb\n", "yyp", "a\na\nb\n"),
            ("one two three\n", "dw", "two three\n"),
            ("one two\n", "wcwsix\x1b", "one six\n"),
            ("abc\n", "xxu", "bc\n"),
            ("a\nb\n", "Goend\x1b", "a\nb\nend\n"),
            ("a b a\n", ":%s/a/X/g\n", "X b X\n"),
            ("foo\nbar\n", "/bar\ndd", "foo\n"),
            ("a\nb\nc\nd\n", "2dd", "c\nd\n"),
            ("ab\n", "A!\x1b", "ab!\n"),
            ("a\nb\n", "J", "a b\n"),
            ("\n", "ddix\x1b", "x\n"),
            ("one two\n", "$bD", "one \n"),
        ] {
            assert_eq!(typed(text, keys).0, expected, "{keys:?}");
        }
    }

    #[test]
    fn leaving_asks_when_something_changed() {
        let (_, mut editor) = typed("a\n", "x:q");
        assert_eq!(editor.key(Key::Enter, 10), Wish::Nothing);
        editor.mode = Mode::Line(':', "wq".into());
        assert_eq!(editor.key(Key::Enter, 10), Wish::Write(None, true));
    }
}
