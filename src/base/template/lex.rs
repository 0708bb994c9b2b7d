//! Cuts a template into tokens, as Go's lexer does. An error is a token too: the parser reports it when it gets there.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Error,
    End,
    Text,
    Open,
    Close,
    Space,
    Word,
    Keyword,
    Nil,
    Dot,
    Field,
    Variable,
    Bool,
    Number,
    Char,
    Quoted,
    RawQuoted,
    LeftParen,
    RightParen,
    Pipe,
    Declare,
    Assign,
    Comma,
}

/// One token with its place.
#[derive(Clone, Debug)]
pub struct Token {
    pub kind: Kind,
    pub text: String,
    /// Bytes from the start.
    pub at: usize,
    pub line: usize,
}

const KEYWORDS: &[&str] = &[
    "block", "break", "continue", "define", "else", "end", "if", "range", "template", "with",
];

struct Lexer<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    tokens: Vec<Token>,
    parens: usize,
}

/// Cuts the whole template.
pub fn lex(source: &str) -> Vec<Token> {
    let mut lexer = Lexer {
        source,
        at: 0,
        line: 1,
        tokens: Vec::new(),
        parens: 0,
    };
    // An error ends the stream, as nothing behind it can be trusted.
    if let Err(words) = lexer.run() {
        lexer.push(Kind::Error, words, lexer.at);
    }
    lexer.push(Kind::End, "", source.len());
    lexer.tokens
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.source[self.at..]
    }

    fn push(&mut self, kind: Kind, text: impl Into<String>, at: usize) {
        self.tokens.push(Token {
            kind,
            text: text.into(),
            at,
            line: self.line,
        });
    }

    /// Takes `length` bytes as one token.
    fn take(&mut self, kind: Kind, length: usize) {
        let text = &self.source[self.at..self.at + length];
        self.push(kind, text, self.at);
        self.skip(length);
    }

    fn skip(&mut self, length: usize) {
        let passed = &self.source[self.at..self.at + length];
        self.line += passed.matches('\n').count();
        self.at += length;
    }

    fn run(&mut self) -> Result<(), &'static str> {
        while !self.rest().is_empty() {
            let Some(open) = self.rest().find("{{") else {
                self.take(Kind::Text, self.rest().len());
                return Ok(());
            };
            let mut text = &self.rest()[..open];
            let after = &self.rest()[open + 2..];
            let trims = trim_marker(after);
            if trims {
                text = text.trim_end_matches([' ', '\t', '\r', '\n']);
            }
            if !text.is_empty() {
                self.push(Kind::Text, text, self.at);
            }
            self.skip(open);
            let inside = if trims { &after[2..] } else { after };
            if inside.starts_with("/*") {
                self.comment(if trims { 4 } else { 2 })?;
                continue;
            }
            self.take(Kind::Open, 2);
            if trims {
                self.skip(2);
            }
            self.parens = 0;
            self.action()?;
        }
        Ok(())
    }

    fn comment(&mut self, before: usize) -> Result<(), &'static str> {
        let body = &self.rest()[before..];
        let end = body.find("*/").ok_or("unclosed comment")?;
        let tail = &body[end + 2..];
        let (length, trims) = if tail.starts_with("}}") {
            (2, false)
        } else if tail.starts_with([' ', '\t', '\r', '\n']) && tail[1..].starts_with("-}}") {
            (4, true)
        } else {
            return Err("comment ends before closing delimiter");
        };
        self.skip(before + end + 2 + length);
        if trims {
            self.trim();
        }
        Ok(())
    }

    fn trim(&mut self) {
        let rest = self.rest();
        let trimmed = rest.trim_start_matches([' ', '\t', '\r', '\n']);
        self.skip(rest.len() - trimmed.len());
    }

    /// Everything up to and with the closing braces.
    fn action(&mut self) -> Result<(), &'static str> {
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                return Err("unclosed action");
            };
            if rest.starts_with("}}") {
                if self.parens > 0 {
                    return Err("unclosed left paren");
                }
                self.take(Kind::Close, 2);
                return Ok(());
            }
            if c.is_ascii_whitespace() {
                if rest[1..].starts_with("-}}") {
                    if self.parens > 0 {
                        return Err("unclosed left paren");
                    }
                    self.skip(2);
                    self.take(Kind::Close, 2);
                    self.trim();
                    return Ok(());
                }
                // A space that belongs to a trim marker is not part of this one.
                let mut length = 0;
                for (n, c) in rest.char_indices() {
                    if !c.is_ascii_whitespace() || (n > 0 && rest[n + 1..].starts_with("-}}")) {
                        break;
                    }
                    length = n + 1;
                }
                self.take(Kind::Space, length);
                continue;
            }
            self.inside(c)?;
        }
    }

    fn inside(&mut self, c: char) -> Result<(), &'static str> {
        let rest = self.rest();
        match c {
            '|' => self.take(Kind::Pipe, 1),
            ',' => self.take(Kind::Comma, 1),
            '=' => self.take(Kind::Assign, 1),
            ':' if rest.starts_with(":=") => self.take(Kind::Declare, 2),
            ':' => return Err("expected :="),
            '(' => {
                self.parens += 1;
                self.take(Kind::LeftParen, 1);
            }
            ')' => {
                if self.parens == 0 {
                    return Err("unexpected right paren");
                }
                self.parens -= 1;
                self.take(Kind::RightParen, 1);
            }
            '"' => {
                let length = quoted(rest, '"').ok_or("unterminated quoted string")?;
                self.take(Kind::Quoted, length);
            }
            '\'' => {
                let length = quoted(rest, '\'').ok_or("unterminated character constant")?;
                self.take(Kind::Char, length);
            }
            '`' => {
                let end = rest[1..]
                    .find('`')
                    .ok_or("unterminated raw quoted string")?;
                self.take(Kind::RawQuoted, end + 2);
            }
            '$' => {
                let length = 1 + word(&rest[1..]);
                self.terminated(length)?;
                self.take(Kind::Variable, length);
            }
            '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                let length = 1 + word(&rest[1..]);
                if length == 1 {
                    self.take(Kind::Dot, 1);
                } else {
                    self.terminated(length)?;
                    self.take(Kind::Field, length);
                }
            }
            '+' | '-' | '.' | '0'..='9' => {
                let length = 1 + rest[1..]
                    .find(|c: char| !(c.is_ascii_alphanumeric() || "._+-".contains(c)))
                    .unwrap_or(rest.len() - 1);
                // A sign belongs to a number only behind an exponent.
                let length = number(&rest[..length]);
                self.terminated(length)?;
                self.take(Kind::Number, length);
            }
            c if c.is_alphanumeric() || c == '_' => {
                let length = word(rest);
                self.terminated(length)?;
                let text = &rest[..length];
                let kind = match text {
                    "true" | "false" => Kind::Bool,
                    "nil" => Kind::Nil,
                    _ if KEYWORDS.contains(&text) => Kind::Keyword,
                    _ => Kind::Word,
                };
                self.take(kind, length);
            }
            _ => return Err("unrecognized character in action"),
        }
        Ok(())
    }

    /// A word must not run into something that cannot follow it.
    fn terminated(&self, length: usize) -> Result<(), &'static str> {
        let next = self.rest()[length..].chars().next();
        let fine = next.is_none_or(|c| c.is_ascii_whitespace() || ".,|:)(=}".contains(c));
        if fine { Ok(()) } else { Err("bad character") }
    }
}

fn trim_marker(after: &str) -> bool {
    after.starts_with('-') && after[1..].starts_with([' ', '\t', '\r', '\n'])
}

fn word(text: &str) -> usize {
    text.find(|c: char| !(c.is_alphanumeric() || c == '_'))
        .unwrap_or(text.len())
}

/// The length of a number's spelling; signs count at the front and behind `e` only.
fn number(text: &str) -> usize {
    let mut before = ' ';
    for (n, c) in text.char_indices() {
        if n > 0 && matches!(c, '+' | '-') && !matches!(before, 'e' | 'E' | 'p' | 'P') {
            return n;
        }
        before = c;
    }
    text.len()
}

/// The length of a quoted text with its quotes; `None` if it does not end on its line.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (n, c) in text.char_indices().skip(1) {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(n + 1),
            _ => {}
        }
    }
    None
}
