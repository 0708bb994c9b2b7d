//! A layer: its tar stays as it is, and an index says where each member lies.
//!
//! `index` walks a tar once, within limits, and unpacks nothing. What it returns is ordered as the tar is: whoever
//! builds a tree first applies `whiteouts` to the layers below, then adds `entries` in order (a later entry of the same
//! path replaces an earlier one). Following symbolic links among parents is the tree's business.

mod header;
mod names;
#[cfg(test)]
mod tests;
mod walk;

use crate::base::digest::Digest;
use std::fmt;
use std::io;

pub use walk::{index, members};

/// Positional reading of an uncompressed layer.
///
/// Offsets are those of [`Entry::offset`].
pub trait LayerData: Send + Sync + fmt::Debug {
    /// The digest of the whole uncompressed tar (the diff id).
    fn digest(&self) -> Digest;

    /// The length of the uncompressed tar in bytes.
    fn len(&self) -> u64;

    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Reads at an offset of the tar; 0 only at the end or for an empty buffer.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;
}

/// What a member of a layer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntryKind {
    File,
    Dir,
    Symlink,
    /// Another name for the entry that `link` names; it came earlier in the same layer and is no directory.
    HardLink,
    CharDevice,
    BlockDevice,
    Fifo,
}

/// One member of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative to the root, without `.`, `..`, empty components or a trailing slash; empty for the root itself.
    pub path: String,
    pub kind: EntryKind,
    /// Permission bits with set-id and sticky, `07777`.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Nanoseconds since the epoch.
    pub mtime: i64,
    /// Bytes of a file's contents; 0 for everything else.
    pub size: u64,
    /// Where the contents begin in the uncompressed tar.
    pub offset: u64,
    /// A symbolic link's text as it stands, or a hard link's normalised target path.
    pub link: String,
    /// Major and minor number of a device.
    pub rdev: (u32, u32),
}

/// Hides something of the layers below; it never hides what its own layer has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whiteout {
    /// The hidden path, or for an opaque one the folder whose lower contents are hidden.
    pub path: String,
    pub opaque: bool,
}

/// Everything about a layer but the contents of its files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LayerIndex {
    pub whiteouts: Vec<Whiteout>,
    pub entries: Vec<Entry>,
    /// Length of the uncompressed tar in bytes.
    pub tar_size: u64,
}

impl LayerIndex {
    /// Bytes of all files and of the texts of symbolic links, as Docker counts a layer's size.
    pub fn contents_size(&self) -> u64 {
        let of = |entry: &Entry| match entry.kind {
            EntryKind::Symlink => entry.link.len() as u64,
            _ => entry.size,
        };
        self.entries.iter().map(of).sum()
    }
}
