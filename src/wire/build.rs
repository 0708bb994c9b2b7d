//! Builds: what the build cache holds, and what a prune of it answers.

use serde::{Deserialize, Serialize};

/// Docker's `build.CachePruneReport`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BuildPruned {
    pub caches_deleted: Option<Vec<String>>,
    pub space_reclaimed: u64,
}

/// Docker's `build.CacheRecord`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BuildCache {
    #[serde(rename = "ID")]
    pub id: String,
    /// `exec.cachemount` and others.
    #[serde(rename = "Type")]
    pub kind: String,
    pub description: String,
    pub in_use: bool,
    pub shared: bool,
    /// Bytes.
    pub size: i64,
    pub created_at: String,
    pub last_used_at: Option<String>,
    pub usage_count: i64,
}
