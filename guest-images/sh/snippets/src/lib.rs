//! The error messages of the shell, one line each.
//!
//! The yash crates hand every message to `annotate-snippets`, which draws the offending source text over several lines. This
//! crate has the same interface (the part that yash uses) and hands the parts of a message to a [`Formatter`] that the program
//! installs, so that the messages can read as those of the shell that learners meet in containers.

use std::borrow::Cow;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ops::Range;

/// What a formatter gets: the message taken apart.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    /// The message's first line.
    pub title: String,
    /// Name of the source that the primary annotation points to.
    pub path: String,
    /// Line that the primary annotation points to.
    pub line: usize,
    /// The text that the primary annotation points to, to the end of its line.
    pub text: String,
    /// What stands before it on its line.
    pub before: String,
    /// The primary annotation.
    pub label: String,
    /// Other annotations.
    pub context: Vec<String>,
}

/// Makes a message's text (without the final newline).
pub type Formatter = fn(&Parts) -> String;

thread_local! {
    static FORMATTER: Cell<Formatter> = const { Cell::new(plain) };
}

fn plain(parts: &Parts) -> String {
    parts.title.clone()
}

/// Installs the function that makes the texts.
pub fn set_formatter(formatter: Formatter) {
    FORMATTER.set(formatter);
}

/// A message's weight. All weigh the same here.
#[derive(Clone, Debug)]
pub struct Level<'a>(PhantomData<&'a ()>);

impl<'a> Level<'a> {
    pub const ERROR: Level<'static> = Level(PhantomData);
    pub const WARNING: Level<'static> = Level(PhantomData);
    pub const INFO: Level<'static> = Level(PhantomData);
    pub const NOTE: Level<'static> = Level(PhantomData);
    pub const HELP: Level<'static> = Level(PhantomData);

    pub fn no_name(self) -> Self {
        self
    }
    pub fn primary_title<T: Into<Cow<'a, str>>>(self, text: T) -> Title<'a> {
        Title(text.into())
    }
    pub fn message<T: Into<Cow<'a, str>>>(self, _text: T) -> Message<'a> {
        Message(PhantomData)
    }
}

/// A footnote; not shown.
#[derive(Clone, Debug)]
pub struct Message<'a>(PhantomData<&'a ()>);

/// A message's first line.
#[derive(Clone, Debug)]
pub struct Title<'a>(Cow<'a, str>);

impl<'a> Title<'a> {
    pub fn id<T: Into<Cow<'a, str>>>(self, _id: T) -> Self {
        self
    }
    pub fn elements<E: Into<Element<'a>>>(self, list: impl IntoIterator<Item = E>) -> Group<'a> {
        let group = Group {
            title: self.0,
            snippets: Vec::new(),
        };
        group.elements(list)
    }
}

/// Which annotation is the main one.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum AnnotationKind {
    Primary,
    Context,
}

impl AnnotationKind {
    pub fn span<'a>(self, range: Range<usize>) -> Annotation<'a> {
        Annotation {
            kind: self,
            range,
            label: Cow::Borrowed(""),
        }
    }
}

/// A remark on a piece of source text.
#[derive(Clone, Debug)]
pub struct Annotation<'a> {
    kind: AnnotationKind,
    range: Range<usize>,
    label: Cow<'a, str>,
}

impl<'a> Annotation<'a> {
    pub fn label<T: AsRef<str> + ?Sized>(mut self, label: &'a T) -> Self {
        self.label = Cow::Borrowed(label.as_ref());
        self
    }
}

/// A piece of source text with remarks.
#[derive(Clone, Debug)]
pub struct Snippet<'a, T> {
    source: Cow<'a, str>,
    path: Cow<'a, str>,
    line_start: usize,
    annotations: Vec<T>,
}

impl<'a, T: Clone> Snippet<'a, T> {
    pub fn source<S: Into<Cow<'a, str>>>(source: S) -> Self {
        Snippet {
            source: source.into(),
            path: Cow::Borrowed(""),
            line_start: 1,
            annotations: Vec::new(),
        }
    }
    pub fn line_start(mut self, line: usize) -> Self {
        self.line_start = line;
        self
    }
    pub fn path<S: Into<Cow<'a, str>>>(mut self, path: S) -> Self {
        self.path = path.into();
        self
    }
    pub fn annotations(mut self, list: impl IntoIterator<Item = T>) -> Self {
        self.annotations.extend(list);
        self
    }
}

/// A part of a message.
pub enum Element<'a> {
    Snippet(Snippet<'a, Annotation<'a>>),
    Message(Message<'a>),
}

impl<'a> From<Snippet<'a, Annotation<'a>>> for Element<'a> {
    fn from(snippet: Snippet<'a, Annotation<'a>>) -> Self {
        Element::Snippet(snippet)
    }
}
impl<'a> From<Message<'a>> for Element<'a> {
    fn from(message: Message<'a>) -> Self {
        Element::Message(message)
    }
}

/// A whole message.
#[derive(Clone, Debug)]
pub struct Group<'a> {
    title: Cow<'a, str>,
    snippets: Vec<Snippet<'a, Annotation<'a>>>,
}

impl<'a> Group<'a> {
    pub fn elements<E: Into<Element<'a>>>(
        mut self,
        list: impl IntoIterator<Item = E>,
    ) -> Group<'a> {
        for element in list {
            if let Element::Snippet(snippet) = element.into() {
                self.snippets.push(snippet);
            }
        }
        self
    }

    fn parts(&self) -> Parts {
        let mut parts = Parts {
            title: self.title.to_string(),
            ..Parts::default()
        };
        let mut found = false;
        for snippet in &self.snippets {
            for annotation in &snippet.annotations {
                if found || annotation.kind != AnnotationKind::Primary {
                    parts.context.push(annotation.label.to_string());
                    continue;
                }
                found = true;
                let source = &*snippet.source;
                let start = annotation.range.start.min(source.len());
                parts.line = snippet.line_start + source[..start].matches('\n').count();
                parts.path = snippet.path.to_string();
                let begin = source[..start].rfind('\n').map_or(0, |at| at + 1);
                source[begin..start].clone_into(&mut parts.before);
                parts.label = annotation.label.to_string();
                let rest = &source[start..];
                let end = annotation.range.end.saturating_sub(start);
                let line = rest
                    .find('\n')
                    .map_or(rest.len(), |at| at.max(end.min(rest.len())));
                parts.text = rest.get(..line).unwrap_or(rest).to_owned();
            }
        }
        parts
    }
}

/// Makes texts.
#[derive(Clone, Debug)]
pub struct Renderer(());

impl Renderer {
    pub const fn plain() -> Self {
        Renderer(())
    }
    pub const fn styled() -> Self {
        Renderer(())
    }
    pub fn render(&self, groups: &[Group<'_>]) -> String {
        let texts: Vec<String> = groups
            .iter()
            .map(|group| FORMATTER.get()(&group.parts()))
            .collect();
        texts.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_annotation_is_found() {
        set_formatter(|parts| {
            format!(
                "{}:{}: {} [{}]",
                parts.path, parts.line, parts.label, parts.text
            )
        });
        let snippet = Snippet::source("a\nif fi\nb")
            .path("x.sh")
            .annotations([AnnotationKind::Primary.span(5..7).label("unexpected")]);
        let group = Level::ERROR
            .primary_title("t")
            .elements([snippet])
            .elements(Vec::<Message>::new());
        assert_eq!(
            Renderer::plain().render(&[group]),
            "x.sh:2: unexpected [fi]"
        );
    }
}
