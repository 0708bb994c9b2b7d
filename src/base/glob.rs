//! Shell patterns over paths as Go's `filepath.Match` reads them, and their way into regular expressions.
//!
//! `*` and `?` stay within one component, `[a-z]` and `[^a-z]` are classes, a backslash takes the next character as it is.

use regex::Regex;

/// A pattern that cannot be read; the words are Go's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// One pattern for whole paths.
#[derive(Clone, Debug)]
pub struct Glob(Regex);

impl Glob {
    /// Reads a pattern.
    pub fn new(pattern: &str) -> Result<Self, BadPattern> {
        let mut expression = String::from("^");
        let mut rest = pattern.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '*' => expression.push_str("[^/]*"),
                '?' => expression.push_str("[^/]"),
                '[' => class(&mut rest, &mut expression)?,
                '\\' => literal(&mut expression, rest.next().ok_or(BadPattern)?),
                c => literal(&mut expression, c),
            }
        }
        expression.push('$');
        compile(&expression).map(Glob)
    }

    /// Whether the whole path fits.
    pub fn matches(&self, path: &str) -> bool {
        self.0.is_match(path)
    }
}

/// Whether a path has characters that make it a pattern.
pub fn is_pattern(text: &str) -> bool {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            '*' | '?' | '[' => return true,
            _ => {}
        }
    }
    false
}

/// Adds a character that stands for itself.
pub fn literal(expression: &mut String, c: char) {
    expression.push_str(&regex::escape(c.encode_utf8(&mut [0; 4])));
}

/// Makes an expression in which a dot is any character, line feeds among them.
pub fn compile(expression: &str) -> Result<Regex, BadPattern> {
    regex::RegexBuilder::new(expression)
        .dot_matches_new_line(true)
        .build()
        .map_err(|_| BadPattern)
}

/// `[…]`; the opening bracket is read already.
fn class(
    rest: &mut std::iter::Peekable<std::str::Chars<'_>>,
    expression: &mut String,
) -> Result<(), BadPattern> {
    expression.push('[');
    if rest.next_if_eq(&'^').is_some() {
        expression.push('^');
    }
    let mut any = false;
    loop {
        if any && rest.next_if_eq(&']').is_some() {
            break;
        }
        let low = member(rest)?;
        let high = match rest.next_if_eq(&'-') {
            Some(_) => member(rest)?,
            None => low,
        };
        if low <= high {
            literal(expression, low);
            expression.push('-');
            literal(expression, high);
        }
        any = true;
    }
    expression.push(']');
    Ok(())
}

fn member(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match rest.next().ok_or(BadPattern)? {
        '-' | ']' => Err(BadPattern),
        '\\' => rest.next().ok_or(BadPattern),
        c => Ok(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_gos() {
        let fits = |pattern: &str, path: &str| Glob::new(pattern).unwrap().matches(path);
        for (pattern, path) in [
            ("abc", "abc"),
            ("*", "abc"),
            ("*c", "abc"),
            ("a*", "a"),
            ("a*/b", "abc/b"),
            ("a[b-d]e", "ace"),
            ("[^a]", "b"),
            ("a\\*b", "a*b"),
            ("a?b", "a☺b"),
            ("[\\]a]", "]"),
        ] {
            assert!(fits(pattern, path), "{pattern} {path}");
        }
        for (pattern, path) in [
            ("a*", "ab/c"),
            ("a?b", "a/b"),
            ("[^a]", "a"),
            ("abc", "abcd"),
            ("a.c", "abc"),
        ] {
            assert!(!fits(pattern, path), "{pattern} {path}");
        }
        for bad in ["[", "[a", "a[", "[-]", "[x-]", "\\", "[]a]"] {
            assert!(Glob::new(bad).is_err(), "{bad}");
        }
        assert!(is_pattern("a*") && is_pattern("[a") && !is_pattern("a\\*"));
    }
}
