//! The disk of the host: a folder that belongs to the user alone.

use super::{Disk, DiskFile, HeldLock, Item, Open, check_path};
use parking_lot::Mutex;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

/// A state folder on the host.
#[derive(Debug)]
pub struct RealDisk {
    root: PathBuf,
}

impl RealDisk {
    /// Opens the folder, which is made (0700, with its parents) when it is missing.
    pub fn new(root: impl Into<PathBuf>) -> io::Result<RealDisk> {
        let root = std::path::absolute(root.into())?;
        system::create_private_dirs(&root)?;
        Ok(RealDisk { root })
    }

    /// Where the folder is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    fn host(&self, path: &str) -> io::Result<PathBuf> {
        check_path(path)?;
        let mut full = self.root.clone();
        full.extend(path.split('/').filter(|name| !name.is_empty()));
        Ok(full)
    }
}

impl Disk for RealDisk {
    fn open(&self, path: &str, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(how != Open::Read);
        match how {
            Open::Read | Open::Write => {}
            Open::Create => {
                options.create(true);
            }
            Open::New => {
                options.create_new(true);
            }
        }
        system::private_file(&mut options);
        let file = options.open(self.host(path)?)?;
        Ok(Arc::new(RealFile {
            file,
            appending: Mutex::new(()),
        }))
    }

    fn create_dir(&self, path: &str) -> io::Result<()> {
        system::create_private_dir(&self.host(path)?)
    }

    fn list(&self, dir: &str) -> io::Result<Vec<Item>> {
        let mut items = Vec::new();
        for entry in fs::read_dir(self.host(dir)?)? {
            let entry = entry?;
            let about = match entry.metadata() {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                other => other?,
            };
            items.push(item(
                entry.file_name().to_string_lossy().into_owned(),
                &about,
            ));
        }
        Ok(items)
    }

    fn stat(&self, path: &str) -> io::Result<Option<Item>> {
        let name = path.rsplit('/').next().unwrap_or_default();
        match fs::symlink_metadata(self.host(path)?) {
            Ok(about) => Ok(Some(item(name.to_owned(), &about))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(e),
        }
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.host(from)?, self.host(to)?)
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.host(path)?)
    }

    fn remove_dir(&self, path: &str) -> io::Result<()> {
        fs::remove_dir(self.host(path)?)
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        system::sync_dir(&self.host(dir)?)
    }

    fn lock(&self, path: &str) -> io::Result<Option<Box<dyn HeldLock>>> {
        let mut options = fs::OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        system::private_file(&mut options);
        let file = options.open(self.host(path)?)?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Box::new(RealLock(file)))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(e)) => Err(e),
        }
    }

    fn describe(&self) -> String {
        self.root.display().to_string()
    }
}

fn item(name: String, about: &fs::Metadata) -> Item {
    let is_dir = about.is_dir();
    let len = if is_dir { 0 } else { about.len() };
    Item { name, is_dir, len }
}

#[derive(Debug)]
struct RealFile {
    file: File,
    /// One `append` at a time. The file is not `O_APPEND`: Linux would send positional writes to the end too.
    appending: Mutex<()>,
}

impl DiskFile for RealFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        system::read_at(&self.file, offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        system::write_all_at(&self.file, offset, bytes)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let _alone = self.appending.lock();
        let at = self.file.metadata()?.len();
        if let Err(error) = system::write_all_at(&self.file, at, bytes) {
            // A torn tail must not be taken for data by the next reader.
            let _ = self.file.set_len(at);
            return Err(error);
        }
        Ok(at)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

/// The lock goes with the file.
#[derive(Debug)]
struct RealLock(#[expect(dead_code, reason = "held for its lock")] File);

impl HeldLock for RealLock {}
