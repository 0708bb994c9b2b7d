//! From text to logical lines: parser directives, comments, continuations and here-documents.

use super::arguments::{Arguments, arguments};
use super::heredoc::{self, Heredoc};
use super::words::{self, Split};

/// One instruction, taken apart but not understood.
#[derive(Clone, Debug, Default)]
pub struct Line {
    /// Of its beginning, from 1.
    pub number: usize,
    /// Of its end, here-documents included.
    pub last: usize,
    /// The first word as written.
    pub keyword: String,
    /// Continuations joined, without comments.
    pub original: String,
    /// `--name=value` before the arguments.
    pub flags: Vec<String>,
    pub arguments: Arguments,
    pub heredocs: Vec<Heredoc>,
}

/// Everything that stands in a file.
#[derive(Clone, Debug)]
pub struct Lines {
    pub lines: Vec<Line>,
    pub escape: char,
    pub warnings: Vec<String>,
}

impl Line {
    /// Takes one logical line apart.
    pub fn parse(text: &str, escape: char) -> Result<Line, String> {
        let Split {
            keyword,
            flags,
            rest,
        } = words::split(text);
        let arguments = arguments(&keyword, &rest, escape)?;
        Ok(Line {
            number: 1,
            last: 1,
            keyword,
            original: text.to_owned(),
            flags,
            arguments,
            heredocs: Vec::new(),
        })
    }

    /// `RUN`, `COPY` and `ADD` may have here-documents, also behind `ONBUILD`, but not in JSON form.
    fn may_have_heredocs(&self) -> bool {
        let takes = |word: &str| {
            ["run", "copy", "add"]
                .iter()
                .any(|k| word.eq_ignore_ascii_case(k))
        };
        let triggered = || {
            let (first, rest) = words::cut(self.arguments.words.first().map_or("", String::as_str));
            self.keyword.eq_ignore_ascii_case("onbuild")
                && takes(first)
                && !rest.trim_start().starts_with('[')
        };
        !self.arguments.json
            && (takes(&self.keyword) || triggered())
            && self.original.contains("<<")
    }
}

impl Lines {
    /// Reads a file.
    pub fn parse(text: &str) -> Result<Lines, String> {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut reader = Reader {
            physical: text.split_inclusive('\n').collect(),
            at: 0,
            directives: Directives::default(),
        };
        let (mut lines, mut warnings) = (Vec::new(), Vec::new());
        while let Some(logical) = reader.logical()? {
            if logical.had_empty {
                let short = format!(
                    "[WARNING]: Empty continuation line found in: {}",
                    logical.text
                );
                warnings.push(short);
            }
            let mut line = Line::parse(&logical.text, reader.directives.escape)?;
            line.number = logical.number;
            if line.may_have_heredocs() {
                for mut document in heredoc::announced(&logical.text) {
                    document.content = reader.until(&document)?;
                    line.heredocs.push(document);
                }
            }
            line.last = reader.at;
            lines.push(line);
        }
        if !warnings.is_empty() {
            let last =
                "[WARNING]: Empty continuation lines will become errors in a future release.";
            warnings.push(last.to_owned());
        }
        if lines.is_empty() {
            return Err("file with no instructions".to_owned());
        }
        Ok(Lines {
            lines,
            escape: reader.directives.escape,
            warnings,
        })
    }
}

struct Reader<'t> {
    /// Each with its line feed.
    physical: Vec<&'t str>,
    at: usize,
    directives: Directives,
}

struct Logical {
    number: usize,
    text: String,
    had_empty: bool,
}

impl<'t> Reader<'t> {
    fn next(&mut self) -> Option<&'t str> {
        let line = *self.physical.get(self.at)?;
        self.at += 1;
        Some(line.trim_end_matches(['\r', '\n']))
    }

    /// The next line with something on it, its continuations joined.
    fn logical(&mut self) -> Result<Option<Logical>, String> {
        while let Some(first) = self.next() {
            let number = self.at;
            let first = first.trim_start();
            self.directives.look(first)?;
            let first = if first.starts_with('#') { "" } else { first };
            let (mut text, mut over) = self.directives.cut(first);
            if over && text.is_empty() {
                continue;
            }
            let mut had_empty = false;
            while !over {
                let Some(more) = self.next() else { break };
                let trimmed = more.trim_start();
                if trimmed.starts_with('#') {
                    continue;
                }
                if trimmed.is_empty() {
                    had_empty = true;
                    continue;
                }
                let (more, last) = self.directives.cut(more);
                text.push_str(&more);
                over = last;
            }
            return Ok(Some(Logical {
                number,
                text,
                had_empty,
            }));
        }
        Ok(None)
    }

    /// The text of a here-document, whose end is read as well.
    fn until(&mut self, document: &Heredoc) -> Result<String, String> {
        let mut content = String::new();
        while let Some(raw) = self.physical.get(self.at) {
            self.at += 1;
            let mut line = raw.trim_end_matches(['\r', '\n']);
            if document.chomp {
                line = line.trim_start_matches('\t');
            }
            if line == document.name {
                return Ok(content);
            }
            content.push_str(raw);
        }
        Err("unterminated heredoc".to_owned())
    }
}

/// `# escape=`, `# syntax=` and `# check=` at the very beginning; anything else ends them.
struct Directives {
    escape: char,
    over: bool,
    seen: Vec<&'static str>,
}

impl Default for Directives {
    fn default() -> Self {
        Directives {
            escape: '\\',
            over: false,
            seen: Vec::new(),
        }
    }
}

impl Directives {
    fn look(&mut self, line: &str) -> Result<(), String> {
        if self.over {
            return Ok(());
        }
        let Some((name, value)) = directive(line) else {
            self.over = true;
            return Ok(());
        };
        if self.seen.contains(&name) {
            return Err(format!("only one {name} parser directive can be used"));
        }
        self.seen.push(name);
        if name == "escape" {
            self.escape = match value {
                "`" => '`',
                "\\" => '\\',
                other => {
                    return Err(format!(
                        "invalid escape token '{other}' does not match ` or \\"
                    ));
                }
            };
        }
        Ok(())
    }

    /// A line without its continuation character, and whether it is the last one.
    fn cut(&self, line: &str) -> (String, bool) {
        match line.trim_end_matches([' ', '\t']).strip_suffix(self.escape) {
            Some(before) => (before.to_owned(), false),
            None => (line.to_owned(), true),
        }
    }
}

fn directive(line: &str) -> Option<(&'static str, &str)> {
    let (name, value) = line.strip_prefix('#')?.split_once('=')?;
    let (name, value) = (name.trim().to_ascii_lowercase(), value.trim());
    let known = ["syntax", "escape", "check"]
        .into_iter()
        .find(|k| *k == name)?;
    (!value.is_empty()).then_some((known, value))
}
