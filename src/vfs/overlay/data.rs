//! Bytes and attributes: reading, writing, copy-up, truncating, times.
//!
//! A file of the image is copied up when its bytes first change; changing its mode or owner copies nothing. Reading
//! moves `atime` as `relatime` does (when it is not after `mtime`, or a day old), and only of the overlay's own nodes,
//! so that reading an image's file leaves no trace.

use super::super::{Ino, Result, SetAttr, Time};
use super::Overlay;
use super::node::{Body, Meta};
use super::state::{Batch, Node};
use crate::base::errno::Errno;

/// Copy-up and the like move this much at a time.
const STEP: usize = 256 << 10;
/// Writing tells the journal a file's `mtime` at most this often; closing and flushing tell the rest.
const MTIME_EVERY: u64 = 1_000_000_000;
const DAY: i64 = 86_400 * 1_000_000_000;
/// Offsets are signed in every guest ABI.
const END_MAX: u64 = i64::MAX as u64;

impl Overlay {
    pub(super) fn read_bytes(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let (own, stale) = {
            let state = self.state.read();
            match state.nodes.get(&ino).map(|n| &n.meta) {
                None => (None, false),
                Some(meta) => match meta.body {
                    Body::Own { size } => (Some(size), meta.atime_is_due(&self.clock)),
                    Body::Image => (None, meta.atime_is_due(&self.clock)),
                    Body::Dir { .. } => return Err(Errno::Isdir),
                    _ => return Err(Errno::Inval),
                },
            }
        };
        let done = match own {
            None => self
                .image
                .read(ino, offset, buf)
                .map_err(|e| match self.image.kind(ino) {
                    Some(super::super::Kind::Dir) => Errno::Isdir,
                    _ => e,
                })?,
            Some(size) => {
                let left = usize::try_from(size.saturating_sub(offset)).unwrap_or(usize::MAX);
                let len = left.min(buf.len());
                self.contents.read(ino, offset, &mut buf[..len])?;
                len
            }
        };
        if stale {
            let now = (self.clock)();
            let mut state = self.state.write();
            if let Some(node) = state.nodes.get_mut(&ino) {
                node.meta.atime = now;
                state.dirty.insert(ino);
            }
        }
        Ok(done)
    }

    /// Writes at an offset, or at the end. Answers where, and how many bytes.
    pub(super) fn write_bytes(
        &self,
        ino: Ino,
        offset: Option<u64>,
        buf: &[u8],
    ) -> Result<(u64, usize)> {
        let _writers = self.writer(ino).lock();
        let mut size = self.file_size(ino)?;
        let offset = offset.unwrap_or(size);
        if buf.is_empty() {
            return Ok((offset, 0));
        }
        let end = offset.checked_add(buf.len() as u64);
        if end.is_none_or(|end| end > END_MAX) {
            return Err(Errno::Fbig);
        }
        if self.is_image_file(ino) {
            size = self.copy_up(ino, size)?;
        }
        let done = self.contents.write(ino, size, offset, buf)?;
        self.wrote(ino, size.max(offset + done as u64));
        Ok((offset, done))
    }

    pub(super) fn change_attr(&self, ino: Ino, set: &SetAttr) -> Result<()> {
        let _writers = set.size.map(|_| self.writer(ino).lock());
        let now = (self.clock)();
        if let Some(new) = set.size {
            self.resize(ino, new)?;
        }
        let mut state = self.state.write();
        let mut batch = Batch::default();
        let meta = state.edit(&mut batch, ino)?;
        if set.size.is_some() {
            meta.mtime = now;
        }
        meta.ctime = now;
        meta.mode = set.mode.map_or(meta.mode, |mode| mode & 0o7777);
        meta.uid = set.uid.unwrap_or(meta.uid);
        meta.gid = set.gid.unwrap_or(meta.gid);
        meta.atime = set.atime.unwrap_or(meta.atime);
        meta.mtime = set.mtime.unwrap_or(meta.mtime);
        state.commit(batch)
    }

    /// Cuts or extends a file's bytes, under its writer's lock.
    fn resize(&self, ino: Ino, new: u64) -> Result<()> {
        let mut size = self.file_size(ino)?;
        if new > END_MAX {
            return Err(Errno::Fbig);
        }
        if new == size {
            return Ok(());
        }
        if self.is_image_file(ino) {
            size = self.copy_up(ino, new.min(size))?;
        }
        self.contents.resize(ino, size, new)?;
        self.set_size(ino, new);
        Ok(())
    }

    fn file_size(&self, ino: Ino) -> Result<u64> {
        let state = self.state.read();
        let meta = state.meta(ino).ok_or(Errno::Noent)?;
        match meta.body {
            Body::Own { size } => Ok(size),
            Body::Image => Ok(meta.size(&self.image, ino)),
            Body::Dir { .. } => Err(Errno::Isdir),
            _ => Err(Errno::Inval),
        }
    }

    fn is_image_file(&self, ino: Ino) -> bool {
        match self.state.read().nodes.get(&ino) {
            Some(node) => node.meta.body == Body::Image,
            None => true,
        }
    }

    /// Makes the first `keep` bytes of an image's file the overlay's own. The journal learns of it when they are all
    /// there, so a kill on the way leaves the image's file, and garbage that opening removes.
    fn copy_up(&self, ino: Ino, keep: u64) -> Result<u64> {
        if let Err(error) = self.copy_bytes(ino, keep) {
            self.contents.remove(ino, 0);
            return Err(error);
        }
        let mut state = self.state.write();
        let mut batch = Batch::default();
        state.edit(&mut batch, ino)?.body = Body::Own { size: keep };
        if let Err(error) = state.commit(batch) {
            drop(state);
            self.contents.remove(ino, keep);
            return Err(error);
        }
        Ok(keep)
    }

    fn copy_bytes(&self, ino: Ino, keep: u64) -> Result<()> {
        let mut buf = vec![0; STEP.min(usize::try_from(keep).unwrap_or(STEP))];
        let mut at = 0;
        while at < keep {
            let want = buf.len().min(usize::try_from(keep - at).unwrap_or(STEP));
            let got = self.image.read(ino, at, &mut buf[..want])?;
            let written = match got {
                0 => Err(Errno::Io),
                _ => self.contents.write(ino, at, at, &buf[..got]),
            };
            match written {
                Ok(n) if n == got => at += n as u64,
                failed => {
                    // Gives back what the account has taken so far.
                    let short = failed.as_ref().map_or(0, |&n| n as u64);
                    let _ = self.contents.resize(ino, at + short, 0);
                    return Err(failed.err().unwrap_or(Errno::Nospc));
                }
            }
        }
        Ok(())
    }

    fn set_size(&self, ino: Ino, new: u64) {
        let mut state = self.state.write();
        if let Some(node) = state.nodes.get_mut(&ino) {
            node.set_size(new);
        }
    }

    /// Bytes were written: size and times follow, the journal now and then.
    fn wrote(&self, ino: Ino, new: u64) {
        let now = (self.clock)();
        let mut state = self.state.write();
        let Some(node) = state.nodes.get_mut(&ino) else {
            return;
        };
        node.set_size(new);
        node.meta.touch(now);
        let untold = now.0.saturating_sub(node.told.0).unsigned_abs();
        state.dirty.insert(ino);
        if untold >= MTIME_EVERY {
            state.tell(ino);
        }
    }
}

impl Node {
    fn set_size(&mut self, new: u64) {
        if let Body::Own { size } = &mut self.meta.body {
            *size = new;
        }
    }
}

impl Meta {
    fn atime_is_due(&self, clock: &super::super::Clock) -> bool {
        self.atime <= self.mtime || {
            let Time(now) = clock();
            now.saturating_sub(self.atime.0) >= DAY
        }
    }
}
