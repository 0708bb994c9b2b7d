//! `GET /system/df`. What was not asked for is `null`.

use super::{BuildCache, ContainerSummary, ImageSummary, Volume};
use serde::{Deserialize, Serialize};

/// Docker's `types.DiskUsage`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DiskUsage {
    /// Bytes of all layers, each counted once.
    pub layers_size: i64,
    pub images: Option<Vec<ImageSummary>>,
    pub containers: Option<Vec<ContainerSummary>>,
    pub volumes: Option<Vec<Volume>>,
    pub build_cache: Option<Vec<BuildCache>>,
}
