//! Registries, over the OCI distribution protocol.
//!
//! The only module that opens sockets to registries. It knows nothing of the Engine API: what happens is told as [`Event`]s,
//! and failures read as Docker's because they are what a user sees. Everything that a registry sends is hostile: documents
//! and layers are checked against their digests, sizes have limits, credentials go to the origin that they are for.
//! Start reading at `pull/mod.rs`; a request's way is `session` → `auth` → `transport`.

mod auth;
mod blob;
mod describe;
mod error;
mod event;
mod fetch;
mod login;
mod manifest;
mod options;
mod platform;
mod pull;
mod push;
mod refusal;
mod retry;
mod search;
mod session;
mod transport;

pub use auth::Credentials;
pub use describe::Described;
pub use error::{Error, Result};
pub use event::{Event, Step, Tell};
pub use fetch::Fetched;
pub use options::Options;
pub use pull::Pull;
pub use push::Push;
pub use refusal::{Code, Refusal};
pub use search::Found;
pub use transport::dial;

use std::sync::Arc;
use transport::Http;

/// The registries of the world. One per engine: it holds the open connections and the transfers under way.
pub struct Registries {
    options: Options,
    http: Arc<Http>,
    transfers: pull::Transfers,
}

impl Registries {
    pub fn new(options: Options) -> Registries {
        Registries {
            http: Arc::new(Http::new(&options)),
            transfers: pull::Transfers::default(),
            options,
        }
    }
}
