//! Operations on a file tree as values, so that one script runs on ours, on Linux and on the model.

use schooner::base::errno::Errno;

/// One operation; paths are relative to the root of the tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// Changes who asks.
    As(u32, u32),
    Open(String, Flags),
    Write(String, u64, Vec<u8>),
    Append(String, Vec<u8>),
    Read(String),
    Truncate(String, u64),
    Mkdir(String, u16),
    Rmdir(String),
    Unlink(String),
    Rename(String, String, bool),
    Link(String, String, bool),
    Symlink(String, String),
    Readlink(String),
    Chmod(String, u16),
    Chown(String, Option<u32>, Option<u32>, bool),
    Stat(String, bool),
    List(String),
    Access(String, u16),
    /// Seconds; `None` is now.
    Times(String, Option<i64>, Option<i64>),
    Mkfifo(String, u16),
}

/// How to open.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flags {
    pub read: bool,
    pub write: bool,
    pub create: bool,
    pub exclusive: bool,
    pub truncate: bool,
    pub directory: bool,
    pub nofollow: bool,
    pub mode: u16,
}

/// What an operation answers, as far as it must be equal everywhere.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Done,
    Bytes(Vec<u8>),
    Text(String),
    Names(Vec<String>),
    Stat(Seen),
}

/// What must be equal of a node's attributes.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// With `S_IFMT`.
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub nlink: u64,
    /// Of files and symlinks.
    pub size: u64,
}

pub type Outcome = Result<Value, Errno>;

/// Something that runs operations.
pub trait Subject {
    fn run(&mut self, op: &Op) -> Outcome;
}
