//! POSIX regular expressions with GNU's extensions: basic, extended, fixed strings, and a little of Perl's.
//!
//! `parse.rs` makes a tree, `program.rs` a program, `vm.rs` runs it: a simulation that takes time proportional to the text (leftmost-longest,
//! as POSIX wants), or a backtracking search when the pattern has back-references. Text is bytes; characters are UTF-8, a broken byte stands
//! for itself. Small on purpose: the well-known crates cost a second of compile time in every container.

mod parse;
mod program;
mod vm;

use program::Program;

/// How a pattern is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Basic,
    Extended,
    /// Extended with `\d`, lazy repeats and leftmost-first choice.
    Perl,
    Fixed,
}

/// A compiled pattern.
pub struct Regex {
    program: Program,
    /// The pattern is only this text (already folded when case does not matter).
    literal: Option<Vec<u8>>,
    fold: bool,
}

/// Where a match and its groups are; `[0]` is the whole.
pub type Groups = Vec<Option<(usize, usize)>>;

impl Regex {
    /// Compiles; the error is GNU's message.
    pub fn new(pattern: &str, syntax: Syntax, fold: bool) -> Result<Self, String> {
        let node = parse::parse(pattern, syntax)?;
        let literal = parse::literal(&node)
            .filter(|text| !fold || text.is_ascii())
            .map(|text| if fold { text.to_lowercase() } else { text });
        Ok(Self {
            program: program::compile(&node, fold, syntax == Syntax::Perl)?,
            literal: literal.map(String::into_bytes),
            fold,
        })
    }

    /// How many groups the pattern has.
    pub fn groups(&self) -> usize {
        self.program.groups
    }

    /// The first match that begins at `from` or later.
    pub fn find_at(&self, text: &[u8], from: usize) -> Option<Groups> {
        if let Some(literal) = &self.literal {
            return find_bytes(text, from, literal, self.fold)
                .map(|at| vec![Some((at, at + literal.len()))]);
        }
        vm::find(&self.program, text, from, true)
    }

    /// The bounds of the first match.
    pub fn bounds(&self, text: &[u8], from: usize) -> Option<(usize, usize)> {
        if self.literal.is_some() || self.program.backrefs {
            return self.find_at(text, from).and_then(|groups| groups[0]);
        }
        vm::find(&self.program, text, from, false).and_then(|groups| groups[0])
    }

    /// Whether it matches anywhere.
    pub fn is_match(&self, text: &[u8]) -> bool {
        self.bounds(text, 0).is_some()
    }
}

fn find_bytes(text: &[u8], from: usize, wanted: &[u8], fold: bool) -> Option<usize> {
    let Some(first) = wanted.first() else {
        return (from <= text.len()).then_some(from);
    };
    let last = text.len().checked_sub(wanted.len())?;
    (from..=last).find(|at| {
        let here = &text[*at..*at + wanted.len()];
        if fold {
            here.eq_ignore_ascii_case(wanted)
        } else {
            here[0] == *first && here == wanted
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bounds(pattern: &str, syntax: Syntax, text: &str) -> Option<(usize, usize)> {
        Regex::new(pattern, syntax, false)
            .unwrap()
            .bounds(text.as_bytes(), 0)
    }

    #[test]
    fn extended() {
        for (pattern, text, expected) in [
            ("abc", "xxabc", Some((2, 5))),
            ("a|ab", "ab", Some((0, 2))),
            ("^a*$", "aaa", Some((0, 3))),
            ("(foo|foobar)baz", "foobarbaz", Some((0, 9))),
            ("[[:digit:]]+", "ab123", Some((2, 5))),
            ("[^a-c]", "abcd", Some((3, 4))),
            ("a{2,3}", "aaaa", Some((0, 3))),
            ("x?y", "y", Some((0, 1))),
            ("\\bword\\b", "a word.", Some((2, 6))),
            ("\\<w", "aw w", Some((3, 4))),
            ("(a*)*", "b", Some((0, 0))),
            ("[]x]", "]", Some((0, 1))),
            ("a.c", "aäc", Some((0, 4))),
            ("q", "abc", None),
            ("(a)(b)?\\2", "aabb", Some((1, 4))),
            ("\\.", "a.b", Some((1, 2))),
            ("a{,2}b", "aab", Some((0, 3))),
        ] {
            assert_eq!(
                bounds(pattern, Syntax::Extended, text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn basic() {
        for (pattern, text, expected) in [
            ("a\\+", "caa", Some((1, 3))),
            ("a+", "aa+", Some((1, 3))),
            ("\\(ab\\)\\1", "abab", Some((0, 4))),
            ("*a", "*a", Some((0, 2))),
            ("a\\{2\\}", "aaa", Some((0, 2))),
            ("a\\|b", "b", Some((0, 1))),
            ("x^y$z", "x^y$z", Some((0, 5))),
            ("a$", "ba", Some((1, 2))),
        ] {
            assert_eq!(
                bounds(pattern, Syntax::Basic, text),
                expected,
                "{pattern} {text}"
            );
        }
    }

    #[test]
    fn groups_fold_and_errors() {
        let found = Regex::new("(h)(.)l", Syntax::Extended, true)
            .unwrap()
            .find_at(b"xHEL", 0)
            .unwrap();
        assert_eq!(found, [Some((1, 4)), Some((1, 2)), Some((2, 3))]);
        assert!(Regex::new("(a", Syntax::Extended, false).is_err());
        assert!(Regex::new("[a", Syntax::Extended, false).is_err());
        assert_eq!(bounds("a+?", Syntax::Perl, "aaa"), Some((0, 1)));
        assert_eq!(bounds("\\d+", Syntax::Perl, "a12"), Some((1, 3)));
    }

    #[test]
    fn nested_repeats_take_linear_time() {
        let text = "a".repeat(5000);
        assert_eq!(bounds("(a*)*b", Syntax::Extended, &text), None);
    }
}
