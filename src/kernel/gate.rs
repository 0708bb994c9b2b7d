//! The gate around every process: nothing of a guest runs but through here.
//!
//! ```text
//! poll ─ ended? ──▶ drop the program, give the status
//!      ─ stopped? ──▶ park; whoever continues it wakes the gate
//!      └─▶ run one slice (5 M fuel, or until a call waits), count its CPU time, look again whether it was ended
//! ```
//!
//! When it is polled at all is the scheduler's business: shares, quota, pause. Dropping the program unwinds its fiber, so
//! SIGKILL works in a loop and in a call alike. A panic below ends this one process. `task` is a leaf lock; none is held while
//! the guest runs.

use super::accounting::thread_cpu_ns;
use super::machine::FUEL_SLICE;
use super::process::Process;
use super::scheduler::{self, Task};
use super::signal::Signal;
use super::status::ExitStatus;
use parking_lot::Mutex;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Wake};

/// What the gate looks at, set from anywhere.
#[derive(Default)]
pub(super) struct GateState {
    /// Set once: the process has to end with this.
    verdict: OnceLock<ExitStatus>,
    stopped: AtomicBool,
    /// What runs the process, from its start on.
    task: Mutex<Option<Arc<Task>>>,
}

impl GateState {
    /// Ends the process at its next turn, which comes soon; the first verdict counts.
    pub fn end(&self, status: ExitStatus) {
        let _ = self.verdict.set(status);
        if let Some(task) = self.task() {
            task.hurry();
        }
    }

    /// Names the task. What was decided before is heeded.
    pub fn assign(&self, task: &Arc<Task>) {
        *self.task.lock() = Some(task.clone());
        if self.is_ending() {
            task.hurry();
        }
    }

    fn task(&self) -> Option<Arc<Task>> {
        self.task.lock().clone()
    }

    pub fn is_ending(&self) -> bool {
        self.verdict.get().is_some()
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    pub fn set_stopped(&self, stopped: bool) {
        self.stopped.store(stopped, Ordering::Release);
        if let Some(task) = self.task() {
            task.wake();
        }
    }
}

/// A process's program behind its gate.
pub(super) struct Gate<F> {
    process: Arc<Process>,
    program: Option<Pin<Box<F>>>,
}

impl<F: Future<Output = ExitStatus>> Gate<F> {
    pub fn new(process: Arc<Process>, program: F) -> Gate<F> {
        Gate {
            process,
            program: Some(Box::pin(program)),
        }
    }

    /// Drops the program, which unwinds its fiber, and gives the status.
    fn close(&mut self, status: ExitStatus) -> Poll<ExitStatus> {
        let program = self.program.take();
        if catch_unwind(AssertUnwindSafe(|| drop(program))).is_err() {
            tracing::error!(
                pid = self.process.pid,
                "panic while a process was taken down"
            );
        }
        Poll::Ready(status)
    }
}

impl<F: Future<Output = ExitStatus>> Future for Gate<F> {
    type Output = ExitStatus;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<ExitStatus> {
        let gate = &mut *self;
        let process = gate.process.clone();
        let state = &process.gate;
        if let Some(status) = state.verdict.get() {
            return gate.close(*status);
        }
        if state.is_stopped() {
            return Poll::Pending;
        }
        let Some(program) = &mut gate.program else {
            return Poll::Pending;
        };
        let before = thread_cpu_ns();
        let result = catch_unwind(AssertUnwindSafe(|| program.as_mut().poll(cx)));
        let used = thread_cpu_ns().saturating_sub(before);
        process.charge_cpu(used);
        scheduler::spent(used);
        match result {
            Ok(Poll::Ready(status)) => gate.close(*state.verdict.get().unwrap_or(&status)),
            Err(_) => {
                tracing::error!(pid = process.pid, "panic in a process; it was killed");
                gate.close(ExitStatus::signalled(Signal::KILL))
            }
            Ok(Poll::Pending) => {
                process.usage.add_slice(FUEL_SLICE);
                match state.verdict.get() {
                    Some(status) => gate.close(*status),
                    None => Poll::Pending,
                }
            }
        }
    }
}
