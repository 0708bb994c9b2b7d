//! Gives freed memory back to the system when containers have ended or a program was compiled.
//!
//! glibc keeps what it once needed: after a thousand containers 124 MiB stay resident, of which 2 are in use. So a second after
//! something big has ended it is asked to let go, at most once a second. The allocators of other systems do that by themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Ends that come together are tidied up after together.
const QUIET: Duration = Duration::from_secs(1);

/// The process's heap.
#[derive(Default)]
pub struct Heap {
    scheduled: AtomicBool,
}

impl Heap {
    /// Lets the allocator give memory back after a while. Costs nothing where it does so anyway.
    pub fn tidy_soon(self: &Arc<Self>) {
        if !NEEDED || self.scheduled.swap(true, Ordering::AcqRel) {
            return;
        }
        let heap = self.clone();
        let spawned = std::thread::Builder::new()
            .name("heap".to_owned())
            .spawn(move || {
                std::thread::sleep(QUIET);
                // Before the work: what ends meanwhile deserves a turn of its own.
                heap.scheduled.store(false, Ordering::Release);
                give_back();
            });
        if spawned.is_err() {
            self.scheduled.store(false, Ordering::Release);
        }
    }
}

const NEEDED: bool = cfg!(all(target_os = "linux", target_env = "gnu"));

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn give_back() {
    // SAFETY: `malloc_trim` takes a number of bytes to keep, has no other precondition, and may be called from any thread.
    unsafe { libc::malloc_trim(0) };
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn give_back() {}
