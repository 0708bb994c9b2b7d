//! Descriptors, pipes, the current directory, and what a program with one thread can be told about threads.

use super::super::guest::*;
use super::super::preview1::path_open;
use super::super::schooner::{calls, duplicate, waiting_calls};
use super::MODULE;
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::description::Description;
use crate::kernel::limits::MemoryCharge;
use crate::kernel::pipe::{CAPACITY, Pipe};
use crate::kernel::poll::poll;
use crate::vfs::At;
use std::time::Duration;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker, MODULE;
        fd_dup(fd: u32, out: u32);
        fd_dup2(fd: u32, min: u32, cloexec: i32, out: u32);
        fd_pipe(reader: u32, writer: u32);
        fd_fdflags_get(fd: u32, out: u32);
        fd_fdflags_set(fd: u32, flags: u32);
        getcwd(buffer: u32, len: u32);
        chdir(path: u32, len: u32);
        thread_id(out: u32);
        thread_parallelism(out: u32);
    }
    waiting_calls! { linker, MODULE;
        path_open2(
            fd: u32, lookup_flags: u32, path: u32, len: u32, oflags: u32, rights: u64, inheriting: u64, fdflags: u32,
            cloexec: u32, out: u32
        );
        thread_sleep(time: u64);
    }
    Ok(())
}

fn fd_dup(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let copy = duplicate(&process(guest), fd, 0, false)?;
    put_word(guest, out, copy)
}

/// The copy's number is at least `min`, as `F_DUPFD`.
fn fd_dup2(guest: &mut Guest<'_>, fd: u32, min: u32, cloexec: i32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let copy = duplicate(&process(guest), fd, min, cloexec != 0)?;
    put_word(guest, out, copy)
}

fn fd_pipe(guest: &mut Guest<'_>, reader: u32, writer: u32) -> Answer {
    writable(guest, reader, 4)?;
    writable(guest, writer, 4)?;
    let process = process(guest);
    let (read_end, write_end) = Pipe::ends(CAPACITY, MemoryCharge::to(&process.sandbox.memory));
    let (read_end, write_end) = (
        Description::reader(read_end),
        Description::writer(write_end),
    );
    let mut files = process.files.lock();
    let read_fd = files.insert(0, read_end, false)?;
    let write_fd = match files.insert(0, write_end, false) {
        Ok(fd) => fd,
        Err(errno) => {
            let _unused = files.remove(read_fd)?;
            drop(files);
            return Err(errno);
        }
    };
    drop(files);
    put_word(guest, reader, read_fd)?;
    put_word(guest, writer, write_fd)
}

/// Preview1's `path_open` with close-on-exec in its extended flags.
#[expect(clippy::too_many_arguments, reason = "WASIX's signature")]
async fn path_open2(
    guest: &mut Guest<'_>,
    fd: u32,
    lookup_flags: u32,
    path: u32,
    len: u32,
    oflags: u32,
    rights: u64,
    inheriting: u64,
    fdflags: u32,
    cloexec: u32,
    out: u32,
) -> Answer {
    path_open(
        guest,
        fd,
        lookup_flags,
        path,
        len,
        oflags,
        rights,
        inheriting,
        fdflags,
        out,
    )
    .await?;
    let opened = word(guest, out)?;
    process(guest)
        .files
        .lock()
        .set_cloexec(opened, cloexec & 1 != 0)
}

fn fd_fdflags_get(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let cloexec = process(guest).files.lock().cloexec(fd)?;
    put(guest, out, &u16::from(cloexec).to_le_bytes())
}

fn fd_fdflags_set(guest: &mut Guest<'_>, fd: u32, flags: u32) -> Answer {
    process(guest).files.lock().set_cloexec(fd, flags & 1 != 0)
}

/// `len` holds the buffer's size and receives the path's; EOVERFLOW when it does not fit.
fn getcwd(guest: &mut Guest<'_>, buffer: u32, len: u32) -> Answer {
    let cwd = process(guest).cwd();
    let room = word(guest, len)?;
    put_word(guest, len, cwd.len() as u32)?;
    if (room as usize) < cwd.len() {
        return Err(Errno::Overflow);
    }
    put(guest, buffer, cwd.as_bytes())
}

/// POSIX `chdir`: the directory must exist and be searchable.
fn chdir(guest: &mut Guest<'_>, ptr: u32, len: u32) -> Answer {
    let path = path(guest, ptr, len)?;
    let process = process(guest);
    let cwd = process.cwd();
    let real = process.tree(|tree, cred| tree.real_path(cred, At::Path(&cwd), &path))?;
    process.paths.lock().cwd = real;
    Ok(())
}

fn thread_id(guest: &mut Guest<'_>, out: u32) -> Answer {
    put_word(guest, out, 1)
}

fn thread_parallelism(guest: &mut Guest<'_>, out: u32) -> Answer {
    put_word(guest, out, 1)
}

async fn thread_sleep(guest: &mut Guest<'_>, time: u64) -> Answer {
    let time = Duration::from_nanos(time);
    poll(&process(guest), &[], Some(time), None).await.map(drop)
}
