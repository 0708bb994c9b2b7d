//! What processes and sandboxes have used: CPU time, instructions (fuel), memory. Atomics only.
//!
//! Fuel is exact whenever a program is in a call or has ended; while it computes, each finished slice is added.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// What one process has used. A new program of the same process goes on counting.
#[derive(Default)]
pub struct Usage {
    cpu_ns: AtomicU64,
    fuel: AtomicU64,
    /// Fuel of the images before the present one.
    fuel_base: AtomicU64,
    memory: AtomicU64,
    peak: AtomicU64,
    /// CPU time of children that were waited for.
    children_cpu_ns: AtomicU64,
    /// Whether the process waits in a call: a poll that ends then has not used up a slice.
    in_call: AtomicBool,
}

impl Usage {
    /// CPU time in nanoseconds.
    pub fn cpu_ns(&self) -> u64 {
        self.cpu_ns.load(Relaxed)
    }

    /// Instructions executed.
    pub fn fuel(&self) -> u64 {
        self.fuel.load(Relaxed)
    }

    /// Bytes of linear memory and tables now.
    pub fn memory(&self) -> u64 {
        self.memory.load(Relaxed)
    }

    /// The most bytes that any image of this process had.
    pub fn peak(&self) -> u64 {
        self.peak.load(Relaxed)
    }

    /// Whether the process waits in a call just now.
    pub fn waits(&self) -> bool {
        self.in_call.load(Relaxed)
    }

    /// CPU time of children that were waited for, and theirs.
    pub fn children_cpu_ns(&self) -> u64 {
        self.children_cpu_ns.load(Relaxed)
    }

    pub(super) fn add_cpu(&self, ns: u64) {
        self.cpu_ns.fetch_add(ns, Relaxed);
    }

    pub(super) fn add_child(&self, child: &Usage) {
        let ns = child.cpu_ns() + child.children_cpu_ns();
        self.children_cpu_ns.fetch_add(ns, Relaxed);
    }

    pub(super) fn add_slice(&self, fuel: u64) {
        if !self.in_call.load(Relaxed) {
            self.fuel.fetch_add(fuel, Relaxed);
        }
    }

    /// Sets what the present image has consumed, exactly.
    pub(super) fn set_fuel(&self, consumed: u64) {
        self.fuel
            .store(self.fuel_base.load(Relaxed) + consumed, Relaxed);
    }

    /// The present image is over: the next one counts from here.
    pub(super) fn end_image(&self, consumed: u64) {
        self.set_fuel(consumed);
        self.fuel_base.store(self.fuel(), Relaxed);
    }

    pub(super) fn set_memory(&self, bytes: u64) {
        self.memory.store(bytes, Relaxed);
        self.peak.fetch_max(bytes, Relaxed);
    }

    pub(super) fn set_in_call(&self, waits: bool) {
        self.in_call.store(waits, Relaxed);
    }
}

/// What a sandbox uses and has used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SandboxUsage {
    pub cpu_ns: u64,
    pub fuel: u64,
    pub memory: u64,
    pub memory_peak: u64,
    pub memory_limit: Option<u64>,
    pub pids: u32,
    pub pids_limit: Option<u32>,
    pub oom_killed: bool,
    /// Periods of the CPU quota, and those in which it was used up.
    pub periods: u64,
    pub throttled: u64,
    /// For how long processes were kept waiting by it.
    pub throttled_ns: u64,
}

/// The CPU time of this thread in nanoseconds, where the host tells it; else wall time, an upper bound.
pub(super) fn thread_cpu_ns() -> u64 {
    #[cfg(unix)]
    {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
        time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
    }
    #[cfg(not(unix))]
    {
        use std::sync::OnceLock;
        use std::time::Instant;
        static ORIGIN: OnceLock<Instant> = OnceLock::new();
        ORIGIN.get_or_init(Instant::now).elapsed().as_nanos() as u64
    }
}
