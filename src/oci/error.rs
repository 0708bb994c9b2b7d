//! What can be wrong with an image's bytes. The words go to the user as they are.

use crate::base::digest::Digest;
use std::io;

/// A refusal of image data.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A limit of [`super::limits`] stopped the input.
    #[error("{what} is over the limit of {limit}")]
    Limit { what: &'static str, limit: String },
    /// A tar member that no root filesystem can hold.
    #[error("invalid tar: {what} (entry \"{}\")", .entry.escape_debug())]
    Entry { entry: String, what: String },
    /// The bytes are no tar.
    #[error("{0}")]
    Tar(String),
    /// The bytes are no stream of the compression that they claim.
    #[error("invalid {kind} stream: {why}")]
    Compression { kind: &'static str, why: String },
    /// A JSON document that cannot be read.
    #[error("invalid {document}: {why}")]
    Document { document: &'static str, why: String },
    /// Bytes that are not what their name says.
    #[error("digest mismatch: expected {expected}, got {found}")]
    Digest { expected: Digest, found: Digest },
    /// A reference to something that the archive does not have.
    #[error("{0} is not in the archive")]
    Missing(String),
    /// The source or the destination of the bytes failed.
    #[error(transparent)]
    Io(io::Error),
}

/// The result of reading image data.
pub type Result<T> = std::result::Result<T, Error>;

impl From<io::Error> for Error {
    /// Unwraps an [`Error`] that came through a `Read`, so that a limit is still a limit.
    fn from(error: io::Error) -> Error {
        match error.downcast::<Error>() {
            Ok(inner) => inner,
            Err(error) => Error::Io(error),
        }
    }
}

impl From<Error> for io::Error {
    fn from(error: Error) -> io::Error {
        match error {
            Error::Io(error) => error,
            other => io::Error::new(io::ErrorKind::InvalidData, other),
        }
    }
}
