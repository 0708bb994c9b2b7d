//! What a container can be given that no record holds.

use crate::vfs::image::ImageTree;
use crate::vfs::{Filesystem, Ino};
use std::sync::Arc;

/// Mounts and variables of a build's step. They are in memory alone: secrets are among them.
#[derive(Clone, Default)]
pub struct Lent {
    pub mounts: Vec<LentMount>,
    /// `NAME=value`.
    pub env: Vec<String>,
}

/// Files at a place.
#[derive(Clone)]
pub struct LentMount {
    /// From the root, clean.
    pub at: String,
    pub files: LentFiles,
    /// The folder or file that is mounted; `None` is all.
    pub root: Option<Ino>,
    pub read_only: bool,
}

/// Which files.
#[derive(Clone)]
pub enum LentFiles {
    /// They live elsewhere, and what is changed stays there.
    Shared(Arc<dyn Filesystem>),
    /// As they are; what is changed lives in the container's memory.
    Image(Arc<ImageTree>),
    /// None yet, in the container's memory.
    Memory { bytes: Option<u64> },
}
