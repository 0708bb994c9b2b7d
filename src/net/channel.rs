//! One direction of a TCP connection: bytes in order, in a buffer of a fixed size.
//!
//! A full buffer makes the writer wait (back-pressure), an empty one the reader. The writer may end the stream (`shutdown`,
//! half-close); the reader may go away, after which writing fails. Waits can be dropped without loss. `state` is a leaf lock.

use super::budget::Budget;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::sync::Arc;
use std::task::Context;

/// Bytes on the way in one direction.
pub const CAPACITY: usize = 64 << 10;
/// What a channel may hold though the namespace's budget is used up: so every connection moves on.
const FREE: usize = 4 << 10;

/// The bytes between a writer and a reader.
pub struct Channel {
    budget: Arc<Budget>,
    state: Mutex<State>,
    waiters: Waiters,
}

#[derive(Default)]
struct State {
    bytes: VecDeque<u8>,
    /// What of them the budget has paid for.
    paid: usize,
    /// Nothing more will come.
    ended: bool,
    /// Nobody will read any more.
    broken: bool,
    /// The other side went away with bytes unread: what it still had to say is lost.
    reset: bool,
}

impl Channel {
    /// An empty one, paid for by a namespace.
    pub fn new(budget: &Arc<Budget>) -> Arc<Channel> {
        Arc::new(Channel {
            budget: budget.clone(),
            state: Mutex::default(),
            waiters: Waiters::default(),
        })
    }

    /// Gives back what fewer bytes no longer need.
    fn settle(&self, state: &mut State) {
        let needed = state.bytes.len().saturating_sub(FREE);
        self.budget.give(state.paid.saturating_sub(needed));
        state.paid = state.paid.min(needed);
    }

    /// Puts in what fits: EAGAIN when full, EPIPE when nobody will read it.
    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut state = self.state.lock();
        if state.broken || state.ended {
            return Err(Errno::Pipe);
        }
        let wanted = CAPACITY.min(state.bytes.len() + bytes.len());
        let unpaid = wanted.saturating_sub(FREE + state.paid);
        state.paid += self.budget.take(unpaid);
        let count = wanted
            .min(FREE + state.paid)
            .saturating_sub(state.bytes.len());
        if count == 0 && !bytes.is_empty() {
            return Err(Errno::Again);
        }
        state.bytes.extend(&bytes[..count]);
        drop(state);
        self.waiters.wake();
        Ok(count)
    }

    /// Takes what is there, or looks at it: 0 at the end, EAGAIN while something may still come.
    pub fn try_read(&self, buffer: &mut [u8], peek: bool) -> Result<usize, Errno> {
        let mut state = self.state.lock();
        if state.reset {
            return Err(Errno::Connreset);
        }
        let count = buffer.len().min(state.bytes.len());
        if count == 0 && !buffer.is_empty() {
            return match state.ended || state.broken {
                true => Ok(0),
                false => Err(Errno::Again),
            };
        }
        let (front, back) = state.bytes.as_slices();
        let first = count.min(front.len());
        buffer[..first].copy_from_slice(&front[..first]);
        buffer[first..count].copy_from_slice(&back[..count - first]);
        if !peek {
            state.bytes.drain(..count);
            if state.bytes.is_empty() {
                // An idle connection costs nothing.
                state.bytes = VecDeque::new();
            }
            self.settle(&mut state);
            drop(state);
            self.waiters.wake();
        }
        Ok(count)
    }

    /// The writer has said everything.
    pub fn end(&self) {
        self.state.lock().ended = true;
        self.waiters.wake();
    }

    /// The reader wants no more. Whether bytes were lost by that.
    pub fn stop(&self) -> bool {
        let mut state = self.state.lock();
        state.broken = true;
        let lost = !state.bytes.is_empty();
        state.bytes = VecDeque::new();
        self.settle(&mut state);
        drop(state);
        self.waiters.wake();
        lost
    }

    /// The connection is gone: the reader gets an error, not an end.
    pub fn reset(&self) {
        let mut state = self.state.lock();
        state.reset = true;
        state.broken = true;
        state.bytes = VecDeque::new();
        self.settle(&mut state);
        drop(state);
        self.waiters.wake();
    }

    /// Bytes that wait to be read.
    pub fn available(&self) -> usize {
        self.state.lock().bytes.len()
    }

    /// Whether reading would not wait, and whether the end has come. The task is woken at the next change.
    pub fn poll_read(&self, cx: &Context<'_>) -> (bool, bool) {
        self.waiters.register(cx);
        let state = self.state.lock();
        let over = state.ended || state.broken || state.reset;
        (over || !state.bytes.is_empty(), over)
    }

    /// Whether writing would not wait, and whether it would fail. The task is woken at the next change.
    pub fn poll_write(&self, cx: &Context<'_>) -> (bool, bool) {
        self.waiters.register(cx);
        let state = self.state.lock();
        let over = state.broken || state.ended;
        (over || state.bytes.len() < CAPACITY, over)
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        let paid = self.state.get_mut().paid;
        self.budget.give(paid);
    }
}
