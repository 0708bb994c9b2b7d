//! Image references: `[domain/]path[:tag][@digest]`, with Docker's short forms (`alpine` is `docker.io/library/alpine`).
//!
//! The grammar and the error lines are those of the `distribution/reference` library; whether an image exists is not its business.

use super::id;
use regex::Regex;
use std::fmt;
use std::sync::LazyLock;

/// The registry that is meant when none is named.
pub const DEFAULT_DOMAIN: &str = "docker.io";
/// The tag that is meant when none is named.
pub const DEFAULT_TAG: &str = "latest";
const LONGEST_NAME: usize = 255;

/// A parsed reference with its full name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    /// The registry, such as `docker.io` or `localhost:5000`.
    pub domain: String,
    /// The repository in it, such as `library/alpine`.
    pub path: String,
    pub tag: Option<String>,
    /// `algorithm:hex`.
    pub digest: Option<String>,
}

/// Why a text is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadReference {
    #[error("invalid reference format")]
    Format,
    #[error("invalid reference format: repository name ({0}) must be lowercase")]
    Uppercase(String),
    #[error("invalid repository name ({0}), cannot specify 64-byte hexadecimal strings")]
    Id(String),
    #[error("repository name must not be more than {LONGEST_NAME} characters")]
    TooLong,
}

static NAME: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let label = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])";
    let domain = format!("(?:{label}(?:\\.{label})*|\\[(?:[a-fA-F0-9:]+)\\])(?::[0-9]+)?");
    let part = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
    let tag = "[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}";
    let digest = "[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}";
    Regex::new(&format!(
        "^({domain})/({part}(?:/{part})*)(?::({tag}))?(?:@({digest}))?$"
    ))
    .ok()
});

impl Reference {
    /// Parses what a user writes.
    pub fn parse(text: &str) -> Result<Self, BadReference> {
        if id::is_full(text) {
            return Err(BadReference::Id(text.to_owned()));
        }
        let (domain, rest) = split_domain(text);
        let path = rest.split(':').next().unwrap_or(&rest);
        let path = path.split('@').next().unwrap_or(path);
        if path.chars().any(char::is_uppercase) {
            return Err(BadReference::Uppercase(path.to_owned()));
        }
        let whole = format!("{domain}/{rest}");
        let found = NAME
            .as_ref()
            .and_then(|r| r.captures(&whole))
            .ok_or(BadReference::Format)?;
        let group = |n: usize| found.get(n).map(|m| m.as_str().to_owned());
        let reference = Self {
            domain: group(1).unwrap_or_default(),
            path: group(2).unwrap_or_default(),
            tag: group(3),
            digest: group(4),
        };
        if reference.name().len() > LONGEST_NAME {
            return Err(BadReference::TooLong);
        }
        Ok(reference)
    }

    /// The full name without tag and digest: `docker.io/library/alpine`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// The name as Docker shows it: `alpine`, `me/tool`, `localhost:5000/tool`.
    pub fn familiar_name(&self) -> String {
        if self.domain != DEFAULT_DOMAIN {
            return self.name();
        }
        let path = self.path.strip_prefix("library/").unwrap_or(&self.path);
        // `library/a/b` has no shorter spelling that would mean the same.
        let path = if path.contains('/') { &self.path } else { path };
        path.to_owned()
    }

    /// The whole reference as Docker shows it: `alpine:3.20`.
    pub fn familiar(&self) -> String {
        format!("{}{}", self.familiar_name(), self.suffix())
    }

    /// Gives a reference without tag and digest the tag `latest`.
    pub fn with_default_tag(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some(DEFAULT_TAG.to_owned());
        }
        self
    }

    /// As a store of images keeps it: by digest where there is one, else by tag.
    pub fn kept(mut self) -> Self {
        if self.digest.is_some() {
            self.tag = None;
        }
        self.with_default_tag()
    }

    fn suffix(&self) -> String {
        let tag = self.tag.as_ref().map(|t| format!(":{t}"));
        let digest = self.digest.as_ref().map(|d| format!("@{d}"));
        tag.unwrap_or_default() + &digest.unwrap_or_default()
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name(), self.suffix())
    }
}

/// Tells a registry's name from a path: it has a dot, a colon or an upper-case letter, or is `localhost`.
fn split_domain(text: &str) -> (String, String) {
    let named = text.split_once('/').filter(|(first, _)| {
        first.contains(['.', ':']) || *first == "localhost" || first.chars().any(char::is_uppercase)
    });
    let (domain, rest) = match named {
        Some(("index.docker.io", rest)) => (DEFAULT_DOMAIN, rest),
        Some(pair) => pair,
        None => (DEFAULT_DOMAIN, text),
    };
    if domain == DEFAULT_DOMAIN && !rest.contains('/') {
        return (domain.to_owned(), format!("library/{rest}"));
    }
    (domain.to_owned(), rest.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn full(text: &str) -> Result<String, String> {
        Reference::parse(text)
            .map(|r| r.to_string())
            .map_err(|e| e.to_string())
    }

    #[test]
    fn short_names_have_a_long_form() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let with_digest = format!("alpine@{digest}");
        for (short, long, familiar) in [
            ("alpine", "docker.io/library/alpine", "alpine"),
            (
                "alpine:3.20",
                "docker.io/library/alpine:3.20",
                "alpine:3.20",
            ),
            ("me/tool", "docker.io/me/tool", "me/tool"),
            ("docker.io/alpine", "docker.io/library/alpine", "alpine"),
            ("index.docker.io/me/x", "docker.io/me/x", "me/x"),
            ("localhost/a", "localhost/a", "localhost/a"),
            (
                "localhost:5000/a/b:v1",
                "localhost:5000/a/b:v1",
                "localhost:5000/a/b:v1",
            ),
            ("quay.io/x/y", "quay.io/x/y", "quay.io/x/y"),
            ("HOST/x", "HOST/x", "HOST/x"),
            (
                &with_digest,
                &format!("docker.io/library/alpine@{digest}"),
                &with_digest,
            ),
        ] {
            assert_eq!(full(short).as_deref(), Ok(long), "{short}");
            let familiar_form = Reference::parse(short).map(|r| r.familiar());
            assert_eq!(familiar_form.as_deref(), Ok(familiar), "{short}");
        }
    }

    #[test]
    fn the_words_of_the_errors() {
        let id = "a".repeat(64);
        for (text, words) in [
            (
                "Busybox",
                "invalid reference format: repository name (library/Busybox) must be lowercase",
            ),
            (
                "me/Tool:v1",
                "invalid reference format: repository name (me/Tool) must be lowercase",
            ),
            ("", "invalid reference format"),
            ("a:b:c", "invalid reference format"),
            ("dir:/x", "invalid reference format"),
            ("a b", "invalid reference format"),
            ("-a", "invalid reference format"),
            ("a//b", "invalid reference format"),
            ("a@sha256:12", "invalid reference format"),
            (
                &"a".repeat(300),
                "repository name must not be more than 255 characters",
            ),
            (
                &id,
                &format!(
                    "invalid repository name ({id}), cannot specify 64-byte hexadecimal strings"
                ),
            ),
        ] {
            assert_eq!(full(text), Err(words.to_owned()), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics_and_its_result_parses_to_itself(text in "\\PC{0,40}|[a-z./:@A-Z0-9_-]{0,40}") {
            if let Ok(reference) = Reference::parse(&text) {
                prop_assert_eq!(Reference::parse(&reference.to_string()), Ok(reference.clone()));
                prop_assert_eq!(Reference::parse(&reference.familiar()).map(|r| r.to_string()), Ok(reference.to_string()));
            }
        }
    }
}
