//! What goes over the wire: requests as they were read, answers as they will be written, and the API's errors.

use serde_json::{Value, json};
use std::fs::File;
use std::net::SocketAddr;

const JSON: &str = "application/json; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// How much body follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    Known(u64),
    /// In chunks, each with its own length.
    Chunked,
}

/// A request without its body.
#[derive(Debug)]
pub struct Request {
    pub method: String,
    /// As it came, for the log and for `Location`.
    pub target: String,
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    pub minor: u8,
    pub length: Length,
    pub peer: SocketAddr,
    /// Nanoseconds since 1970.
    pub began: i64,
}

impl Request {
    /// The first header of a name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter();
        let found = all.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// Whether some `Accept` header names a media type.
    pub fn accepts(&self, kind: &str) -> bool {
        let accept = |name: &str| name.eq_ignore_ascii_case("accept");
        let values = self.headers.iter().filter(|(name, _)| accept(name));
        let mut kinds = values.flat_map(|(_, value)| value.split(','));
        kinds.any(|one| one.split(';').next().is_some_and(|one| one.trim() == kind))
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let mut all = self.query.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the connection goes on after the answer.
    pub fn stays(&self) -> bool {
        match self.header("connection") {
            Some(word) if word.eq_ignore_ascii_case("close") => false,
            Some(word) if word.eq_ignore_ascii_case("keep-alive") => true,
            _ => self.minor >= 1,
        }
    }

    /// A path as an absolute address, as the client would write it.
    pub fn address(&self, path: &str) -> String {
        match self.header("host") {
            Some(host) => {
                let scheme = self.header("x-forwarded-proto").unwrap_or("http");
                let host = self.header("x-forwarded-host").unwrap_or(host);
                format!("{scheme}://{host}{path}")
            }
            None => path.to_owned(),
        }
    }
}

/// What an answer holds below its head.
#[derive(Debug)]
pub enum Body {
    Bytes(Vec<u8>),
    /// A part of a file, from where it stands.
    File(File, u64),
}

impl Body {
    /// Its bytes.
    pub fn length(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(_, left) => *left,
        }
    }
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
    /// The API's error, for the log: its code, its message and its detail.
    pub error: Option<(&'static str, &'static str, String)>,
}

impl Answer {
    /// An answer without a body.
    pub fn empty(status: u16) -> Answer {
        Answer {
            status,
            headers: Vec::new(),
            body: Body::Bytes(Vec::new()),
            error: None,
        }
    }

    /// JSON with a line feed, as Go's encoder writes it.
    pub fn json(status: u16, value: &Value) -> Answer {
        let mut answer = Answer::empty(status).with("Content-Type", JSON);
        answer.body = Body::Bytes(format!("{value}\n").into_bytes());
        answer
    }

    /// A line of text.
    pub fn text(status: u16, words: &str) -> Answer {
        let mut answer = Answer::empty(status).with("Content-Type", TEXT);
        answer.body = Body::Bytes(format!("{words}\n").into_bytes());
        answer
    }

    /// `{}`, without a line feed.
    pub fn base() -> Answer {
        let mut answer = Answer::empty(200).with("Content-Type", JSON);
        answer.body = Body::Bytes(b"{}".to_vec());
        answer
    }

    /// With one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Answer {
        self.headers.push((name, value.into()));
        self
    }
}

/// The errors of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    BlobUnknown,
    BlobUploadUnknown,
    DigestInvalid,
    ManifestBlobUnknown,
    ManifestInvalid,
    ManifestUnknown,
    NameUnknown,
    PaginationNumberInvalid,
    Unauthorized,
    Unknown,
    Unsupported,
}

impl Code {
    /// Status, name and message.
    pub fn parts(self) -> (u16, &'static str, &'static str) {
        match self {
            Code::BlobUnknown => (404, "BLOB_UNKNOWN", "blob unknown to registry"),
            Code::BlobUploadUnknown => (
                404,
                "BLOB_UPLOAD_UNKNOWN",
                "blob upload unknown to registry",
            ),
            Code::DigestInvalid => (
                400,
                "DIGEST_INVALID",
                "provided digest did not match uploaded content",
            ),
            Code::ManifestBlobUnknown => (400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry"),
            Code::ManifestInvalid => (400, "MANIFEST_INVALID", "manifest invalid"),
            Code::ManifestUnknown => (404, "MANIFEST_UNKNOWN", "manifest unknown"),
            Code::NameUnknown => (404, "NAME_UNKNOWN", "repository name not known to registry"),
            Code::PaginationNumberInvalid => (
                400,
                "PAGINATION_NUMBER_INVALID",
                "invalid number of results requested",
            ),
            Code::Unauthorized => (401, "UNAUTHORIZED", "authentication required"),
            Code::Unknown => (500, "UNKNOWN", "unknown error"),
            Code::Unsupported => (405, "UNSUPPORTED", "The operation is unsupported."),
        }
    }

    /// The answer, without a detail.
    pub fn plain(self) -> Answer {
        self.listed(&[None])
    }

    /// The answer with a detail.
    pub fn detail(self, detail: Value) -> Answer {
        self.listed(&[Some(detail)])
    }

    /// The answer with its own message instead of the usual one.
    pub fn says(self, message: &str) -> Answer {
        let (status, name, _) = self.parts();
        let errors = json!({ "errors": [{ "code": name, "message": message }] });
        self.logged(Answer::json(status, &errors), "")
    }

    /// The answer with this error once for each detail.
    pub fn listed(self, details: &[Option<Value>]) -> Answer {
        let (status, name, message) = self.parts();
        let each = details.iter().map(|detail| match detail {
            None => json!({ "code": name, "message": message }),
            Some(detail) => json!({ "code": name, "message": message, "detail": detail }),
        });
        let errors: Vec<Value> = each.collect();
        let told = match details.first() {
            Some(Some(Value::String(text))) => text.clone(),
            Some(Some(other)) => other.to_string(),
            _ => String::new(),
        };
        self.logged(Answer::json(status, &json!({ "errors": errors })), &told)
    }

    fn logged(self, mut answer: Answer, detail: &str) -> Answer {
        let (_, name, message) = self.parts();
        answer.error = Some((name, message, detail.to_owned()));
        answer
    }
}

/// What failed on the disk: the API has no words for it but these.
pub fn broken(error: &std::io::Error) -> Answer {
    Code::Unknown.detail(json!({ "Err": applet::words(error) }))
}

/// The words of a status.
pub fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        301 => "Moved Permanently",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Request Entity Too Large",
        416 => "Requested Range Not Satisfiable",
        431 => "Request Header Fields Too Large",
        _ => "Internal Server Error",
    }
}

/// A text without `%xx`; `+` is a space in queries alone. `None` for what is no UTF-8 or no code.
pub fn decoded(text: &str, query: bool) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let code = rest
                    .get(..2)
                    .and_then(|hex| std::str::from_utf8(hex).ok())?;
                bytes.push(u8::from_str_radix(code, 16).ok()?);
                rest = &rest[2..];
            }
            b'+' if query => bytes.push(b' '),
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The pairs of a query; what cannot be read is left out.
pub fn pairs(query: &str) -> Vec<(String, String)> {
    let pair = |text: &str| {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        Some((decoded(name, true)?, decoded(value, true)?))
    };
    let words = query.split('&').filter(|word| !word.is_empty());
    words.filter_map(pair).collect()
}
