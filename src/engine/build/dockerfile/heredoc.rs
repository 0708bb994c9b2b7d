//! Here-documents: `<<EOF`, `<<-EOF` and `<<"EOF"` behind `RUN`, `COPY` and `ADD`.

use crate::engine::build::expand::{Lexer, Raw};

/// One here-document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heredoc {
    /// The word that ends it; for `COPY` also the file's name.
    pub name: String,
    /// Everything up to its end, with line feeds.
    pub content: String,
    /// Variables in it are expanded: no part of its name was quoted.
    pub expand: bool,
    /// `<<-`: tabs at the beginning of lines are no part of it.
    pub chomp: bool,
}

impl Heredoc {
    /// Reads one word; `None` when it announces nothing.
    pub fn parse(word: &str) -> Option<Heredoc> {
        let rest = word
            .trim_start_matches(|c: char| c.is_ascii_digit())
            .strip_prefix("<<")?;
        let (chomp, rest) = match rest.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        if rest.is_empty() || rest.contains('<') {
            return None;
        }
        let plain = words(rest, Raw::default())?;
        let [name] = plain.as_slice() else {
            return None;
        };
        let raw = words(
            rest,
            Raw {
                quotes: true,
                escapes: true,
            },
        )?;
        Some(Heredoc {
            name: name.clone(),
            content: String::new(),
            expand: raw.first() == Some(name),
            chomp,
        })
    }
}

/// The here-documents that a line announces, in order.
pub fn announced(line: &str) -> Vec<Heredoc> {
    let raw = Raw {
        quotes: true,
        escapes: true,
    };
    let words = words(line, raw).unwrap_or_default();
    words
        .iter()
        .filter_map(|word| Heredoc::parse(word))
        .collect()
}

/// Takes tabs at the beginning of lines away.
pub fn chomp(content: &str) -> String {
    content
        .split_inclusive('\n')
        .map(|line| line.trim_start_matches('\t'))
        .collect()
}

fn words(text: &str, raw: Raw) -> Option<Vec<String>> {
    let lexer = Lexer {
        raw,
        keep_unset: true,
        ..Lexer::new('\\')
    };
    lexer.words(text, &[]).ok()
}
