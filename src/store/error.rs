//! What can go wrong with durable state. The words go to the user as they are.

use crate::base::digest::Digest;
use crate::oci;
use std::io;

/// A failure of the store.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk is full; deleting still works.
    #[error("no space left on device")]
    Full,
    #[error("{what}: {source}")]
    Io { what: String, source: io::Error },
    /// Another engine owns the state folder.
    #[error("another engine{} is using {dir}", .pid.map(|p| format!(" (pid {p})")).unwrap_or_default())]
    Locked { dir: String, pid: Option<u32> },
    /// The folder was written by a program that this one does not understand.
    #[error(
        "{dir} was written by a newer schooner (schema {found}, this one knows {known}): update schooner, or point SCHOONER_HOME at another folder"
    )]
    Newer { dir: String, found: u64, known: u64 },
    /// Something is not what it was when it was stored.
    #[error("{object} is damaged: {why}")]
    Damaged { object: String, why: String },
    #[error("{0} is not in the store")]
    Missing(String),
    /// More than one image id begins with the given digits.
    #[error("ambiguous id prefix: {0}")]
    Ambiguous(String),
    /// Input that was refused.
    #[error(transparent)]
    Input(oci::Error),
    /// A record that cannot be written as JSON, or a caller's own refusal inside a transaction.
    #[error("{0}")]
    Other(String),
}

/// The result of a call to the store.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// Names what was being done when a disk call failed. A full disk has its own words.
    pub fn io(what: impl Into<String>, source: io::Error) -> Error {
        if is_full(&source) {
            return Error::Full;
        }
        let what = what.into();
        Error::Io { what, source }
    }

    pub(super) fn damaged(object: impl Into<String>, why: impl ToString) -> Error {
        Error::Damaged {
            object: object.into(),
            why: why.to_string(),
        }
    }

    pub(super) fn missing_blob(digest: &Digest) -> Error {
        Error::Missing(format!("blob {digest}"))
    }

    /// Whether the bytes that came in were at fault, not the disk.
    pub fn is_input(&self) -> bool {
        matches!(self, Error::Input(_))
    }
}

/// A quota is a full disk to the one who meets it.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}

impl From<oci::Error> for Error {
    fn from(error: oci::Error) -> Error {
        match error {
            oci::Error::Io(source) => Error::io("reading image data", source),
            other => Error::Input(other),
        }
    }
}
