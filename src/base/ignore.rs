//! `.dockerignore`: which paths of a build context are left out.
//!
//! Patterns apply in order; a later `!pattern` takes back what an earlier one excluded. `**` spans folders. A path is
//! also excluded with a folder above it. Paths are relative and have forward slashes.

use super::glob::{self, BadPattern, Glob};
use super::host_path;
use regex::Regex;

/// A file of patterns that cannot be read; the words are Docker's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadIgnore {
    #[error("illegal exclusion pattern: \"!\"")]
    Alone,
    #[error(transparent)]
    Pattern(#[from] BadPattern),
}

/// The patterns of one file, in order.
#[derive(Clone, Debug, Default)]
pub struct Ignore {
    patterns: Vec<Pattern>,
}

#[derive(Clone, Debug)]
struct Pattern {
    expression: Regex,
    /// Without `!`, cleaned.
    text: String,
    takes_back: bool,
}

impl Ignore {
    /// Reads the file: one pattern a line, `#` at the beginning of a line comments it out.
    pub fn parse(file: &str) -> Result<Self, BadIgnore> {
        let file = file.strip_prefix('\u{feff}').unwrap_or(file);
        let lines = file.lines().filter(|line| !line.starts_with('#'));
        Self::new(lines)
    }

    /// Takes patterns one by one; empty ones are passed by.
    pub fn new<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<Self, BadIgnore> {
        let mut all = Vec::new();
        for text in patterns {
            let text = text.trim();
            let (takes_back, text) = match text.strip_prefix('!') {
                Some(rest) if rest.trim().is_empty() => return Err(BadIgnore::Alone),
                Some(rest) => (true, rest.trim()),
                None => (false, text),
            };
            if text.is_empty() {
                continue;
            }
            let text = clean(text);
            // What Go's matcher refuses is refused, although it is not what does the matching.
            Glob::new(&text)?;
            all.push(Pattern {
                expression: expression(&text)?,
                text,
                takes_back,
            });
        }
        Ok(Self { patterns: all })
    }

    /// Whether the path, or a folder above it, is left out.
    pub fn excludes(&self, path: &str) -> bool {
        let mut out = false;
        for pattern in &self.patterns {
            // An exclusion adds nothing to what is out, and an exception nothing to what is in.
            if pattern.takes_back == out && pattern.covers(path) {
                out = !pattern.takes_back;
            }
        }
        out
    }

    /// Whether an excluded folder may hold something that is taken back.
    pub fn looks_into(&self, folder: &str) -> bool {
        let inside = format!("{folder}/");
        self.patterns
            .iter()
            .filter(|p| p.takes_back)
            .any(|p| format!("{}/", p.text).starts_with(&inside) || p.text.contains("**"))
    }
}

impl Pattern {
    fn covers(&self, path: &str) -> bool {
        let above = path.match_indices('/').map(|(at, _)| &path[..at]);
        self.expression.is_match(path) || above.into_iter().any(|p| self.expression.is_match(p))
    }
}

/// Relative and without `.`, `..` or slashes at its ends; what climbs out of the context stops at its top.
fn clean(text: &str) -> String {
    match host_path::clean(&format!("/{text}")).split_at(1).1 {
        "" => ".".to_owned(),
        rest => rest.to_owned(),
    }
}

/// `**/` is any number of folders, `**` at the end is everything below.
fn expression(pattern: &str) -> Result<Regex, BadPattern> {
    let mut out = String::from("^");
    let mut rest = pattern.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => {
                let _ = rest.next_if_eq(&'/');
                out.push_str(if rest.peek().is_none() {
                    ".*"
                } else {
                    "(.*/)?"
                });
            }
            '*' => out.push_str("[^/]*"),
            '?' => out.push_str("[^/]"),
            '\\' => match rest.next() {
                Some(next) => glob::literal(&mut out, next),
                None => out.push_str("\\\\"),
            },
            '[' | ']' | '^' | '-' => out.push(c),
            c => glob::literal(&mut out, c),
        }
    }
    out.push('$');
    glob::compile(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn out(file: &str, path: &str) -> bool {
        Ignore::parse(file).unwrap().excludes(path)
    }

    #[test]
    fn patterns_are_dockers() {
        for (file, path) in [
            ("*.md", "README.md"),
            ("/a", "a"),
            ("a/", "a/b"),
            ("a", "a/b/c"),
            ("**/x", "x"),
            ("**/x", "a/b/x"),
            ("a/**", "a/b/c"),
            ("**", "a/b"),
            ("a/**/b", "a/b"),
            ("a/**/b", "a/x/y/b"),
            ("*/t*", "d/temp"),
            ("t?", "ta"),
            ("[a-c]x", "bx"),
            ("./a/../b", "b"),
            ("\u{feff}a", "a"),
            ("*\n!a\na/b", "a/b"),
        ] {
            assert!(out(file, path), "{file:?} {path}");
        }
        for (file, path) in [
            ("*.md", "d/README.md"),
            ("#a\n", "#a"),
            ("a", "ab"),
            ("*.md\n!README.md", "README.md"),
            ("a\n!a/b", "a/b"),
            ("**/*.go\n!**/keep.go", "x/keep.go"),
            ("a.c", "abc"),
            ("t?", "t/"),
            ("", "a"),
        ] {
            assert!(!out(file, path), "{file:?} {path}");
        }
    }

    #[test]
    fn what_is_taken_back_is_looked_for() {
        let ignore = Ignore::parse("a\n!a/b/c\n").unwrap();
        assert!(ignore.excludes("a") && ignore.excludes("a/b"));
        assert!(ignore.looks_into("a") && ignore.looks_into("a/b") && !ignore.looks_into("b"));
        assert!(!ignore.excludes("a/b/c"));
    }

    #[test]
    fn bad_patterns_are_refused() {
        assert_eq!(
            Ignore::parse("!").unwrap_err().to_string(),
            "illegal exclusion pattern: \"!\""
        );
        assert_eq!(
            Ignore::parse("a[").unwrap_err().to_string(),
            "syntax error in pattern"
        );
    }
}
