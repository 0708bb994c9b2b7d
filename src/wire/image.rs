//! Images: one line of `GET /images/json`, and `GET /images/{name}/json`.

use super::{GraphDriver, StringMap, StringSet, is_none_or_empty, is_zero};
use serde::{Deserialize, Serialize};

/// Docker's `image.Summary`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageSummary {
    /// How many containers use it; -1 when not counted.
    pub containers: i64,
    pub created: i64,
    pub id: String,
    pub labels: Option<StringMap>,
    pub parent_id: String,
    pub repo_digests: Option<Vec<String>>,
    pub repo_tags: Option<Vec<String>>,
    pub shared_size: i64,
    pub size: i64,
}

/// Docker's `image.HistoryResponseItem`: one step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageHistory {
    pub comment: String,
    /// Seconds since the epoch.
    pub created: i64,
    pub created_by: String,
    pub id: String,
    pub size: i64,
    pub tags: Option<Vec<String>>,
}

/// Docker's `image.DeleteResponse`: a name or an object that went. One of the two is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageDeleted {
    #[serde(skip_serializing_if = "is_zero")]
    pub deleted: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub untagged: String,
}

impl ImageDeleted {
    /// An image or a layer.
    pub fn deleted(id: String) -> Self {
        ImageDeleted {
            deleted: id,
            ..Self::default()
        }
    }

    /// A tag or a digest.
    pub fn untagged(name: String) -> Self {
        ImageDeleted {
            untagged: name,
            ..Self::default()
        }
    }
}

/// `POST /images/prune`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImagesPruned {
    pub images_deleted: Option<Vec<ImageDeleted>>,
    pub space_reclaimed: u64,
}

/// Docker's `image.InspectResponse`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageInspect {
    pub id: String,
    pub repo_tags: Vec<String>,
    pub repo_digests: Vec<String>,
    pub parent: String,
    pub comment: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub created: String,
    pub docker_version: String,
    pub author: String,
    pub architecture: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub variant: String,
    pub os: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub os_version: String,
    pub size: i64,
    pub graph_driver: GraphDriver,
    #[serde(rename = "RootFS")]
    pub root_fs: RootFs,
    pub metadata: ImageMetadata,
    pub config: ImageConfig,
}

/// The layers of an image, lowest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct RootFs {
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub layers: Option<Vec<String>>,
}

/// What this engine knows about an image beyond its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageMetadata {
    #[serde(skip_serializing_if = "is_zero")]
    pub last_tag_time: String,
}

/// The image's `Config` as inspect shows it (a shorter list of fields than a container's, in another order).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct ImageConfig {
    #[serde(skip_serializing_if = "is_zero")]
    pub args_escaped: bool,
    #[serde(deserialize_with = "super::config::str_slice")]
    pub cmd: Option<Vec<String>>,
    #[serde(deserialize_with = "super::config::str_slice")]
    pub entrypoint: Option<Vec<String>>,
    pub env: Option<Vec<String>>,
    #[serde(skip_serializing_if = "is_none_or_empty")]
    pub exposed_ports: Option<StringSet>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthcheck: Option<super::HealthConfig>,
    pub labels: Option<StringMap>,
    pub on_build: Option<Vec<String>>,
    #[serde(
        skip_serializing_if = "is_none_or_empty",
        deserialize_with = "super::config::str_slice"
    )]
    pub shell: Option<Vec<String>>,
    #[serde(skip_serializing_if = "is_zero")]
    pub stop_signal: String,
    pub user: String,
    pub volumes: Option<StringSet>,
    pub working_dir: String,
}
