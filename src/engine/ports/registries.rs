//! What the verbs need from registries.

use crate::engine::Result;
use crate::registry::{Pull, Tell};
use futures_util::future::BoxFuture;

/// Speaks to registries, and keeps what comes from them. The errors are Docker's.
pub trait Registries: Send + Sync + 'static {
    /// Pulls a reference, telling about it. Comes back with the ids of the images. When the other end of `tell` is gone,
    /// the pull ends.
    fn pull<'a>(&'a self, pull: Pull, tell: &'a Tell) -> BoxFuture<'a, Result<Vec<String>>>;
}
