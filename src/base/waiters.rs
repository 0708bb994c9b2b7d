//! A list of tasks that wait for something to change: the wait queue of the kernel and of the networks.
//!
//! Pattern: inside `poll`, first `register` the task's waker, then look whether the condition holds; whoever changes the
//! condition calls `wake` afterwards. No wake-up is lost, and dropping a waiting future needs no clean-up.
//! The inner lock is a leaf: nothing is called while it is held.

use parking_lot::Mutex;
use std::task::{Context, Waker};

/// Tasks to wake at the next change.
#[derive(Default)]
pub struct Waiters {
    wakers: Mutex<Vec<Waker>>,
}

impl Waiters {
    /// Adds the current task, once, until the next `wake`.
    pub fn register(&self, cx: &Context<'_>) {
        let mut wakers = self.wakers.lock();
        if !wakers.iter().any(|waker| waker.will_wake(cx.waker())) {
            wakers.push(cx.waker().clone());
        }
    }

    /// Wakes everybody who registered since the last time.
    pub fn wake(&self) {
        let mut wakers = self.wakers.lock();
        if wakers.is_empty() {
            return;
        }
        let woken = std::mem::take(&mut *wakers);
        drop(wakers);
        for waker in woken {
            waker.wake();
        }
    }
}
