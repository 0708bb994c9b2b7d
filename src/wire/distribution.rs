//! `GET /distribution/{name}/json`: what a registry has under a name.

use super::{is_none_or_empty, is_zero};
use serde::{Deserialize, Serialize};

/// Docker's `registry.DistributionInspect`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct DistributionInspect {
    pub descriptor: ManifestDescriptor,
    pub platforms: Option<Vec<ManifestPlatform>>,
}

/// OCI's descriptor, as far as it is told here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ManifestDescriptor {
    pub media_type: String,
    pub digest: String,
    /// Bytes.
    pub size: u64,
}

/// OCI's platform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ManifestPlatform {
    pub architecture: String,
    pub os: String,
    #[serde(rename = "os.version", skip_serializing_if = "is_zero")]
    pub os_version: String,
    #[serde(rename = "os.features", skip_serializing_if = "is_none_or_empty")]
    pub os_features: Option<Vec<String>>,
    #[serde(skip_serializing_if = "is_zero")]
    pub variant: String,
}
