//! What an open file can do without a path.

use super::super::{Attr, ContentId, DirEntry, Kind, Result, SetAttr, StatFs};
use super::walk::{Walk, above};
use super::{Cred, OpenOptions, Place, SetTime};
use crate::base::errno::Errno;

/// An open file: keeps its node alive. It has no offset; the kernel's description has one.
/// For devices, FIFOs and magic links the kernel looks at `attr()` and `is_magic()` and does the reading itself.
pub struct OpenFile {
    place: Place,
    path: String,
    kind: Kind,
    read: bool,
    write: bool,
    append: bool,
    magic: bool,
}

impl OpenFile {
    pub(super) fn new(walk: &Walk<'_>, options: &OpenOptions) -> Result<OpenFile> {
        let place = walk.place.clone();
        place.mount.fs.hold(place.ino);
        let file = OpenFile {
            place,
            path: walk.path(),
            kind: walk.attr.kind,
            read: options.read,
            write: options.write,
            append: options.append,
            magic: walk.magic,
        };
        if !file.magic {
            // It may have gone between looking it up and holding it.
            file.place.mount.fs.attr(file.place.ino)?;
        }
        Ok(file)
    }

    /// The node.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The absolute path at the time of opening.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is; of a magic link, what stands behind it.
    pub fn kind(&self) -> Kind {
        self.kind
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
        if !self.read {
            return Err(Errno::Badf);
        }
        if self.kind == Kind::Dir {
            return Err(Errno::Isdir);
        }
        self.place.mount.fs.read(self.place.ino, offset, buf)
    }

    /// Writes at an offset, or at the end if `append`. Answers the count and the offset after it.
    pub fn write_at(
        &self,
        cred: &Cred,
        offset: u64,
        buf: &[u8],
        append: bool,
    ) -> Result<(usize, u64)> {
        if !self.write {
            return Err(Errno::Badf);
        }
        let Place { mount, ino } = &self.place;
        let (at, done) = match append {
            true => mount.fs.append(*ino, buf)?,
            false => (offset, mount.fs.write(*ino, offset, buf)?),
        };
        if let Some(mode) = self.place.mode_after_write(cred)? {
            let set = SetAttr {
                mode: Some(mode),
                ..SetAttr::default()
            };
            mount.fs.set_attr(*ino, &set)?;
        }
        Ok((done, at + done as u64))
    }

    /// `fstat`.
    pub fn attr(&self) -> Result<Attr> {
        let Place { mount, ino } = &self.place;
        let mut attr = match self.magic {
            true => mount.fs.followed_attr(*ino)?,
            false => mount.fs.attr(*ino)?,
        };
        attr.dev = mount.dev;
        Ok(attr)
    }

    /// Entries after a cookie, without `.` and `..`.
    pub fn read_dir(&self, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        let Place { mount, ino } = &self.place;
        mount.fs.read_dir(*ino, cookie, max)
    }

    /// The directory above this one, across mounts: what `..` shows in a listing. The root is its own.
    pub fn parent(&self) -> Result<Place> {
        Ok(above(&self.place)?.unwrap_or_else(|| self.place.clone()))
    }

    /// `ftruncate`: `EINVAL` unless it is a regular file open for writing.
    pub fn truncate(&self, cred: &Cred, size: u64) -> Result<()> {
        if self.kind != Kind::File || !self.write {
            return Err(Errno::Inval);
        }
        self.place.truncate(cred, size)
    }

    /// `fchmod`.
    pub fn chmod(&self, cred: &Cred, mode: u16) -> Result<()> {
        self.place.chmod(cred, mode)
    }

    /// `fchown`.
    pub fn chown(&self, cred: &Cred, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        self.place.chown(cred, uid, gid)
    }

    /// `futimens`.
    pub fn set_times(&self, cred: &Cred, atime: SetTime, mtime: SetTime) -> Result<()> {
        self.place.set_times(cred, atime, mtime)
    }

    /// `fsync`.
    pub fn sync(&self) -> Result<()> {
        self.place.mount.fs.sync(self.place.ino)
    }

    /// `fstatfs`.
    pub fn statfs(&self) -> StatFs {
        self.place.mount.fs.statfs()
    }

    /// Names the file's bytes when they are still those of the image.
    pub fn content_id(&self) -> Option<ContentId> {
        self.place.mount.fs.content_id(self.place.ino)
    }
}

impl Drop for OpenFile {
    fn drop(&mut self) {
        self.place.mount.fs.release(self.place.ino);
    }
}
