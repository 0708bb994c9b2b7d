//! Preview1's socket calls, and what WASIX's share with them: accepting, receiving, sending.

use super::super::super::context::Context;
use super::super::super::description::{Description, O_NONBLOCK, Object};
use super::super::super::process::Process;
use super::super::guest::{Answer, Guest, bytes, process, put, put_word, writable};
use super::fd::get;
use super::io::{pieces, slice};
use super::types::status_flags;
use super::waiting_calls;
use crate::base::errno::Errno;
use crate::kernel::deliver::Sender;
use crate::kernel::signal::Signal;
use crate::net::{Protocol, Socket};
use std::net::SocketAddr;
use std::sync::Arc;
use wasmtime::{Linker, Result};

type Outcome<T> = std::result::Result<T, Errno>;

/// Linux's `O_RDWR`.
const O_RDWR: u32 = 2;
/// `riflags`.
const PEEK: u32 = 1;
const WAIT_ALL: u32 = 2;
/// `roflags`.
const TRUNCATED: u16 = 1;
/// The most that one call moves; a stream takes the rest in the next one.
const MOST: usize = 64 << 10;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    waiting_calls! { linker;
        sock_accept(fd: u32, flags: u32, out: u32);
        sock_recv(fd: u32, list: u32, count: u32, flags: u32, out: u32, out_flags: u32);
        sock_send(fd: u32, list: u32, count: u32, flags: u32, out: u32);
        sock_shutdown(fd: u32, how: u32);
    }
    Ok(())
}

async fn sock_accept(guest: &mut Guest<'_>, fd: u32, flags: u32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let (number, _) = accept(guest, fd, flags).await?;
    put_word(guest, out, number)
}

async fn sock_recv(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    flags: u32,
    out: u32,
    out_flags: u32,
) -> Answer {
    writable(guest, out, 4)?;
    writable(guest, out_flags, 2)?;
    let (count, told, _) = receive(guest, fd, list, count, flags).await?;
    put(guest, out_flags, &told.to_le_bytes())?;
    put_word(guest, out, count)
}

async fn sock_send(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    _flags: u32,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    let sent = send(guest, fd, list, count, None).await?;
    put_word(guest, out, sent)
}

async fn sock_shutdown(guest: &mut Guest<'_>, fd: u32, how: u32) -> Answer {
    if how == 0 || how > 3 {
        return Err(Errno::Inval);
    }
    get(guest, fd)?
        .socket()?
        .shutdown(how & 1 != 0, how & 2 != 0)
}

/// Gives a socket a number.
pub fn install(process: &Arc<Process>, socket: Socket, flags: u32) -> Outcome<u32> {
    let flags = O_RDWR | status_flags(flags) & O_NONBLOCK;
    process.install(
        Description::new(Object::Socket(Box::new(socket)), flags),
        false,
    )
}

/// Waits for a connection: its number and who called.
pub async fn accept(guest: &mut Guest<'_>, fd: u32, flags: u32) -> Outcome<(u32, SocketAddr)> {
    let (process, description) = (process(guest), get(guest, fd)?);
    if !process.files.lock().has_room() {
        return Err(Errno::Mfile);
    }
    let timeout = description.socket()?.options.lock().receive_timeout;
    let accepted = description
        .until_ready(&process, timeout, Socket::try_accept)
        .await;
    let (socket, from) = accepted?;
    Ok((install(&process, socket, flags)?, from))
}

/// Receives into a list of buffers: how much, `roflags`, and from whom.
pub async fn receive(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    flags: u32,
) -> Outcome<(u32, u16, SocketAddr)> {
    if flags & !(PEEK | WAIT_ALL | 4) != 0 {
        return Err(Errno::Inval);
    }
    let (process, description) = (process(guest), get(guest, fd)?);
    let socket = description.socket()?;
    let timeout = socket.options.lock().receive_timeout;
    let buffers: Vec<(u32, u32)> = pieces(guest, list, count)?.collect();
    let room: u64 = buffers.iter().map(|(_, len)| u64::from(*len)).sum();
    let room = usize::try_from(room).map_or(MOST, |room| room.min(MOST));
    let mut bytes = vec![0; room.min(socket.available().max(4096))];
    let peek = flags & PEEK != 0;
    let first = description.until_ready(&process, timeout, |socket| {
        // What came meanwhile may be more than was there before.
        bytes.resize(room.min(socket.available().max(1)), 0);
        socket.try_receive(&mut bytes, peek)
    });
    let (mut done, whole, from) = first.await?;
    let stream = socket.protocol() == Protocol::Tcp;
    while stream && flags & WAIT_ALL != 0 && !peek && done > 0 && done < room {
        bytes.resize(room, 0);
        let more = description.until_ready(&process, timeout, |socket| {
            socket.try_receive(&mut bytes[done..], false)
        });
        match more.await {
            Ok((0, ..)) | Err(_) => break,
            Ok((count, ..)) => done += count,
        }
    }
    let mut copied = 0;
    for (ptr, len) in buffers {
        let end = (copied + len as usize).min(done);
        slice(guest, ptr, (end - copied) as u32)?.copy_from_slice(&bytes[copied..end]);
        copied = end;
    }
    let told = if whole > done && !stream {
        TRUNCATED
    } else {
        0
    };
    Ok((copied as u32, told, from))
}

/// Sends a list of buffers, as one datagram or as bytes of the stream. A stream that nobody reads brings SIGPIPE.
pub async fn send(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    to: Option<SocketAddr>,
) -> Outcome<u32> {
    let (process, description) = (process(guest), get(guest, fd)?);
    let socket = description.socket()?;
    let timeout = socket.options.lock().send_timeout;
    let mut all = Vec::new();
    for (ptr, len) in pieces(guest, list, count)? {
        let fits = (MOST - all.len()).min(len as usize);
        if fits < len as usize && socket.protocol() == Protocol::Udp {
            return Err(Errno::Msgsize);
        }
        all.extend_from_slice(bytes(guest, ptr, fits as u32)?);
    }
    let mut done = 0;
    loop {
        let attempt = description.until_ready(&process, timeout, |socket| {
            socket.try_send(&all[done..], to)
        });
        match attempt.await {
            Ok(count) => done += count,
            Err(Errno::Pipe) if done == 0 => {
                process.send(Signal::PIPE, Sender::Inside);
                process.checkpoint().await;
                return Err(Errno::Pipe);
            }
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
        }
        if done >= all.len() || description.nonblocking() {
            break;
        }
    }
    Ok(done as u32)
}
