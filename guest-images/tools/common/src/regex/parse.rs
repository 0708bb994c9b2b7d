//! From a pattern's text to a tree.

use super::Syntax;

/// A set of characters: ranges, classes, perhaps inverted.
#[derive(Clone, Debug, Default)]
pub struct Set {
    pub ranges: Vec<(char, char)>,
    pub classes: Vec<(Class, bool)>,
    pub inverted: bool,
}

/// The named classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    Alpha,
    Digit,
    Alnum,
    Upper,
    Lower,
    Space,
    Blank,
    Punct,
    Print,
    Graph,
    Cntrl,
    Xdigit,
    Word,
}

impl Class {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "alpha" => Self::Alpha,
            "digit" => Self::Digit,
            "alnum" => Self::Alnum,
            "upper" => Self::Upper,
            "lower" => Self::Lower,
            "space" => Self::Space,
            "blank" => Self::Blank,
            "punct" => Self::Punct,
            "print" => Self::Print,
            "graph" => Self::Graph,
            "cntrl" => Self::Cntrl,
            "xdigit" => Self::Xdigit,
            _ => return None,
        })
    }

    /// Whether a character is in the class. Beyond ASCII, everything that is not a control counts as a letter.
    pub fn has(self, c: char) -> bool {
        let wide = !c.is_ascii() && !('\u{80}'..='\u{9f}').contains(&c);
        match self {
            Self::Alpha => c.is_ascii_alphabetic() || wide,
            Self::Digit => c.is_ascii_digit(),
            Self::Alnum => c.is_ascii_alphanumeric() || wide,
            Self::Upper => c.is_ascii_uppercase(),
            Self::Lower => c.is_ascii_lowercase(),
            Self::Space => c.is_ascii_whitespace() || c == '\x0b',
            Self::Blank => c == ' ' || c == '\t',
            Self::Punct => c.is_ascii_punctuation(),
            Self::Print => c == ' ' || c.is_ascii_graphic() || wide,
            Self::Graph => c.is_ascii_graphic() || wide,
            Self::Cntrl => c.is_ascii_control(),
            Self::Xdigit => c.is_ascii_hexdigit(),
            Self::Word => c.is_ascii_alphanumeric() || c == '_' || wide,
        }
    }
}

impl Set {
    fn of(class: Class, inverted: bool) -> Self {
        Self {
            ranges: Vec::new(),
            classes: vec![(class, false)],
            inverted,
        }
    }

    /// Whether the set has the character (or, folding, its other case).
    pub fn has(&self, c: char, fold: bool) -> bool {
        let one = |c: char| {
            self.ranges
                .iter()
                .any(|(low, high)| *low <= c && c <= *high)
                || self.classes.iter().any(|(class, not)| class.has(c) != *not)
        };
        let found = one(c) || fold && (one(lower(c)) || one(c.to_uppercase().next().unwrap_or(c)));
        found != self.inverted
    }
}

/// The simple lower case of a character.
pub fn lower(c: char) -> char {
    if c.is_ascii() {
        c.to_ascii_lowercase()
    } else {
        c.to_lowercase().next().unwrap_or(c)
    }
}

/// Conditions that take no character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    LineStart,
    LineEnd,
    Boundary,
    NotBoundary,
    WordStart,
    WordEnd,
}

/// The tree.
#[derive(Clone, Debug)]
pub enum Node {
    Char(char),
    Any,
    Set(Set),
    Look(Look),
    Back(usize),
    Group(Box<Node>, Option<usize>),
    Cat(Vec<Node>),
    Alt(Vec<Node>),
    Repeat {
        node: Box<Node>,
        min: u32,
        max: Option<u32>,
        lazy: bool,
    },
}

struct Parser {
    chars: Vec<char>,
    at: usize,
    syntax: Syntax,
    groups: usize,
    depth: usize,
}

/// Parses a pattern.
pub fn parse(pattern: &str, syntax: Syntax) -> Result<Node, String> {
    if syntax == Syntax::Fixed {
        return Ok(Node::Cat(pattern.chars().map(Node::Char).collect()));
    }
    let mut parser = Parser {
        chars: pattern.chars().collect(),
        at: 0,
        syntax,
        groups: 0,
        depth: 0,
    };
    let node = parser.alternatives()?;
    if parser.at < parser.chars.len() {
        return Err("Unmatched ) or \\)".into());
    }
    Ok(node)
}

/// The text that a pattern is, when it is nothing but text.
pub fn literal(node: &Node) -> Option<String> {
    match node {
        Node::Char(c) => Some(c.to_string()),
        Node::Cat(nodes) => nodes
            .iter()
            .map(|node| {
                if let Node::Char(c) = node {
                    Some(*c)
                } else {
                    None
                }
            })
            .collect(),
        _ => None,
    }
}

impl Parser {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    /// Whether the operator stands here: bare in extended syntax, behind a backslash in basic.
    fn operator(&self, c: char) -> Option<usize> {
        if self.syntax == Syntax::Basic {
            (self.peek(0) == Some('\\') && self.peek(1) == Some(c)).then_some(2)
        } else {
            (self.peek(0) == Some(c)).then_some(1)
        }
    }

    fn alternatives(&mut self) -> Result<Node, String> {
        let mut list = vec![self.sequence()?];
        while let Some(len) = self.operator('|') {
            self.at += len;
            list.push(self.sequence()?);
        }
        Ok(if list.len() == 1 {
            list.remove(0)
        } else {
            Node::Alt(list)
        })
    }

    fn sequence(&mut self) -> Result<Node, String> {
        let mut list: Vec<Node> = Vec::new();
        while self.at < self.chars.len() && self.operator('|').is_none() {
            if self.operator(')').is_some() && (self.depth > 0 || self.syntax == Syntax::Basic) {
                break;
            }
            let first = list.is_empty()
                || (list.len() == 1 && matches!(list[0], Node::Look(Look::LineStart)));
            let node = self.atom(first)?;
            let node = self.repeats(node)?;
            list.push(node);
        }
        Ok(if list.len() == 1 {
            list.remove(0)
        } else {
            Node::Cat(list)
        })
    }

    fn repeats(&mut self, mut node: Node) -> Result<Node, String> {
        loop {
            let (min, max) = if self.peek(0) == Some('*') {
                self.at += 1;
                (0, None)
            } else if let Some(len) = self.operator('+') {
                self.at += len;
                (1, None)
            } else if let Some(len) = self.operator('?') {
                self.at += len;
                (0, Some(1))
            } else if let Some(len) = self.operator('{') {
                let before = self.at;
                self.at += len;
                match self.braces() {
                    Ok(bounds) => bounds,
                    // `a{x` is text in extended syntax.
                    Err(_) if self.syntax != Syntax::Basic => {
                        self.at = before;
                        return Ok(node);
                    }
                    Err(error) => return Err(error),
                }
            } else {
                return Ok(node);
            };
            let lazy = self.syntax == Syntax::Perl && self.peek(0) == Some('?');
            self.at += usize::from(lazy);
            node = Node::Repeat {
                node: Box::new(node),
                min,
                max,
                lazy,
            };
        }
    }

    fn number(&mut self) -> Option<u32> {
        let start = self.at;
        while self.peek(0).is_some_and(|c| c.is_ascii_digit()) {
            self.at += 1;
        }
        self.chars[start..self.at]
            .iter()
            .collect::<String>()
            .parse()
            .ok()
    }

    fn braces(&mut self) -> Result<(u32, Option<u32>), String> {
        let bad = || "Invalid content of \\{\\}".to_string();
        let min = self.number();
        let (min, max) = if self.peek(0) == Some(',') {
            self.at += 1;
            (min.unwrap_or(0), self.number())
        } else {
            (min.ok_or_else(bad)?, Some(min.ok_or_else(bad)?))
        };
        let len = self.operator('}').ok_or("Unmatched { or \\{")?;
        self.at += len;
        if max.is_some_and(|max| max < min) || min > 1000 || max.unwrap_or(0) > 1000 {
            return Err(bad());
        }
        Ok((min, max))
    }

    fn atom(&mut self, first: bool) -> Result<Node, String> {
        if let Some(len) = self.operator('(') {
            self.at += len;
            let capture = !(self.syntax == Syntax::Perl
                && self.peek(0) == Some('?')
                && self.peek(1) == Some(':'));
            let index = if capture {
                self.groups += 1;
                Some(self.groups)
            } else {
                self.at += 2;
                None
            };
            self.depth += 1;
            if self.depth > 200 {
                return Err("Regular expression too big".into());
            }
            let inner = self.alternatives()?;
            let len = self.operator(')').ok_or("Unmatched ( or \\(")?;
            self.depth -= 1;
            self.at += len;
            return Ok(Node::Group(Box::new(inner), index));
        }
        let Some(c) = self.peek(0) else {
            return Err("Premature end of regular expression".into());
        };
        self.at += 1;
        let basic = self.syntax == Syntax::Basic;
        Ok(match c {
            '.' => Node::Any,
            '[' => Node::Set(self.bracket()?),
            '^' if !basic || first => Node::Look(Look::LineStart),
            '$' if !basic
                || self.at == self.chars.len()
                || self.operator(')').is_some()
                || self.operator('|').is_some() =>
            {
                Node::Look(Look::LineEnd)
            }
            // A star with nothing before it is itself; `+` and `?` too.
            '\\' => return self.escape(),
            c => Node::Char(c),
        })
    }

    fn escape(&mut self) -> Result<Node, String> {
        let Some(c) = self.peek(0) else {
            return Err("Trailing backslash".into());
        };
        self.at += 1;
        Ok(match c {
            'w' => Node::Set(Set::of(Class::Word, false)),
            'W' => Node::Set(Set::of(Class::Word, true)),
            's' => Node::Set(Set::of(Class::Space, false)),
            'S' => Node::Set(Set::of(Class::Space, true)),
            'd' if self.syntax == Syntax::Perl => Node::Set(Set::of(Class::Digit, false)),
            'D' if self.syntax == Syntax::Perl => Node::Set(Set::of(Class::Digit, true)),
            'b' => Node::Look(Look::Boundary),
            'B' => Node::Look(Look::NotBoundary),
            '<' => Node::Look(Look::WordStart),
            '>' => Node::Look(Look::WordEnd),
            '`' => Node::Look(Look::LineStart),
            '\'' => Node::Look(Look::LineEnd),
            'n' => Node::Char('\n'),
            't' => Node::Char('\t'),
            'r' => Node::Char('\r'),
            'f' => Node::Char('\x0c'),
            'v' => Node::Char('\x0b'),
            '1'..='9' => {
                let index = c as usize - '0' as usize;
                if index > self.groups {
                    return Err("Invalid back reference".into());
                }
                Node::Back(index)
            }
            c => Node::Char(c),
        })
    }

    fn bracket(&mut self) -> Result<Set, String> {
        let open = || "Unmatched [, [^, [:, [., or [=".to_string();
        let mut set = Set::default();
        if self.peek(0) == Some('^') {
            set.inverted = true;
            self.at += 1;
        }
        let start = self.at;
        loop {
            let c = self.peek(0).ok_or_else(open)?;
            self.at += 1;
            if c == ']' && self.at - 1 > start {
                return Ok(set);
            }
            if c == '[' && matches!(self.peek(0), Some(':' | '.' | '=')) {
                let mark = self.peek(0).unwrap_or(':');
                let end = (self.at + 1..self.chars.len())
                    .find(|i| self.chars[*i] == mark && self.chars.get(i + 1) == Some(&']'))
                    .ok_or_else(open)?;
                let name: String = self.chars[self.at + 1..end].iter().collect();
                self.at = end + 2;
                if mark == ':' {
                    set.classes.push((
                        Class::named(&name).ok_or("Invalid character class name")?,
                        false,
                    ));
                } else if let Some(c) = name.chars().next() {
                    set.ranges.push((c, c));
                }
                continue;
            }
            let mut low = c;
            if c == '\\' {
                // POSIX takes it as itself; GNU tools and Perl know these few.
                match self.peek(0) {
                    Some('n') => (low, self.at) = ('\n', self.at + 1),
                    Some('t') => (low, self.at) = ('\t', self.at + 1),
                    Some('r') if self.syntax == Syntax::Perl => {
                        (low, self.at) = ('\r', self.at + 1)
                    }
                    Some(class @ ('d' | 'w' | 's')) if self.syntax == Syntax::Perl => {
                        let class = if class == 'd' {
                            Class::Digit
                        } else if class == 'w' {
                            Class::Word
                        } else {
                            Class::Space
                        };
                        set.classes.push((class, false));
                        self.at += 1;
                        continue;
                    }
                    Some(c @ (']' | '\\')) if self.syntax == Syntax::Perl || (c == '\\') => {
                        (low, self.at) = (
                            c,
                            self.at + usize::from(c != '\\' || self.syntax == Syntax::Perl),
                        );
                    }
                    _ => {}
                }
            }
            if self.peek(0) == Some('-') && self.peek(1).is_some_and(|c| c != ']') {
                let high = self.peek(1).ok_or_else(open)?;
                self.at += 2;
                if high < low {
                    return Err("Invalid range end".into());
                }
                set.ranges.push((low, high));
            } else {
                set.ranges.push((low, low));
            }
        }
    }
}
