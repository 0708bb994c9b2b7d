//! A writable tree over an image's: what a container changes, and tmpfs, volumes and /dev over the empty image.
//!
//! The image is shadowed node by node, names by whiteouts. Contents of changed files lie in host files named by
//! number, or in memory; nodes and names in memory and, on disk, in a journal that is replayed at start.
//!
//! Locks: a shard of `writers` serialises the writers of one file and is held while its bytes move; `state` is taken
//! inside it, for as long as memory and one append to the journal take. Nobody holds `state` while bytes move.

mod change;
mod changes;
mod contents;
mod data;
mod disk;
mod journal;
mod memory;
mod node;
mod open;
mod state;
mod tree;

pub use changes::{Change, ChangeKind};
pub use memory::{Charge, uncharged};
pub use open::{Limits, TmpfsOptions};

use super::image::{self, ImageTree};
use super::{Attr, Clock, ContentId, DirEntry, Filesystem, Ino, Make, Result, SetAttr, StatFs};
use contents::Contents;
use parking_lot::{Mutex, RwLock};
use state::State;
use std::sync::Arc;

/// A writable tree.
pub struct Overlay {
    image: Arc<ImageTree>,
    contents: Box<dyn Contents>,
    writers: [Mutex<()>; 32],
    state: RwLock<State>,
    clock: Clock,
    type_name: &'static str,
    /// Bytes of a damaged journal's tail that were cut off at opening.
    dropped: u64,
}

impl Overlay {
    /// Bytes of the journal that opening had to drop: 0 unless the process was killed inside a write, or worse.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Bytes that the container's own files take, as `docker ps -s` counts them.
    pub fn size_rw(&self) -> u64 {
        let state = self.state.read();
        let own = state
            .nodes
            .iter()
            .filter(|(_, n)| !n.meta.is_dir() && n.meta.nlink > 0);
        own.map(|(&ino, n)| n.meta.size(&self.image, ino)).sum()
    }

    /// Brings the nodes' times and the journal to the medium.
    pub fn flush(&self) -> Result<()> {
        let mut state = self.state.write();
        let dirty: Vec<Ino> = state.dirty.iter().copied().collect();
        let mut batch = state::Batch::default();
        for ino in dirty {
            state.edit(&mut batch, ino)?;
        }
        state.commit(batch)?;
        match &mut state.journal {
            Some(journal) => Ok(journal.sync()?),
            None => Ok(()),
        }
    }

    fn writer(&self, ino: Ino) -> &Mutex<()> {
        &self.writers[ino as usize % self.writers.len()]
    }
}

impl Filesystem for Overlay {
    fn type_name(&self) -> &'static str {
        self.type_name
    }

    fn root(&self) -> Ino {
        image::ROOT
    }

    fn lookup(&self, dir: Ino, name: &str) -> Result<Ino> {
        self.look_up(dir, name)
    }

    fn attr(&self, ino: Ino) -> Result<Attr> {
        self.get_attr(ino)
    }

    fn set_attr(&self, ino: Ino, set: &SetAttr) -> Result<()> {
        self.change_attr(ino, set)
    }

    fn read_dir(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        self.list(dir, cookie, max)
    }

    fn parent(&self, dir: Ino) -> Result<Ino> {
        self.parent_of(dir)
    }

    fn read_link(&self, ino: Ino) -> Result<String> {
        self.link_text(ino)
    }

    fn make(&self, dir: Ino, name: &str, what: &Make) -> Result<Ino> {
        self.make_node(dir, name, what)
    }

    fn link(&self, ino: Ino, dir: Ino, name: &str) -> Result<()> {
        self.add_name(ino, dir, name)
    }

    fn unlink(&self, dir: Ino, name: &str) -> Result<()> {
        self.remove_name(dir, name)
    }

    fn rmdir(&self, dir: Ino, name: &str) -> Result<()> {
        self.remove_dir(dir, name)
    }

    fn rename(
        &self,
        old_dir: Ino,
        old_name: &str,
        new_dir: Ino,
        new_name: &str,
        noreplace: bool,
    ) -> Result<()> {
        self.move_name((old_dir, old_name), (new_dir, new_name), noreplace)
    }

    fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.read_bytes(ino, offset, buf)
    }

    fn write(&self, ino: Ino, offset: u64, buf: &[u8]) -> Result<usize> {
        self.write_bytes(ino, Some(offset), buf).map(|done| done.1)
    }

    fn append(&self, ino: Ino, buf: &[u8]) -> Result<(u64, usize)> {
        self.write_bytes(ino, None, buf)
    }

    fn sync(&self, ino: Ino) -> Result<()> {
        self.contents.sync(ino)?;
        self.flush()
    }

    fn hold(&self, ino: Ino) {
        *self.state.write().held.entry(ino).or_default() += 1;
    }

    fn release(&self, ino: Ino) {
        self.let_go(ino);
    }

    fn statfs(&self) -> StatFs {
        self.stat_fs()
    }

    fn content_id(&self, ino: Ino) -> Option<ContentId> {
        match self.state.read().nodes.get(&ino) {
            Some(node) if node.meta.body != node::Body::Image => None,
            _ => self.image.content_id(ino),
        }
    }
}
