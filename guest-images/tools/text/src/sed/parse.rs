//! A script's text to a flat list of commands; blocks and branches become jumps.

use applet::regex::{Regex, Syntax};
use std::collections::HashMap;
use std::rc::Rc;

/// What selects lines.
pub enum Address {
    Line(u64),
    Last,
    /// `None` is the last pattern used.
    Match(Option<Rc<Regex>>),
    /// `first~step`.
    Step(u64, u64),
}

/// The second half of a range.
pub enum End {
    At(Address),
    /// `+N`.
    Plus(u64),
    /// `~N`.
    Multiple(u64),
}

/// Replacement text, in pieces.
pub enum Piece {
    Text(Vec<u8>),
    Group(usize),
    /// `\U`, `\L`, `\u`, `\l`, `\E`.
    Case(char),
}

/// `s`.
pub struct Substitute {
    pub pattern: Option<Rc<Regex>>,
    pub pieces: Vec<Piece>,
    pub global: bool,
    pub nth: usize,
    pub print: bool,
    pub write: Option<String>,
}

/// What a command does.
pub enum Verb {
    Substitute(Box<Substitute>),
    Translate(HashMap<char, char>),
    /// `a`, `i`, `c`.
    Text(char, Vec<u8>),
    /// A jump to a place in the list: always, after a substitution, or without one.
    Branch(char, usize),
    /// `{`: skip to the place when not selected.
    Block(usize),
    Read(String),
    Write(String),
    Quit(char, i32),
    /// One letter and nothing else.
    Simple(char),
}

/// One command with its addresses.
pub struct Command {
    pub first: Option<Address>,
    pub last: Option<End>,
    pub negate: bool,
    /// `0,/re/`.
    pub from_zero: bool,
    pub verb: Verb,
}

struct Parser<'a> {
    text: &'a [char],
    at: usize,
    extended: bool,
    commands: Vec<Command>,
    labels: HashMap<String, usize>,
    jumps: Vec<(usize, String)>,
    blocks: Vec<usize>,
}

/// Parses a script.
pub fn parse(script: &str, extended: bool) -> Result<Vec<Command>, String> {
    let text: Vec<char> = script.chars().collect();
    let mut parser = Parser {
        text: &text,
        at: 0,
        extended,
        commands: Vec::new(),
        labels: HashMap::new(),
        jumps: Vec::new(),
        blocks: Vec::new(),
    };
    parser.all()?;
    if !parser.blocks.is_empty() {
        return Err("unmatched `{'".into());
    }
    for (command, label) in std::mem::take(&mut parser.jumps) {
        let target = if label.is_empty() {
            parser.commands.len()
        } else {
            *parser
                .labels
                .get(&label)
                .ok_or_else(|| format!("can't find label for jump to `{label}'"))?
        };
        if let Verb::Branch(_, to) = &mut parser.commands[command].verb {
            *to = target;
        }
    }
    Ok(parser.commands)
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.text.get(self.at).copied()
    }

    fn skip(&mut self, also: &str) {
        while self
            .peek()
            .is_some_and(|c| c == ' ' || c == '\t' || also.contains(c))
        {
            self.at += 1;
        }
    }

    fn number(&mut self) -> Option<u64> {
        let start = self.at;
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.text[start..self.at]
            .iter()
            .collect::<String>()
            .parse()
            .ok()
    }

    /// Text up to an unescaped delimiter; the delimiter's escapes are resolved, others stay. Brackets protect in patterns.
    fn delimited(&mut self, end: char, pattern: bool) -> Result<String, String> {
        let mut text = String::new();
        let mut bracket = false;
        loop {
            let c = self.peek().ok_or("unterminated command")?;
            self.at += 1;
            if c == '\\' {
                let next = self.peek().ok_or("unterminated command")?;
                self.at += 1;
                if next == end && !bracket {
                    // `s|a\|b|` means the character, which in a pattern may need its own escape.
                    if pattern
                        && "^$.*[]|+?(){}".contains(end)
                        && !self.extended
                        && "|+?(){}".contains(end)
                    {
                        text.push(end);
                    } else if pattern && "^$.*[]|+?(){}".contains(end) {
                        text.extend(['\\', end]);
                    } else if !pattern && end == '&' {
                        text.extend(['\\', '&']);
                    } else {
                        text.push(end);
                    }
                } else if next == 'n' && pattern {
                    text.push('\n');
                } else {
                    text.extend([c, next]);
                }
                continue;
            }
            if pattern && c == '[' && !bracket {
                bracket = true;
                text.push(c);
                // A leading `]` (after `^`) is a member.
                if self.peek() == Some('^') {
                    text.push('^');
                    self.at += 1;
                }
                if self.peek() == Some(']') {
                    text.push(']');
                    self.at += 1;
                }
                continue;
            }
            if bracket && c == '[' && matches!(self.peek(), Some(':' | '.' | '=')) {
                let mark = self.peek().unwrap_or(':');
                text.push(c);
                while let Some(c) = self.peek() {
                    self.at += 1;
                    text.push(c);
                    if c == mark
                        && text.len() > 1
                        && self.peek() == Some(']')
                        && !text.ends_with(&format!("[{mark}"))
                    {
                        text.push(']');
                        self.at += 1;
                        break;
                    }
                }
                continue;
            }
            if bracket && c == ']' {
                bracket = false;
            } else if c == end && !bracket {
                return Ok(text);
            }
            text.push(c);
        }
    }

    fn regex(&self, text: &str, fold: bool) -> Result<Option<Rc<Regex>>, String> {
        if text.is_empty() {
            return Ok(None);
        }
        let syntax = if self.extended {
            Syntax::Extended
        } else {
            Syntax::Basic
        };
        Ok(Some(Rc::new(Regex::new(text, syntax, fold)?)))
    }

    fn address(&mut self) -> Result<Option<Address>, String> {
        match self.peek() {
            Some('0'..='9') => {
                let line = self.number().ok_or("invalid number")?;
                if self.peek() == Some('~') {
                    self.at += 1;
                    let step = self.number().unwrap_or(0);
                    return Ok(Some(Address::Step(line, step)));
                }
                Ok(Some(Address::Line(line)))
            }
            Some('$') => {
                self.at += 1;
                Ok(Some(Address::Last))
            }
            Some(c @ ('/' | '\\')) => {
                self.at += 1;
                let end = if c == '/' {
                    '/'
                } else {
                    self.peek().ok_or("unterminated address regex")?
                };
                self.at += usize::from(c == '\\');
                let text = self
                    .delimited(end, true)
                    .map_err(|_| "unterminated address regex")?;
                let mut fold = false;
                while let Some(flag @ ('I' | 'M')) = self.peek() {
                    fold |= flag == 'I';
                    self.at += 1;
                }
                Ok(Some(Address::Match(self.regex(&text, fold)?)))
            }
            _ => Ok(None),
        }
    }

    fn all(&mut self) -> Result<(), String> {
        loop {
            self.skip("\n;");
            let Some(c) = self.peek() else { return Ok(()) };
            if c == '#' {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.at += 1;
                }
                continue;
            }
            self.command()?;
        }
    }

    fn command(&mut self) -> Result<(), String> {
        let first = self.address()?;
        let from_zero = matches!(first, Some(Address::Line(0)));
        self.skip("");
        let mut last = None;
        if self.peek() == Some(',') {
            self.at += 1;
            self.skip("");
            last = Some(match self.peek() {
                Some(c @ ('+' | '~')) => {
                    self.at += 1;
                    let count = self.number().ok_or("expected number")?;
                    if c == '+' {
                        End::Plus(count)
                    } else {
                        End::Multiple(count)
                    }
                }
                _ => End::At(self.address()?.ok_or("unexpected `,'")?),
            });
        }
        if from_zero && !matches!(last, Some(End::At(Address::Match(_)))) {
            return Err("invalid usage of line address 0".into());
        }
        self.skip("");
        let mut negate = false;
        while self.peek() == Some('!') {
            negate = true;
            self.at += 1;
            self.skip("");
        }
        let letter = self.peek().ok_or("missing command")?;
        self.at += 1;
        let place = self.commands.len();
        let verb = match letter {
            '{' => {
                self.blocks.push(place);
                self.commands.push(Command {
                    first,
                    last,
                    negate,
                    from_zero,
                    verb: Verb::Block(0),
                });
                return Ok(());
            }
            '}' => {
                let open = self.blocks.pop().ok_or("unexpected `}'")?;
                if let Verb::Block(to) = &mut self.commands[open].verb {
                    *to = place;
                }
                self.end();
                return Ok(());
            }
            ':' => {
                self.skip("");
                let label = self.word(false);
                self.labels.insert(label, place);
                return Ok(());
            }
            'b' | 't' | 'T' => {
                self.skip("");
                let label = self.word(true);
                self.jumps.push((place, label));
                Verb::Branch(letter, 0)
            }
            's' => self.substitute()?,
            'y' => self.translate()?,
            'a' | 'i' | 'c' => Verb::Text(letter, self.text_argument()),
            'r' | 'R' => {
                self.skip("");
                Verb::Read(self.line())
            }
            'w' | 'W' => {
                self.skip("");
                Verb::Write(self.line())
            }
            'q' | 'Q' => {
                self.skip("");
                let code = self.number().unwrap_or(0) as i32;
                Verb::Quit(letter, code)
            }
            'l' | 'L' => {
                self.skip("");
                self.number();
                Verb::Simple('l')
            }
            '=' | 'd' | 'D' | 'g' | 'G' | 'h' | 'H' | 'n' | 'N' | 'p' | 'P' | 'x' | 'z' | 'F' => {
                Verb::Simple(letter)
            }
            _ => return Err(format!("unknown command: `{letter}'")),
        };
        if matches!(
            verb,
            Verb::Simple(_) | Verb::Quit(..) | Verb::Substitute(_) | Verb::Translate(_)
        ) {
            self.skip("");
            match self.peek() {
                None | Some('\n' | ';' | '}' | '#') => {}
                _ if matches!(verb, Verb::Substitute(_)) => {
                    return Err("unknown option to `s'".into());
                }
                _ => return Err("extra characters after command".into()),
            }
        }
        self.commands.push(Command {
            first,
            last,
            negate,
            from_zero,
            verb,
        });
        Ok(())
    }

    fn end(&mut self) {
        self.skip(";");
    }

    fn word(&mut self, semicolon: bool) -> String {
        let start = self.at;
        while self
            .peek()
            .is_some_and(|c| c != '\n' && !(c == ';') && !(semicolon && (c == '}' || c == ' ')))
        {
            self.at += 1;
        }
        self.text[start..self.at]
            .iter()
            .collect::<String>()
            .trim()
            .to_string()
    }

    fn line(&mut self) -> String {
        let start = self.at;
        while self.peek().is_some_and(|c| c != '\n') {
            self.at += 1;
        }
        self.text[start..self.at].iter().collect()
    }

    /// `a\` with the text on the next line, or GNU's `a text`. A backslash at a line's end continues it.
    fn text_argument(&mut self) -> Vec<u8> {
        self.skip("");
        if self.peek() == Some('\\') {
            self.at += 1;
            self.skip("");
            if self.peek() == Some('\n') {
                self.at += 1;
            }
        }
        let mut text = String::new();
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                '\\' => {
                    if let Some(next) = self.peek() {
                        self.at += 1;
                        text.push(if next == 't' { '\t' } else { next });
                    }
                }
                '\n' => break,
                c => text.push(c),
            }
        }
        text.push('\n');
        text.into_bytes()
    }

    fn substitute(&mut self) -> Result<Verb, String> {
        let end = self.peek().ok_or("unterminated `s' command")?;
        self.at += 1;
        let pattern = self
            .delimited(end, true)
            .map_err(|_| "unterminated `s' command")?;
        let replacement = self
            .delimited(end, false)
            .map_err(|_| "unterminated `s' command")?;
        let mut s = Substitute {
            pattern: None,
            pieces: Vec::new(),
            global: false,
            nth: 1,
            print: false,
            write: None,
        };
        let mut fold = false;
        loop {
            match self.peek() {
                Some('g') => s.global = true,
                Some('p') => s.print = true,
                Some('i' | 'I') => fold = true,
                Some('m' | 'M' | 'e') => {}
                Some('1'..='9') => {
                    s.nth = self.number().unwrap_or(1) as usize;
                    continue;
                }
                Some('w') => {
                    self.at += 1;
                    self.skip("");
                    s.write = Some(self.line());
                    break;
                }
                _ => break,
            }
            self.at += 1;
        }
        s.pattern = self.regex(&pattern, fold)?;
        s.pieces = pieces(&replacement);
        let groups = s.pattern.as_ref().map_or(9, |regex| regex.groups());
        for piece in &s.pieces {
            if let Piece::Group(number) = piece {
                if *number > groups {
                    return Err(format!("invalid reference \\{number} on `s' command's RHS"));
                }
            }
        }
        Ok(Verb::Substitute(Box::new(s)))
    }

    fn translate(&mut self) -> Result<Verb, String> {
        let end = self.peek().ok_or("unterminated `y' command")?;
        self.at += 1;
        let plain = |text: String| {
            text.replace("\\n", "\n")
                .replace("\\t", "\t")
                .replace("\\\\", "\\")
                .chars()
                .collect::<Vec<_>>()
        };
        let from = plain(
            self.delimited(end, false)
                .map_err(|_| "unterminated `y' command")?,
        );
        let to = plain(
            self.delimited(end, false)
                .map_err(|_| "unterminated `y' command")?,
        );
        if from.len() != to.len() {
            return Err("strings for `y' command are different lengths".into());
        }
        Ok(Verb::Translate(from.into_iter().zip(to).collect()))
    }
}

fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = String::new();
    let mut chars = text.chars();
    let flush = |plain: &mut String, pieces: &mut Vec<Piece>| {
        if !plain.is_empty() {
            pieces.push(Piece::Text(std::mem::take(plain).into_bytes()));
        }
    };
    while let Some(c) = chars.next() {
        match c {
            '&' => {
                flush(&mut plain, &mut pieces);
                pieces.push(Piece::Group(0));
            }
            '\\' => match chars.next() {
                Some(digit @ '0'..='9') => {
                    flush(&mut plain, &mut pieces);
                    pieces.push(Piece::Group(digit as usize - '0' as usize));
                }
                Some(case @ ('U' | 'L' | 'u' | 'l' | 'E')) => {
                    flush(&mut plain, &mut pieces);
                    pieces.push(Piece::Case(case));
                }
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some('r') => plain.push('\r'),
                Some('f') => plain.push('\x0c'),
                Some('v') => plain.push('\x0b'),
                Some('a') => plain.push('\x07'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            c => plain.push(c),
        }
    }
    flush(&mut plain, &mut pieces);
    pieces
}
