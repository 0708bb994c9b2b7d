//! Contents in host files, one a file, named by inode number.
//!
//! A file's length on the host is the file's size, so appending needs no word in the journal. Space is counted by
//! size: a hole costs what it spans, because not every host keeps holes.

use super::super::handles::{Handles, new_owner};
use super::super::{Ino, Result};
use super::contents::Contents;
use crate::base::errno::Errno;
use crate::store::disk::{self, Disk, DiskFile, Open};
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Every overlay's open files.
static OPEN: Handles<Arc<dyn DiskFile>> = Handles::new(96);

pub(super) struct DiskContents {
    disk: Arc<dyn Disk>,
    dir: String,
    /// Of this overlay in the table of open files.
    owner: u64,
    limit: u64,
    used: AtomicU64,
}

impl DiskContents {
    /// Opens the folder. Answers the sizes of what is there.
    pub fn open(
        disk: Arc<dyn Disk>,
        dir: &str,
        limit: u64,
    ) -> io::Result<(DiskContents, HashMap<Ino, u64>)> {
        let items = match disk.list(dir) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            items => items?,
        };
        let sizes: HashMap<Ino, u64> = items
            .iter()
            .filter_map(|item| {
                let number = item.name.strip_prefix('f')?;
                Some((Ino::from_str_radix(number, 16).ok()?, item.len))
            })
            .collect();
        let contents = DiskContents {
            disk,
            dir: dir.to_owned(),
            owner: new_owner(),
            limit,
            used: AtomicU64::new(sizes.values().sum()),
        };
        Ok((contents, sizes))
    }

    fn path(&self, ino: Ino) -> String {
        format!("{}/f{ino:x}", self.dir)
    }

    /// The host's file, `None` if it was never written and is not to be made.
    fn file(&self, ino: Ino, make: bool) -> Result<Option<Arc<dyn DiskFile>>> {
        if let Some(file) = OPEN.get(self.owner, ino) {
            return Ok(Some(file));
        }
        let how = if make { Open::Create } else { Open::Write };
        let file = match self.disk.open(&self.path(ino), how) {
            Err(e) if e.kind() == io::ErrorKind::NotFound && !make => return Ok(None),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                disk::create_dirs(&*self.disk, &self.dir)?;
                self.disk.open(&self.path(ino), how)?
            }
            file => file?,
        };
        OPEN.keep(self.owner, ino, Arc::clone(&file));
        Ok(Some(file))
    }

    /// Takes up to `want` bytes of the limit.
    fn take(&self, want: u64) -> u64 {
        let mut taken = 0;
        let _ = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                taken = want.min(self.limit.saturating_sub(used));
                Some(used + taken)
            });
        taken
    }

    fn give_back(&self, bytes: u64) {
        let _ = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                Some(used.saturating_sub(bytes))
            });
    }
}

impl Contents for DiskContents {
    fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<()> {
        let mut done = 0;
        if let Some(file) = self.file(ino, false)? {
            while done < buf.len() {
                match file.read_at(offset + done as u64, &mut buf[done..]) {
                    Ok(0) => break,
                    Ok(n) => done += n,
                    Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                    Err(e) => return Err(e.into()),
                }
            }
        }
        buf[done..].fill(0);
        Ok(())
    }

    fn write(&self, ino: Ino, size: u64, offset: u64, buf: &[u8]) -> Result<usize> {
        let end = offset + buf.len() as u64;
        let grow = end.saturating_sub(size);
        let taken = self.take(grow);
        let fits = buf.len() as u64 - (grow - taken).min(buf.len() as u64);
        if fits == 0 && !buf.is_empty() {
            self.give_back(taken);
            return Err(Errno::Nospc);
        }
        let written = self
            .file(ino, true)
            .and_then(|file| file.ok_or(Errno::Io))
            .and_then(|file| {
                if offset > size {
                    // A write that failed may have left bytes where a hole is to be.
                    file.set_len(size)?;
                }
                let done = file.write_at(offset, &buf[..fits as usize]);
                if done.is_err() && grow > 0 {
                    // The host's length is the size: leave it as it was.
                    let _ = file.set_len(size);
                }
                Ok(done?)
            });
        if let Err(error) = written {
            self.give_back(taken);
            return Err(error);
        }
        Ok(fits as usize)
    }

    fn resize(&self, ino: Ino, size: u64, new: u64) -> Result<()> {
        let grow = new.saturating_sub(size);
        let taken = self.take(grow);
        if taken < grow {
            self.give_back(taken);
            return Err(Errno::Nospc);
        }
        let done = match self.file(ino, new > 0) {
            Ok(Some(file)) => {
                // As in `write`: what lies beyond the size must not come into view.
                let exact = if new > size {
                    file.set_len(size)
                } else {
                    Ok(())
                };
                exact.and_then(|()| file.set_len(new)).map_err(Errno::from)
            }
            Ok(None) => Ok(()),
            Err(error) => Err(error),
        };
        match done {
            Ok(()) => self.give_back(size.saturating_sub(new)),
            Err(_) => self.give_back(taken),
        }
        done
    }

    fn remove(&self, ino: Ino, size: u64) {
        OPEN.forget(self.owner, ino);
        // What cannot be removed now is garbage, and removed when the overlay is next opened.
        let _ = self.disk.remove(&self.path(ino));
        self.give_back(size);
    }

    fn blocks512(&self, _ino: Ino, size: u64) -> u64 {
        size.div_ceil(4096) * 8
    }

    fn sync(&self, ino: Ino) -> Result<()> {
        if let Some(file) = self.file(ino, false)? {
            file.sync()?;
            self.disk.sync_dir(&self.dir)?;
        }
        Ok(())
    }

    fn space(&self) -> (u64, u64) {
        (self.limit, self.used.load(Ordering::Relaxed))
    }
}

impl Drop for DiskContents {
    fn drop(&mut self) {
        OPEN.forget_all(self.owner);
    }
}
