//! Opening overlays: on disk over an image, in memory over nothing.

use super::super::image::{self, ImageTree};
use super::super::{Clock, Ino, Result, SetAttr};
use super::contents::Contents;
use super::disk::DiskContents;
use super::journal::{Journal, Opened};
use super::memory::{Charge, MemContents};
use super::node::Body;
use super::state::State;
use super::{Filesystem, Overlay};
use crate::store::Disk;
use parking_lot::{Mutex, RwLock};
use std::io;
use std::sync::Arc;

/// What an overlay may grow to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of contents; a hole counts on disk, not in memory.
    pub bytes: u64,
    /// Files, roughly: a node and a name each.
    pub files: u64,
}

impl Default for Limits {
    /// 1 GiB and 256 Ki files (S27).
    fn default() -> Limits {
        Limits {
            bytes: 1 << 30,
            files: 256 << 10,
        }
    }
}

/// How to make a tmpfs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TmpfsOptions {
    /// Permissions of its root; Docker's default is 01777.
    pub mode: u16,
    /// Owner of its root.
    pub uid: u32,
    /// Group of its root.
    pub gid: u32,
    /// What it may grow to.
    pub limits: Limits,
}

impl Default for TmpfsOptions {
    fn default() -> TmpfsOptions {
        TmpfsOptions {
            mode: 0o1777,
            uid: 0,
            gid: 0,
            limits: Limits::default(),
        }
    }
}

impl Overlay {
    /// Opens a container's own files in a folder of the store; the folder is made with the first change. One overlay
    /// at a time may have the folder open. Removing it is `store::disk::remove_tree`.
    pub fn open(
        image: Arc<ImageTree>,
        disk: Arc<dyn Disk>,
        dir: &str,
        limits: Limits,
        clock: Clock,
    ) -> io::Result<Overlay> {
        Overlay::open_as("overlay", image, disk, dir, limits, clock)
    }

    /// Opens a volume's files likewise: a tree of its own, over nothing.
    pub fn volume(
        disk: Arc<dyn Disk>,
        dir: &str,
        limits: Limits,
        clock: Clock,
    ) -> io::Result<Overlay> {
        let nothing = ImageTree::empty();
        Overlay::open_as("volume", nothing, disk, dir, limits, clock)
    }

    fn open_as(
        type_name: &'static str,
        image: Arc<ImageTree>,
        disk: Arc<dyn Disk>,
        dir: &str,
        limits: Limits,
        clock: Clock,
    ) -> io::Result<Overlay> {
        let fingerprint = image.fingerprint();
        let Opened {
            journal,
            changes,
            dropped,
        } = Journal::open(Arc::clone(&disk), dir, fingerprint)?;
        let (contents, sizes) = DiskContents::open(disk, dir, limits.bytes)?;
        let mut state = State::new(image, limits.files * 2);
        for change in changes {
            state.apply(change);
        }
        // Nobody has a file open any more.
        state.forget_nameless();
        for (&ino, &size) in &sizes {
            match state.nodes.get_mut(&ino).map(|n| &mut n.meta.body) {
                Some(Body::Own { size: known }) => *known = size,
                // Killed before the journal knew it, or after it had forgotten it.
                _ => contents.remove(ino, size),
            }
        }
        state.journal = Some(journal);
        Ok(Overlay::with(
            state,
            Box::new(contents),
            clock,
            type_name,
            dropped,
        ))
    }

    /// A tmpfs.
    pub fn tmpfs(options: &TmpfsOptions, charge: Charge, clock: Clock) -> Result<Overlay> {
        let overlay = Overlay::memory(ImageTree::empty(), options.limits, charge, clock);
        let root = SetAttr {
            mode: Some(options.mode),
            uid: Some(options.uid),
            gid: Some(options.gid),
            atime: Some((overlay.clock)()),
            mtime: Some((overlay.clock)()),
            size: None,
        };
        overlay.set_attr(image::ROOT, &root)?;
        Ok(overlay)
    }

    /// An image with changes that live as long as the value: for looking into images and for tests.
    pub fn memory(image: Arc<ImageTree>, limits: Limits, charge: Charge, clock: Clock) -> Overlay {
        let state = State::new(image, limits.files * 2);
        let contents = Box::new(MemContents::new(limits.bytes, charge));
        Overlay::with(state, contents, clock, "tmpfs", 0)
    }

    fn with(
        state: State,
        contents: Box<dyn Contents>,
        clock: Clock,
        type_name: &'static str,
        dropped: u64,
    ) -> Overlay {
        Overlay {
            image: Arc::clone(&state.image),
            contents,
            writers: std::array::from_fn(|_| Mutex::new(())),
            state: RwLock::new(state),
            clock,
            type_name,
            dropped,
        }
    }
}

impl State {
    /// Drops nodes that only open files kept alive.
    fn forget_nameless(&mut self) {
        let gone: Vec<Ino> = self
            .nodes
            .iter()
            .filter(|(_, node)| node.meta.nlink == 0)
            .map(|(&ino, _)| ino)
            .collect();
        for ino in gone {
            self.apply(super::change::Change::Drop(ino));
        }
    }
}
