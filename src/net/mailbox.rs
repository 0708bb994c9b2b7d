//! A UDP port: datagrams that wait to be read, in a queue of a fixed size. What does not fit is lost, as on any network.

use super::budget::Budget;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The largest datagram (UDP over IPv4).
pub const LARGEST: usize = 65_507;
/// Bytes that wait at most, headers counted at [`OVERHEAD`] each.
const CAPACITY: usize = 208 << 10;
const OVERHEAD: usize = 64;

/// What came, and from where.
pub type Datagram = (SocketAddr, Vec<u8>);

/// The queue.
pub struct Mailbox {
    budget: Arc<Budget>,
    state: Mutex<State>,
    waiters: Waiters,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Datagram>,
    held: usize,
    closed: bool,
}

impl Mailbox {
    /// An empty one, paid for by a namespace.
    pub fn new(budget: &Arc<Budget>) -> Arc<Mailbox> {
        Arc::new(Mailbox {
            budget: budget.clone(),
            state: Mutex::default(),
            waiters: Waiters::default(),
        })
    }

    /// Puts a datagram in if there is room; `false` means that it was lost.
    pub fn deliver(&self, from: SocketAddr, bytes: &[u8]) -> bool {
        let mut state = self.state.lock();
        let size = bytes.len() + OVERHEAD;
        if state.closed || state.held + size > CAPACITY || !self.budget.take_all(size) {
            return false;
        }
        state.held += size;
        state.queue.push_back((from, bytes.to_vec()));
        drop(state);
        self.waiters.wake();
        true
    }

    /// Takes the oldest that `wanted` accepts, dropping others, or looks at it; EAGAIN when there is none.
    pub fn try_take(
        &self,
        wanted: impl Fn(SocketAddr) -> bool,
        peek: bool,
    ) -> Result<Datagram, Errno> {
        let mut state = self.state.lock();
        while let Some((from, bytes)) = state.queue.front() {
            if peek && wanted(*from) {
                return Ok((*from, bytes.clone()));
            }
            let Some(datagram) = state.queue.pop_front() else {
                break;
            };
            let size = datagram.1.len() + OVERHEAD;
            state.held -= size;
            self.budget.give(size);
            if wanted(datagram.0) {
                return Ok(datagram);
            }
        }
        Err(Errno::Again)
    }

    /// Waits for the next one; `None` once the port is closed and empty.
    pub async fn take(&self) -> Option<Datagram> {
        poll_fn(|cx| {
            self.waiters.register(cx);
            match self.try_take(|_| true, false) {
                Ok(datagram) => Poll::Ready(Some(datagram)),
                Err(_) if self.state.lock().closed => Poll::Ready(None),
                Err(_) => Poll::Pending,
            }
        })
        .await
    }

    /// Nothing more is taken in.
    pub fn close(&self) {
        self.state.lock().closed = true;
        self.waiters.wake();
    }

    /// Bytes of the next datagram; 0 when there is none.
    pub fn available(&self) -> usize {
        self.state
            .lock()
            .queue
            .front()
            .map_or(0, |(_, bytes)| bytes.len())
    }

    /// Whether one waits; the task is woken at the next change.
    pub fn poll_read(&self, cx: &Context<'_>) -> bool {
        self.waiters.register(cx);
        !self.state.lock().queue.is_empty()
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let held = self.state.get_mut().held;
        self.budget.give(held);
    }
}
