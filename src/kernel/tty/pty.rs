//! A pseudo-terminal: the engine holds the master side, guests the slave side.
//!
//! Promises back-pressure both ways (4 KiB of input, 64 KiB of output), cancel-safe waits (nothing is consumed before it is
//! handed over) and no lock held across an await or a signal. The one lock is `state`; it is a leaf.

use super::job::TtySignals;
use super::line::{Discipline, signal};
use super::termios::{Termios, cc, lflag};
use crate::base::errno::Errno;
use parking_lot::Mutex;
use std::pin::Pin;
use std::sync::{Arc, OnceLock, Weak};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::sync::futures::Notified;
use tokio::time::Sleep;

/// A window's size in characters and pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    pub rows: u16,
    pub cols: u16,
    pub xpix: u16,
    pub ypix: u16,
}

impl Size {
    /// A size without pixels.
    pub fn new(rows: u16, cols: u16) -> Self {
        Size {
            rows,
            cols,
            ..Size::default()
        }
    }
}

/// When new modes take effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetWhen {
    Now,
    /// After the master has read all output.
    Drain,
    /// As `Drain`, and unread input is dropped.
    Flush,
}

pub(super) struct State {
    pub line: Discipline,
    size: Size,
    pub session: Option<u32>,
    pub foreground: Option<u32>,
    /// Open descriptions of the slave side.
    slaves: usize,
    /// The slave side was open once: output ends when it no longer is.
    opened: bool,
    hung_up: bool,
}

/// A pseudo-terminal. Its methods are the master's, for the engine; [`Slave`] has the guest's.
pub struct Pty {
    pub(super) state: Mutex<State>,
    /// Something that the master may wait for has changed.
    master: Notify,
    /// Something that a slave may wait for has changed.
    slave: Notify,
    signals: OnceLock<Weak<dyn TtySignals>>,
}

impl Pty {
    /// A terminal of a given size with Linux's default modes.
    pub fn new(size: Size) -> Arc<Self> {
        Arc::new(Pty {
            state: Mutex::new(State {
                line: Discipline::default(),
                size,
                session: None,
                foreground: None,
                slaves: 0,
                opened: false,
                hung_up: false,
            }),
            master: Notify::new(),
            slave: Notify::new(),
            signals: OnceLock::new(),
        })
    }

    /// Names the sandbox whose processes get this terminal's signals; the first call counts.
    pub fn set_signals(&self, signals: Weak<dyn TtySignals>) {
        let _ = self.signals.set(signals);
    }

    pub(super) fn signal_groups(&self, group: Option<u32>, numbers: &[u8]) {
        let sink = self.signals.get().and_then(Weak::upgrade);
        if let (Some(sink), Some(group)) = (sink, group) {
            for &number in numbers {
                sink.signal_group(group, number);
            }
        }
    }

    /// Types as much as there is room for and gives how much that was; EIO when no guest is left to read it.
    pub fn try_write_input(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut raised = Vec::new();
        let (taken, group) = {
            let mut state = self.state.lock();
            if state.ended() {
                return Err(Errno::Io);
            }
            (state.line.receive(bytes, &mut raised), state.foreground)
        };
        self.signal_groups(group, &raised);
        // A caller who waits for room must not be woken by its own attempt.
        if taken > 0 {
            self.slave.notify_waiters();
            // Echoes are output.
            self.master.notify_waiters();
        }
        Ok(taken)
    }

    /// Types everything, waiting while the guest does not read.
    pub async fn write_input(&self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let change = self.master.notified();
            let taken = self.try_write_input(bytes)?;
            bytes = &bytes[taken..];
            if taken == 0 {
                change.await;
            }
        }
        Ok(())
    }

    /// Waits for what the screen shows next, at most `most` bytes; empty after a hang-up, or when every guest has closed the
    /// terminal and all was read. No buffer exists while it waits.
    pub async fn read_output(&self, most: usize) -> Vec<u8> {
        loop {
            let change = self.master.notified();
            {
                let mut state = self.state.lock();
                let shown = state.line.take_output(most);
                if !shown.is_empty() {
                    drop(state);
                    self.slave.notify_waiters();
                    return shown;
                }
                if state.ended() {
                    return shown;
                }
            }
            change.await;
        }
    }

    /// The size now.
    pub fn size(&self) -> Size {
        self.state.lock().size
    }

    /// Sets the size; the foreground group gets SIGWINCH when it changed.
    pub fn resize(&self, size: Size) {
        let group = {
            let mut state = self.state.lock();
            if state.size == size {
                return;
            }
            state.size = size;
            state.foreground
        };
        self.signal_groups(group, &[signal::SIGWINCH]);
    }

    /// Pulls the plug, as closing the master does: SIGHUP and SIGCONT to session leader and foreground, then end of file.
    pub fn hangup(&self) {
        let (leader, group) = {
            let mut state = self.state.lock();
            if std::mem::replace(&mut state.hung_up, true) {
                return;
            }
            (state.session.take(), state.foreground.take())
        };
        if let (Some(sink), Some(leader)) = (self.signals.get().and_then(Weak::upgrade), leader) {
            sink.signal_leader(leader, signal::SIGHUP);
            sink.signal_leader(leader, signal::SIGCONT);
        }
        self.signal_groups(group, &[signal::SIGHUP, signal::SIGCONT]);
        self.slave.notify_waiters();
        self.master.notify_waiters();
    }

    /// Opens the slave side; dropping the last [`Slave`] ends the master's output.
    pub fn open_slave(self: &Arc<Self>) -> Slave {
        let mut state = self.state.lock();
        state.slaves += 1;
        state.opened = true;
        drop(state);
        Slave(self.clone())
    }
}

impl State {
    fn ended(&self) -> bool {
        self.hung_up || (self.opened && self.slaves == 0)
    }

    /// How many bytes a raw read waits for.
    fn minimum(&self) -> usize {
        usize::from(self.line.termios().cc[cc::VMIN])
    }

    fn interval(&self) -> Option<Duration> {
        let tenths = self.line.termios().cc[cc::VTIME];
        (tenths > 0).then(|| Duration::from_millis(u64::from(tenths) * 100))
    }
}

/// An open description of the guest's side. Job control (`Pty::background`) is asked by the kernel before each call.
pub struct Slave(Arc<Pty>);

impl Clone for Slave {
    fn clone(&self) -> Self {
        self.0.open_slave()
    }
}

impl Drop for Slave {
    fn drop(&mut self) {
        self.0.state.lock().slaves -= 1;
        self.0.master.notify_waiters();
    }
}

impl std::ops::Deref for Slave {
    type Target = Arc<Pty>;
    fn deref(&self) -> &Arc<Pty> {
        &self.0
    }
}

/// What a read attempt found.
enum Attempt {
    Done(usize),
    /// Wait for more than is available, at most so long.
    Wait {
        limit: Option<Duration>,
        available: usize,
    },
}

impl Slave {
    /// A future that ends at the next change; make it before looking, await it after.
    pub fn changed(&self) -> Notified<'_> {
        self.0.slave.notified()
    }

    /// What `poll` would report now: POLLIN 1, POLLOUT 4, POLLERR 8, POLLHUP 16.
    pub fn readiness(&self) -> u16 {
        let state = self.0.state.lock();
        if state.hung_up {
            return 1 | 4 | 8 | 16;
        }
        let canonical = state.line.termios().l(lflag::ICANON);
        let wanted = match (canonical, state.interval()) {
            (false, None) => state.minimum().max(1),
            _ => 1,
        };
        let readable = state.line.available() >= wanted;
        u16::from(readable) | if state.line.writable() { 4 } else { 0 }
    }

    /// Reads without waiting; EAGAIN when there is nothing.
    pub fn try_read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        match self.attempt(buffer, false) {
            Attempt::Done(count) => Ok(count),
            Attempt::Wait { .. } => Err(Errno::Again),
        }
    }

    /// Reads a line, or in raw mode what VMIN and VTIME say. 0 is ^D, a VTIME that ran out, or a hang-up.
    pub async fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        // VTIME counts from the last byte, not from the last change of any kind: the timer remembers how many there were.
        let mut timer: Option<(usize, Pin<Box<Sleep>>)> = None;
        let mut expired = false;
        loop {
            let change = self.changed();
            let (limit, available) = match self.attempt(buffer, expired) {
                Attempt::Done(count) => return Ok(count),
                Attempt::Wait { limit, available } => (limit, available),
            };
            match (limit, &mut timer) {
                (None, timer) => {
                    *timer = None;
                    change.await;
                }
                (Some(_), Some((seen, sleep))) if *seen == available => {
                    tokio::select! {
                        () = change => {}
                        () = sleep => expired = true,
                    }
                }
                // A new timer; what changed meanwhile is seen by the next attempt.
                (Some(limit), timer) => {
                    *timer = Some((available, Box::pin(tokio::time::sleep(limit))));
                }
            }
        }
    }

    fn attempt(&self, buffer: &mut [u8], expired: bool) -> Attempt {
        let mut state = self.0.state.lock();
        if state.hung_up || buffer.is_empty() {
            return Attempt::Done(0);
        }
        let canonical = state.line.termios().l(lflag::ICANON);
        let (minimum, interval) = (state.minimum(), state.interval());
        let available = state.line.available();
        let enough = match canonical || expired {
            true => 1,
            false => minimum.clamp(1, buffer.len()),
        };
        if available >= enough
            && let Some(count) = state.line.read(buffer)
        {
            drop(state);
            self.0.master.notify_waiters();
            return Attempt::Done(count);
        }
        if !canonical && minimum == 0 && (expired || interval.is_none()) {
            return Attempt::Done(0);
        }
        // With a minimum, the clock between bytes starts with the first one.
        let ticking = !canonical && (minimum == 0 || available > 0);
        Attempt::Wait {
            limit: interval.filter(|_| ticking),
            available,
        }
    }

    /// Writes without waiting and gives how much was taken; EAGAIN when nothing, EIO after a hang-up.
    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut state = self.0.state.lock();
        if state.hung_up {
            return Err(Errno::Io);
        }
        let taken = state.line.write(bytes);
        drop(state);
        if taken == 0 && !bytes.is_empty() {
            return Err(Errno::Again);
        }
        self.0.master.notify_waiters();
        Ok(taken)
    }

    /// Writes everything; `done` counts what was taken also when the wait is cancelled.
    pub async fn write(&self, bytes: &[u8], done: &mut usize) -> Result<(), Errno> {
        while *done < bytes.len() {
            let change = self.changed();
            match self.try_write(&bytes[*done..]) {
                Ok(taken) => *done += taken,
                Err(Errno::Again) => change.await,
                Err(errno) => return Err(errno),
            }
        }
        Ok(())
    }

    /// The modes; EIO after a hang-up.
    pub fn termios(&self) -> Result<Termios, Errno> {
        let state = self.0.state.lock();
        match state.hung_up {
            true => Err(Errno::Io),
            false => Ok(state.line.termios()),
        }
    }

    /// Sets the modes.
    pub async fn set_termios(&self, when: SetWhen, new: Termios) -> Result<(), Errno> {
        loop {
            let change = self.changed();
            {
                let mut state = self.0.state.lock();
                if state.hung_up {
                    return Err(Errno::Io);
                }
                if when == SetWhen::Now || !state.line.has_output() {
                    if when == SetWhen::Flush {
                        state.line.flush_input();
                    }
                    state.line.set_termios(new);
                    break;
                }
            }
            change.await;
        }
        self.0.slave.notify_waiters();
        self.0.master.notify_waiters();
        Ok(())
    }
}
