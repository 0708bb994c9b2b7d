//! Memory: one counter per sandbox, to which linear memories, pipes and memory files are charged.
//!
//! A charge that would pass the limit is refused. For linear memory the refusal is a trap, and the process ends as the kernel's
//! out-of-memory killer ends it: SIGKILL, 137. Charges give themselves back when dropped. No locks, only atomics.

use super::context::Leave;
use super::process::Process;
use crate::base::errno::Errno;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// How many table elements one process may have: more than any compiler emits, few enough to be small.
const TABLE_ELEMENTS: usize = 1 << 20;
/// Linear memory of one instance; wasm32 cannot address more.
const MEMORY_PER_PROCESS: usize = 1 << 32;

/// What a sandbox's memory is counted on.
pub struct MemoryCounter {
    /// `u64::MAX`: none.
    limit: AtomicU64,
    used: AtomicU64,
    peak: AtomicU64,
    oom: AtomicBool,
}

impl MemoryCounter {
    /// A counter that refuses above `limit` bytes.
    pub fn new(limit: Option<u64>) -> Arc<MemoryCounter> {
        Arc::new(MemoryCounter {
            limit: AtomicU64::new(limit.unwrap_or(u64::MAX)),
            used: AtomicU64::new(0),
            peak: AtomicU64::new(0),
            oom: AtomicBool::new(false),
        })
    }

    /// Takes `bytes`, or nothing at all if that passed the limit.
    pub fn charge(&self, bytes: u64) -> Result<(), Errno> {
        let taken = self
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                let limit = self.limit.load(Ordering::Relaxed);
                used.checked_add(bytes).filter(|sum| *sum <= limit)
            });
        match taken {
            Ok(before) => {
                self.peak.fetch_max(before + bytes, Ordering::Relaxed);
                Ok(())
            }
            Err(_) => Err(Errno::Nomem),
        }
    }

    /// Gives `bytes` back.
    pub fn release(&self, bytes: u64) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Bytes in use now.
    pub fn used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// The most that was ever in use.
    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }

    /// The limit, if there is one.
    pub fn limit(&self) -> Option<u64> {
        Some(self.limit.load(Ordering::Relaxed)).filter(|limit| *limit != u64::MAX)
    }

    /// Sets another limit. What is in use cannot be taken away: a limit below it is refused, as by runc.
    pub fn set_limit(&self, limit: Option<u64>) -> Result<(), InUse> {
        let limit = limit.unwrap_or(u64::MAX);
        let before = self.limit.swap(limit, Ordering::Relaxed);
        let (used, peak) = (self.used(), self.peak());
        if used > limit {
            self.limit.store(before, Ordering::Relaxed);
            return Err(InUse { limit, used, peak });
        }
        Ok(())
    }

    pub(super) fn mark_oom(&self) {
        self.oom.store(true, Ordering::Relaxed);
    }

    /// Whether a process was ended for want of memory.
    pub fn oom_killed(&self) -> bool {
        self.oom.load(Ordering::Relaxed)
    }
}

/// Why a limit was not lowered; bytes. `Display` gives runc's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unable to set memory limit to {limit} (current usage: {used}, peak usage: {peak})")]
pub struct InUse {
    pub limit: u64,
    pub used: u64,
    pub peak: u64,
}

/// A part of a counter that somebody holds.
pub struct MemoryCharge {
    counter: Option<Arc<MemoryCounter>>,
    held: u64,
}

impl MemoryCharge {
    /// Charged to nobody: the engine's own pipes.
    pub fn none() -> MemoryCharge {
        MemoryCharge {
            counter: None,
            held: 0,
        }
    }

    /// Charged to a sandbox.
    pub fn to(counter: &Arc<MemoryCounter>) -> MemoryCharge {
        MemoryCharge {
            counter: Some(counter.clone()),
            held: 0,
        }
    }

    /// Raises what is held to `bytes`; ENOMEM past the limit.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), Errno> {
        let bytes = bytes as u64;
        if bytes > self.held {
            if let Some(counter) = &self.counter {
                counter.charge(bytes - self.held)?;
            }
            self.held = bytes;
        }
        Ok(())
    }

    /// Lowers what is held to `bytes`.
    pub fn shrink_to(&mut self, bytes: usize) {
        let bytes = bytes as u64;
        if bytes < self.held {
            if let Some(counter) = &self.counter {
                counter.release(self.held - bytes);
            }
            self.held = bytes;
        }
    }
}

impl Drop for MemoryCharge {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

/// How many pieces a program has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One instance with at most one memory.
    Module,
    /// Several modules with a memory and tables each; all are charged.
    Component,
}

/// The most instances of one component, and the most memories and tables: a composition of a few dozen components.
const PIECES: usize = 256;

/// The limiter of one program: what wasmtime asks before it lets a memory or table grow.
pub struct Limiter {
    process: Arc<Process>,
    charge: MemoryCharge,
    shape: Shape,
}

impl Limiter {
    /// A limiter that charges the process's sandbox.
    pub(super) fn new(process: &Arc<Process>, shape: Shape) -> Limiter {
        Limiter {
            shape,
            process: process.clone(),
            charge: MemoryCharge::to(&process.sandbox.memory),
        }
    }

    fn grow(&mut self, more: usize) -> wasmtime::Result<bool> {
        let wanted = self.charge.held as usize + more;
        if self.charge.grow_to(wanted).is_err() {
            return Err(Leave::OutOfMemory.into());
        }
        self.process.usage.set_memory(self.charge.held);
        Ok(true)
    }
}

impl wasmtime::ResourceLimiter for Limiter {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        // What the module itself or the address space refuses is the program's error, not the container's.
        if desired
            > maximum
                .unwrap_or(MEMORY_PER_PROCESS)
                .min(MEMORY_PER_PROCESS)
        {
            return Ok(false);
        }
        self.grow(desired.saturating_sub(current))
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > maximum.unwrap_or(TABLE_ELEMENTS).min(TABLE_ELEMENTS) {
            return Ok(false);
        }
        self.grow(desired.saturating_sub(current) * size_of::<usize>())
    }

    fn instances(&self) -> usize {
        match self.shape {
            Shape::Module => 1,
            Shape::Component => PIECES,
        }
    }

    fn tables(&self) -> usize {
        match self.shape {
            Shape::Module => 16,
            Shape::Component => PIECES,
        }
    }

    fn memories(&self) -> usize {
        self.instances()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charges_come_back() {
        let counter = MemoryCounter::new(Some(100));
        let mut one = MemoryCharge::to(&counter);
        let mut two = MemoryCharge::to(&counter);
        one.grow_to(60).unwrap();
        assert_eq!(two.grow_to(41), Err(Errno::Nomem));
        two.grow_to(40).unwrap();
        assert_eq!(counter.used(), 100);
        drop(one);
        two.shrink_to(10);
        assert_eq!((counter.used(), counter.peak()), (10, 100));
        drop(two);
        assert_eq!(counter.used(), 0);
    }

    #[test]
    fn a_limit_is_not_lowered_below_what_is_used() {
        let counter = MemoryCounter::new(Some(100));
        let mut charge = MemoryCharge::to(&counter);
        charge.grow_to(60).unwrap();
        let refused = counter.set_limit(Some(50)).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "unable to set memory limit to 50 (current usage: 60, peak usage: 60)"
        );
        assert_eq!(counter.limit(), Some(100));
        counter.set_limit(Some(60)).unwrap();
        assert_eq!(charge.grow_to(61), Err(Errno::Nomem));
        counter.set_limit(None).unwrap();
        charge.grow_to(1000).unwrap();
    }
}
