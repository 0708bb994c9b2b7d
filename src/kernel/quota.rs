//! `--cpus`: how much CPU time a sandbox may use in each period.
//!
//! Periods follow one another on a fixed grid: what was used too much is taken off the next period, and waking up late does
//! not shift the grid. `state` is a leaf lock.

use parking_lot::Mutex;

/// Docker's `--cpu-quota` and `--cpu-period`, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuQuota {
    pub quota_us: u64,
    pub period_us: u64,
}

#[derive(Default)]
struct State {
    period_start: u64,
    used: u64,
    periods: u64,
    throttled: u64,
    /// The present period was already counted as throttled.
    counted: bool,
}

/// The quota of one sandbox.
pub(super) struct Quota {
    quota: u64,
    period: u64,
    state: Mutex<State>,
}

impl Quota {
    pub fn new(quota: CpuQuota, now: u64) -> Quota {
        Quota {
            quota: quota.quota_us.max(1_000).saturating_mul(1_000),
            period: quota.period_us.max(1_000).saturating_mul(1_000),
            state: Mutex::new(State {
                period_start: now,
                ..State::default()
            }),
        }
    }

    /// How many nanoseconds until the sandbox may run again; `None` if it may now.
    pub fn wait(&self, now: u64) -> Option<u64> {
        let mut state = self.state.lock();
        let passed = now.saturating_sub(state.period_start) / self.period;
        if passed > 0 {
            state.period_start += passed * self.period;
            state.used = state.used.saturating_sub(self.quota.saturating_mul(passed));
            state.periods += passed;
            state.counted = false;
        }
        if state.used < self.quota {
            return None;
        }
        if !std::mem::replace(&mut state.counted, true) {
            state.throttled += 1;
        }
        Some(state.period_start + self.period - now)
    }

    /// Takes off what was used.
    pub fn charge(&self, ns: u64) {
        self.state.lock().used += ns;
    }

    /// Periods so far, and those in which processes had to wait.
    pub fn counts(&self) -> (u64, u64) {
        let state = self.state.lock();
        (state.periods, state.throttled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn the_grid_does_not_shift() {
        let quota = Quota::new(
            CpuQuota {
                quota_us: 50_000,
                period_us: 100_000,
            },
            0,
        );
        assert_eq!(quota.wait(0), None);
        quota.charge(60 * MS);
        assert_eq!(quota.wait(60 * MS), Some(40 * MS));
        // Woken late: the new period began at 100, and 10 of its 50 ms are spent already.
        assert_eq!(quota.wait(117 * MS), None);
        quota.charge(40 * MS);
        assert_eq!(quota.wait(157 * MS), Some(43 * MS));
        assert_eq!(quota.counts(), (1, 2));
    }

    #[test]
    fn a_long_debt_is_paid() {
        let quota = Quota::new(
            CpuQuota {
                quota_us: 10_000,
                period_us: 100_000,
            },
            0,
        );
        quota.charge(25 * MS);
        assert!(quota.wait(100 * MS).is_some());
        assert!(quota.wait(200 * MS).is_none());
    }
}
