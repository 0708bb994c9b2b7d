//! Variables in instructions: `$a`, `${a}`, `${a:-b}`, `${a#pattern}`, `${a/from/to}`, quotes and escapes, as Docker reads them.
//!
//! Shell-like, but no shell: there are no commands and no globs. Error texts are Docker's.

mod cursor;
mod pattern;
#[cfg(test)]
mod tests;
mod words;

use crate::base::strconv::quote;
use cursor::Cursor;
use words::Words;

/// Names with their values; of several with one name the last counts.
pub type Variables = [(String, String)];

/// What stays in the result as it was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    pub quotes: bool,
    pub escapes: bool,
}

/// How text is read.
#[derive(Clone, Copy, Debug)]
pub struct Lexer {
    /// Takes the meaning from the next character.
    pub escape: char,
    pub raw: Raw,
    /// References to what is not set stay as they are.
    pub keep_unset: bool,
    /// Quotes mean nothing.
    pub plain_quotes: bool,
}

impl Lexer {
    pub fn new(escape: char) -> Self {
        Lexer {
            escape,
            raw: Raw::default(),
            keep_unset: false,
            plain_quotes: false,
        }
    }

    /// Expands a text as one word, blanks and all.
    pub fn word(&self, text: &str, variables: &Variables) -> Result<String, String> {
        Ok(self.expand(text, variables)?.0)
    }

    /// Expands a text and splits it at blanks, also at those that came out of variables, but not at quoted ones.
    pub fn words(&self, text: &str, variables: &Variables) -> Result<Vec<String>, String> {
        Ok(self.expand(text, variables)?.1)
    }

    fn expand(&self, text: &str, variables: &Variables) -> Result<(String, Vec<String>), String> {
        let mut run = Run {
            lexer: self,
            variables,
            cursor: Cursor::new(text),
            raw_escapes: self.raw.escapes,
        };
        run.until(None)
            .map_err(|why| format!("failed to process {}: {why}", quote(text)))
    }
}

const NO_BRACE: &str = "syntax error: missing '}'";

/// One text on its way.
struct Run<'r> {
    lexer: &'r Lexer,
    variables: &'r Variables,
    cursor: Cursor,
    raw_escapes: bool,
}

impl Run<'_> {
    /// Reads up to a character, which is read too, or to the end of the text.
    fn until(&mut self, stop: Option<char>) -> Result<(String, Vec<String>), String> {
        let (mut result, mut words) = (String::new(), Words::default());
        while let Some(c) = self.cursor.peek() {
            if stop == Some(c) {
                self.cursor.next();
                return Ok((result, words.finish()));
            }
            match c {
                '$' => {
                    let value = self.dollar()?;
                    words.split(&value);
                    result.push_str(&value);
                }
                '\'' | '"' if !self.lexer.plain_quotes => {
                    let text = if c == '"' {
                        self.double()
                    } else {
                        self.single()
                    }?;
                    words.whole(&text);
                    result.push_str(&text);
                }
                _ => {
                    self.cursor.next();
                    if c != self.lexer.escape {
                        words.character(c);
                        result.push(c);
                        continue;
                    }
                    if self.raw_escapes {
                        words.raw(c);
                        result.push(c);
                    }
                    // At the very end an escape means nothing.
                    let Some(next) = self.cursor.next() else {
                        break;
                    };
                    words.raw(next);
                    result.push(next);
                }
            }
        }
        match stop {
            Some(c) => Err(format!(
                "unexpected end of statement while looking for matching {c}"
            )),
            None => Ok((result, words.finish())),
        }
    }

    /// Everything in single quotes is as it stands.
    fn single(&mut self) -> Result<String, String> {
        let mut text = String::new();
        self.quote(&mut text);
        loop {
            match self.cursor.peek() {
                None => {
                    let why = "unexpected end of statement while looking for matching single-quote";
                    return Err(why.to_owned());
                }
                Some('\'') => {
                    self.quote(&mut text);
                    return Ok(text);
                }
                Some(c) => {
                    self.cursor.next();
                    text.push(c);
                }
            }
        }
    }

    /// In double quotes variables count, and an escape before a quote, a dollar or itself.
    fn double(&mut self) -> Result<String, String> {
        let escape = self.lexer.escape;
        let mut text = String::new();
        self.quote(&mut text);
        loop {
            match self.cursor.peek() {
                None => {
                    let why = "unexpected end of statement while looking for matching double-quote";
                    return Err(why.to_owned());
                }
                Some('"') => {
                    self.quote(&mut text);
                    return Ok(text);
                }
                Some('$') => text.push_str(&self.dollar()?),
                Some(c) => {
                    self.cursor.next();
                    if c != escape {
                        text.push(c);
                        continue;
                    }
                    if self.raw_escapes {
                        text.push(c);
                    }
                    match self.cursor.peek() {
                        None => {}
                        Some(next) if next == '"' || next == '$' || next == escape => {
                            self.cursor.next();
                            text.push(next);
                        }
                        Some(_) => text.push(c),
                    }
                }
            }
        }
    }

    fn quote(&mut self, text: &mut String) {
        let quote = self.cursor.next();
        text.extend(quote.filter(|_| self.lexer.raw.quotes));
    }

    fn dollar(&mut self) -> Result<String, String> {
        self.cursor.next();
        if self.cursor.peek() != Some('{') {
            let name = self.cursor.name();
            if name.is_empty() {
                return Ok("$".to_owned());
            }
            return Ok(match self.value(&name) {
                None if self.lexer.keep_unset => format!("${name}"),
                value => value.unwrap_or_default(),
            });
        }
        self.cursor.next();
        match self.cursor.peek() {
            None => return Err(NO_BRACE.to_owned()),
            Some('{' | '}' | ':') => return Err("syntax error: bad substitution".to_owned()),
            Some(_) => {}
        }
        let name = self.cursor.name();
        match self.cursor.next() {
            Some('}') => Ok(match self.value(&name) {
                None if self.lexer.keep_unset => format!("${{{name}}}"),
                value => value.unwrap_or_default(),
            }),
            Some(':') => {
                let operator = self.cursor.next();
                self.modified(&name, operator, true)
            }
            Some(operator @ ('+' | '-' | '?' | '#' | '%')) => {
                self.modified(&name, Some(operator), false)
            }
            Some('/') => self.replaced(&name),
            other => Err(unsupported("", other)),
        }
    }

    /// `${name-word}` and its kin; with a colon an empty value is as good as none.
    fn modified(
        &mut self,
        name: &str,
        operator: Option<char>,
        colon: bool,
    ) -> Result<String, String> {
        let pattern = matches!(operator, Some('#' | '%'));
        let word = self.inner('}', pattern, NO_BRACE)?;
        let value = self.value(name);
        let before = if colon { ":" } else { "" };
        if self.lexer.keep_unset && value.is_none() {
            let operator = operator.map(String::from).unwrap_or_default();
            return Ok(format!("${{{name}{before}{operator}{word}}}"));
        }
        let missing = value.is_none() || colon && value.as_deref() == Some("");
        let value_or_empty = value.clone().unwrap_or_default();
        match operator {
            Some('-') => Ok(if missing { word } else { value_or_empty }),
            Some('+') => Ok(if missing { String::new() } else { word }),
            Some('?') if missing => {
                let why = match (word.as_str(), &value) {
                    ("", None) => "is not allowed to be unset",
                    ("", Some(_)) => "is not allowed to be empty",
                    (word, _) => word,
                };
                Err(format!("{name}: {why}"))
            }
            Some('?') => Ok(value_or_empty),
            Some(c @ ('#' | '%')) => {
                let (greedy, word) = match word.strip_prefix(c) {
                    Some(rest) => (true, rest),
                    None => (false, word.as_str()),
                };
                let trim = if c == '#' {
                    pattern::trim_prefix
                } else {
                    pattern::trim_suffix
                };
                trim(word, &value_or_empty, greedy)
            }
            other => Err(unsupported(before, other)),
        }
    }

    /// `${name/from/to}`, and `${name//from/to}` for all.
    fn replaced(&mut self, name: &str) -> Result<String, String> {
        let all = self.cursor.peek() == Some('/');
        if all {
            self.cursor.next();
        }
        let from = self.inner('/', true, "syntax error: missing '/' in ${}")?;
        let to = self.inner('}', true, NO_BRACE)?;
        match self.value(name) {
            None if self.lexer.keep_unset => Ok(format!("${{{name}/{from}/{to}}}")),
            value => pattern::replace(&from, &to, &value.unwrap_or_default(), all),
        }
    }

    /// The text inside braces up to its end; in patterns escapes stay.
    fn inner(&mut self, stop: char, pattern: bool, missing: &str) -> Result<String, String> {
        let before = std::mem::replace(&mut self.raw_escapes, pattern);
        let outcome = self.until(Some(stop));
        self.raw_escapes = before;
        match outcome {
            Ok((text, _)) => Ok(text),
            Err(_) if self.cursor.peek().is_none() => Err(missing.to_owned()),
            Err(why) => Err(why),
        }
    }

    fn value(&self, name: &str) -> Option<String> {
        let found = self.variables.iter().rev().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone())
    }
}

fn unsupported(before: &str, operator: Option<char>) -> String {
    // What Go prints for the end of a text.
    let operator = operator.unwrap_or('\u{fffd}');
    format!("unsupported modifier ({before}{operator}) in substitution")
}
