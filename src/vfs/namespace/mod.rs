//! A container's mount table and the POSIX path operations with their permission checks.
//!
//! What the kernel calls. Paths are resolved as Linux does (at most 40 symlinks, `..` across mounts), each
//! operation checks in Linux's order, and a read-only mount refuses every call that changes something.
//! The table is an immutable snapshot behind one lock; no lock is held while a filesystem is called.

mod attributes;
mod cred;
mod names;
mod open;
mod open_file;
mod walk;

pub use attributes::SetTime;
pub use cred::{Access, Cred};
pub use open::OpenOptions;
pub use open_file::OpenFile;

use super::{Filesystem, Ino, Result};
use crate::base::errno::Errno;
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use walk::Walk;

/// One filesystem, or one part of it, in the tree.
pub struct Mount {
    /// The device number that `stat` shows; equal for mounts of the same filesystem.
    pub dev: u64,
    /// The tree.
    pub fs: Arc<dyn Filesystem>,
    /// What of it is shown here.
    pub root: Ino,
    options: MountOptions,
    /// Made read-only after it was mounted.
    sealed: AtomicBool,
    /// The path it is mounted on.
    pub at: String,
    /// The node it covers, held open; `None` for the root.
    on: Option<Place>,
}

impl Mount {
    /// How it is mounted now.
    pub fn options(&self) -> MountOptions {
        MountOptions {
            read_only: self.options.read_only || self.sealed.load(Ordering::Relaxed),
            ..self.options
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        if let Some(on) = &self.on {
            on.mount.fs.release(on.ino);
        }
    }
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

impl Place {
    /// Whether both are the same node of the same mount.
    pub fn is(&self, other: &Place) -> bool {
        Arc::ptr_eq(&self.mount, &other.mount) && self.ino == other.ino
    }

    /// `EROFS` unless the mount may be written to.
    fn writable(&self) -> Result<()> {
        match self.mount.options().read_only {
            true => Err(Errno::Rofs),
            false => Ok(()),
        }
    }
}

/// Where a relative path starts.
#[derive(Clone, Copy)]
pub enum At<'a> {
    /// An absolute path without `.`, `..` and symlinks: the cwd.
    Path(&'a str),
    /// A directory; finding its path costs a search, so an open file is better where there is one.
    Place(&'a Place),
    /// An open directory.
    File(&'a OpenFile),
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

impl<'a> From<&'a OpenFile> for At<'a> {
    fn from(file: &'a OpenFile) -> At<'a> {
        At::File(file)
    }
}

/// A container's file tree.
pub struct Namespace {
    table: RwLock<Arc<Table>>,
}

/// The mounts in order; a container has a dozen, so a search is a scan.
#[derive(Clone)]
struct Table {
    mounts: Vec<Arc<Mount>>,
}

impl Table {
    fn root(&self) -> Place {
        let mount = &self.mounts[0];
        Place {
            mount: Arc::clone(mount),
            ino: mount.root,
        }
    }

    /// What is mounted on a node, if anything.
    fn mounted_on(&self, place: &Place) -> Option<&Arc<Mount>> {
        let over = |mount: &&Arc<Mount>| mount.on.as_ref().is_some_and(|on| on.is(place));
        self.mounts.iter().rev().find(over)
    }

    /// The node that is seen at a place: the root of whatever is mounted over it.
    fn cross(&self, mut place: Place) -> Place {
        while let Some(mount) = self.mounted_on(&place) {
            place = Place {
                mount: Arc::clone(mount),
                ino: mount.root,
            };
        }
        place
    }
}

impl Namespace {
    /// A tree of one filesystem.
    pub fn new(root: Arc<dyn Filesystem>, read_only: bool) -> Namespace {
        let mount = Mount {
            dev: 1,
            root: root.root(),
            fs: root,
            options: MountOptions {
                read_only,
                noexec: false,
            },
            sealed: AtomicBool::new(false),
            at: "/".to_owned(),
            on: None,
        };
        let mounts = vec![Arc::new(mount)];
        Namespace {
            table: RwLock::new(Arc::new(Table { mounts })),
        }
    }

    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.table.read())
    }

    /// Mounts a filesystem, or the file or directory `root` of it, over the file or directory at a path.
    /// `ENOTDIR` if one is a directory and the other is not.
    pub fn mount(
        &self,
        at: &str,
        fs: Arc<dyn Filesystem>,
        root: Option<Ino>,
        options: MountOptions,
    ) -> Result<()> {
        let on = self.resolve(&Cred::root(), "/", at, true)?;
        let root = root.unwrap_or_else(|| fs.root());
        if on.mount.fs.attr(on.ino)?.is_dir() != fs.attr(root)?.is_dir() {
            return Err(Errno::Notdir);
        }
        on.mount.fs.hold(on.ino);
        let mut table = self.table.write();
        let mut mounts = table.mounts.clone();
        let known = mounts.iter().find(|m| Arc::ptr_eq(&m.fs, &fs));
        let dev = known.map_or_else(
            || mounts.iter().map(|m| m.dev).max().unwrap_or(0) + 1,
            |m| m.dev,
        );
        mounts.push(Arc::new(Mount {
            dev,
            fs,
            root,
            options,
            sealed: AtomicBool::new(false),
            at: at.to_owned(),
            on: Some(on),
        }));
        *table = Arc::new(Table { mounts });
        Ok(())
    }

    /// The same tree with only those mounts whose place is wanted; changes in either are seen in both.
    pub fn only(&self, wanted: impl Fn(&str) -> bool) -> Namespace {
        let mut table = Table::clone(&self.table());
        table.mounts.retain(|mount| wanted(&mount.at));
        Namespace {
            table: RwLock::new(Arc::new(table)),
        }
    }

    /// Makes the root read-only, once the places for all mounts are made.
    pub fn seal_root(&self) {
        self.table().mounts[0].sealed.store(true, Ordering::Relaxed);
    }

    /// The root directory.
    pub fn top(&self) -> Place {
        let table = self.table();
        table.cross(table.root())
    }

    /// The node under a name of a directory, with whatever is mounted there, whoever asks. Never called with `.` or `..`.
    pub fn child(&self, dir: &Place, name: &str) -> Result<Place> {
        let ino = dir.mount.fs.lookup(dir.ino, name)?;
        Ok(self.table().cross(Place {
            mount: Arc::clone(&dir.mount),
            ino,
        }))
    }

    /// The node at a path; `follow` also follows a symlink at its end.
    pub fn resolve<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        follow: bool,
    ) -> Result<Place> {
        let mut walk = Walk::begin(self.table(), cred, at.into(), path)?;
        walk.all(path, follow)?;
        Ok(walk.into_place())
    }

    /// The absolute path, free of symlinks, of the directory at a path: what `chdir` keeps. `EACCES` unless it may be
    /// searched.
    pub fn real_path<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<String> {
        let mut walk = Walk::begin_named(self.table(), cred, at.into(), path)?;
        walk.all(path, true)?;
        walk.searchable()?;
        Ok(walk.path())
    }

    /// What is mounted where, in order of mounting.
    pub fn mounts(&self) -> Vec<MountInfo> {
        let table = self.table();
        let info = |mount: &Arc<Mount>| MountInfo {
            at: mount.at.clone(),
            type_name: mount.fs.type_name(),
            dev: mount.dev,
            options: mount.options(),
        };
        table.mounts.iter().map(info).collect()
    }
}
