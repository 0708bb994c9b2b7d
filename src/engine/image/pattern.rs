//! Patterns of `reference=` filters, as Go's `path.Match` reads them: `*` and `?` stay within a segment, `[a-z]` and `[^a]`
//! are classes, and a backslash takes the next character as it is.

use crate::base::reference::Reference;
use crate::engine::{Error, Result};
use regex::Regex;

/// A pattern that was read.
#[derive(Debug)]
pub struct Pattern(Regex);

impl Pattern {
    pub fn parse(text: &str) -> Result<Pattern> {
        let wrong = || Error::system("syntax error in pattern");
        let expression = expression(text).ok_or_else(wrong)?;
        Regex::new(&expression).map(Pattern).map_err(|_| wrong())
    }

    /// Against a whole name or the repository alone.
    pub fn matches(&self, name: &str) -> bool {
        let repository = Reference::parse(name).map(|r| r.familiar_name());
        self.0.is_match(name) || repository.is_ok_and(|r| self.0.is_match(&r))
    }
}

fn expression(pattern: &str) -> Option<String> {
    let mut out = String::from("^");
    let mut chars = pattern.chars().peekable();
    let literal = |c: char| regex::escape(&c.to_string());
    while let Some(c) = chars.next() {
        match c {
            '*' => out += "[^/]*",
            '?' => out += "[^/]",
            '\\' => out += &literal(chars.next()?),
            '[' => {
                out.push('[');
                if chars.next_if_eq(&'^').is_some() {
                    out.push('^');
                }
                let mut members = 0;
                loop {
                    let c = chars.next()?;
                    if c == ']' && members > 0 {
                        break;
                    }
                    members += 1;
                    match c {
                        '\\' => out += &literal(chars.next()?),
                        // A range, but for a first or last dash, which Go refuses.
                        '-' => out.push('-'),
                        c => out += &literal(c),
                    }
                }
                out.push(']');
            }
            c => out += &literal(c),
        }
    }
    Some(out + "$")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_and_tags() {
        let one = |pattern: &str, name: &str| Pattern::parse(pattern).unwrap().matches(name);
        assert!(one("alpine", "alpine:latest") && one("alp*", "alpine:3"));
        assert!(one("alpine:3", "alpine:3") && one("alpine:[23]", "alpine:3"));
        assert!(one("*/*", "me/app:1") && !one("*", "me/app:1") && !one("alpine:4", "alpine:3"));
        assert!(!one("alpine:[^3]", "alpine:3") && one("a\\lpine:[0-9]", "alpine:3"));
        for bad in ["[", "[]", "a\\", "[z-a]"] {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
    }
}
