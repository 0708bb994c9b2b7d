//! Open file descriptions: what descriptors share after `dup` and `fork`: the object, the offset, the status flags.
//!
//! Promises one non-blocking attempt (`try_read`, `try_write`) and readiness for every kind; `read` and `write` wait between
//! attempts. `moving` is held during one read or write of a file, which never waits. Below it is the vfs, and through /proc
//! anything that looks at processes, so nobody who only looks at a description may take it.

use super::deliver::Action;
use super::device::Device;
use super::pipe::{PipeReader, PipeWriter};
use super::poll::Ready;
use super::process::Process;
use super::signal::Signal;
use super::socket::ready;
use super::tty::{Access, Background, Caller, Slave};
use crate::base::errno::Errno;
use crate::net::Socket;
use crate::vfs::{Attr, Cred, Kind, OpenFile, Time};
use parking_lot::Mutex;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::task::{Context, Poll};

/// Linux's `O_APPEND`.
pub const O_APPEND: u32 = 0o2000;
/// Linux's `O_NONBLOCK`.
pub const O_NONBLOCK: u32 = 0o4000;
const O_WRONLY: u32 = 1;
const O_RDWR: u32 = 2;

/// What is open.
pub enum Object {
    /// A regular file or a directory of the tree.
    File(OpenFile),
    /// A pipe's end; for a FIFO, also its place in the tree. Both ends when a FIFO was opened for both.
    Pipe {
        reader: Option<PipeReader>,
        writer: Option<PipeWriter>,
        node: Option<OpenFile>,
    },
    /// A terminal, and its name's node if it was opened by one.
    Terminal {
        slave: Slave,
        index: u32,
        node: Option<OpenFile>,
    },
    /// A socket; waiting is in `socket.rs`.
    Socket(Box<Socket>),
    /// A device without state.
    Device(Device, Option<OpenFile>),
}

/// An open file description.
pub struct Description {
    pub object: Object,
    /// Linux's access mode, `O_APPEND`, `O_NONBLOCK`.
    flags: AtomicU32,
    offset: AtomicU64,
    /// Held by whoever reads or writes at the offset and moves it.
    moving: Mutex<()>,
}

/// Where a seek starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whence {
    Start,
    Current,
    End,
}

impl Description {
    /// A description with Linux's `O_*` status flags.
    pub fn new(object: Object, flags: u32) -> Arc<Description> {
        Arc::new(Description {
            object,
            flags: AtomicU32::new(flags),
            offset: AtomicU64::new(0),
            moving: Mutex::new(()),
        })
    }

    pub fn device(device: Device) -> Arc<Description> {
        Description::new(Object::Device(device, None), O_RDWR)
    }

    pub fn reader(reader: PipeReader) -> Arc<Description> {
        Description::new(
            Object::Pipe {
                reader: Some(reader),
                writer: None,
                node: None,
            },
            0,
        )
    }

    pub fn writer(writer: PipeWriter) -> Arc<Description> {
        Description::new(
            Object::Pipe {
                reader: None,
                writer: Some(writer),
                node: None,
            },
            O_WRONLY,
        )
    }

    /// Access mode, `O_APPEND` and `O_NONBLOCK`.
    pub fn flags(&self) -> u32 {
        self.flags.load(Ordering::Relaxed)
    }

    /// Sets `O_APPEND` and `O_NONBLOCK`; everything else stays.
    pub fn set_flags(&self, flags: u32) {
        let settable = O_APPEND | O_NONBLOCK;
        self.flags.store(
            (self.flags() & !settable) | (flags & settable),
            Ordering::Relaxed,
        );
    }

    pub fn readable(&self) -> bool {
        self.flags() & 3 != O_WRONLY
    }

    pub fn writable(&self) -> bool {
        self.flags() & 3 != 0
    }

    pub fn nonblocking(&self) -> bool {
        self.flags() & O_NONBLOCK != 0
    }

    /// The terminal, if it is one.
    pub fn terminal(&self) -> Option<&Slave> {
        match &self.object {
            Object::Terminal { slave, .. } => Some(slave),
            _ => None,
        }
    }

    /// The node of the tree behind it, if it was opened by a name.
    pub fn node(&self) -> Option<&OpenFile> {
        match &self.object {
            Object::File(file) => Some(file),
            Object::Pipe { node, .. } | Object::Terminal { node, .. } | Object::Device(_, node) => {
                node.as_ref()
            }
            Object::Socket(_) => None,
        }
    }

    /// The regular file or directory; ESPIPE-like errors are the caller's.
    pub fn file(&self) -> Option<&OpenFile> {
        match &self.object {
            Object::File(file) => Some(file),
            _ => None,
        }
    }

    /// What `fstat` tells.
    pub fn attr(&self) -> Result<Attr, Errno> {
        if let Some(node) = self.node() {
            return node.attr();
        }
        let (kind, mode, rdev) = match &self.object {
            Object::Device(device, _) => (Kind::CharDevice, 0o666, device.rdev()),
            Object::Terminal { index, .. } => (Kind::CharDevice, 0o620, (136, *index)),
            Object::Socket(_) => (Kind::Socket, 0o777, (0, 0)),
            _ => (Kind::Fifo, 0o600, (0, 0)),
        };
        let mut attr = Attr::new(self as *const Description as u64 >> 4, kind, mode);
        attr.rdev = rdev;
        (attr.atime, attr.mtime, attr.ctime) = (Time::now(), Time::now(), Time::now());
        Ok(attr)
    }

    /// One attempt to read at the offset; EAGAIN when it would wait.
    pub fn try_read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        if !self.readable() {
            return Err(Errno::Badf);
        }
        match &self.object {
            Object::File(file) => {
                let _moving = self.moving.lock();
                let offset = self.offset.load(Ordering::Relaxed);
                let count = file.read_at(offset, buffer)?;
                self.offset.store(offset + count as u64, Ordering::Relaxed);
                Ok(count)
            }
            Object::Pipe { reader, .. } => reader.as_ref().ok_or(Errno::Badf)?.try_read(buffer),
            Object::Terminal { slave, .. } => slave.try_read(buffer),
            Object::Socket(socket) => socket.try_receive(buffer, false).map(|(count, ..)| count),
            Object::Device(device, _) => Ok(device.read(buffer)),
        }
    }

    /// One attempt to write; EAGAIN when it would wait. SIGPIPE is the caller's.
    pub fn try_write(&self, cred: &Cred, bytes: &[u8]) -> Result<usize, Errno> {
        if !self.writable() {
            return Err(Errno::Badf);
        }
        match &self.object {
            Object::File(file) => {
                let _moving = self.moving.lock();
                let offset = self.offset.load(Ordering::Relaxed);
                let append = self.flags() & O_APPEND != 0;
                let (count, after) = file.write_at(cred, offset, bytes, append)?;
                self.offset.store(after, Ordering::Relaxed);
                Ok(count)
            }
            Object::Pipe { writer, .. } => writer.as_ref().ok_or(Errno::Badf)?.try_write(bytes),
            Object::Terminal { slave, .. } => slave.try_write(bytes),
            Object::Socket(socket) => socket.try_send(bytes, None),
            Object::Device(device, _) => device.write(bytes),
        }
    }

    /// Reads, waiting for something unless the description does not block; EINTR by a caught signal.
    pub async fn read(&self, process: &Arc<Process>, buffer: &mut [u8]) -> Result<usize, Errno> {
        self.job_control(process, Access::Read).await?;
        match self.try_read(buffer) {
            Err(Errno::Again) if !self.nonblocking() => {}
            done => return done,
        }
        match &self.object {
            // The line discipline's timers need its own wait.
            Object::Terminal { slave, .. } => process.block(slave.read(buffer)).await?,
            _ => {
                let wait = poll_fn(|cx| {
                    self.poll_ready(cx);
                    match self.try_read(buffer) {
                        Err(Errno::Again) => Poll::Pending,
                        done => Poll::Ready(done),
                    }
                });
                process.block(wait).await?
            }
        }
    }

    /// Writes everything, waiting for room unless the description does not block. What was written before an error counts.
    pub async fn write(&self, process: &Arc<Process>, bytes: &[u8]) -> Result<usize, Errno> {
        self.job_control(process, Access::Write).await?;
        let cred = process.cred();
        let mut done = 0;
        loop {
            let attempt = match self.try_write(&cred, &bytes[done..]) {
                Err(Errno::Again) if !self.nonblocking() => {
                    let wait = poll_fn(|cx| {
                        self.poll_ready(cx);
                        match self.try_write(&cred, &bytes[done..]) {
                            Err(Errno::Again) => Poll::Pending,
                            done => Poll::Ready(done),
                        }
                    });
                    let wait = self.after_terminal_change(wait);
                    process.block(wait).await.and_then(|written| written)
                }
                attempt => attempt,
            };
            match attempt {
                // Something that takes nothing and says nothing must not be asked for ever.
                Ok(0) => return Ok(done),
                Ok(count) => done += count,
                Err(Errno::Pipe) => {
                    process.send(Signal::PIPE, super::deliver::Sender::Inside);
                    process.checkpoint().await;
                    return if done > 0 { Ok(done) } else { Err(Errno::Pipe) };
                }
                Err(errno) => return if done > 0 { Ok(done) } else { Err(errno) },
            }
            // Files may be short when the space runs out; the next attempt tells why.
            if done >= bytes.len() || self.nonblocking() {
                return Ok(done);
            }
        }
    }

    /// Runs a wait again whenever the terminal has changed; other kinds wake it themselves.
    async fn after_terminal_change<T>(&self, wait: impl Future<Output = T>) -> T {
        let Some(slave) = self.terminal() else {
            return wait.await;
        };
        let mut wait = std::pin::pin!(wait);
        loop {
            let change = slave.changed();
            tokio::select! {
                biased;
                value = &mut wait => return value,
                () = change => {}
            }
        }
    }

    /// What job control says before a terminal is used: background groups are stopped or refused.
    pub async fn job_control(&self, process: &Arc<Process>, access: Access) -> Result<(), Errno> {
        let Some(slave) = self.terminal() else {
            return Ok(());
        };
        loop {
            let table = &process.sandbox.table;
            let Some((pgrp, session)) = table.with(process.pid, |e| (e.pgrp, e.sid)) else {
                return Err(Errno::Io);
            };
            let signal = if access == Access::Read {
                Signal::TTIN
            } else {
                Signal::TTOU
            };
            let deaf = process.signals.mask().contains(signal)
                || process.signals.action(signal) == Action::Ignore;
            let orphaned = table.is_orphaned(process.pid);
            match slave.background(
                &Caller {
                    pgrp,
                    session,
                    deaf,
                    orphaned,
                },
                access,
            ) {
                Background::Go => return Ok(()),
                Background::Refuse(errno) => return Err(errno),
                Background::Stop(number) => {
                    let signal = Signal::new(number.into()).ok_or(Errno::Io)?;
                    process.sandbox.send_group(pgrp, signal);
                    if process.signals.action(signal) == Action::Catch {
                        return Err(Errno::Intr);
                    }
                    // The gate parks us here until somebody continues the group. Who does not stop (pid 1) goes on asking,
                    // as on Linux, and can be killed meanwhile.
                    process.breathe().await;
                }
            }
        }
    }

    /// What `poll` reports; the task is woken at the next change (terminals: see `poll.rs`).
    pub fn poll_ready(&self, cx: &Context<'_>) -> Ready {
        match &self.object {
            Object::File(_) | Object::Device(..) => Ready::IN | Ready::OUT,
            Object::Terminal { slave, .. } => Ready(slave.readiness()),
            Object::Socket(socket) => ready(socket, cx),
            Object::Pipe { reader, writer, .. } => {
                let read = reader
                    .as_ref()
                    .map_or(Ready::NONE, |reader| reader.poll_ready(cx));
                read | writer
                    .as_ref()
                    .map_or(Ready::NONE, |writer| writer.poll_ready(cx))
            }
        }
    }

    /// How many bytes can be read without waiting, as `FIONREAD`.
    pub fn available(&self) -> u64 {
        match &self.object {
            Object::File(file) => file.attr().map_or(0, |attr| {
                attr.size
                    .saturating_sub(self.offset.load(Ordering::Relaxed))
            }),
            Object::Pipe {
                reader: Some(reader),
                ..
            } => reader.available() as u64,
            Object::Socket(socket) => socket.available() as u64,
            _ => 1,
        }
    }

    /// The offset now.
    pub fn tell(&self) -> Result<u64, Errno> {
        match &self.object {
            Object::File(_) => Ok(self.offset.load(Ordering::Relaxed)),
            Object::Device(..) => Ok(0),
            _ => Err(Errno::Spipe),
        }
    }

    /// Moves the offset and gives the new one; ESPIPE for what has none.
    pub fn seek(&self, delta: i64, whence: Whence) -> Result<u64, Errno> {
        match &self.object {
            Object::File(file) => {
                let _moving = self.moving.lock();
                let base = match whence {
                    Whence::Start => 0,
                    Whence::Current => self.offset.load(Ordering::Relaxed),
                    Whence::End => file.attr()?.size,
                };
                let target = i64::try_from(base)
                    .ok()
                    .and_then(|base| base.checked_add(delta))
                    .ok_or(Errno::Overflow)?;
                let target = u64::try_from(target).map_err(|_| Errno::Inval)?;
                self.offset.store(target, Ordering::Relaxed);
                Ok(target)
            }
            Object::Device(..) => Ok(0),
            _ => Err(Errno::Spipe),
        }
    }
}
