//! All host I/O of the state folder goes through `Disk`, so that tests can make any call fail or play back a crash.
//!
//! Paths are relative to the state folder, with forward slashes, from a small alphabet that every host system can
//! store; `..`, absolute paths, backslashes and colons are refused. The empty path is the state folder itself. One
//! process owns the folder (see `lock`), so lengths may be remembered. Files are 0600, folders 0700.
//!
//! `RealDisk` is the host's; `MemoryDisk`, `FailingDisk` and `RecordingDisk` are the doubles that tests use.

use std::fmt;
use std::io;
use std::sync::Arc;

mod failing;
mod memory;
mod real;
mod recording;

pub use failing::FailingDisk;
pub use memory::MemoryDisk;
pub use real::RealDisk;
pub use recording::RecordingDisk;

/// How a file is opened. Every mode can read; all but `Read` can write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// An existing file, for reading.
    Read,
    /// An existing file, for reading and writing.
    Write,
    /// A file that is made when it is missing.
    Create,
    /// A file that must not exist yet (`AlreadyExists` otherwise).
    New,
}

/// What `stat` and `list` say about a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The last component.
    pub name: String,
    pub is_dir: bool,
    /// Bytes; 0 for a folder.
    pub len: u64,
}

/// An open file. Calls are positional, so one handle serves many threads.
pub trait DiskFile: Send + Sync + fmt::Debug {
    /// Reads at an offset; 0 only at the end or for an empty buffer.
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Writes all of it at an offset; a gap before it reads as zeroes.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;

    /// Writes all of it at the end and returns where it begins. After an error the end is where it was before.
    fn append(&self, bytes: &[u8]) -> io::Result<u64>;

    fn len(&self) -> io::Result<u64>;

    fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// Cuts or extends with zeroes.
    fn set_len(&self, len: u64) -> io::Result<()>;

    /// Returns when contents and length are on the medium. The file's name needs `Disk::sync_dir`.
    fn sync(&self) -> io::Result<()>;
}

/// Held as long as the value lives; the operating system releases it when the process dies.
pub trait HeldLock: Send + Sync + fmt::Debug {}

/// The state folder.
pub trait Disk: Send + Sync + fmt::Debug {
    fn open(&self, path: &str, how: Open) -> io::Result<Arc<dyn DiskFile>>;

    /// Makes one folder in an existing one (`AlreadyExists` otherwise).
    fn create_dir(&self, path: &str) -> io::Result<()>;

    /// What a folder holds, in no order.
    fn list(&self, dir: &str) -> io::Result<Vec<Item>>;

    /// `None` when there is nothing of this name.
    fn stat(&self, path: &str) -> io::Result<Option<Item>>;

    /// Renames a file or folder; a file at the new name is replaced in one step.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    /// Removes a file (`NotFound` when there is none).
    fn remove(&self, path: &str) -> io::Result<()>;

    /// Removes an empty folder.
    fn remove_dir(&self, path: &str) -> io::Result<()>;

    /// Returns when the names in a folder are on the medium. Does nothing on systems that keep them in order themselves.
    fn sync_dir(&self, dir: &str) -> io::Result<()>;

    /// Takes the operating system's exclusive lock on a file; `None` when another process has it.
    fn lock(&self, path: &str) -> io::Result<Option<Box<dyn HeldLock>>>;

    /// Where the folder is on the host, for messages.
    fn describe(&self) -> String;
}

/// Makes a folder and its parents; nothing happens when it exists.
pub fn create_dirs(disk: &dyn Disk, path: &str) -> io::Result<()> {
    if disk.stat(path)?.is_some_and(|item| item.is_dir) {
        return Ok(());
    }
    if let Some((parent, _)) = path.rsplit_once('/') {
        create_dirs(disk, parent)?;
    }
    match disk.create_dir(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// Removes a folder and everything in it; nothing happens when it is missing.
pub fn remove_tree(disk: &dyn Disk, path: &str) -> io::Result<()> {
    let items = match disk.list(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        other => other?,
    };
    for item in items {
        let inner = format!("{path}/{}", item.name);
        if item.is_dir {
            remove_tree(disk, &inner)?;
        } else {
            disk.remove(&inner)?;
        }
    }
    disk.remove_dir(path)
}

/// The whole of a file, at most `limit` bytes of it (`FileTooLarge` when there is more).
pub fn read_all(disk: &dyn Disk, path: &str, limit: u64) -> io::Result<Vec<u8>> {
    let file = disk.open(path, Open::Read)?;
    let len = file.len()?;
    if len > limit {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; len as usize];
    read_exact_at(&*file, 0, &mut bytes)?;
    Ok(bytes)
}

/// Fills the buffer or fails with `UnexpectedEof`.
pub fn read_exact_at(file: &dyn DiskFile, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
    while !out.is_empty() {
        match file.read_at(offset, out) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(n) => {
                out = &mut out[n..];
                offset += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// Replaces a file so that after a crash either the old or the new bytes are there: temporary, sync, rename, sync.
pub fn replace(disk: &dyn Disk, path: &str, bytes: &[u8]) -> io::Result<()> {
    let temporary = format!("{path}.new");
    let file = disk.open(&temporary, Open::Create)?;
    file.set_len(0)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    drop(file);
    disk.rename(&temporary, path)?;
    disk.sync_dir(path.rsplit_once('/').map_or("", |(dir, _)| dir))
}

/// Refuses paths that would leave the folder or that some host system cannot store.
pub fn check_path(path: &str) -> io::Result<()> {
    let plain = |name: &str| {
        !name.is_empty()
            && !name.starts_with('.')
            && !name.ends_with('.')
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    if path.is_empty() || path.split('/').all(plain) {
        return Ok(());
    }
    Err(io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("not a path of the state folder: {path:?}"),
    ))
}
