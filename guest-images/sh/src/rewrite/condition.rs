//! `[[ … ]]` as commands of `test` and `case`.

use super::words::{one_word, raw_word};

struct Parser<'a> {
    chars: &'a [char],
    at: usize,
}

/// Converts what follows `[[`; gives the text and where it ended.
pub fn convert(chars: &[char], at: usize) -> Option<(String, usize)> {
    let mut parser = Parser { chars, at };
    let text = parser.or()?;
    parser.expect("]]")?;
    Some((format!("{{ {text}; }}"), parser.at))
}

impl<'a> Parser<'a> {
    /// The next word or operator and where it ends.
    fn peek(&mut self) -> Option<(&'a [char], usize)> {
        while matches!(self.chars.get(self.at), Some(' ' | '\t' | '\n')) {
            self.at += 1;
        }
        let at = self.at;
        let end = match (self.chars.get(at)?, self.chars.get(at + 1)) {
            ('&', Some('&')) | ('|', Some('|')) => at + 2,
            ('(' | ')' | '<' | '>', _) => at + 1,
            (';' | '&' | '|', _) => return None,
            _ => raw_word(self.chars, at),
        };
        Some((&self.chars[at..end], end))
    }
    fn is(&mut self, word: &str) -> bool {
        self.peek()
            .is_some_and(|(own, _)| own.iter().copied().eq(word.chars()))
    }
    fn take(&mut self) -> Option<&'a [char]> {
        let (word, end) = self.peek()?;
        self.at = end;
        Some(word)
    }
    fn expect(&mut self, word: &str) -> Option<()> {
        if !self.is(word) {
            return None;
        }
        self.take().map(drop)
    }

    fn or(&mut self) -> Option<String> {
        let mut text = self.and()?;
        while self.is("||") {
            self.take();
            text = format!("{text} || {}", self.and()?);
        }
        Some(text)
    }
    fn and(&mut self) -> Option<String> {
        let mut text = self.not()?;
        while self.is("&&") {
            self.take();
            text = format!("{text} && {}", self.not()?);
        }
        Some(text)
    }
    fn not(&mut self) -> Option<String> {
        if self.is("!") {
            self.take();
            let inner = self.not()?;
            return Some(match inner.strip_prefix("! ") {
                Some(twice) => twice.to_owned(),
                None => format!("! {inner}"),
            });
        }
        if self.is("(") {
            self.take();
            let text = self.or()?;
            self.expect(")")?;
            return Some(format!("{{ {text}; }}"));
        }
        self.primary()
    }
    fn primary(&mut self) -> Option<String> {
        let first = self.take()?;
        let text: String = first.iter().collect();
        if text == "]]" {
            return None;
        }
        let ends = |parser: &mut Self| {
            parser.is("]]") || parser.is("&&") || parser.is("||") || parser.is(")")
        };
        let unary =
            text.len() == 2 && text.starts_with('-') && text.as_bytes()[1].is_ascii_alphabetic();
        if ends(self) {
            return Some(format!("test -n {}", one_word(first)));
        }
        if unary {
            return Some(format!("test {text} {}", one_word(self.take()?)));
        }
        let operator: String = self.take()?.iter().collect();
        let left = one_word(first);
        // A regular expression may hold what ends words elsewhere.
        if operator == "=~" {
            self.peek();
            let start = self.at;
            while self.chars.get(self.at).is_some_and(|c| !c.is_whitespace()) {
                self.at += 1;
            }
            return Some(format!(
                "__matches {left} {}",
                pattern(&self.chars[start..self.at])
            ));
        }
        let right = self.take()?;
        let raw: String = right.iter().collect();
        Some(match operator.as_str() {
            "=" | "==" => format!("case {left} in ({raw}) true;; (*) false;; esac"),
            "!=" => format!("case {left} in ({raw}) false;; (*) true;; esac"),
            "<" | ">" => format!("test {left} \\{operator} {}", one_word(right)),
            "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge" | "-nt" | "-ot" | "-ef" => {
                format!("test {left} {operator} {}", one_word(right))
            }
            _ => return None,
        })
    }
}

/// A regular expression as one word: quoted unless the user quoted or a variable holds it.
fn pattern(word: &[char]) -> String {
    let text: String = word.iter().collect();
    if text.starts_with('$') {
        return format!("\"{text}\"");
    }
    if text.contains(['\'', '"']) {
        text
    } else {
        format!("'{text}'")
    }
}
