//! `WWW-Authenticate`: which proof a registry asks for.
//!
//! One challenge a header, as Go's registries send it and as Docker reads it.

use hyper::header::{HeaderMap, WWW_AUTHENTICATE};

/// A challenge that we can meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Challenge {
    Basic,
    /// Ask `realm` for a token.
    Bearer {
        realm: String,
        service: String,
    },
}

impl Challenge {
    /// The best challenge of an answer: a token rather than a password.
    pub fn best(headers: &HeaderMap) -> Option<Challenge> {
        let values = headers.get_all(WWW_AUTHENTICATE).iter();
        let mut all = values.filter_map(|v| Challenge::parse(v.to_str().ok()?));
        let first = all.next()?;
        match first {
            Challenge::Bearer { .. } => Some(first),
            Challenge::Basic => all
                .find(|c| matches!(c, Challenge::Bearer { .. }))
                .or(Some(first)),
        }
    }

    fn parse(text: &str) -> Option<Challenge> {
        let text = text.trim_start();
        let (scheme, rest) = text.split_once([' ', '\t']).unwrap_or((text, ""));
        if scheme.eq_ignore_ascii_case("basic") {
            return Some(Challenge::Basic);
        }
        if !scheme.eq_ignore_ascii_case("bearer") {
            return None;
        }
        let (mut realm, mut service) = (None, String::new());
        for (name, value) in parameters(rest) {
            match name.as_str() {
                "realm" => realm = Some(value),
                "service" => service = value,
                _ => {}
            }
        }
        Some(Challenge::Bearer {
            realm: realm?,
            service,
        })
    }
}

/// `a=b, c="d, e"`; stops at what it cannot read.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let Some((name, after)) = rest.split_once('=') else {
            return found;
        };
        let name = name.trim().to_ascii_lowercase();
        let after = after.trim_start();
        let value = match after.strip_prefix('"') {
            Some(quoted) => {
                let Some((value, behind)) = quoted_string(quoted) else {
                    return found;
                };
                rest = behind;
                value
            }
            None => {
                let end = after.find([',', ' ', '\t']).unwrap_or(after.len());
                rest = &after[end..];
                after[..end].to_owned()
            }
        };
        found.push((name, value));
    }
}

/// The text up to the closing quote, and what follows it.
fn quoted_string(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::header::HeaderValue;
    use proptest::prelude::*;

    fn bearer(realm: &str, service: &str) -> Option<Challenge> {
        Some(Challenge::Bearer {
            realm: realm.to_owned(),
            service: service.to_owned(),
        })
    }

    #[test]
    fn the_forms_that_registries_send() {
        for (text, expected) in [
            (
                r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io""#,
                bearer("https://auth.docker.io/token", "registry.docker.io"),
            ),
            (
                r#"bearer realm="https://a/t" , scope="repository:a:pull,push",service=b"#,
                bearer("https://a/t", "b"),
            ),
            (r#"Bearer realm="a\"b""#, bearer("a\"b", "")),
            (r#"Bearer service="x""#, None),
            (r#"Bearer realm="open"#, None),
            (r#"Basic realm="Registry""#, Some(Challenge::Basic)),
            ("Basic", Some(Challenge::Basic)),
            ("Negotiate", None),
        ] {
            assert_eq!(Challenge::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn a_token_is_better_than_a_password() {
        let mut headers = HeaderMap::new();
        assert_eq!(Challenge::best(&headers), None);
        for text in ["Basic realm=\"x\"", "Bearer realm=\"y\""] {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(text));
        }
        assert_eq!(Challenge::best(&headers), bearer("y", ""));
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "(Bearer )?[a-z=\", \\\\\\PC]{0,60}") {
            Challenge::parse(&text);
        }
    }
}
