//! Shell patterns: `*`, `?`, `[a-z]`, `[!…]`, `[[:alpha:]]`.
//!
//! A drop-in for the part of `yash-fnmatch` that the shell uses, matching by backtracking over atoms instead of translating to a
//! regular expression: the regex engine would be a third of the shell's size. Names and meaning follow that crate.

/// A pattern's character: special, or quoted.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum PatternChar {
    /// May be special.
    Normal(char),
    /// Stands for itself.
    Literal(char),
}

impl PatternChar {
    /// The character itself.
    pub const fn char_value(self) -> char {
        match self {
            PatternChar::Normal(c) | PatternChar::Literal(c) => c,
        }
    }
}

/// How a pattern is applied.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, PartialEq)]
pub struct Config {
    /// Match only at the beginning of the text.
    pub anchor_begin: bool,
    /// Match only at the end of the text.
    pub anchor_end: bool,
    /// An initial period is matched by a literal period only.
    pub literal_period: bool,
    /// Prefer the shortest match.
    pub shortest_match: bool,
}

/// Why a pattern is not one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Error {
    /// `[[:nosuch:]]`
    UndefinedCharClass(String),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Error::UndefinedCharClass(name) = self;
        write!(f, "undefined character class [:{name}:]")
    }
}
impl std::error::Error for Error {}

#[derive(Clone, Debug)]
enum Item {
    Range(char, char),
    Class(fn(char) -> bool),
}

#[derive(Clone, Debug)]
enum Atom {
    Char(char),
    AnyChar,
    AnyString,
    Bracket { complement: bool, items: Vec<Item> },
}

impl Atom {
    fn matches(&self, c: char) -> bool {
        match self {
            Atom::Char(own) => *own == c,
            Atom::AnyChar => true,
            Atom::AnyString => false,
            Atom::Bracket { complement, items } => {
                let found = items.iter().any(|item| match item {
                    Item::Range(low, high) => (*low..=*high).contains(&c),
                    Item::Class(test) => test(c),
                });
                found != *complement
            }
        }
    }
}

/// A parsed pattern.
#[derive(Clone, Debug)]
pub struct Pattern {
    atoms: Vec<Atom>,
    config: Config,
}

impl Pattern {
    /// Parses a pattern.
    pub fn parse_with_config<I>(pattern: I, config: Config) -> Result<Self, Error>
    where
        I: IntoIterator<Item = PatternChar>,
    {
        let chars: Vec<PatternChar> = pattern.into_iter().collect();
        let mut atoms = Vec::new();
        let mut at = 0;
        while let Some(&c) = chars.get(at) {
            at += 1;
            atoms.push(match c {
                PatternChar::Normal('*') => Atom::AnyString,
                PatternChar::Normal('?') => Atom::AnyChar,
                PatternChar::Normal('[') => match bracket(&chars[at..])? {
                    Some((atom, used)) => {
                        at += used;
                        atom
                    }
                    None => Atom::Char('['),
                },
                other => Atom::Char(other.char_value()),
            });
        }
        Ok(Pattern { atoms, config })
    }

    /// How this pattern is applied.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The text that a pattern without special characters stands for.
    pub fn into_literal(self) -> Result<String, Self> {
        let literal = self.atoms.iter().map(|atom| match atom {
            Atom::Char(c) => Some(*c),
            _ => None,
        });
        literal.collect::<Option<String>>().ok_or(self)
    }

    /// Whether the pattern matches (a part of) the text, as the anchors say.
    pub fn is_match(&self, text: &str) -> bool {
        self.find(text).is_some()
    }

    /// The first match, as a byte range.
    pub fn find(&self, text: &str) -> Option<std::ops::Range<usize>> {
        self.starts(text)
            .find_map(|start| Some(start..self.end(text, start)?))
    }

    /// The last match: the one that starts last.
    pub fn rfind(&self, text: &str) -> Option<std::ops::Range<usize>> {
        let starts: Vec<usize> = self.starts(text).collect();
        starts
            .into_iter()
            .rev()
            .find_map(|start| Some(start..self.end(text, start)?))
    }

    fn starts(&self, text: &str) -> impl Iterator<Item = usize> {
        let explicit = matches!(self.atoms.first(), Some(Atom::Char('.')));
        let hidden = self.config.literal_period && text.starts_with('.') && !explicit;
        let last = match (hidden, self.config.anchor_begin) {
            (true, true) => None,
            (false, true) => Some(0),
            (_, false) => Some(text.len()),
        };
        let first = usize::from(hidden);
        last.into_iter()
            .flat_map(move |last| first..=last)
            .filter(|&at| text.is_char_boundary(at))
    }

    /// Where a match that begins at `start` ends: the longest or shortest one.
    fn end(&self, text: &str, start: usize) -> Option<usize> {
        // One bit per reachable place in the text after each atom: linear in atoms × characters, however many stars there are.
        let chars: Vec<char> = text[start..].chars().collect();
        let mut reach = vec![false; chars.len() + 1];
        reach[0] = true;
        for atom in &self.atoms {
            let mut next = vec![false; chars.len() + 1];
            if let Atom::AnyString = atom {
                if let Some(first) = reach.iter().position(|&ok| ok) {
                    next[first..].fill(true);
                }
            } else {
                for (at, &c) in chars.iter().enumerate() {
                    next[at + 1] = reach[at] && atom.matches(c);
                }
            }
            reach = next;
        }
        let count = if self.config.anchor_end {
            reach[chars.len()].then_some(chars.len())
        } else if self.config.shortest_match {
            reach.iter().position(|&ok| ok)
        } else {
            reach.iter().rposition(|&ok| ok)
        }?;
        Some(start + chars[..count].iter().map(|c| c.len_utf8()).sum::<usize>())
    }
}

/// Parses after `[`; gives the atom and how many characters it took.
fn bracket(chars: &[PatternChar]) -> Result<Option<(Atom, usize)>, Error> {
    use PatternChar::Normal;
    let complement = matches!(chars.first(), Some(Normal('!' | '^')));
    let begin = usize::from(complement);
    let mut at = begin;
    let mut items = Vec::new();
    loop {
        let Some(&c) = chars.get(at) else {
            return Ok(None);
        };
        if c == Normal(']') && at > begin {
            return Ok(Some((Atom::Bracket { complement, items }, at + 1)));
        }
        if let (Normal('['), Some(&Normal(kind @ (':' | '.' | '=')))) = (c, chars.get(at + 1))
            && let Some(len) = chars[at + 2..]
                .windows(2)
                .position(|pair| pair[0].char_value() == kind && pair[1] == Normal(']'))
        {
            let name: String = chars[at + 2..at + 2 + len]
                .iter()
                .map(|c| c.char_value())
                .collect();
            at += len + 4;
            if kind == ':' {
                items.push(Item::Class(class(&name)?));
            } else if let Some(c) = name.chars().next() {
                items.push(Item::Range(c, c));
            }
            continue;
        }
        let low = c.char_value();
        match (chars.get(at + 1), chars.get(at + 2)) {
            (Some(&Normal('-')), Some(&high)) if high != Normal(']') => {
                items.push(Item::Range(low, high.char_value()));
                at += 3;
            }
            _ => {
                items.push(Item::Range(low, low));
                at += 1;
            }
        }
    }
}

fn class(name: &str) -> Result<fn(char) -> bool, Error> {
    Ok(match name {
        "alnum" => |c| c.is_alphanumeric(),
        "alpha" => |c| c.is_alphabetic(),
        "ascii" => |c| c.is_ascii(),
        "blank" => |c| c == ' ' || c == '\t',
        "cntrl" => |c| c.is_control(),
        "digit" => |c| c.is_ascii_digit(),
        "graph" => |c| !c.is_control() && !c.is_whitespace(),
        "lower" => |c| c.is_lowercase(),
        "print" => |c| !c.is_control(),
        "punct" => |c| c.is_ascii_punctuation(),
        "space" => |c| c.is_whitespace(),
        "upper" => |c| c.is_uppercase(),
        "word" => |c| c.is_alphanumeric() || c == '_',
        "xdigit" => |c| c.is_ascii_hexdigit(),
        _ => return Err(Error::UndefinedCharClass(name.to_owned())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str, config: Config) -> Pattern {
        Pattern::parse_with_config(text.chars().map(PatternChar::Normal), config).unwrap()
    }
    fn whole(text: &str) -> Pattern {
        let config = Config {
            anchor_begin: true,
            anchor_end: true,
            literal_period: true,
            ..Config::default()
        };
        pattern(text, config)
    }

    #[test]
    fn whole_texts() {
        for (p, yes, no) in [
            ("*", "abc", ".abc"),
            ("a*c", "abcbc", "abcb"),
            ("?b", "äb", "b"),
            ("[a-c]x", "bx", "dx"),
            ("[!a-c]x", "dx", "bx"),
            ("[]]", "]", "["),
            ("[a]]", "a]", "a"),
            ("[[:digit:]_]*", "_7", "x7"),
            ("[a-]", "-", "b"),
            ("[x", "[x", "x"),
            (".*", ".a", "a"),
            ("*.txt", "a.txt", "a.txt2"),
            ("a**b", "ab", "a"),
        ] {
            assert!(whole(p).is_match(yes), "{p} {yes}");
            assert!(!whole(p).is_match(no), "{p} {no}");
        }
        assert_eq!(whole("abc").into_literal().unwrap(), "abc");
        assert!(whole("a?c").into_literal().is_err());
    }

    #[test]
    fn quoted_characters_are_literal() {
        let chars = [PatternChar::Literal('*'), PatternChar::Normal('*')];
        let config = *whole("").config();
        let p = Pattern::parse_with_config(chars, config).unwrap();
        assert!(p.is_match("*x"));
        assert!(!p.is_match("x"));
    }

    #[test]
    fn parts() {
        let begin = Config {
            anchor_begin: true,
            ..Config::default()
        };
        let end = Config {
            anchor_end: true,
            ..Config::default()
        };
        let short = |config| Config {
            shortest_match: true,
            ..config
        };
        assert_eq!(pattern("*/", begin).find("a/b/c"), Some(0..4));
        assert_eq!(pattern("*/", short(begin)).find("a/b/c"), Some(0..2));
        assert_eq!(pattern("/*", end).find("a/b/c"), Some(1..5));
        assert_eq!(pattern("/*", short(end)).rfind("a/b/c"), Some(3..5));
        assert_eq!(pattern("x", begin).find("ax"), None);
    }
}
