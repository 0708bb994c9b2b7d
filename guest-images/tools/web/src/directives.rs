//! The text of a configuration: words, quotes, comments, blocks and `include`.

use std::fs;

/// `name word word;` or `name word { … }`.
#[derive(Clone, Debug)]
pub struct Directive {
    pub name: String,
    pub words: Vec<String>,
    /// `None` when it ends with a semicolon.
    pub block: Option<Vec<Directive>>,
    file: String,
    line: usize,
}

impl Directive {
    /// Nginx's way to say where something is wrong.
    pub fn wrong(&self, what: &str) -> String {
        format!("{what} in {}:{}", self.file, self.line)
    }

    fn miscounted(&self) -> String {
        self.wrong(&format!(
            "invalid number of arguments in \"{}\" directive",
            self.name
        ))
    }

    /// The only word.
    pub fn one(&self) -> Result<&str, String> {
        match self.words.as_slice() {
            [word] => Ok(word),
            _ => Err(self.miscounted()),
        }
    }

    /// The first of any number of words.
    pub fn first(&self) -> Result<&str, String> {
        let word = self.words.first().map(String::as_str);
        word.ok_or_else(|| self.miscounted())
    }

    /// The first two words.
    pub fn pair(&self) -> Result<(&str, &str), String> {
        match self.words.as_slice() {
            [one, two, ..] => Ok((one, two)),
            _ => Err(self.miscounted()),
        }
    }

    /// The directives between the braces.
    pub fn inner(&self) -> Result<&[Directive], String> {
        let block = self.block.as_deref();
        block.ok_or_else(|| {
            self.wrong(&format!(
                "directive \"{}\" has no opening \"{{\"",
                self.name
            ))
        })
    }
}

/// Files that include each other go no deeper.
const DEPTH: usize = 16;

/// Reads a file with everything that it includes.
pub fn read(path: &str) -> Result<Vec<Directive>, String> {
    read_at(path, 0)
}

fn read_at(path: &str, depth: usize) -> Result<Vec<Directive>, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("open() \"{path}\" failed ({})", applet::words(&error)))?;
    parse(&text, path, depth)
}

/// Reads a text; `file` is for messages, and what is included is looked for beside it.
pub fn parse(text: &str, file: &str, depth: usize) -> Result<Vec<Directive>, String> {
    if depth > DEPTH {
        return Err(format!("too many nested includes in {file}"));
    }
    let mut scanner = Scanner {
        rest: text,
        line: 1,
        file,
        depth,
    };
    scanner.block(false)
}

struct Scanner<'a> {
    rest: &'a str,
    line: usize,
    file: &'a str,
    depth: usize,
}

enum Token {
    Word(String),
    Open,
    Close,
    End,
    Over,
}

impl Scanner<'_> {
    fn take(&mut self) -> Option<char> {
        let next = self.rest.chars().next()?;
        self.rest = &self.rest[next.len_utf8()..];
        self.line += usize::from(next == '\n');
        Some(next)
    }

    fn token(&mut self) -> Result<Token, String> {
        loop {
            let Some(next) = self.rest.chars().next() else {
                return Ok(Token::Over);
            };
            match next {
                space if space.is_whitespace() => {
                    self.take();
                    continue;
                }
                '#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.rest = &self.rest[end..];
                    continue;
                }
                '"' | '\'' => return self.quoted(),
                ';' | '{' | '}' => self.take(),
                _ => return Ok(self.word()),
            };
            return Ok(match next {
                ';' => Token::End,
                '{' => Token::Open,
                _ => Token::Close,
            });
        }
    }

    fn quoted(&mut self) -> Result<Token, String> {
        let quote = self.take();
        let mut word = String::new();
        loop {
            match self.take() {
                None => return Err(self.ended("")),
                end if end == quote => return Ok(Token::Word(word)),
                Some('\\') => match self.take() {
                    Some(c) if Some(c) == quote || c == '\\' => word.push(c),
                    Some(c) => word.extend(['\\', c]),
                    None => {}
                },
                Some(c) => word.push(c),
            }
        }
    }

    fn word(&mut self) -> Token {
        let (mut word, mut braces) = (String::new(), false);
        while let Some(next) = self.rest.chars().next() {
            // `${name}` is part of a word.
            let opens = next == '{' && word.ends_with('$');
            let ends = next.is_whitespace() || matches!(next, ';' | '{' | '}');
            if ends && !opens && !(braces && next == '}') {
                break;
            }
            braces = opens || braces && next != '}';
            word.push(next);
            self.take();
        }
        Token::Word(word)
    }

    /// Directives up to the closing brace, or to the end of the file.
    fn block(&mut self, inner: bool) -> Result<Vec<Directive>, String> {
        let mut all = Vec::new();
        loop {
            let name = match self.token()? {
                Token::Word(name) => name,
                Token::Close if inner => return Ok(all),
                Token::Over if !inner => return Ok(all),
                Token::Over => return Err(self.ended(", expecting \"}\"")),
                Token::Close => return Err(self.unexpected("}")),
                Token::Open => return Err(self.unexpected("{")),
                Token::End => return Err(self.unexpected(";")),
            };
            let (line, mut words) = (self.line, Vec::new());
            let block = loop {
                match self.token()? {
                    Token::Word(word) => words.push(word),
                    Token::End => break None,
                    Token::Open => break Some(self.block(true)?),
                    Token::Close => return Err(self.unexpected("}")),
                    Token::Over => return Err(self.ended(", expecting \";\" or \"}\"")),
                }
            };
            let directive = Directive {
                name,
                words,
                block,
                file: self.file.to_owned(),
                line,
            };
            if directive.name != "include" {
                all.push(directive);
                continue;
            }
            for path in included(directive.one()?, self.file) {
                all.extend(read_at(&path, self.depth + 1)?);
            }
        }
    }

    fn ended(&self, expecting: &str) -> String {
        let (file, line) = (self.file, self.line);
        format!("unexpected end of file{expecting} in {file}:{line}")
    }

    fn unexpected(&self, mark: &str) -> String {
        format!("unexpected \"{mark}\" in {}:{}", self.file, self.line)
    }
}

/// The files that a pattern means, sorted; a name without a star must be there.
fn included(pattern: &str, from: &str) -> Vec<String> {
    let own = from.rsplit_once('/').map_or("", |(folder, _)| folder);
    let path = match pattern.starts_with('/') {
        true => pattern.to_owned(),
        false => format!("{own}/{pattern}"),
    };
    let (folder, pattern) = path.rsplit_once('/').unwrap_or(("", &path));
    let Some((before, after)) = pattern.split_once('*') else {
        return vec![path];
    };
    let entries = fs::read_dir(format!("{folder}/"))
        .into_iter()
        .flatten()
        .flatten();
    let mut found: Vec<String> = entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| name.len() >= before.len() + after.len())
        .filter(|name| name.starts_with(before) && name.ends_with(after))
        .map(|name| format!("{folder}/{name}"))
        .collect();
    found.sort();
    found
}
