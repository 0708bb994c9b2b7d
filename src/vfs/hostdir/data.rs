//! Bytes: a file of the host is opened when a guest opens it, for writing only when it is written to.
//!
//! So watchers on the host see a file closed after writing only if it was written. A file that loses its name while a
//! guest holds it stays open until the last release; of the others only a bounded number is, and they are opened again
//! by name, if the name still leads to them.

use super::super::{Ino, Kind, Result};
use super::nodes::Open;
use super::{FILES, HostDir, system};
use crate::base::errno::Errno;
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt};
use cap_std::fs::{Dir, OpenOptions};
use std::io;
use std::sync::Arc;

/// Offsets are signed in every guest ABI.
const END_MAX: u64 = i64::MAX as u64;

/// Options that open one component and follow nothing.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.follow(FollowSymlinks::No);
    system::no_waiting(&mut options);
    options
}

impl HostDir {
    /// The open file of a node, for writing too if asked. `EISDIR` or `EINVAL` for what has no bytes.
    pub(super) fn file(&self, ino: Ino, write: bool) -> Result<Open> {
        match self.nodes.lock().key(ino).ok_or(Errno::Noent)?.1 {
            Kind::File => {}
            Kind::Dir => return Err(Errno::Isdir),
            _ => return Err(Errno::Inval),
        }
        match self.open_file(ino) {
            Some(open) if open.writable || !write => return Ok(open),
            Some(_) if self.nodes.lock().pinned(ino).is_some_and(|p| !p.writable) => {
                return self.reopen_pinned(ino);
            }
            _ => {}
        }
        let (dir, name, seen) = self.place(ino)?;
        let open = self.open_named(&dir, &name, seen.key, write)?;
        // Of what nobody holds, nobody will say when it may be closed.
        if self.nodes.lock().is_held(ino) {
            FILES.keep(self.owner, ino, open.clone());
        }
        Ok(open)
    }

    fn open_named(&self, dir: &Dir, name: &str, key: super::Key, write: bool) -> Result<Open> {
        let mut options = options();
        options.read(true).write(write);
        let opened = match dir.open_with(name, &options) {
            Err(e) if write && e.kind() == io::ErrorKind::PermissionDenied => {
                dir.open_with(name, options.read(false))
            }
            opened => opened,
        };
        let file = opened.map_err(system::errno)?.into_std();
        let found = system::stat_file(&file)?;
        if found.key != key || found.attr.kind != Kind::File {
            return Err(Errno::Stale);
        }
        Ok(Open {
            file: Arc::new(file),
            writable: write,
        })
    }

    /// A bound file is held by the mount for reading; to be written to, it must still be where it was.
    fn reopen_pinned(&self, ino: Ino) -> Result<Open> {
        let (dir, name, seen) = self.place(ino).map_err(|_| Errno::Stale)?;
        let open = self.open_named(&dir, &name, seen.key, true)?;
        self.nodes.lock().pin(ino, open.clone());
        Ok(open)
    }

    /// Keeps a file open beyond its names, for writing if that is possible.
    pub(super) fn pin(&self, ino: Ino) {
        let open = match self.open_file(ino) {
            Some(open) if open.writable => Some(open),
            reading => self.file(ino, true).ok().or(reading),
        };
        if let Some(open) = open.or_else(|| self.file(ino, false).ok()) {
            self.nodes.lock().pin(ino, open);
        }
    }

    pub(super) fn take_hold(&self, ino: Ino) {
        let held = self.nodes.lock().hold(ino);
        if held == Some(Kind::File) && self.open_file(ino).is_none() {
            // What cannot be opened says so when it is read.
            let _ = self.file(ino, false);
        }
    }

    pub(super) fn let_go(&self, ino: Ino) {
        let Some(pinned) = self.nodes.lock().release(ino) else {
            return;
        };
        FILES.forget(self.owner, ino);
        let last = pinned.and_then(|open| system::stat_file(&open.file).ok());
        if let Some(seen) = last.filter(|seen| seen.attr.nlink == 0) {
            self.kept.lock().forget(seen.key);
        }
    }

    pub(super) fn read_bytes(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let open = self.file(ino, false)?;
        if offset > END_MAX {
            return Ok(0);
        }
        retry(|| system::read_at(&open.file, offset, buf))
    }

    pub(super) fn write_bytes(&self, ino: Ino, offset: u64, buf: &[u8]) -> Result<usize> {
        if buf.is_empty() {
            return Ok(0);
        }
        let end = offset.checked_add(buf.len() as u64);
        if end.is_none_or(|end| end > END_MAX) {
            return Err(Errno::Fbig);
        }
        let open = self.file(ino, true)?;
        retry(|| system::write_at(&open.file, offset, buf))
    }

    pub(super) fn append_bytes(&self, ino: Ino, buf: &[u8]) -> Result<(u64, usize)> {
        let open = self.file(ino, true)?;
        let done = match buf.is_empty() {
            true => 0,
            false => retry(|| system::append(&open.file, buf))?,
        };
        // Others may have appended since; the place only serves the reader's offset.
        let end = open.file.metadata().map_err(system::errno)?.len();
        Ok((end.saturating_sub(done as u64), done))
    }

    pub(super) fn sync_node(&self, ino: Ino) -> Result<()> {
        match self.file(ino, false) {
            Ok(open) => open.file.sync_all().map_err(system::errno),
            Err(Errno::Isdir) => Ok(()),
            Err(error) => Err(error),
        }
    }
}

fn retry(mut call: impl FnMut() -> io::Result<usize>) -> Result<usize> {
    loop {
        match call() {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            done => return done.map_err(system::errno),
        }
    }
}
