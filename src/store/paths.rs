//! What lies where in the state folder.

use crate::base::digest::Digest;

pub(super) const RECORDS: &str = "state.redb";
/// The record file until it is complete for the first time.
pub(super) const NEW_RECORDS: &str = "state.new";
pub(super) const LOCK: &str = "engine.lock";
pub(super) const PID: &str = "engine.pid";
pub(super) const RESERVE: &str = "reserve";
pub(super) const BLOBS: &str = "blobs/sha256";
pub(super) const INDEXES: &str = "indexes";
pub(super) const TEMPORARY: &str = "tmp";
pub(super) const CONTAINERS: &str = "containers";

pub(super) fn blob(digest: &Digest) -> String {
    format!("{BLOBS}/{}", digest.hex())
}

pub(super) fn index(digest: &Digest) -> String {
    format!("{INDEXES}/{}", digest.hex())
}

/// Where the volumes' folders are.
pub(super) const VOLUMES: &str = "volumes";

/// The folder of a volume, by a name that the engine gave it, never the user's.
pub fn volume_dir(folder: &str) -> String {
    format!("{VOLUMES}/{folder}")
}

/// The folder of a container: `upper/` is the file tree's, `json.log` the engine's.
pub fn container_dir(id: &str) -> String {
    format!("{CONTAINERS}/{id}")
}
