//! A listening TCP socket: connections that nobody has accepted yet, up to its backlog.

use super::stream::Stream;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::task::Context;

/// Linux's `SOMAXCONN`.
const MOST: usize = 4096;

/// The queue.
pub struct Listener {
    state: Mutex<State>,
    waiters: Waiters,
}

struct State {
    queue: VecDeque<Stream>,
    backlog: usize,
    closed: bool,
}

impl Listener {
    pub fn new(backlog: usize) -> Listener {
        let state = State {
            queue: VecDeque::new(),
            backlog: backlog.clamp(1, MOST),
            closed: false,
        };
        Listener {
            state: Mutex::new(state),
            waiters: Waiters::default(),
        }
    }

    pub fn set_backlog(&self, backlog: usize) {
        self.state.lock().backlog = backlog.clamp(1, MOST);
        self.waiters.wake();
    }

    /// Queues the far end of a connection that `make` makes. EAGAIN while the backlog is full, ECONNREFUSED once closed.
    pub fn offer(&self, make: impl FnOnce() -> (Stream, Stream)) -> Result<Stream, Errno> {
        let mut state = self.state.lock();
        if state.closed {
            return Err(Errno::Connrefused);
        }
        if state.queue.len() >= state.backlog {
            return Err(Errno::Again);
        }
        let (ours, theirs) = make();
        state.queue.push_back(theirs);
        drop(state);
        self.waiters.wake();
        Ok(ours)
    }

    /// Takes the oldest connection; EAGAIN when there is none.
    pub fn try_accept(&self) -> Result<Stream, Errno> {
        let mut state = self.state.lock();
        let stream = state.queue.pop_front().ok_or(match state.closed {
            true => Errno::Inval,
            false => Errno::Again,
        })?;
        drop(state);
        self.waiters.wake();
        Ok(stream)
    }

    /// Whether a connection waits; the task is woken at the next change.
    pub fn poll_accept(&self, cx: &Context<'_>) -> bool {
        self.waiters.register(cx);
        let state = self.state.lock();
        state.closed || !state.queue.is_empty()
    }

    /// The task is woken when there may be room again.
    pub fn poll_room(&self, cx: &Context<'_>) {
        self.waiters.register(cx);
    }

    /// Nobody accepts any more: what waits is reset.
    pub fn close(&self) {
        let mut state = self.state.lock();
        state.closed = true;
        let waiting = std::mem::take(&mut state.queue);
        drop(state);
        waiting.iter().for_each(Stream::reset);
        self.waiters.wake();
    }
}
