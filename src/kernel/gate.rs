//! The gate around every process: nothing of a guest runs but through here.
//!
//! ```text
//! poll ─ ended? ──▶ drop the program, give the status
//!      ─ stopped or paused? ──▶ park; whoever continues it wakes the gate
//!      ─ quota used up? ──▶ park until the period's end
//!      └─▶ run one slice (5 M fuel, or until a call waits), count its CPU time, look again whether it was ended
//! ```
//!
//! Dropping the program unwinds its fiber, so SIGKILL works in a loop and in a call alike. A panic below ends this one
//! process. The state is atomics; no lock is held while the guest runs.

use super::accounting::thread_cpu_ns;
use super::machine::FUEL_SLICE;
use super::process::Process;
use super::signal::Signal;
use super::status::ExitStatus;
use futures_util::task::AtomicWaker;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::Sleep;

/// What the gate looks at, set from anywhere.
#[derive(Default)]
pub(super) struct GateState {
    /// Set once: the process has to end with this.
    verdict: OnceLock<ExitStatus>,
    stopped: AtomicBool,
    waker: AtomicWaker,
}

impl GateState {
    /// Ends the process at its next poll; the first verdict counts.
    pub fn end(&self, status: ExitStatus) {
        let _ = self.verdict.set(status);
        self.waker.wake();
    }

    pub fn is_ending(&self) -> bool {
        self.verdict.get().is_some()
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    pub fn set_stopped(&self, stopped: bool) {
        self.stopped.store(stopped, Ordering::Release);
        self.waker.wake();
    }

    /// Looks again, after something that the gate depends on has changed.
    pub fn wake(&self) {
        self.waker.wake();
    }
}

/// A process's program behind its gate.
pub(super) struct Gate<F> {
    process: Arc<Process>,
    program: Option<Pin<Box<F>>>,
    nap: Option<Pin<Box<Sleep>>>,
}

impl<F: Future<Output = ExitStatus>> Gate<F> {
    pub fn new(process: Arc<Process>, program: F) -> Gate<F> {
        Gate {
            process,
            program: Some(Box::pin(program)),
            nap: None,
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
        state.waker.register(cx.waker());
        if let Some(status) = state.verdict.get() {
            return gate.close(*status);
        }
        if state.is_stopped() || process.sandbox.is_paused() {
            return Poll::Pending;
        }
        if let Some(quota) = &process.sandbox.quota {
            while let Some(wait) = quota.wait(process.sandbox.machine.clock().monotonic()) {
                let nap = gate
                    .nap
                    .insert(Box::pin(tokio::time::sleep(Duration::from_nanos(wait))));
                if nap.as_mut().poll(cx).is_pending() {
                    return Poll::Pending;
                }
            }
            gate.nap = None;
        }
        let Some(program) = &mut gate.program else {
            return Poll::Pending;
        };
        let before = thread_cpu_ns();
        let result = catch_unwind(AssertUnwindSafe(|| program.as_mut().poll(cx)));
        process.charge_cpu(thread_cpu_ns().saturating_sub(before));
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
