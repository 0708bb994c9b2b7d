//! Image references as Docker reads them: `alpine` is `docker.io/library/alpine:latest`.

use crate::engine::{Error, Result};

/// A normalised reference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub domain: String,
    /// With `library/` where Docker Hub adds it.
    pub path: String,
    pub tag: Option<String>,
    pub digest: Option<String>,
}

impl Reference {
    /// Reads a reference; the errors are Docker's.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || Error::invalid("invalid reference format");
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (text, None),
        };
        if digest.is_some_and(|d| !is_digest(d)) {
            return Err(bad());
        }
        let (name, tag) = match rest.rsplit_once(':').filter(|(_, tag)| !tag.contains('/')) {
            Some((name, tag)) => (name, Some(tag)),
            None => (rest, None),
        };
        if tag.is_some_and(|t| !is_tag(t)) {
            return Err(bad());
        }
        let first = name.split_once('/').filter(|(first, _)| is_domain(first));
        let (domain, path) = match first {
            Some((domain, path)) => (
                if domain == "index.docker.io" {
                    "docker.io"
                } else {
                    domain
                },
                path.to_owned(),
            ),
            None => ("docker.io", name.to_owned()),
        };
        let path = if domain == "docker.io" && !path.contains('/') {
            format!("library/{path}")
        } else {
            path
        };
        if path.chars().any(|c| c.is_ascii_uppercase()) {
            let shown = if domain == "docker.io" {
                path
            } else {
                format!("{domain}/{path}")
            };
            return Err(Error::invalid(format!(
                "invalid reference format: repository name ({shown}) must be lowercase"
            )));
        }
        if !path.split('/').all(is_component) || name.len() > 255 {
            return Err(bad());
        }
        Ok(Reference {
            domain: domain.to_owned(),
            path,
            tag: tag.map(str::to_owned),
            digest: digest.map(str::to_owned),
        })
    }

    /// With `latest` where neither a tag nor a digest was written.
    pub fn with_default_tag(mut self) -> Self {
        if self.tag.is_none() && self.digest.is_none() {
            self.tag = Some("latest".to_owned());
        }
        self
    }

    /// The short repository name: `alpine`, `me/app`, `ghcr.io/me/app`.
    pub fn familiar_name(&self) -> String {
        if self.domain != "docker.io" {
            return format!("{}/{}", self.domain, self.path);
        }
        self.path
            .strip_prefix("library/")
            .filter(|rest| !rest.contains('/'))
            .unwrap_or(&self.path)
            .to_owned()
    }

    /// The short name with its tag or digest.
    pub fn familiar(&self) -> String {
        self.suffixed(self.familiar_name())
    }

    /// `docker.io/library/alpine`.
    pub fn repository(&self) -> String {
        format!("{}/{}", self.domain, self.path)
    }

    /// `docker.io/library/alpine:latest`.
    pub fn canonical(&self) -> String {
        self.suffixed(self.repository())
    }

    fn suffixed(&self, mut name: String) -> String {
        if let Some(tag) = &self.tag {
            name = format!("{name}:{tag}");
        }
        match &self.digest {
            Some(digest) => format!("{name}@{digest}"),
            None => name,
        }
    }
}

fn is_domain(text: &str) -> bool {
    let (host, port) = text
        .split_once(':')
        .map_or((text, None), |(h, p)| (h, Some(p)));
    let shaped = host
        .split('.')
        .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && port.is_none_or(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let told_apart = text.contains('.')
        || text.contains(':')
        || text == "localhost"
        || text.chars().any(|c| c.is_ascii_uppercase());
    shaped && told_apart
}

/// Lower-case words joined by one `.`, one or two `_`, or any number of `-`.
fn is_component(text: &str) -> bool {
    let edge = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    edge(text.bytes().next())
        && edge(text.bytes().next_back())
        && text.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
        })
        && !["..", "___", "._", "_.", ".-", "-.", "_-", "-_"]
            .iter()
            .any(|twice| text.contains(twice))
}

fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    (1..=128).contains(&text.len())
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_normalised() {
        for (text, canonical, familiar) in [
            ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
            ("alpine:3", "docker.io/library/alpine:3", "alpine:3"),
            (
                "docker.io/library/alpine",
                "docker.io/library/alpine:latest",
                "alpine:latest",
            ),
            ("me/app", "docker.io/me/app:latest", "me/app:latest"),
            (
                "localhost:5000/bb:x",
                "localhost:5000/bb:x",
                "localhost:5000/bb:x",
            ),
            (
                "ghcr.io/a/b_c",
                "ghcr.io/a/b_c:latest",
                "ghcr.io/a/b_c:latest",
            ),
        ] {
            let found = Reference::parse(text).unwrap().with_default_tag();
            assert_eq!(
                (found.canonical().as_str(), found.familiar().as_str()),
                (canonical, familiar),
                "{text}"
            );
        }
    }

    #[test]
    fn wrong_names_are_refused_in_dockers_words() {
        let words = |text: &str| Reference::parse(text).unwrap_err().message;
        assert_eq!(
            words("Busybox"),
            "invalid reference format: repository name (library/Busybox) must be lowercase"
        );
        for text in [
            "",
            "a b",
            "-a",
            "a:",
            "a:b c",
            "a@sha256:1",
            "a//b",
            "../x",
            "a..b",
        ] {
            assert_eq!(words(text), "invalid reference format", "{text}");
        }
    }
}
