//! The words of the file tree: inode numbers, kinds, attributes, times, directory entries.
//!
//! Plain values without behaviour of their own; every filesystem and the kernel speak them.

use crate::base::digest::Digest;
use crate::base::errno::Errno;
use crate::oci::layer::EntryKind;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// What every call of the file tree answers.
pub type Result<T> = std::result::Result<T, Errno>;

/// An inode number, unique within one filesystem and stable while the filesystem lives.
pub type Ino = u64;

/// Longest name of one directory entry, in bytes (`NAME_MAX`).
pub const NAME_MAX: usize = 255;
/// Longest path, in bytes, with the NUL that Linux counts (`PATH_MAX`).
pub const PATH_MAX: usize = 4096;
/// Most names that one file may have.
pub const LINK_MAX: u64 = 65_000;

/// Set-user-id bit of a mode.
pub const S_ISUID: u16 = 0o4000;
/// Set-group-id bit of a mode.
pub const S_ISGID: u16 = 0o2000;
/// Sticky bit of a mode.
pub const S_ISVTX: u16 = 0o1000;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A regular file.
    File,
    /// A directory.
    Dir,
    /// A symbolic link.
    Symlink,
    /// A character device; what stands behind it is the kernel's business.
    CharDevice,
    /// A block device; opening one fails in the kernel.
    BlockDevice,
    /// A named pipe.
    Fifo,
    /// A socket's name.
    Socket,
}

impl Kind {
    /// What it is in a tar; `None` for sockets, which tar cannot say.
    pub fn member(self) -> Option<EntryKind> {
        Some(match self {
            Kind::File => EntryKind::File,
            Kind::Dir => EntryKind::Dir,
            Kind::Symlink => EntryKind::Symlink,
            Kind::CharDevice => EntryKind::CharDevice,
            Kind::BlockDevice => EntryKind::BlockDevice,
            Kind::Fifo => EntryKind::Fifo,
            Kind::Socket => return None,
        })
    }
}

impl Kind {
    /// The `S_IFMT` bits of `st_mode`.
    pub const fn mode_bits(self) -> u32 {
        match self {
            Kind::Fifo => 0o010000,
            Kind::CharDevice => 0o020000,
            Kind::Dir => 0o040000,
            Kind::BlockDevice => 0o060000,
            Kind::File => 0o100000,
            Kind::Symlink => 0o120000,
            Kind::Socket => 0o140000,
        }
    }

    /// The kind that `S_IFMT` bits stand for.
    pub const fn from_mode_bits(mode: u32) -> Option<Kind> {
        Some(match mode & 0o170000 {
            0o010000 => Kind::Fifo,
            0o020000 => Kind::CharDevice,
            0o040000 => Kind::Dir,
            0o060000 => Kind::BlockDevice,
            0o100000 => Kind::File,
            0o120000 => Kind::Symlink,
            0o140000 => Kind::Socket,
            _ => return None,
        })
    }
}

/// A moment, in nanoseconds since 1970 (negative before).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(pub i64);

impl Time {
    /// The present moment of the host's clock.
    pub fn now() -> Time {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => Time(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)),
            Err(before) => Time(-i64::try_from(before.duration().as_nanos()).unwrap_or(i64::MAX)),
        }
    }
}

/// Where a filesystem asks for the time; tests hand in their own.
pub type Clock = Arc<dyn Fn() -> Time + Send + Sync>;

/// The host's clock.
pub fn host_clock() -> Clock {
    Arc::new(Time::now)
}

/// What `stat` tells of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attr {
    /// The filesystem's number; a filesystem leaves 0, the namespace fills it in.
    pub dev: u64,
    /// The node's number.
    pub ino: Ino,
    /// What it is.
    pub kind: Kind,
    /// Permission bits, `07777`.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Number of names.
    pub nlink: u64,
    /// Size in bytes; of a symlink, the length of its text.
    pub size: u64,
    /// Space used, in blocks of 512 bytes.
    pub blocks512: u64,
    /// Major and minor of a device.
    pub rdev: (u32, u32),
    /// Last read.
    pub atime: Time,
    /// Last change of contents.
    pub mtime: Time,
    /// Last change of the node.
    pub ctime: Time,
}

impl Attr {
    /// A node of one name, owned by root, without size or times.
    pub fn new(ino: Ino, kind: Kind, mode: u16) -> Attr {
        Attr {
            dev: 0,
            ino,
            kind,
            mode,
            uid: 0,
            gid: 0,
            nlink: if kind == Kind::Dir { 2 } else { 1 },
            size: 0,
            blocks512: 0,
            rdev: (0, 0),
            atime: Time(0),
            mtime: Time(0),
            ctime: Time(0),
        }
    }

    /// `st_mode`: kind and permissions together.
    pub fn st_mode(&self) -> u32 {
        self.kind.mode_bits() | u32::from(self.mode)
    }

    /// Whether the node is a directory.
    pub fn is_dir(&self) -> bool {
        self.kind == Kind::Dir
    }
}

/// What to change of a node; `None` leaves a field alone. `ctime` follows by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SetAttr {
    /// Permission bits.
    pub mode: Option<u16>,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
    /// Truncates or extends a file.
    pub size: Option<u64>,
    /// Last read.
    pub atime: Option<Time>,
    /// Last change of contents.
    pub mtime: Option<Time>,
}

/// One name of a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DirEntry {
    /// The name.
    pub name: String,
    /// The node.
    pub ino: Ino,
    /// What the node is.
    pub kind: Kind,
    /// The cookie to go on after this entry.
    pub next: u64,
}

/// A node to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Make {
    /// What to make.
    pub kind: Kind,
    /// Permission bits, already masked.
    pub mode: u16,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Device numbers, for devices.
    pub rdev: (u32, u32),
    /// The text of a symlink.
    pub target: Option<String>,
}

impl Make {
    /// A node of root's, without device numbers or text.
    pub fn new(kind: Kind, mode: u16) -> Make {
        Make {
            kind,
            mode,
            uid: 0,
            gid: 0,
            rdev: (0, 0),
            target: None,
        }
    }
}

/// What `statfs` tells of a filesystem.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatFs {
    /// Linux's magic number of the type.
    pub magic: u64,
    /// Size of a block.
    pub block_size: u64,
    /// Blocks in all.
    pub blocks: u64,
    /// Blocks free.
    pub blocks_free: u64,
    /// Nodes in all.
    pub files: u64,
    /// Nodes free.
    pub files_free: u64,
}

/// Names the unchanged contents of an image's file: equal ids mean equal bytes, for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContentId {
    /// The digest of the layer's uncompressed tar.
    pub layer: Digest,
    /// Where the bytes begin in it.
    pub offset: u64,
    /// How many there are.
    pub len: u64,
}
