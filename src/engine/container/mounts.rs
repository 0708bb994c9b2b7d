//! Which mounts of a request become visible in `inspect`.
//!
//! Only tmpfs mounts work so far; binds and volumes are recorded in `HostConfig`, and `create` warns about them.

use crate::wire::{HostConfig, MountPoint};

/// The mount points of a container's record.
pub fn points(host: &HostConfig) -> Vec<MountPoint> {
    host.mounts
        .iter()
        .flatten()
        .filter(|mount| mount.kind == "tmpfs")
        .map(|mount| MountPoint {
            kind: mount.kind.clone(),
            destination: mount.target.clone(),
            rw: !mount.read_only,
            ..MountPoint::default()
        })
        .collect()
}
