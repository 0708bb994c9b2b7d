//! What builds need to keep the caches of `RUN --mount=type=cache`.

use crate::engine::{Result, Timestamp};
use crate::vfs::Filesystem;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is kept of a cache beside its files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CacheRecord {
    pub id: String,
    /// What has to be the same for a step to get it.
    pub key: String,
    /// The folder with its files, a name of ours.
    pub folder: String,
    pub created: Timestamp,
    pub last_used: Timestamp,
    pub uses: i64,
    /// For people.
    pub description: String,
}

/// Keeps caches. Every method may wait for the disk.
pub trait CacheStore: Send + Sync + 'static {
    fn all(&self) -> Result<Vec<CacheRecord>>;
    /// Writes a record; a crash may take it back.
    fn put(&self, cache: &CacheRecord) -> Result<()>;
    /// Removes the record and then the files.
    fn delete(&self, cache: &CacheRecord) -> Result<()>;
    /// The files, the same value for everybody while it is open.
    fn open(&self, cache: &CacheRecord) -> Result<Arc<dyn Filesystem>>;
    /// Bytes of its files; 0 when they cannot be read.
    fn size(&self, cache: &CacheRecord) -> u64;
}
