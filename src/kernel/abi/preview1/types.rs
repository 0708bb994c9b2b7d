//! Preview1's structures and numbers as they lie in the guest's memory.

use super::super::super::description::{Description, O_APPEND, O_NONBLOCK, Object};
use super::super::super::process::Process;
use super::super::guest::{Guest, path, process};
use crate::base::errno::Errno;
use crate::net::Protocol;
use crate::vfs::{At, Attr, Kind, Place, SetTime, Time};
use std::sync::Arc;

/// The descriptor that libc finds as the preopened root.
pub const ROOT: u32 = 3;

pub const RIGHT_FD_READ: u64 = 1 << 1;
pub const RIGHT_FD_SEEK: u64 = 1 << 2;
pub const RIGHT_FD_TELL: u64 = 1 << 5;
pub const RIGHT_FD_WRITE: u64 = 1 << 6;
pub const RIGHT_FD_ALLOCATE: u64 = 1 << 8;
pub const RIGHT_FD_READDIR: u64 = 1 << 14;
pub const RIGHT_FD_SET_SIZE: u64 = 1 << 22;
/// All thirty rights.
pub const RIGHTS_ALL: u64 = (1 << 30) - 1;

pub const FDFLAG_APPEND: u32 = 1;
pub const FDFLAG_NONBLOCK: u32 = 4;

/// `lookupflags`: follow a symbolic link at the end.
pub const FOLLOW: u32 = 1;

/// Preview1's file type of a kind. It has none for FIFOs.
pub fn filetype(kind: Kind) -> u8 {
    match kind {
        Kind::Fifo => 0,
        Kind::BlockDevice => 1,
        Kind::CharDevice => 2,
        Kind::Dir => 3,
        Kind::File => 4,
        Kind::Socket => 6,
        Kind::Symlink => 7,
    }
}

/// `filestat`, 64 bytes.
pub fn filestat(attr: &Attr) -> [u8; 64] {
    let mut bytes = [0; 64];
    let mut put = |at: usize, value: u64| bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    let time = |time: Time| u64::try_from(time.0).unwrap_or(0);
    put(0, attr.dev);
    put(8, attr.ino);
    put(24, attr.nlink);
    put(32, attr.size);
    put(40, time(attr.atime));
    put(48, time(attr.mtime));
    put(56, time(attr.ctime));
    bytes[16] = filetype(attr.kind);
    bytes
}

/// `fdstat`, 24 bytes.
pub fn fdstat(description: &Description) -> Result<[u8; 24], Errno> {
    let mut bytes = [0; 24];
    bytes[0] = match &description.object {
        // Preview1 tells datagrams from streams.
        Object::Socket(socket) if socket.protocol() == Protocol::Udp => 5,
        _ => filetype(description.attr()?.kind),
    };
    bytes[2..4].copy_from_slice(&(fdflags(description.flags()) as u16).to_le_bytes());
    let rights = match &description.object {
        // How libc's `isatty` tells a terminal from other character devices.
        Object::Terminal { .. } => RIGHTS_ALL & !(RIGHT_FD_SEEK | RIGHT_FD_TELL),
        _ => RIGHTS_ALL,
    };
    bytes[8..16].copy_from_slice(&rights.to_le_bytes());
    bytes[16..24].copy_from_slice(&RIGHTS_ALL.to_le_bytes());
    Ok(bytes)
}

fn fdflags(flags: u32) -> u32 {
    let mut out = 0;
    if flags & O_APPEND != 0 {
        out |= FDFLAG_APPEND;
    }
    if flags & O_NONBLOCK != 0 {
        out |= FDFLAG_NONBLOCK;
    }
    out
}

/// Linux's status flags for preview1's. The sync flags have no effect: every file is as safe as the others.
pub fn status_flags(fdflags: u32) -> u32 {
    let mut out = 0;
    if fdflags & FDFLAG_APPEND != 0 {
        out |= O_APPEND;
    }
    if fdflags & FDFLAG_NONBLOCK != 0 {
        out |= O_NONBLOCK;
    }
    out
}

/// Access and modification time from `fstflags`; EINVAL when a time is both given and now.
pub fn set_times(atim: u64, mtim: u64, flags: u32) -> Result<(SetTime, SetTime), Errno> {
    let pick = |given: bool, now: bool, value: u64| match (given, now) {
        (true, true) => Err(Errno::Inval),
        (true, false) => Ok(SetTime::To(Time(
            i64::try_from(value).map_err(|_| Errno::Inval)?,
        ))),
        (false, true) => Ok(SetTime::Now),
        (false, false) => Ok(SetTime::Omit),
    };
    Ok((
        pick(flags & 1 != 0, flags & 2 != 0, atim)?,
        pick(flags & 4 != 0, flags & 8 != 0, mtim)?,
    ))
}

/// Where a path starts: the root, or an open directory.
pub enum Base {
    Root,
    Dir(Place),
}

impl Base {
    pub fn new(process: &Process, fd: u32) -> Result<Base, Errno> {
        if fd == ROOT {
            return Ok(Base::Root);
        }
        let description = process.files.lock().get(fd)?;
        let file = description.file().ok_or(Errno::Notdir)?;
        Ok(Base::Dir(file.place().clone()))
    }

    pub fn at(&self) -> At<'_> {
        match self {
            Base::Root => At::Path("/"),
            Base::Dir(place) => At::Place(place),
        }
    }
}

/// What most `path_*` calls begin with: the process, where the path starts, the path.
pub fn lookup(
    guest: &Guest<'_>,
    fd: u32,
    ptr: u32,
    len: u32,
) -> Result<(Arc<Process>, Base, String), Errno> {
    let process = process(guest);
    let base = Base::new(&process, fd)?;
    Ok((process, base, path(guest, ptr, len)?))
}
