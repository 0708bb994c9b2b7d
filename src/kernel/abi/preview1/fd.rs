//! Descriptors themselves: closing, renumbering, attributes, flags, offsets, the preopen.

use super::super::super::context::Context;
use super::super::super::description::{Description, Whence};
use super::super::super::open::{O_DIRECTORY, open};
use super::super::super::process::Process;
use super::super::guest::{Answer, Guest, process, put, writable};
use super::types::{ROOT, fdstat, filestat, set_times, status_flags};
use super::{calls, waiting_calls};
use crate::base::errno::Errno;
use crate::vfs::{At, OpenFile};
use std::sync::Arc;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker;
        fd_seek(fd: u32, offset: i64, whence: u32, out: u32);
        fd_tell(fd: u32, out: u32);
        fd_fdstat_set_flags(fd: u32, flags: u32);
        fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
        fd_prestat_get(fd: u32, out: u32);
        fd_prestat_dir_name(fd: u32, buffer: u32, len: u32);
        fd_renumber(from: u32, to: u32);
        fd_close(fd: u32);
        fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
        fd_allocate(fd: u32, offset: u64, len: u64);
        fd_datasync(fd: u32);
        fd_sync(fd: u32);
        fd_filestat_set_size(fd: u32, size: u64);
        fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, flags: u32);
    }
    waiting_calls! { linker;
        fd_fdstat_get(fd: u32, out: u32);
        fd_filestat_get(fd: u32, out: u32);
    }
    Ok(())
}

/// What is open at a number.
pub(super) fn get(guest: &Guest<'_>, fd: u32) -> std::result::Result<Arc<Description>, Errno> {
    guest.data().process.files.lock().get(fd)
}

/// As [`get`], and the root at 3 while nothing is open there.
pub(super) async fn get_or_root(
    process: &Arc<Process>,
    fd: u32,
) -> std::result::Result<Arc<Description>, Errno> {
    let found = process.files.lock().get(fd);
    match found {
        Err(Errno::Badf) if fd == ROOT => open(process, At::Path("/"), "/", O_DIRECTORY, 0).await,
        found => found,
    }
}

/// The file or directory at a number.
fn with_file<T>(
    guest: &Guest<'_>,
    fd: u32,
    other: Errno,
    act: impl FnOnce(&OpenFile) -> std::result::Result<T, Errno>,
) -> std::result::Result<T, Errno> {
    let description = get(guest, fd)?;
    act(description.file().ok_or(other)?)
}

fn fd_seek(guest: &mut Guest<'_>, fd: u32, offset: i64, whence: u32, out: u32) -> Answer {
    writable(guest, out, 8)?;
    let whence = match whence {
        0 => Whence::Start,
        1 => Whence::Current,
        2 => Whence::End,
        _ => return Err(Errno::Inval),
    };
    let at = get(guest, fd)?.seek(offset, whence)?;
    put(guest, out, &at.to_le_bytes())
}

fn fd_tell(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let at = get(guest, fd)?.tell()?;
    put(guest, out, &at.to_le_bytes())
}

async fn fd_fdstat_get(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let process = process(guest);
    let description = get_or_root(&process, fd).await?;
    put(guest, out, &fdstat(&description)?)
}

async fn fd_filestat_get(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let process = process(guest);
    let description = get_or_root(&process, fd).await?;
    put(guest, out, &filestat(&description.attr()?))
}

fn fd_fdstat_set_flags(guest: &mut Guest<'_>, fd: u32, flags: u32) -> Answer {
    get(guest, fd)?.set_flags(status_flags(flags));
    Ok(())
}

/// Rights are accepted and ignored: modes and owners decide.
fn fd_fdstat_set_rights(guest: &mut Guest<'_>, fd: u32, _base: u64, _inheriting: u64) -> Answer {
    get(guest, fd).map(drop)
}

fn fd_prestat_get(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    if fd != ROOT {
        return Err(Errno::Badf);
    }
    // A directory, whose name has one byte.
    put(guest, out, &[0, 0, 0, 0, 1, 0, 0, 0])
}

fn fd_prestat_dir_name(guest: &mut Guest<'_>, fd: u32, buffer: u32, len: u32) -> Answer {
    match (fd, len) {
        (ROOT, 0) => Err(Errno::Nametoolong),
        (ROOT, _) => put(guest, buffer, b"/"),
        _ => Err(Errno::Badf),
    }
}

fn fd_renumber(guest: &mut Guest<'_>, from: u32, to: u32) -> Answer {
    let process = process(guest);
    let mut files = process.files.lock();
    let description = files.get(from)?;
    if from == to {
        return Ok(());
    }
    let cloexec = files.cloexec(from)?;
    let replaced = files.replace(to, description, cloexec)?;
    let moved = files.remove(from)?;
    drop(files);
    drop((replaced, moved));
    Ok(())
}

fn fd_close(guest: &mut Guest<'_>, fd: u32) -> Answer {
    let process = process(guest);
    let closed = process.files.lock().remove(fd)?;
    drop(closed);
    Ok(())
}

fn fd_advise(guest: &mut Guest<'_>, fd: u32, _offset: u64, _len: u64, advice: u32) -> Answer {
    if advice > 5 {
        return Err(Errno::Inval);
    }
    with_file(guest, fd, Errno::Spipe, |_| Ok(()))
}

/// Extends the file; nothing is reserved.
fn fd_allocate(guest: &mut Guest<'_>, fd: u32, offset: u64, len: u64) -> Answer {
    let end = offset
        .checked_add(len)
        .filter(|_| len > 0)
        .ok_or(Errno::Inval)?;
    let cred = guest.data().process.cred();
    with_file(guest, fd, Errno::Spipe, |file| {
        if !file.can_write() {
            return Err(Errno::Badf);
        }
        match file.attr()?.size < end {
            true => file.truncate(&cred, end),
            false => Ok(()),
        }
    })
}

fn fd_datasync(guest: &mut Guest<'_>, fd: u32) -> Answer {
    with_file(guest, fd, Errno::Inval, OpenFile::sync)
}

fn fd_sync(guest: &mut Guest<'_>, fd: u32) -> Answer {
    with_file(guest, fd, Errno::Inval, OpenFile::sync)
}

fn fd_filestat_set_size(guest: &mut Guest<'_>, fd: u32, size: u64) -> Answer {
    let cred = guest.data().process.cred();
    with_file(guest, fd, Errno::Inval, |file| file.truncate(&cred, size))
}

fn fd_filestat_set_times(
    guest: &mut Guest<'_>,
    fd: u32,
    atim: u64,
    mtim: u64,
    flags: u32,
) -> Answer {
    let (atime, mtime) = set_times(atim, mtim, flags)?;
    let cred = guest.data().process.cred();
    let description = get(guest, fd)?;
    match description.node() {
        Some(node) => node.set_times(&cred, atime, mtime),
        None => Ok(()),
    }
}
