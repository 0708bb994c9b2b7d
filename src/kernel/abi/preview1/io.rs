//! Reading and writing through lists of buffers.
//!
//! Bytes go straight between the guest's memory and the description. Long transfers give way after each piece.

use super::super::super::context::Context;
use super::super::super::description::{Description, Object};
use super::super::super::pipe::PIPE_BUF;
use super::super::super::process::Process;
use super::super::guest::{Answer, Guest, bytes, process, put_word, word, writable};
use super::fd::get;
use super::waiting_calls;
use crate::base::errno::Errno;
use std::sync::Arc;
use wasmtime::{Linker, Result};

/// Linux's `IOV_MAX`.
const IOV_MAX: u32 = 1024;
/// How much is moved before others may run.
const PIECE: u32 = 1 << 20;

type Outcome<T> = std::result::Result<T, Errno>;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    waiting_calls! { linker;
        fd_read(fd: u32, list: u32, count: u32, out: u32);
        fd_write(fd: u32, list: u32, count: u32, out: u32);
        fd_pread(fd: u32, list: u32, count: u32, offset: u64, out: u32);
        fd_pwrite(fd: u32, list: u32, count: u32, offset: u64, out: u32);
    }
    Ok(())
}

/// The buffers, in pieces; every one lies within memory. At most 1,024 from the guest, each cut when it is long.
pub(super) fn pieces(guest: &Guest<'_>, list: u32, count: u32) -> Outcome<Pieces> {
    if count > IOV_MAX {
        return Err(Errno::Inval);
    }
    let mut buffers = Vec::with_capacity(count as usize);
    for index in 0..count {
        let slot = list.checked_add(index * 8).ok_or(Errno::Fault)?;
        let (ptr, len) = (
            word(guest, slot)?,
            word(guest, slot.checked_add(4).ok_or(Errno::Fault)?)?,
        );
        bytes(guest, ptr, len)?;
        if len > 0 {
            buffers.push((ptr, len));
        }
    }
    Ok(Pieces {
        buffers,
        next: 0,
        done: 0,
    })
}

pub(super) struct Pieces {
    buffers: Vec<(u32, u32)>,
    next: usize,
    done: u32,
}

impl Pieces {
    fn total(&self) -> u64 {
        self.buffers.iter().map(|(_, len)| u64::from(*len)).sum()
    }
}

impl Iterator for Pieces {
    type Item = (u32, u32);

    fn next(&mut self) -> Option<(u32, u32)> {
        let (ptr, len) = *self.buffers.get(self.next)?;
        let piece = (len - self.done).min(PIECE);
        let start = ptr + self.done;
        self.done += piece;
        if self.done == len {
            (self.next, self.done) = (self.next + 1, 0);
        }
        Some((start, piece))
    }
}

pub(super) fn slice<'a>(guest: &'a mut Guest<'_>, ptr: u32, len: u32) -> Outcome<&'a mut [u8]> {
    let memory = guest.data().memory.ok_or(Errno::Fault)?;
    let start = ptr as usize;
    memory
        .data_mut(guest)
        .get_mut(start..start + len as usize)
        .ok_or(Errno::Fault)
}

async fn fd_read(guest: &mut Guest<'_>, fd: u32, list: u32, count: u32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let (process, description) = (process(guest), get(guest, fd)?);
    if !description.readable() {
        return Err(Errno::Badf);
    }
    let is_file = matches!(description.object, Object::File(_));
    let mut done = 0;
    for (ptr, len) in pieces(guest, list, count)? {
        if done >= PIECE {
            process.breathe().await;
        }
        let buffer = slice(guest, ptr, len)?;
        // Only the first piece waits; what follows takes what is there.
        let attempt = match done == 0 {
            true => description.read(&process, buffer).await,
            false => description.try_read(buffer),
        };
        match attempt {
            Ok(count) => {
                done += count as u32;
                if count < len as usize {
                    break;
                }
            }
            Err(_) if done > 0 => break,
            Err(errno) => return Err(errno),
        }
        // The end of a stream must not be swallowed by a second look.
        if !is_file && !matches!(description.object, Object::Device(..)) {
            break;
        }
    }
    put_word(guest, out, done)
}

async fn fd_write(guest: &mut Guest<'_>, fd: u32, list: u32, count: u32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let (process, description) = (process(guest), get(guest, fd)?);
    if !description.writable() {
        return Err(Errno::Badf);
    }
    let pieces = pieces(guest, list, count)?;
    let mut done = 0u32;
    if pieces.buffers.len() > 1 && pieces.total() <= PIPE_BUF as u64 {
        // One write: what is short enough for a pipe arrives whole, however many buffers it came in.
        let mut gathered = Vec::with_capacity(PIPE_BUF);
        for (ptr, len) in pieces {
            gathered.extend_from_slice(bytes(guest, ptr, len)?);
        }
        done = write_piece(&description, &process, &gathered).await? as u32;
    } else {
        for (ptr, len) in pieces {
            if done >= PIECE {
                process.breathe().await;
            }
            match write_piece(&description, &process, bytes(guest, ptr, len)?).await {
                Ok(count) => {
                    done += count as u32;
                    if count < len as usize {
                        break;
                    }
                }
                Err(_) if done > 0 => break,
                Err(errno) => return Err(errno),
            }
        }
    }
    put_word(guest, out, done)
}

async fn write_piece(
    description: &Description,
    process: &Arc<Process>,
    bytes: &[u8],
) -> Outcome<usize> {
    description.write(process, bytes).await
}

async fn fd_pread(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    let (process, description) = (process(guest), get(guest, fd)?);
    let file = description.file().ok_or(Errno::Spipe)?;
    let mut done = 0u32;
    for (ptr, len) in pieces(guest, list, count)? {
        if done >= PIECE {
            process.breathe().await;
        }
        let at = offset.checked_add(done.into()).ok_or(Errno::Inval)?;
        let count = file.read_at(at, slice(guest, ptr, len)?)?;
        done += count as u32;
        if count < len as usize {
            break;
        }
    }
    put_word(guest, out, done)
}

async fn fd_pwrite(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    offset: u64,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    let (process, description) = (process(guest), get(guest, fd)?);
    let file = description.file().ok_or(Errno::Spipe)?;
    let cred = process.cred();
    let mut done = 0u32;
    for (ptr, len) in pieces(guest, list, count)? {
        if done >= PIECE {
            process.breathe().await;
        }
        let at = offset.checked_add(done.into()).ok_or(Errno::Inval)?;
        match file.write_at(&cred, at, bytes(guest, ptr, len)?, false) {
            Ok((count, _)) => {
                done += count as u32;
                if count < len as usize {
                    break;
                }
            }
            Err(_) if done > 0 => break,
            Err(errno) => return Err(errno),
        }
    }
    put_word(guest, out, done)
}
