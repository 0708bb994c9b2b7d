//! Opening by path: from a node of the tree to a description, with Linux's `O_*` flags.
//!
//! FIFOs wait for their other side; devices, terminals and the nameless things behind `/proc/PID/fd` become what they stand for.

use super::description::{Description, O_APPEND, O_NONBLOCK, Object};
use super::device::Device;
use super::door::open_door;
use super::limits::MemoryCharge;
use super::pipe::{CAPACITY, Pipe};
use super::process::Process;
use super::tty::Pty;
use crate::base::errno::Errno;
use crate::vfs::{At, Kind, OpenFile, OpenOptions};
use std::sync::Arc;

pub const O_WRONLY: u32 = 1;
pub const O_RDWR: u32 = 2;
pub const O_CREAT: u32 = 0o100;
pub const O_EXCL: u32 = 0o200;
pub const O_NOCTTY: u32 = 0o400;
pub const O_TRUNC: u32 = 0o1000;
pub const O_DIRECTORY: u32 = 0o200000;
pub const O_NOFOLLOW: u32 = 0o400000;
pub const O_CLOEXEC: u32 = 0o2000000;
/// What a description keeps of the flags.
const KEPT: u32 = 3 | O_APPEND | O_NONBLOCK;

/// Opens a path for a process; `mode` is masked by its umask. EINTR while a FIFO waits.
pub async fn open(
    process: &Arc<Process>,
    at: At<'_>,
    path: &str,
    flags: u32,
    mode: u16,
) -> Result<Arc<Description>, Errno> {
    let access = flags & 3;
    if access == 3 {
        return Err(Errno::Inval);
    }
    let options = OpenOptions {
        read: access != O_WRONLY,
        write: access != 0,
        append: flags & O_APPEND != 0,
        create: flags & O_CREAT != 0,
        exclusive: flags & O_EXCL != 0,
        truncate: flags & O_TRUNC != 0,
        directory: flags & O_DIRECTORY != 0,
        nofollow: flags & O_NOFOLLOW != 0,
        mode: mode & 0o7777 & !process.paths.lock().umask,
    };
    let file = match process.tree(|tree, cred| tree.open(cred, at, path, &options)) {
        // The tree refuses a socket file, once it is clear that this process may open it.
        Err(Errno::Nxio) => {
            let found = process.tree(|tree, cred| tree.stat(cred, at, path, !options.nofollow))?;
            return open_door(&process.sandbox, (found.dev, found.ino), flags & KEPT);
        }
        opened => opened?,
    };
    if file.is_magic() {
        return reopen(process, &file, flags);
    }
    let attr = file.attr()?;
    let kept = flags & KEPT;
    let object = match attr.kind {
        Kind::File | Kind::Dir => Object::File(file),
        Kind::Fifo => return open_fifo(process, file, (attr.dev, attr.ino), kept).await,
        Kind::CharDevice => match Device::from_rdev(attr.rdev) {
            Some(device) => Object::Device(device, Some(file)),
            None => return open_terminal(process, file, attr.rdev, flags),
        },
        Kind::Symlink => return Err(Errno::Loop),
        Kind::BlockDevice | Kind::Socket => return Err(Errno::Nxio),
    };
    Ok(Description::new(object, kept))
}

/// A FIFO: one pipe for all who open the same node.
async fn open_fifo(
    process: &Arc<Process>,
    node: OpenFile,
    key: (u64, u64),
    flags: u32,
) -> Result<Arc<Description>, Errno> {
    let sandbox = &process.sandbox;
    let pipe = {
        let mut fifos = sandbox.fifos.lock();
        fifos.retain(|_, pipe| pipe.strong_count() > 0);
        match fifos.get(&key).and_then(std::sync::Weak::upgrade) {
            Some(pipe) => pipe,
            None => {
                let pipe = Pipe::unopened(CAPACITY, MemoryCharge::to(&sandbox.memory));
                fifos.insert(key, Arc::downgrade(&pipe));
                pipe
            }
        }
    };
    let access = flags & 3;
    let nonblocking = flags & O_NONBLOCK != 0;
    if access == O_WRONLY && nonblocking && !pipe.has_readers() {
        return Err(Errno::Nxio);
    }
    let (reader, writer) = match access {
        0 if !nonblocking => (Some(process.block(pipe.join_reading()).await?), None),
        0 => (Some(pipe.reader()), None),
        O_WRONLY if !nonblocking => (None, Some(process.block(pipe.join_writing()).await?)),
        O_WRONLY => (None, Some(pipe.writer())),
        _ => (Some(pipe.reader()), Some(pipe.writer())),
    };
    Ok(Description::new(
        Object::Pipe {
            reader,
            writer,
            node: Some(node),
        },
        flags,
    ))
}

fn open_terminal(
    process: &Arc<Process>,
    node: OpenFile,
    rdev: (u32, u32),
    flags: u32,
) -> Result<Arc<Description>, Errno> {
    let table = &process.sandbox.table;
    let terminal = match rdev {
        (5, 0) => table.terminal_of(process.pid),
        (5, 1) => table.terminal_of(1),
        (136..=143, index) => process.sandbox.terminal(index),
        _ => None,
    };
    let terminal = terminal.ok_or(Errno::Nxio)?;
    if flags & O_NOCTTY == 0 {
        become_controlling(process, &terminal);
    }
    let index = process
        .sandbox
        .terminal_index(&terminal)
        .ok_or(Errno::Nxio)?;
    let object = Object::Terminal {
        slave: terminal.open_slave(),
        index,
        node: Some(node),
    };
    Ok(Description::new(object, flags & KEPT))
}

/// A session leader without a terminal gets the first free one that it opens (POSIX 11.1.3).
fn become_controlling(process: &Process, terminal: &Arc<Pty>) {
    let table = &process.sandbox.table;
    let leader = table
        .with(process.pid, |e| e.sid == e.process.pid)
        .unwrap_or(false);
    if leader && terminal.session().is_none() && table.terminal_of(process.pid).is_none() {
        let pgrp = table.getpgid(process.pid, 0).unwrap_or(process.pid);
        if terminal.acquire(process.pid, pgrp).is_ok() {
            table.set_terminal(process.pid, terminal.clone());
        }
    }
}

/// Opens again what stands behind `/proc/PID/fd/N` and has no name.
fn reopen(process: &Process, link: &OpenFile, flags: u32) -> Result<Arc<Description>, Errno> {
    let mut parts = link.path().rsplit('/');
    let fd: u32 = parts
        .next()
        .and_then(|fd| fd.parse().ok())
        .ok_or(Errno::Noent)?;
    let pid = parts.nth(1).ok_or(Errno::Noent)?;
    let pid = if pid == "self" {
        process.pid
    } else {
        pid.parse().map_err(|_| Errno::Noent)?
    };
    let owner = process.sandbox.table.get(pid).ok_or(Errno::Noent)?;
    let (asker, target) = (process.cred(), owner.cred());
    if !asker.is_root() && asker.uid != target.uid {
        return Err(Errno::Acces);
    }
    let found = owner.files.lock().get(fd).map_err(|_| Errno::Noent)?;
    let access = flags & 3;
    let object = match &found.object {
        Object::Pipe { reader, writer, .. } => {
            let reader = if access == O_WRONLY {
                None
            } else {
                reader.clone()
            };
            let writer = if access == 0 { None } else { writer.clone() };
            if reader.is_none() && writer.is_none() {
                return Err(Errno::Acces);
            }
            Object::Pipe {
                reader,
                writer,
                node: None,
            }
        }
        Object::Terminal { slave, index, .. } => Object::Terminal {
            slave: slave.clone(),
            index: *index,
            node: None,
        },
        Object::Device(device, _) => Object::Device(*device, None),
        // Files have names: their links are text and never come here.
        Object::Socket(_) => return Err(Errno::Nxio),
        Object::File(_) => return Err(Errno::Noent),
    };
    Ok(Description::new(object, flags & KEPT))
}
