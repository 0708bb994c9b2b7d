//! A container's mount table and the POSIX path operations with their permission checks.
//!
//! What the kernel calls. Paths are resolved as Linux does (at most 40 symlinks, `..` across mounts), each
//! operation checks in Linux's order, and a read-only mount refuses every call that changes something.
//! The table is an immutable snapshot behind one lock; no lock is held while a filesystem is called.

mod cred;
mod open;
mod ops;

pub use cred::{Access, Cred};
pub use open::{OpenFile, OpenOptions};
pub use ops::SetTime;

use super::{Filesystem, Ino, Result};
use parking_lot::RwLock;
use std::sync::Arc;

/// One filesystem, or one part of it, in the tree.
pub struct Mount {
    /// The device number that `stat` shows; equal for mounts of the same filesystem.
    pub dev: u64,
    /// The tree.
    pub fs: Arc<dyn Filesystem>,
    /// What of it is shown here.
    pub root: Ino,
    /// How it is mounted.
    pub options: MountOptions,
    /// The path it is mounted on.
    pub at: String,
}

/// How a filesystem is mounted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MountOptions {
    /// Every change fails with `EROFS`.
    pub read_only: bool,
    /// Programs cannot be started from here.
    pub noexec: bool,
}

/// One line of `/proc/mounts`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountInfo {
    /// Where.
    pub at: String,
    /// The type's name.
    pub type_name: &'static str,
    /// The device number that `stat` shows.
    pub dev: u64,
    /// How.
    pub options: MountOptions,
}

/// A node in the tree of mounts: Linux's `struct path`.
#[derive(Clone)]
pub struct Place {
    /// The mount it is seen through.
    pub mount: Arc<Mount>,
    /// The node.
    pub ino: Ino,
}

/// Where a relative path starts: an absolute normalised path (the cwd), or an open directory.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// An absolute path without `.`, `..` and symlinks.
    Path(&'a str),
    /// An open directory.
    Place(&'a Place),
}

impl<'a> From<&'a str> for At<'a> {
    fn from(path: &'a str) -> At<'a> {
        At::Path(path)
    }
}

impl<'a> From<&'a String> for At<'a> {
    fn from(path: &'a String) -> At<'a> {
        At::Path(path)
    }
}

impl<'a> From<&'a Place> for At<'a> {
    fn from(place: &'a Place) -> At<'a> {
        At::Place(place)
    }
}

/// A container's file tree.
pub struct Namespace {
    table: RwLock<Vec<Arc<Mount>>>,
}

impl Namespace {
    /// A tree of one filesystem.
    pub fn new(root: Arc<dyn Filesystem>, read_only: bool) -> Namespace {
        let _ = (root, read_only);
        todo!()
    }

    /// Mounts a filesystem, or the file or directory `root` of it, over the file or directory at a path.
    pub fn mount(
        &self,
        at: &str,
        fs: Arc<dyn Filesystem>,
        root: Option<Ino>,
        options: MountOptions,
    ) -> Result<()> {
        let _ = (at, fs, root, options, &self.table);
        todo!()
    }

    /// The node at a path; `follow` also follows a symlink at its end.
    pub fn resolve<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        follow: bool,
    ) -> Result<Place> {
        let _ = (cred, at.into(), path, follow);
        todo!()
    }

    /// The absolute path, free of symlinks, of the directory at a path: what `chdir` keeps.
    pub fn real_path<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<String> {
        let _ = (cred, at.into(), path);
        todo!()
    }

    /// What is mounted where, in order of mounting.
    pub fn mounts(&self) -> Vec<MountInfo> {
        todo!()
    }
}
