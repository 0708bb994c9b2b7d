//! A task: a process's future, and whether it waits for a CPU.
//!
//! ```text
//!            wake               picked             Pending
//!   IDLE ───────────▶ QUEUED ───────────▶ RUNNING ─────────▶ IDLE
//!                        ▲                   │ wake
//!                        └─── Pending ─── WOKEN       Ready, from both: DONE
//! ```
//!
//! The state is an atomic; `future` is locked by whoever runs the task, which its state allows to one CPU at a time.

use super::Scheduler;
use super::queue::GroupId;
use parking_lot::Mutex;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll, Wake, Waker};

const IDLE: u8 = 0;
const QUEUED: u8 = 1;
const RUNNING: u8 = 2;
const WOKEN: u8 = 3;
const DONE: u8 = 4;

type Body = Pin<Box<dyn Future<Output = ()> + Send>>;

/// One process to schedule. Waking it puts it into the run queue.
pub struct Task {
    group: GroupId,
    scheduler: Arc<Scheduler>,
    state: AtomicU8,
    /// It only has to end, whatever holds its group back.
    hurried: AtomicBool,
    future: Mutex<Option<Body>>,
}

/// How a turn on a CPU went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It waits for something, has ended, or had its turn elsewhere already.
    Over,
    /// It wants to run on; its state says queued.
    Again,
}

impl Task {
    /// A task that is about to be enqueued.
    pub(super) fn new(group: GroupId, scheduler: Arc<Scheduler>, body: Body) -> Arc<Task> {
        Arc::new(Task {
            group,
            scheduler,
            state: AtomicU8::new(QUEUED),
            hurried: AtomicBool::new(false),
            future: Mutex::new(Some(body)),
        })
    }

    /// Runs the task soon whatever holds its group back: it will see that it has to end.
    pub fn hurry(self: &Arc<Task>) {
        let first = !self.hurried.swap(true, Ordering::AcqRel);
        match self.note() {
            IDLE => self.scheduler.enqueue_urgent(self.group, self.clone()),
            // The entry in the group's own list is passed over when its turn comes.
            QUEUED if first => self.scheduler.enqueue_urgent(self.group, self.clone()),
            _ => {}
        }
    }

    pub(super) fn is_hurried(&self) -> bool {
        self.hurried.load(Ordering::Acquire)
    }

    /// Notes that the task was woken; gives the state before.
    fn note(&self) -> u8 {
        let woken = |state| match state {
            IDLE => Some(QUEUED),
            RUNNING => Some(WOKEN),
            _ => None,
        };
        self.state
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, woken)
            .unwrap_or_else(|unchanged| unchanged)
    }

    /// Gives the task a turn on this thread.
    pub(super) fn run(self: &Arc<Task>) -> Turn {
        let queued =
            self.state
                .compare_exchange(QUEUED, RUNNING, Ordering::AcqRel, Ordering::Acquire);
        if queued.is_err() {
            return Turn::Over;
        }
        let waker = Waker::from(self.clone());
        let mut context = Context::from_waker(&waker);
        let mut future = self.future.lock();
        let polled = match future.as_mut() {
            Some(body) => catch_unwind(AssertUnwindSafe(|| body.as_mut().poll(&mut context))),
            None => Ok(Poll::Ready(())),
        };
        if !matches!(polled, Ok(Poll::Pending)) {
            if polled.is_err() {
                tracing::error!("panic in a task of the scheduler; it was dropped");
            }
            self.state.store(DONE, Ordering::Release);
            // What it held may lock anything.
            let body = future.take();
            drop(future);
            drop(body);
            return Turn::Over;
        }
        drop(future);
        let slept = self
            .state
            .compare_exchange(RUNNING, IDLE, Ordering::AcqRel, Ordering::Acquire);
        if slept.is_ok() {
            return Turn::Over;
        }
        self.state.store(QUEUED, Ordering::Release);
        Turn::Again
    }
}

impl Wake for Task {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.note() != IDLE {
            return;
        }
        if self.is_hurried() {
            self.scheduler.enqueue_urgent(self.group, self.clone());
        } else {
            self.scheduler.enqueue(self.group, self.clone());
        }
    }
}
