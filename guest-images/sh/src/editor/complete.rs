//! Tab completion: which word, and what could stand there.
//!
//! Pure but for the names, which the caller supplies.

/// What kind of word the cursor is in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Kind {
    /// A command's name.
    Command,
    /// A file; only folders after `cd`.
    File { folders_only: bool },
    /// A variable after `$` or `${`.
    Variable { brace: bool },
}

/// The word before the cursor.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Word {
    pub kind: Kind,
    /// Where it begins in the line, in bytes; after `$` for variables.
    pub start: usize,
    /// Its text without quoting.
    pub text: String,
    /// The quote it is in.
    pub quote: Option<char>,
}

/// Finds the word that ends at the end of `line`.
pub fn word(line: &str) -> Word {
    let mut command = true;
    let mut first = String::new();
    let mut current = Word {
        kind: Kind::Command,
        start: 0,
        text: String::new(),
        quote: None,
    };
    let mut in_word = false;
    let mut chars = line.char_indices();
    while let Some((at, c)) = chars.next() {
        let separator = current.quote.is_none()
            && matches!(
                c,
                ' ' | '\t' | '\n' | ';' | '&' | '|' | '(' | ')' | '<' | '>' | '`'
            );
        if separator {
            if in_word {
                if command && !current.text.contains('=') {
                    command = matches!(
                        current.text.as_str(),
                        "if" | "then"
                            | "else"
                            | "elif"
                            | "while"
                            | "until"
                            | "do"
                            | "!"
                            | "time"
                            | "exec"
                            | "sudo"
                            | "{"
                    );
                    first = std::mem::take(&mut current.text);
                }
                in_word = false;
            }
            match c {
                ';' | '&' | '|' | '(' | '`' | '\n' => command = true,
                '<' | '>' => command = false,
                _ => {}
            }
            continue;
        }
        if !in_word {
            in_word = true;
            current = Word {
                kind: Kind::Command,
                start: at,
                text: String::new(),
                quote: None,
            };
        }
        match (current.quote, c) {
            (Some(quote), c) if c == quote => current.quote = None,
            (None, '\'' | '"') => current.quote = Some(c),
            (None | Some('"'), '\\') => current.text.extend(chars.next().map(|(_, c)| c)),
            (_, c) => current.text.push(c),
        }
    }
    if !in_word {
        current = Word {
            kind: Kind::Command,
            start: line.len(),
            text: String::new(),
            quote: None,
        };
    }
    // A variable at the end, wherever it is.
    if current.quote != Some('\'') {
        let name = current
            .text
            .rfind(|c: char| !c.is_alphanumeric() && c != '_')
            .map_or(0, |at| at + 1);
        let before = &current.text[..name];
        let brace = before.ends_with("${");
        if brace || before.ends_with('$') {
            let text = current.text[name..].to_owned();
            return Word {
                kind: Kind::Variable { brace },
                start: line.len() - text.len(),
                text,
                quote: current.quote,
            };
        }
    }
    current.kind = if command && !current.text.contains('/') {
        Kind::Command
    } else {
        Kind::File {
            folders_only: matches!(first.as_str(), "cd" | "rmdir") && !command,
        }
    };
    // `--file=NAME` and `PATH=NAME` complete the part after the sign.
    if let (Kind::File { .. }, None, Some(sign)) =
        (&current.kind, current.quote, current.text.rfind('='))
    {
        let raw = line[current.start..].rfind('=').unwrap_or(0);
        current.start += raw + 1;
        current.text.drain(..=sign);
    }
    current
}

/// What all candidates begin with.
pub fn common(candidates: &[String]) -> String {
    let Some(first) = candidates.first() else {
        return String::new();
    };
    let mut end = first.len();
    for other in &candidates[1..] {
        let same = first
            .char_indices()
            .zip(other.chars())
            .find(|((_, a), b)| a != b);
        end = end.min(same.map_or(other.len().min(first.len()), |((at, _), _)| at));
    }
    first[..end].to_owned()
}

/// Quotes a completed word the way the user began it.
pub fn quote(text: &str, quote: Option<char>) -> String {
    if let Some(quote) = quote {
        return format!("{quote}{text}");
    }
    let mut out = String::new();
    for c in text.chars() {
        if matches!(
            c,
            ' ' | '\t'
                | '\''
                | '"'
                | '\\'
                | '$'
                | '`'
                | '*'
                | '?'
                | '['
                | '('
                | ')'
                | '&'
                | ';'
                | '|'
                | '<'
                | '>'
                | '#'
                | '!'
        ) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// Candidates in columns, down first.
pub fn columns(names: &[String], width: usize) -> String {
    let widest = names
        .iter()
        .map(|name| super::width::of_text(name))
        .max()
        .unwrap_or(0)
        + 2;
    let across = (width / widest).max(1);
    let down = names.len().div_ceil(across);
    let mut text = String::new();
    for row in 0..down {
        let mut line = String::new();
        for name in names.iter().skip(row).step_by(down) {
            line += name;
            line += &" ".repeat(widest - super::width::of_text(name));
        }
        text += line.trim_end();
        text += "\r\n";
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(line: &str) -> (Kind, usize, String) {
        let word = word(line);
        (word.kind, word.start, word.text)
    }
    const FILE: Kind = Kind::File {
        folders_only: false,
    };

    #[test]
    fn words() {
        assert_eq!(kind("ec"), (Kind::Command, 0, "ec".into()));
        assert_eq!(kind("ls fo"), (FILE, 3, "fo".into()));
        assert_eq!(kind("ls; gr"), (Kind::Command, 4, "gr".into()));
        assert_eq!(kind("cat a | "), (Kind::Command, 8, "".into()));
        assert_eq!(kind("if gr"), (Kind::Command, 3, "gr".into()));
        assert_eq!(kind("cat < f"), (FILE, 6, "f".into()));
        assert_eq!(
            kind("cd d"),
            (Kind::File { folders_only: true }, 3, "d".into())
        );
        assert_eq!(
            kind("echo $HO"),
            (Kind::Variable { brace: false }, 6, "HO".into())
        );
        assert_eq!(
            kind("echo \"${HO"),
            (Kind::Variable { brace: true }, 8, "HO".into())
        );
        assert_eq!(kind("./x"), (FILE, 0, "./x".into()));
        assert_eq!(kind("X=1 ls a\\ b"), (FILE, 7, "a b".into()));
        assert_eq!(word("ls 'a b").quote, Some('\''));
        assert_eq!(kind("dd if=/e"), (FILE, 6, "/e".into()));
    }

    #[test]
    fn texts() {
        let names = |list: &[&str]| list.iter().map(|name| name.to_string()).collect::<Vec<_>>();
        assert_eq!(common(&names(&["echo", "ecx", "ec"])), "ec");
        assert_eq!(common(&names(&["für", "fön"])), "f");
        assert_eq!(quote("a b", None), "a\\ b");
        assert_eq!(columns(&names(&["aa", "b", "c"]), 8), "aa  c\r\nb\r\n");
    }
}
