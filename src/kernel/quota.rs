//! `--cpus`: how much CPU time a sandbox may use in each period.
//!
//! Periods follow one another on a fixed grid: what was used too much is taken off the next period, and waking up late does
//! not shift the grid. A value; the scheduler keeps it under its own lock.

/// Docker's `--cpu-quota` and `--cpu-period`, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuQuota {
    pub quota_us: u64,
    pub period_us: u64,
}

/// The quota of one sandbox; times in nanoseconds.
pub(super) struct Quota {
    asked: CpuQuota,
    quota: u64,
    period: u64,
    period_start: u64,
    used: u64,
    periods: u64,
    throttled: u64,
    throttled_ns: u64,
    /// The present period was already counted as throttled.
    counted: bool,
}

impl Quota {
    pub fn new(asked: CpuQuota, now: u64) -> Quota {
        Quota {
            asked,
            quota: asked.quota_us.max(1_000).saturating_mul(1_000),
            period: asked.period_us.max(1_000).saturating_mul(1_000),
            period_start: now,
            used: 0,
            periods: 0,
            throttled: 0,
            throttled_ns: 0,
            counted: false,
        }
    }

    /// Another quota from now on; what was counted stays, what was overdrawn is forgiven.
    pub fn changed(self, asked: CpuQuota, now: u64) -> Quota {
        Quota {
            periods: self.periods,
            throttled: self.throttled,
            throttled_ns: self.throttled_ns,
            ..Quota::new(asked, now)
        }
    }

    pub fn quota(&self) -> CpuQuota {
        self.asked
    }

    /// How many nanoseconds until the sandbox may run again; `None` if it may now.
    pub fn wait(&mut self, now: u64) -> Option<u64> {
        let passed = now.saturating_sub(self.period_start) / self.period;
        if passed > 0 {
            self.period_start += passed * self.period;
            self.used = self.used.saturating_sub(self.quota.saturating_mul(passed));
            self.periods += passed;
            self.counted = false;
        }
        if self.used < self.quota {
            return None;
        }
        let wait = self.period_start + self.period - now;
        if !std::mem::replace(&mut self.counted, true) {
            self.throttled += 1;
            self.throttled_ns += wait;
        }
        Some(wait)
    }

    /// Takes off what was used.
    pub fn charge(&mut self, ns: u64) {
        self.used += ns;
    }

    /// Periods so far, those in which tasks had to wait, and for how many nanoseconds.
    pub fn counts(&self) -> (u64, u64, u64) {
        (self.periods, self.throttled, self.throttled_ns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    fn quota(quota_us: u64, period_us: u64) -> CpuQuota {
        CpuQuota {
            quota_us,
            period_us,
        }
    }

    #[test]
    fn the_grid_does_not_shift() {
        let mut quota = Quota::new(quota(50_000, 100_000), 0);
        assert_eq!(quota.wait(0), None);
        quota.charge(60 * MS);
        assert_eq!(quota.wait(60 * MS), Some(40 * MS));
        // Woken late: the new period began at 100, and 10 of its 50 ms are spent already.
        assert_eq!(quota.wait(117 * MS), None);
        quota.charge(40 * MS);
        assert_eq!(quota.wait(157 * MS), Some(43 * MS));
        assert_eq!(quota.counts(), (1, 2, 83 * MS));
    }

    #[test]
    fn a_long_debt_is_paid() {
        let mut quota = Quota::new(quota(10_000, 100_000), 0);
        quota.charge(25 * MS);
        assert!(quota.wait(100 * MS).is_some());
        assert!(quota.wait(200 * MS).is_none());
    }

    #[test]
    fn another_quota_counts_on_and_begins_anew() {
        let mut old = Quota::new(quota(10_000, 100_000), 0);
        old.charge(500 * MS);
        assert!(old.wait(250 * MS).is_some());
        let mut new = old.changed(quota(20_000, 100_000), 260 * MS);
        assert_eq!(new.wait(260 * MS), None);
        assert_eq!(new.counts(), (2, 1, 50 * MS));
    }
}
