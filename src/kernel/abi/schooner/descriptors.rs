//! Descriptors: opening with Linux's flags, copies, flags.

use super::super::guest::*;
use super::{MODULE, calls, waiting_calls};
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::description::Description;
use crate::kernel::open::{O_CLOEXEC, open};
use crate::kernel::process::Process;
use crate::vfs::{At, Place};
use std::sync::Arc;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker, MODULE;
        dup_min(fd: u32, min: u32, cloexec: i32, out: u32);
        dup3(from: u32, to: u32, cloexec: i32);
        fd_flags_get(fd: u32, out: u32);
        fd_flags_set(fd: u32, flags: u32);
        status_flags_get(fd: u32, out: u32);
        status_flags_set(fd: u32, flags: u32);
    }
    waiting_calls! { linker, MODULE;
        openat(dirfd: i32, path: u32, len: u32, flags: u32, mode: u32, out: u32);
    }
    Ok(())
}

/// Where a relative path starts: a copy of the cwd, or the open directory.
pub(super) enum Base {
    Cwd(String),
    Dir(Place),
}

impl Base {
    /// `-1` is the cwd; absolute paths ignore the descriptor, as on Linux.
    pub fn new(process: &Process, dirfd: i32, path: &str) -> std::result::Result<Base, Errno> {
        if dirfd == -1 || path.starts_with('/') {
            return Ok(Base::Cwd(process.cwd()));
        }
        let fd = u32::try_from(dirfd).map_err(|_| Errno::Badf)?;
        let description = process.files.lock().get(fd)?;
        let file = description.file().ok_or(Errno::Notdir)?;
        Ok(Base::Dir(file.place().clone()))
    }

    pub fn at(&self) -> At<'_> {
        match self {
            Base::Cwd(cwd) => At::Path(cwd),
            Base::Dir(place) => At::Place(place),
        }
    }
}

async fn openat(
    guest: &mut Guest<'_>,
    dirfd: i32,
    path: u32,
    len: u32,
    flags: u32,
    mode: u32,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    let path = super::super::guest::path(guest, path, len)?;
    let process = process(guest);
    if !process.files.lock().has_room() {
        return Err(Errno::Mfile);
    }
    let base = Base::new(&process, dirfd, &path)?;
    let description = open(&process, base.at(), &path, flags, (mode & 0o7777) as u16).await?;
    let fd = process
        .files
        .lock()
        .insert(0, description, flags & O_CLOEXEC != 0)?;
    put_word(guest, out, fd)
}

/// Copies a descriptor to the lowest free number from `min` on.
pub(in super::super) fn duplicate(
    process: &Process,
    fd: u32,
    min: u32,
    cloexec: bool,
) -> std::result::Result<u32, Errno> {
    let mut files = process.files.lock();
    let description = files.get(fd)?;
    files.insert(min, description, cloexec)
}

/// Puts a copy at a number of the caller's choosing.
pub(in super::super) fn duplicate_to(
    process: &Process,
    from: u32,
    to: u32,
    cloexec: bool,
) -> Answer {
    let replaced: Option<Arc<Description>> = {
        let mut files = process.files.lock();
        let description = files.get(from)?;
        files.replace(to, description, cloexec)?
    };
    // Closing may wake others: not under the table's lock.
    drop(replaced);
    Ok(())
}

fn dup_min(guest: &mut Guest<'_>, fd: u32, min: u32, cloexec: i32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let copy = duplicate(&process(guest), fd, min, cloexec != 0)?;
    put_word(guest, out, copy)
}

fn dup3(guest: &mut Guest<'_>, from: u32, to: u32, cloexec: i32) -> Answer {
    if from == to {
        return Err(Errno::Inval);
    }
    duplicate_to(&process(guest), from, to, cloexec != 0)
}

fn fd_flags_get(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let cloexec = process(guest).files.lock().cloexec(fd)?;
    put_word(guest, out, cloexec.into())
}

fn fd_flags_set(guest: &mut Guest<'_>, fd: u32, flags: u32) -> Answer {
    process(guest).files.lock().set_cloexec(fd, flags & 1 != 0)
}

fn status_flags_get(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let description = process(guest).files.lock().get(fd)?;
    put_word(guest, out, description.flags())
}

fn status_flags_set(guest: &mut Guest<'_>, fd: u32, flags: u32) -> Answer {
    process(guest).files.lock().get(fd)?.set_flags(flags);
    Ok(())
}
