//! Builds: what a prune of the build cache answers.

use serde::{Deserialize, Serialize};

/// Docker's `build.CachePruneReport`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BuildPruned {
    pub caches_deleted: Option<Vec<String>>,
    pub space_reclaimed: u64,
}
