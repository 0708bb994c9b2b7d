//! What the verbs need from registries.

use crate::base::reference::Reference;
use crate::engine::Result;
use crate::registry::{Credentials, Pull, Push, Tell};
use crate::wire::{DistributionInspect, SearchResult};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use std::io;

/// Speaks to registries, and keeps what comes from them. The errors are Docker's.
pub trait Registries: Send + Sync + 'static {
    /// Pulls a reference, telling about it. Comes back with the ids of the images. When the other end of `tell` is gone,
    /// the pull ends.
    fn pull<'a>(&'a self, pull: Pull, tell: &'a Tell) -> BoxFuture<'a, Result<Vec<String>>>;
    /// Pushes tags of one repository, telling about it.
    fn push<'a>(&'a self, push: Push, tell: &'a Tell) -> BoxFuture<'a, Result<()>>;
    /// Whether a server accepts the credentials.
    fn login<'a>(&'a self, server: &'a str, credentials: Credentials) -> BoxFuture<'a, Result<()>>;
    /// Repositories that match, at most `limit`.
    fn search<'a>(
        &'a self,
        term: &'a str,
        limit: u32,
        credentials: &'a Credentials,
    ) -> BoxFuture<'a, Result<Vec<SearchResult>>>;
    /// What a registry has under a name.
    fn describe<'a>(
        &'a self,
        reference: &'a Reference,
        credentials: Credentials,
    ) -> BoxFuture<'a, Result<DistributionInspect>>;
    /// Asks for an address that is no registry's, with GET. An error is that there was no answer.
    fn fetch<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<Fetched>>;
}

/// What is behind an address.
pub struct Fetched {
    /// `404 Not Found`.
    pub status: String,
    pub code: u16,
    /// The header, or nothing.
    pub content_type: String,
    /// Bytes, where that is told before.
    pub length: Option<u64>,
    /// When it was changed, in seconds since 1970.
    pub modified: Option<i64>,
    pub body: BoxStream<'static, io::Result<Bytes>>,
}
