//! What can go wrong between us and a registry. The words go to the user as they are; they read as Docker's do.

use super::refusal::{Code, Refusal, Unreadable};
use crate::base::digest::Digest;
use crate::{oci, store};
use hyper::StatusCode;

/// A failure of a registry verb.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The registry said no.
    #[error("{0}")]
    Refused(Refusal),
    /// The registry answered with a status that means nothing here.
    #[error("received unexpected HTTP status: {}", status(.0))]
    Status(StatusCode),
    /// The registry said no in a way that cannot be read.
    #[error("{0}")]
    Unreadable(Unreadable),
    /// The request got no answer; `op` is Go's spelling of the method.
    #[error("{op} \"{url}\": {cause}")]
    Request {
        op: &'static str,
        url: String,
        cause: Box<Error>,
    },
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Network(String),
    #[error("no basic auth credentials")]
    NoCredentials,
    #[error("authorization server did not include a token in the response")]
    NoToken,
    #[error("login attempt to {url} failed with status: {}", status(.code))]
    Login { url: String, code: StatusCode },
    #[error("unable to parse server address: parse {0:?}: {1}")]
    ServerAddress(String, String),
    #[error("unknown blob")]
    UnknownBlob,
    #[error("filesystem layer verification failed for digest {0}")]
    LayerDigest(Digest),
    #[error("manifest verification failed for digest {0}")]
    ManifestDigest(Digest),
    /// The config could not be fetched, or is not what its digest says.
    #[error("error pulling image configuration: {0}")]
    Config(Box<Error>),
    #[error("image config verification failed for digest {0}")]
    ConfigDigest(Digest),
    #[error("download failed after attempts={attempts}: {cause}")]
    Attempts { attempts: u32, cause: Box<Error> },
    #[error("no matching manifest for {0} in the manifest list entries")]
    NoPlatform(String),
    /// What the name stands for is no container image.
    #[error("Encountered remote \"{media_type}\"({class}) when fetching")]
    NoImage {
        media_type: String,
        class: &'static str,
    },
    #[error("layers from manifest don't match image configuration")]
    Layers,
    /// Bytes of an image that were refused.
    #[error(transparent)]
    Image(oci::Error),
    #[error(transparent)]
    Store(store::Error),
    /// Whoever asked has left.
    #[error("context canceled")]
    Cancelled,
    /// A failure shared by several who waited for the same transfer.
    #[error("{0}")]
    Shared(std::sync::Arc<Error>),
    #[error("{0}")]
    Other(String),
}

/// The result of a registry verb.
pub type Result<T> = std::result::Result<T, Error>;

pub(super) fn status(status: &StatusCode) -> String {
    let reason = status.canonical_reason().unwrap_or_default();
    format!("{} {reason}", status.as_u16())
        .trim_end()
        .to_owned()
}

impl Error {
    /// The refusal behind the failure, however deep it lies.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Error::Refused(refusal) => Some(refusal),
            Error::Request { cause, .. } | Error::Attempts { cause, .. } | Error::Config(cause) => {
                cause.refusal()
            }
            Error::Shared(inner) => inner.refusal(),
            _ => None,
        }
    }

    /// Whether another attempt may succeed: the registry did not say no, and what came was not wrong.
    pub fn is_passing(&self) -> bool {
        match self {
            Error::Refused(refusal) => !matches!(
                refusal.code,
                Code::Unauthorized | Code::Denied | Code::Unsupported | Code::TooManyRequests
            ),
            Error::Status(_) | Error::Unreadable(_) | Error::Network(_) => true,
            Error::Request { cause, .. } => cause.is_passing(),
            Error::Shared(inner) => inner.is_passing(),
            _ => false,
        }
    }
}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Error {
        match error {
            store::Error::Input(oci) => Error::Image(oci),
            other => Error::Store(other),
        }
    }
}

impl From<oci::Error> for Error {
    fn from(error: oci::Error) -> Error {
        Error::Image(error)
    }
}
