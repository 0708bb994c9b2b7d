//! The error documents of registries, and the words that Docker makes of them.
//!
//! Codes and their standard messages are those of the OCI distribution specification. A document is read leniently, since
//! proxies and old registries answer with whatever they like.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;

/// One refusal of a registry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: Code,
    /// `None` where the registry said nothing beyond the code.
    pub message: Option<String>,
}

macro_rules! codes {
    ($($name:ident $text:literal $status:literal $message:literal)*) => {
        /// What kind of refusal it is. A code that the specification does not know is [`Code::Unknown`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Code { $($name,)* }

        impl Code {
            fn parse(text: &str) -> Code {
                match text {
                    $($text => Code::$name,)*
                    _ => Code::Unknown,
                }
            }

            const fn text(self) -> &'static str {
                match self { $(Code::$name => $text,)* }
            }

            /// The HTTP status that goes with the code.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)* }
            }

            /// What a registry says with the code when it has nothing to add.
            const fn message(self) -> &'static str {
                match self { $(Code::$name => $message,)* }
            }
        }
    };
}

codes! {
    Unknown "UNKNOWN" 500 "unknown error"
    Unsupported "UNSUPPORTED" 405 "The operation is unsupported."
    Unauthorized "UNAUTHORIZED" 401 "authentication required"
    Denied "DENIED" 403 "requested access to the resource is denied"
    Unavailable "UNAVAILABLE" 503 "service unavailable"
    TooManyRequests "TOOMANYREQUESTS" 429 "too many requests"
    DigestInvalid "DIGEST_INVALID" 400 "provided digest did not match uploaded content"
    SizeInvalid "SIZE_INVALID" 400 "provided length did not match content length"
    NameInvalid "NAME_INVALID" 400 "invalid repository name"
    TagInvalid "TAG_INVALID" 400 "manifest tag did not match URI"
    NameUnknown "NAME_UNKNOWN" 404 "repository name not known to registry"
    ManifestUnknown "MANIFEST_UNKNOWN" 404 "manifest unknown"
    ManifestInvalid "MANIFEST_INVALID" 400 "manifest invalid"
    ManifestUnverified "MANIFEST_UNVERIFIED" 400 "manifest failed signature verification"
    ManifestBlobUnknown "MANIFEST_BLOB_UNKNOWN" 404 "blob unknown to registry"
    BlobUnknown "BLOB_UNKNOWN" 404 "blob unknown to registry"
    BlobUploadUnknown "BLOB_UPLOAD_UNKNOWN" 404 "blob upload unknown to registry"
    BlobUploadInvalid "BLOB_UPLOAD_INVALID" 404 "blob upload invalid"
    PaginationInvalid "PAGINATION_NUMBER_INVALID" 400 "invalid number of results requested"
}

impl Code {
    fn of_status(status: StatusCode) -> Code {
        match status {
            StatusCode::UNAUTHORIZED => Code::Unauthorized,
            StatusCode::FORBIDDEN => Code::Denied,
            StatusCode::TOO_MANY_REQUESTS => Code::TooManyRequests,
            _ => Code::Unknown,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().to_ascii_lowercase().replace('_', " "))
    }
}

impl Refusal {
    /// A refusal in the specification's own words.
    pub fn standard(code: Code) -> Refusal {
        let message = Some(code.message().to_owned());
        Refusal { code, message }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.message {
            Some(message) => write!(f, "{}: {message}", self.code),
            None => self.code.fmt(f),
        }
    }
}

/// A body that is no error document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    pub status: u16,
    pub why: String,
    pub body: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unreadable { status, why, body } = self;
        write!(
            f,
            "error parsing HTTP {status} response body: {why}: {body:?}"
        )
    }
}

#[derive(Deserialize)]
struct Document {
    details: Option<String>,
    #[serde(default)]
    errors: Vec<One>,
}

#[derive(Deserialize)]
struct One {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    detail: Option<Value>,
}

/// Bytes of a body that appear in a message.
const SHOWN: usize = 1024;

/// Reads the answer to a request that failed with a status of 400 to 499.
pub fn parse(status: StatusCode, content_type: &str, body: &[u8]) -> Result<Refusal, Unreadable> {
    let text = || {
        let shown = &body[..body.len().min(SHOWN)];
        String::from_utf8_lossy(shown).into_owned()
    };
    let refusal = |message: String| Refusal {
        code: Code::of_status(status),
        message: Some(message),
    };
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !matches!(kind, "application/json" | "application/vnd.api+json") {
        return Ok(refusal(text()));
    }
    let unreadable = |why: String| Unreadable {
        status: status.as_u16(),
        why,
        body: text(),
    };
    let read = match serde_json::from_slice::<Document>(body) {
        Ok(document) => match (document.details, document.errors.into_iter().next()) {
            (Some(details), _) if !details.is_empty() => return Ok(refusal(details)),
            (_, Some(first)) => Ok(first),
            (_, None) => Err("no error details found in HTTP response body".to_owned()),
        },
        Err(_) if body.trim_ascii().is_empty() => Err("unexpected end of JSON input".to_owned()),
        Err(e) => Err(e.to_string()),
    };
    match read {
        Ok(one) => {
            let code = Code::parse(&one.code);
            // Docker leaves the standard message away when no detail came with it; a script may compare the words.
            let bare = one.message.is_empty() || one.message == code.message();
            let message = (!bare || one.detail.is_some()).then_some(one.message);
            Ok(Refusal { code, message })
        }
        Err(_) if status == StatusCode::UNAUTHORIZED => Ok(Refusal::standard(Code::Unauthorized)),
        Err(why) => Err(unreadable(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(status: u16, kind: &str, body: &str) -> String {
        let status = StatusCode::from_u16(status).unwrap();
        match parse(status, kind, body.as_bytes()) {
            Ok(refusal) => refusal.to_string(),
            Err(unreadable) => unreadable.to_string(),
        }
    }

    #[test]
    fn the_words_are_dockers() {
        let json = |status: u16, body: &str| words(status, "application/json; charset=utf-8", body);
        let one = |code: &str, message: &str, detail: &str| {
            format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"{detail}}}]}}"#)
        };
        let detail = r#","detail":{"Tag":"x"}"#;
        for (status, body, expected) in [
            (
                404,
                one("MANIFEST_UNKNOWN", "manifest unknown", detail),
                "manifest unknown: manifest unknown",
            ),
            (
                404,
                one("MANIFEST_UNKNOWN", "manifest unknown", ""),
                "manifest unknown",
            ),
            (403, one("DENIED", "no way", ""), "denied: no way"),
            (
                429,
                one("TOOMANYREQUESTS", "slow down", ""),
                "toomanyrequests: slow down",
            ),
            (
                400,
                one("SOMETHING", "my own words", ""),
                "unknown: my own words",
            ),
            (
                404,
                r#"{"details":"the details"}"#.to_owned(),
                "unknown: the details",
            ),
            (
                401,
                "{}".to_owned(),
                "unauthorized: authentication required",
            ),
            (
                404,
                "{}".to_owned(),
                "error parsing HTTP 404 response body: no error details found in HTTP response body: \"{}\"",
            ),
            (
                404,
                String::new(),
                "error parsing HTTP 404 response body: unexpected end of JSON input: \"\"",
            ),
        ] {
            assert_eq!(json(status, &body), expected, "{body}");
        }
        assert_eq!(words(403, "text/plain", "go away"), "denied: go away");
        assert_eq!(words(404, "", "hmm"), "unknown: hmm");
    }

    proptest! {
        #[test]
        fn whatever_comes_is_told_and_bounded(status in 400u16..500, body in proptest::collection::vec(any::<u8>(), 0..3000)) {
            let status = StatusCode::from_u16(status).unwrap();
            for kind in ["application/json", "text/html"] {
                let told = match parse(status, kind, &body) {
                    Ok(refusal) => refusal.to_string(),
                    Err(unreadable) => unreadable.to_string(),
                };
                prop_assert!(told.len() < 16 * SHOWN);
            }
        }
    }
}
