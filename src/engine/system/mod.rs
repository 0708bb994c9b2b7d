//! What the engine says about itself.

mod disk;
mod info;
mod version;

/// What `info` needs to be told.
pub struct Facts {
    /// The state folder.
    pub root: String,
    /// Stays the same for one state folder.
    pub id: String,
    /// Bytes of memory of the machine.
    pub memory: i64,
    /// CPUs that containers may use.
    pub cpus: u32,
}

/// The version of Docker whose behaviour this engine has; clients compare it.
pub(super) const DOCKER_VERSION: &str = "28.5.2";
/// What `uname` and `info` call our kernel.
pub(super) const KERNEL: &str = concat!(env!("CARGO_PKG_VERSION"), "-schooner");
/// What the engine calls its machine.
pub(super) const HOST: &str = "schooner";
