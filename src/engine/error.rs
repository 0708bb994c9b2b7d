//! What a verb fails with: a kind (the server turns it into a status), Docker's words, and our own hint for learners.

use std::fmt;

/// The class of a failure; each has one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 304: nothing to do.
    NotModified,
    /// 400
    InvalidParameter,
    /// 401: a registry wants other credentials.
    Unauthorized,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 405: a registry does not do this.
    Unsupported,
    /// 409
    Conflict,
    /// 429: a registry's rate limit.
    TooManyRequests,
    /// 500: ours, or a wording for which Docker answers 500.
    System,
    /// 501
    NotImplemented,
    /// 503
    Unavailable,
}

/// A failed verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    pub kind: Kind,
    /// Docker's words, to the byte where a script can see them.
    pub message: String,
    /// A line for the learner, shown by our own client on a terminal only.
    pub hint: Option<String>,
}

/// What a verb comes back with.
pub type Result<T, E = Error> = std::result::Result<T, E>;

macro_rules! constructors {
    ($($(#[$doc:meta])* $name:ident $kind:ident)*) => {$(
        $(#[$doc])*
        pub fn $name(message: impl Into<String>) -> Self {
            Error { kind: Kind::$kind, message: message.into(), hint: None }
        }
    )*};
}

impl Error {
    constructors! {
        /// The request cannot be right.
        invalid InvalidParameter
        /// There is no such object.
        not_found NotFound
        /// The object's state does not allow it.
        conflict Conflict
        /// Something of ours failed.
        system System
        /// Never allowed.
        forbidden Forbidden
        /// Not in this engine.
        not_implemented NotImplemented
        /// Not now, and not by this engine alone.
        unavailable Unavailable
    }

    /// Nothing to do; carries no text.
    pub fn not_modified() -> Self {
        Error {
            kind: Kind::NotModified,
            message: String::new(),
            hint: None,
        }
    }

    /// Adds the learner's line.
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Puts words in front, as Go's `errors.Wrap` does.
    pub fn context(mut self, before: &str) -> Self {
        self.message = format!("{before}: {}", self.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<crate::base::reference::BadReference> for Error {
    fn from(e: crate::base::reference::BadReference) -> Self {
        Error::invalid(e.to_string())
    }
}

impl From<serde_json::Error> for Error {
    fn from(e: serde_json::Error) -> Self {
        Error::system(e.to_string())
    }
}

impl From<std::io::Error> for Error {
    fn from(e: std::io::Error) -> Self {
        match e.kind() {
            std::io::ErrorKind::StorageFull => Error::system("no space left on device"),
            _ => Error::system(e.to_string()),
        }
    }
}
