//! Rewriting of source text: what ash and bash know and yash's parser does not.
//!
//! `[[ … ]]` becomes `test` and `case`, `function f {` becomes `f() {`, `&> f` becomes `> f 2>&1`, `<<< word` a here-document, and
//! `${x:1:2}`, `${x/a/b}`, `${x^^}`, `$RANDOM` substitutions of the builtins in `builtins::extra`. Quotes, comments and
//! here-documents are left alone; the state lasts from line to line. What cannot be rewritten stays, for yash to complain about.

mod condition;
mod words;

use std::borrow::Cow;
use words::{brace_end, raw_word, unquote};

pub use words::skip;

/// Gives a whole script as yash shall see it.
pub fn text(text: &str) -> Cow<'_, str> {
    let triggers = ["[[", "function ", "&>", "<<<", "${", "RANDOM"];
    if !triggers.iter().any(|trigger| text.contains(trigger)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(Rewriter::default().feed(text))
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Inside {
    Single,
    Double,
    Paren,
    Brace,
    Back,
    Arith,
    ArithParen,
}

/// The state between lines.
#[derive(Debug)]
pub struct Rewriter {
    inside: Vec<Inside>,
    /// Whether a command's name may follow.
    command: bool,
    /// Delimiters of the here-documents that begin at the line's end, and whether their tabs are dropped.
    documents: Vec<(String, bool)>,
    /// Here-strings that become here-documents at the line's end.
    strings: Vec<String>,
    serial: usize,
}

impl Default for Rewriter {
    fn default() -> Self {
        Rewriter {
            inside: Vec::new(),
            command: true,
            documents: Vec::new(),
            strings: Vec::new(),
            serial: 0,
        }
    }
}

impl Rewriter {
    /// Forgets an unfinished command.
    pub fn reset(&mut self) {
        *self = Rewriter {
            serial: self.serial,
            ..Rewriter::default()
        };
    }

    /// Takes lines; gives them rewritten.
    pub fn feed(&mut self, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        // Bodies that began on an earlier line.
        at = self.bodies(&chars, at, &mut out);
        let mut word_start = true;
        while at < chars.len() {
            let c = chars[at];
            let next = chars.get(at + 1).copied();
            match self.inside.last() {
                Some(Inside::Single) => {
                    out.push(c);
                    if c == '\'' {
                        self.inside.pop();
                    }
                    at += 1;
                    continue;
                }
                Some(Inside::Double) => {
                    at += self.in_double(&chars, at, &mut out);
                    word_start = self.command;
                    continue;
                }
                _ => {}
            }
            let arith = matches!(self.inside.last(), Some(Inside::Arith | Inside::ArithParen));
            let literal_quotes =
                self.inside.last() == Some(&Inside::Brace) && self.inside.contains(&Inside::Double);
            let started = std::mem::replace(&mut word_start, false);
            match c {
                '\\' => {
                    out.push(c);
                    out.extend(next);
                    at += 2;
                    self.command &= !started;
                }
                '\'' if !literal_quotes && !arith => {
                    self.open(Inside::Single, "'", &mut out, &mut at)
                }
                '"' => self.open(Inside::Double, "\"", &mut out, &mut at),
                '`' => {
                    self.backquote();
                    word_start = self.command;
                    out.push(c);
                    at += 1;
                }
                '$' => {
                    at += self.dollar(&chars, at, &mut out);
                    word_start = self.command;
                }
                '(' => {
                    self.inside.push(if arith {
                        Inside::ArithParen
                    } else {
                        Inside::Paren
                    });
                    self.command = !arith;
                    word_start = true;
                    out.push(c);
                    at += 1;
                }
                ')' if self.inside.last() == Some(&Inside::Arith) => {
                    self.inside.pop();
                    out.push(c);
                    out.extend(next);
                    at += 2;
                }
                ')' => {
                    if matches!(self.inside.last(), Some(Inside::Paren | Inside::ArithParen)) {
                        self.inside.pop();
                    }
                    self.command = true;
                    word_start = true;
                    out.push(c);
                    at += 1;
                }
                '}' if self.inside.last() == Some(&Inside::Brace) => {
                    self.inside.pop();
                    out.push(c);
                    at += 1;
                }
                _ if arith || self.inside.last() == Some(&Inside::Brace) => {
                    let end = chars[at..]
                        .iter()
                        .position(|c| !c.is_alphanumeric() && *c != '_')
                        .map_or(chars.len(), |end| at + end);
                    let word: String = chars[at..end.max(at + 1)].iter().collect();
                    out += if arith && word == "RANDOM" {
                        "$(__random)"
                    } else {
                        &word
                    };
                    at = end.max(at + 1);
                }
                '#' if started => {
                    let end = chars[at..]
                        .iter()
                        .position(|c| *c == '\n')
                        .map_or(chars.len(), |end| at + end);
                    out.extend(&chars[at..end]);
                    at = end;
                }
                '\n' => {
                    out.push(c);
                    self.command = true;
                    word_start = true;
                    for (serial, body) in std::mem::take(&mut self.strings).into_iter().enumerate()
                    {
                        let first = self.serial - 1;
                        out += &format!("{body}\n__HERE_STRING_{}\n", first + serial);
                    }
                    at = self.bodies(&chars, at + 1, &mut out);
                }
                ' ' | '\t' => {
                    out.push(c);
                    word_start = true;
                    at += 1;
                }
                '<' if next == Some('<') && chars.get(at + 2) == Some(&'<') => {
                    at += self.here_string(&chars, at, &mut out)
                }
                '<' if next == Some('<') => at += self.here_document(&chars, at, &mut out),
                '&' if next == Some('>') => at += both(&chars, at, &mut out),
                ';' | '&' | '|' => {
                    out.push(c);
                    // `>&2` and `2>&1` end no command.
                    self.command = !(c == '&'
                        && matches!(at.checked_sub(1).map(|at| chars[at]), Some('>' | '<')));
                    word_start = true;
                    at += 1;
                }
                _ if started && self.command => at += self.first_word(&chars, at, &mut out),
                _ => {
                    self.command &= !started;
                    out.push(c);
                    at += 1;
                }
            }
        }
        out
    }

    fn open(&mut self, kind: Inside, text: &str, out: &mut String, at: &mut usize) {
        self.inside.push(kind);
        self.command = false;
        out.push_str(text);
        *at += 1;
    }

    fn backquote(&mut self) {
        if self.inside.last() == Some(&Inside::Back) {
            self.inside.pop();
        } else {
            self.inside.push(Inside::Back);
            self.command = true;
        }
    }

    fn in_double(&mut self, chars: &[char], at: usize, out: &mut String) -> usize {
        match chars[at] {
            '\\' => {
                out.push('\\');
                out.extend(chars.get(at + 1));
                2
            }
            '$' => self.dollar(chars, at, out),
            c => {
                match c {
                    '"' => drop(self.inside.pop()),
                    '`' => self.backquote(),
                    _ => {}
                }
                out.push(c);
                1
            }
        }
    }

    /// An expansion; gives how many characters it took.
    fn dollar(&mut self, chars: &[char], at: usize, out: &mut String) -> usize {
        self.command = false;
        let rest = &chars[at + 1..];
        match rest.first() {
            Some('(') if rest.get(1) == Some(&'(') => {
                self.inside.push(Inside::Arith);
                out.push_str("$((");
                3
            }
            Some('(') => {
                self.inside.push(Inside::Paren);
                self.command = true;
                out.push_str("$(");
                2
            }
            Some('{') => {
                if let Some(end) = brace_end(chars, at + 2)
                    && let Some(text) = parameter(&chars[at + 2..end])
                {
                    out.push_str(&text);
                    return end + 1 - at;
                }
                self.inside.push(Inside::Brace);
                out.push_str("${");
                2
            }
            _ => {
                let name: String = rest
                    .iter()
                    .take_while(|c| c.is_alphanumeric() || **c == '_')
                    .collect();
                if name == "RANDOM" {
                    out.push_str("$(__random)");
                    return 7;
                }
                out.push('$');
                1
            }
        }
    }

    /// The first word of a command.
    fn first_word(&mut self, chars: &[char], at: usize, out: &mut String) -> usize {
        let end = raw_word(chars, at);
        let word: String = chars[at..end].iter().collect();
        self.command = false;
        match word.as_str() {
            "[[" => {
                if let Some((text, end)) = condition::convert(chars, end) {
                    out.push_str(&text);
                    return end - at;
                }
            }
            "function" => {
                let name = chars[end..]
                    .iter()
                    .position(|c| !matches!(c, ' ' | '\t'))
                    .map_or(end, |skip| end + skip);
                let name_end = raw_word(chars, name);
                let text: String = chars[name..name_end].iter().collect();
                if name > end && !text.is_empty() {
                    out.push_str(&format!("{text}()"));
                    self.command = true;
                    let mut rest = name_end;
                    while chars.get(rest) == Some(&' ') {
                        rest += 1;
                    }
                    let parens = chars.get(rest) == Some(&'(') && chars.get(rest + 1) == Some(&')');
                    return if parens { rest + 2 } else { name_end } - at;
                }
            }
            "if" | "then" | "else" | "elif" | "while" | "until" | "do" | "!" | "time" | "{" => {
                self.command = true
            }
            _ => {
                // Only the plain beginning of the word: expansions in it are for the main loop.
                let plain = chars[at..end]
                    .iter()
                    .position(|c| matches!(c, '$' | '\'' | '"' | '`' | '\\'))
                    .unwrap_or(end - at);
                // `x=1 command`
                self.command = chars[at..at + plain].contains(&'=') && plain == end - at;
                out.extend(&chars[at..at + plain.max(usize::from(end == at))]);
                return plain.max(usize::from(end == at));
            }
        }
        out.push_str(&word);
        end - at
    }

    fn here_document(&mut self, chars: &[char], at: usize, out: &mut String) -> usize {
        let tabs = chars.get(at + 2) == Some(&'-');
        let mut start = at + 2 + usize::from(tabs);
        while chars.get(start) == Some(&' ') {
            start += 1;
        }
        let end = raw_word(chars, start);
        self.documents.push((unquote(&chars[start..end]), tabs));
        out.extend(&chars[at..end]);
        end - at
    }

    fn here_string(&mut self, chars: &[char], at: usize, out: &mut String) -> usize {
        let mut start = at + 3;
        while chars.get(start) == Some(&' ') {
            start += 1;
        }
        let end = raw_word(chars, start);
        out.push_str(&format!("<<__HERE_STRING_{}", self.serial));
        self.serial += 1;
        self.strings.push(words::document_body(&chars[start..end]));
        end - at
    }

    /// Copies here-documents as they are; gives where they end.
    fn bodies(&mut self, chars: &[char], mut at: usize, out: &mut String) -> usize {
        while let Some((delimiter, tabs)) = self.documents.first().filter(|_| at < chars.len()) {
            let end = chars[at..]
                .iter()
                .position(|c| *c == '\n')
                .map_or(chars.len(), |end| at + end + 1);
            let line: String = chars[at..end].iter().collect();
            let text = line.trim_end_matches('\n');
            let text = if *tabs {
                text.trim_start_matches('\t')
            } else {
                text
            };
            let ended = text == delimiter;
            out.push_str(&line);
            at = end;
            if ended {
                self.documents.remove(0);
            }
        }
        at
    }
}

/// `&> file` and `&>> file`
fn both(chars: &[char], at: usize, out: &mut String) -> usize {
    let append = chars.get(at + 2) == Some(&'>');
    let mut start = at + 2 + usize::from(append);
    while chars.get(start) == Some(&' ') {
        start += 1;
    }
    let end = raw_word(chars, start);
    let word: String = chars[start..end].iter().collect();
    out.push_str(&format!(" {}{word} 2>&1", if append { ">>" } else { ">" }));
    end - at
}

/// `${…}` with an operator that yash lacks: the text between the braces.
fn parameter(body: &[char]) -> Option<String> {
    let name_end = body
        .iter()
        .position(|c| !c.is_alphanumeric() && *c != '_')
        .unwrap_or(body.len());
    let name: String = body[..name_end].iter().collect();
    let rest: String = body[name_end..].iter().collect();
    if name.is_empty() {
        return None;
    }
    if name == "RANDOM" && rest.is_empty() {
        return Some("$(__random)".to_owned());
    }
    let value = format!("\"${{{name}}}\"");
    let operator = rest.chars().next()?;
    let operand = &rest[1..];
    match operator {
        ':' if !operand.starts_with(['-', '=', '?', '+']) => {
            let (offset, length) = operand
                .split_once(':')
                .map_or((operand, None), |(offset, length)| (offset, Some(length)));
            let length = length.map_or(String::new(), |length| format!(" \"$(({length}))\""));
            Some(format!("$(__substring {value} \"$(({offset}))\"{length})"))
        }
        '/' => {
            let (mode, operand) = match operand.chars().next()? {
                mode @ ('/' | '#' | '%') => (mode, &operand[1..]),
                _ => ('1', operand),
            };
            let mut split = operand.len();
            let mut escaped = false;
            for (at, c) in operand.char_indices() {
                if c == '/' && !escaped {
                    split = at;
                    break;
                }
                escaped = c == '\\' && !escaped;
            }
            let pattern = &operand[..split];
            let replacement = operand.get(split + 1..).unwrap_or("");
            let word = |text: &str| {
                if text.contains(['"', '\'']) {
                    text.to_owned()
                } else {
                    format!("\"{}\"", text.replace("\\/", "/"))
                }
            };
            Some(format!(
                "$(__replace '{mode}' {value} {} {})",
                word(pattern),
                word(replacement)
            ))
        }
        '^' | ',' => Some(format!("$(__case '{rest}' {value})")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constructs() {
        for (from, to) in [
            ("echo a\n", "echo a\n"),
            ("[[ -f $x ]] && echo y\n", "{ test -f \"$x\"; } && echo y\n"),
            (
                "if [[ $a == b* ]]; then\n",
                "if { case \"$a\" in (b*) true;; (*) false;; esac; }; then\n",
            ),
            (
                "[[ a != b ]]\n",
                "{ case a in (b) false;; (*) true;; esac; }\n",
            ),
            (
                "[[ -n x && ( 1 -lt 2 || ! -z y ) ]]\n",
                "{ test -n x && { test 1 -lt 2 || ! test -z y; }; }\n",
            ),
            ("function f { :; }\n", "f() { :; }\n"),
            ("function f() { :; }\n", "f() { :; }\n"),
            ("ls &> f; x\n", "ls  >f 2>&1; x\n"),
            (
                "echo ${x:1:2} ${x:-d}\n",
                "echo $(__substring \"${x}\" \"$((1))\" \"$((2))\") ${x:-d}\n",
            ),
            (
                "echo \"${x//a/b}\"\n",
                "echo \"$(__replace '/' \"${x}\" \"a\" \"b\")\"\n",
            ),
            (
                "echo $RANDOM $((RANDOM % 6)) $RANDOMX\n",
                "echo $(__random) $(($(__random) % 6)) $RANDOMX\n",
            ),
            (
                "cat <<< \"a $b\"\necho\n",
                "cat <<__HERE_STRING_0\na $b\n__HERE_STRING_0\necho\n",
            ),
            (
                "cat <<E\n[[ a ]]\nE\n[[ a ]]\n",
                "cat <<E\n[[ a ]]\nE\n{ test -n a; }\n",
            ),
            (
                "echo '[[ a ]]' \"[[ a ]]\" # [[ a ]]\n",
                "echo '[[ a ]]' \"[[ a ]]\" # [[ a ]]\n",
            ),
            ("echo [[ a ]]\n", "echo [[ a ]]\n"),
            (
                "x=$([[ a ]] && echo b)\n",
                "x=$({ test -n a; } && echo b)\n",
            ),
            ("a=1 b=$RANDOM\n", "a=1 b=$(__random)\n"),
            ("grep '$RANDOM' f\n", "grep '$RANDOM' f\n"),
            (
                "case $x in (a) [[ b ]];; esac\n",
                "case $x in (a) { test -n b; };; esac\n",
            ),
            ("$x $y; 'a b' c\n", "$x $y; 'a b' c\n"),
            ("echo 2>&1 [[ x\n", "echo 2>&1 [[ x\n"),
        ] {
            assert_eq!(Rewriter::default().feed(from), to, "{from}");
        }
    }

    #[test]
    fn state_lasts_over_lines() {
        let mut rewriter = Rewriter::default();
        assert_eq!(rewriter.feed("cat <<E\n"), "cat <<E\n");
        assert_eq!(rewriter.feed("[[ a ]]\n"), "[[ a ]]\n");
        assert_eq!(rewriter.feed("E\n"), "E\n");
        assert_eq!(rewriter.feed("echo '\n"), "echo '\n");
        assert_eq!(rewriter.feed("[[ a ]]'\n"), "[[ a ]]'\n");
        assert_eq!(rewriter.feed("[[ a ]]\n"), "{ test -n a; }\n");
    }
}
