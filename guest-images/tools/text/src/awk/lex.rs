//! From text to tokens. The parser says whether a slash may begin a pattern.

use std::rc::Rc;

/// A token.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(f64),
    Text(Rc<str>),
    Pattern(Rc<str>),
    /// A name that is not a keyword.
    Name(Rc<str>),
    /// A name with `(` right behind it.
    Call(Rc<str>),
    Word(&'static str),
    /// An operator or mark.
    Mark(&'static str),
    Newline,
    End,
}

const WORDS: &[&str] = &[
    "BEGIN", "END", "function", "func", "if", "else", "while", "for", "do", "break", "continue",
    "next", "nextfile", "exit", "return", "delete", "in", "getline", "print", "printf",
];

const MARKS: &[&str] = &[
    "**=", "&&", "||", "==", "!=", "<=", ">=", ">>", "++", "--", "+=", "-=", "*=", "/=", "%=",
    "^=", "**", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">",
    "<", "|", "?", ":", "~", "$", "=",
];

/// The tokens of a program, one at a time.
pub struct Lexer<'a> {
    text: &'a str,
    at: usize,
    pub line: usize,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// The next token; `pattern` when a slash begins a pattern here.
    pub fn next(&mut self, pattern: bool) -> Result<Token, String> {
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else {
                return Ok(Token::End);
            };
            match c {
                ' ' | '\t' | '\r' => self.at += 1,
                '#' => self.at += rest.find('\n').unwrap_or(rest.len()),
                '\\' if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") => {
                    self.at += rest.find('\n').unwrap_or(0) + 1;
                    self.line += 1;
                }
                '\n' => {
                    self.at += 1;
                    self.line += 1;
                    return Ok(Token::Newline);
                }
                '"' => return self.string(),
                '/' if pattern => return self.pattern(),
                '0'..='9' | '.'
                    if c != '.' || rest[1..].starts_with(|c: char| c.is_ascii_digit()) =>
                {
                    if let Some(hex) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
                        let len = hex
                            .find(|c: char| !c.is_ascii_hexdigit())
                            .unwrap_or(hex.len());
                        self.at += 2 + len;
                        return Ok(Token::Number(
                            u64::from_str_radix(&hex[..len], 16).unwrap_or(0) as f64,
                        ));
                    }
                    let (value, used) = super::value::leading(rest);
                    self.at += used;
                    return Ok(Token::Number(value));
                }
                c if c.is_ascii_alphabetic() || c == '_' => {
                    let len = rest
                        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                        .unwrap_or(rest.len());
                    let name = &rest[..len];
                    self.at += len;
                    if let Some(word) = WORDS.iter().find(|word| **word == name) {
                        return Ok(Token::Word(if *word == "func" { "function" } else { word }));
                    }
                    return Ok(if self.rest().starts_with('(') {
                        Token::Call(name.into())
                    } else {
                        Token::Name(name.into())
                    });
                }
                _ => {
                    let mark = MARKS
                        .iter()
                        .find(|mark| rest.starts_with(**mark))
                        .ok_or_else(|| format!("{}: Unexpected token", self.line))?;
                    self.at += mark.len();
                    return Ok(Token::Mark(match *mark {
                        "**" => "^",
                        "**=" => "^=",
                        mark => mark,
                    }));
                }
            }
        }
    }

    fn string(&mut self) -> Result<Token, String> {
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1).peekable();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => {
                    self.at += at + 1;
                    return Ok(Token::Text(text.into()));
                }
                '\n' => break,
                '\\' => match chars.next().map(|(_, c)| c) {
                    Some('n') => text.push('\n'),
                    Some('t') => text.push('\t'),
                    Some('r') => text.push('\r'),
                    Some('\\') => text.push('\\'),
                    Some('"') => text.push('"'),
                    Some('/') => text.push('/'),
                    Some('a') => text.push('\x07'),
                    Some('b') => text.push('\x08'),
                    Some('f') => text.push('\x0c'),
                    Some('v') => text.push('\x0b'),
                    Some('\n') => self.line += 1,
                    Some(digit @ '0'..='7') => {
                        let mut value = digit as u32 - '0' as u32;
                        for _ in 0..2 {
                            match chars.peek() {
                                Some((_, digit @ '0'..='7')) => {
                                    value = value * 8 + *digit as u32 - '0' as u32;
                                    chars.next();
                                }
                                _ => break,
                            }
                        }
                        text.push(char::from_u32(value).unwrap_or('?'));
                    }
                    Some(other) => text.extend(['\\', other]),
                    None => break,
                },
                c => text.push(c),
            }
        }
        Err(format!("{}: Unexpected end of string", self.line))
    }

    fn pattern(&mut self) -> Result<Token, String> {
        let mut text = String::new();
        let mut bracket = false;
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '/' if !bracket => {
                    self.at += at + 1;
                    return Ok(Token::Pattern(text.into()));
                }
                '\n' => break,
                '\\' => match chars.next() {
                    Some((_, '/')) => text.push('/'),
                    Some((_, other)) => text.extend(['\\', other]),
                    None => break,
                },
                c => {
                    if c == '[' {
                        bracket = true;
                    } else if c == ']' && !text.ends_with('[') && !text.ends_with("[^") {
                        bracket = false;
                    }
                    text.push(c);
                }
            }
        }
        Err(format!("{}: Unexpected end of pattern", self.line))
    }
}

impl<'a> Lexer<'a> {
    /// A copy at the same place, for looking ahead.
    pub fn fork(&self) -> Self {
        Self {
            text: self.text,
            at: self.at,
            line: self.line,
        }
    }

    /// Whether the next character is this one.
    pub fn follows(&self, c: char) -> bool {
        self.rest().starts_with(c)
    }

    /// Whether the next word, behind blanks, is this one.
    pub fn follows_word(&self, word: &str) -> bool {
        let rest = self.rest().trim_start_matches([' ', '\t']);
        rest.strip_prefix(word).is_some_and(|after| {
            !after.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
        })
    }
}
