//! The JSON of the Engine API as serde types, one file per noun, in Docker's field order; and stream framing.
//!
//! The order of the fields, and which are `null`, empty or absent, are part of the interface: `docker inspect` shows the
//! server's bytes. So `Option<Vec<_>>` is a Go slice (`None` prints `null`), maps are sorted, and `omitempty` fields say so
//! with `skip_serializing_if`. Decoding follows Go's rules (see [`go`]). Knows no behaviour: defaults and checks are the engine's.

pub mod archive;
pub mod auth;
pub mod build;
pub mod check;
pub mod config;
pub mod container;
pub mod create;
pub mod disk;
pub mod distribution;
pub mod error;
pub mod event;
pub mod exec;
pub mod frame;
pub mod go;
pub mod host_config;
pub mod image;
pub mod info;
pub mod layers;
pub mod mount;
pub mod network;
pub mod progress;
pub mod prune;
#[cfg(test)]
mod recorded;
pub mod stats;
pub mod summary;
pub mod top;
pub mod update;
pub mod version;
pub mod volume;
pub mod wait;

pub use archive::{FilesystemChange, PathStat};
pub use auth::{AuthAnswer, AuthConfig, SearchResult};
pub use build::{BuildCache, BuildPruned};
pub use check::CheckFinding;
pub use config::{ContainerConfig, HealthConfig};
pub use container::{ContainerInspect, ContainerState, GraphDriver, HealthLog, Healthcheck};
pub use create::{CreateBody, CreateResponse};
pub use disk::DiskUsage;
pub use distribution::{DistributionInspect, ManifestDescriptor, ManifestPlatform};
pub use error::ErrorBody;
pub use event::{Actor, Event};
pub use exec::{ExecCreate, ExecInspect, ExecStart, IdResponse, ProcessConfig};
pub use host_config::{HostConfig, LogConfig, RestartPolicy, Ulimit};
pub use image::{ImageDeleted, ImageHistory, ImageInspect, ImageSummary, ImagesPruned};
pub use info::Info;
pub use layers::{ImageLayer, LayerFile, ProgramCheck};
pub use mount::{BindOptions, Mount, MountPoint, TmpfsOptions, VolumeOptions};
pub use network::{
    ConfigFrom, EndpointSettings, Ipam, IpamConfig, Network, NetworkConnect, NetworkCreate,
    NetworkCreated, NetworkDisconnect, NetworkMember, NetworkSettings, NetworkingConfig,
    NetworksPruned, PortBinding,
};
pub use progress::Progress;
pub use prune::ContainersPruned;
pub use stats::StatsResponse;
pub use summary::{ContainerSummary, Port};
pub use top::TopResponse;
pub use update::UpdateResponse;
pub use version::Version;
pub use volume::{Volume, VolumeCreate, VolumeList, VolumeUsage, VolumesPruned};
pub use wait::{WaitError, WaitResponse};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The newest version of the API that is spoken, as in `/v1.51/…`.
pub const API_VERSION: &str = "1.51";
/// The oldest version that is accepted.
pub const MIN_API_VERSION: &str = "1.24";

/// Go's `map[string]string`; sorted, as Go prints it.
pub type StringMap = BTreeMap<String, String>;

/// Go's `struct{}`, the value type of its sets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Empty {}

/// Go's `map[string]struct{}`.
pub type StringSet = BTreeMap<String, Empty>;

/// `omitempty` of a Go value: false, zero, "" are left out.
pub(crate) fn is_zero<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// `omitempty` of a Go slice or map: both `nil` and empty are left out.
pub(crate) fn is_none_or_empty<C: Collection>(value: &Option<C>) -> bool {
    value.as_ref().is_none_or(Collection::has_nothing)
}

/// What Go calls a slice or a map. (A bound of `&C: IntoIterator` makes the compiler look through every crate's types.)
pub(crate) trait Collection {
    fn has_nothing(&self) -> bool;
}

impl<T> Collection for Vec<T> {
    fn has_nothing(&self) -> bool {
        self.is_empty()
    }
}

impl<K, V> Collection for BTreeMap<K, V> {
    fn has_nothing(&self) -> bool {
        self.is_empty()
    }
}
