//! What can go wrong between a client and the engine, in the words of Docker's own client.

use std::io;

/// A failed request.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engine answered with an error status; `message` is its text.
    #[error("Error response from daemon: {message}")]
    Api {
        /// The HTTP status, 400 to 599.
        status: u16,
        /// The engine's message.
        message: String,
    },
    /// Nobody listens at the address.
    #[error("Cannot connect to the Docker daemon at {host}. Is the docker daemon running?")]
    NotRunning {
        /// The address, as `--host` writes it.
        host: String,
    },
    /// The address exists and belongs to another user.
    #[error(
        "permission denied while trying to connect to the Docker daemon socket at {host}: connect: permission denied"
    )]
    PermissionDenied {
        /// The address, as `--host` writes it.
        host: String,
    },
    /// The address cannot be parsed.
    #[error("unable to parse docker host `{0}`")]
    BadHost(String),
    /// The engine could not be started; the text says why.
    #[error("{0}")]
    Start(String),
    /// The connection broke.
    #[error("error during connect: {0}")]
    Io(#[from] io::Error),
    /// The connection broke inside HTTP, or the answer was not HTTP.
    #[error("error during connect: {0}")]
    Http(#[from] hyper::Error),
    /// The answer's JSON is not what the API promises.
    #[error("invalid answer from the engine: {0}")]
    Json(#[from] serde_json::Error),
}

impl Error {
    /// The status of an engine's refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } => Some(*status),
            _ => None,
        }
    }
}
