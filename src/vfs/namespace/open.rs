//! Opening, and what an open file can do without a path.

use super::super::{Attr, DirEntry, Result};
use super::{At, Cred, Namespace, Place, SetTime};

/// How to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Every write goes to the end.
    pub append: bool,
    /// Make the file if it is missing.
    pub create: bool,
    /// With `create`: fail if it exists.
    pub exclusive: bool,
    /// Empty it.
    pub truncate: bool,
    /// Fail unless it is a directory.
    pub directory: bool,
    /// Fail if the last component is a symlink.
    pub nofollow: bool,
    /// Permissions of a new file, already masked.
    pub mode: u16,
}

/// An open file: keeps its node alive. It has no offset; the kernel's description has one.
/// For devices, FIFOs and magic links the kernel looks at `attr()` and `is_magic()` and does the reading itself.
pub struct OpenFile {
    place: Place,
    path: String,
    read: bool,
    write: bool,
    append: bool,
    magic: bool,
}

impl OpenFile {
    /// The node.
    pub fn place(&self) -> &Place {
        &self.place
    }
    /// The absolute path at the time of opening.
    pub fn path(&self) -> &str {
        &self.path
    }
    /// Whether it is a link behind which something nameless stands (`Follow::Itself`): the kernel reopens that.
    pub fn is_magic(&self) -> bool {
        self.magic
    }
    /// Whether it was opened for reading.
    pub fn can_read(&self) -> bool {
        self.read
    }
    /// Whether it was opened for writing.
    pub fn can_write(&self) -> bool {
        self.write
    }
    /// Whether writes go to the end.
    pub fn is_append(&self) -> bool {
        self.append
    }
    /// Reads at an offset. `EBADF` unless open for reading, `EISDIR` on a directory.
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let _ = (offset, buf);
        todo!()
    }
    /// Writes at an offset, or at the end if opened (or `append` asked) so. Answers the count and the offset after it.
    pub fn write_at(
        &self,
        cred: &Cred,
        offset: u64,
        buf: &[u8],
        append: bool,
    ) -> Result<(usize, u64)> {
        let _ = (cred, offset, buf, append);
        todo!()
    }
    /// `fstat`.
    pub fn attr(&self) -> Result<Attr> {
        todo!()
    }
    /// Entries after a cookie, without `.` and `..`.
    pub fn read_dir(&self, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        let _ = (cookie, max);
        todo!()
    }
    /// The directory above this one, across mounts: what `..` shows in a listing.
    pub fn parent(&self) -> Result<Place> {
        todo!()
    }
    /// `ftruncate`.
    pub fn truncate(&self, cred: &Cred, size: u64) -> Result<()> {
        let _ = (cred, size);
        todo!()
    }
    /// `fchmod`.
    pub fn chmod(&self, cred: &Cred, mode: u16) -> Result<()> {
        let _ = (cred, mode);
        todo!()
    }
    /// `fchown`.
    pub fn chown(&self, cred: &Cred, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        let _ = (cred, uid, gid);
        todo!()
    }
    /// `futimens`.
    pub fn set_times(&self, cred: &Cred, atime: SetTime, mtime: SetTime) -> Result<()> {
        let _ = (cred, atime, mtime);
        todo!()
    }
    /// `fsync`.
    pub fn sync(&self) -> Result<()> {
        todo!()
    }
}

impl Namespace {
    /// `openat`.
    pub fn open<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        options: &OpenOptions,
    ) -> Result<OpenFile> {
        let _ = (cred, at.into(), path, options);
        todo!()
    }
    /// Opens a program for `execve`: `EACCES` unless it is a regular file with an execute bit on a mount that allows it.
    pub fn open_exec<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
    ) -> Result<OpenFile> {
        let _ = (cred, at.into(), path);
        todo!()
    }
}
