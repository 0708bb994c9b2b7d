//! The two clocks that the kernel reads, behind a trait so that tests can turn the hands.
//!
//! Sleeping itself is tokio's business (`tokio::time`), which tests can pause; this trait answers "what time is it" alone.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// Where the kernel asks for the time.
pub trait Clock: Send + Sync + 'static {
    /// Nanoseconds since 1970, UTC.
    fn realtime(&self) -> i64;
    /// Nanoseconds since some fixed moment before the machine was made; never runs backwards.
    fn monotonic(&self) -> u64;
}

/// The host's clocks.
pub struct SystemClock {
    origin: Instant,
}

impl Default for SystemClock {
    fn default() -> SystemClock {
        SystemClock {
            origin: Instant::now(),
        }
    }
}

impl Clock for SystemClock {
    fn realtime(&self) -> i64 {
        match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_nanos()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_nanos()).unwrap_or(i64::MAX),
        }
    }

    fn monotonic(&self) -> u64 {
        // One second ahead of zero: programs subtract small offsets from what they read.
        1_000_000_000 + u64::try_from(self.origin.elapsed().as_nanos()).unwrap_or(u64::MAX >> 1)
    }
}

/// A clock that stands still until a test moves it.
#[derive(Default)]
pub struct ManualClock {
    now: AtomicI64,
}

impl ManualClock {
    /// A clock that shows `realtime` nanoseconds since 1970.
    pub fn at(realtime: i64) -> ManualClock {
        ManualClock {
            now: AtomicI64::new(realtime),
        }
    }

    /// Moves both hands forward.
    pub fn advance(&self, nanoseconds: i64) {
        self.now.fetch_add(nanoseconds, Ordering::Relaxed);
    }
}

impl Clock for ManualClock {
    fn realtime(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    fn monotonic(&self) -> u64 {
        self.now.load(Ordering::Relaxed).max(0) as u64
    }
}
