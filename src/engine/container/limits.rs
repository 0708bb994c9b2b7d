//! What a container may use, from its record and our own defaults.
//!
//! Docker's zeros mean "no limit"; a sandbox on a learner's laptop always has one. `inspect` still shows what was asked for.

use crate::base::cpuset::{self, CpuSet};
use crate::wire::HostConfig;

/// The limits that the runtime enforces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory, pipes and tmpfs together.
    pub memory: u64,
    pub pids: u32,
    pub open_files: u64,
    /// Bytes that the container may write.
    pub disk: u64,
    /// Microseconds of CPU time in each period.
    pub cpu: Option<CpuQuota>,
    pub shares: u32,
    pub cpus: CpuSet,
}

/// `--cpus` as quota and period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CpuQuota {
    pub quota_us: u64,
    pub period_us: u64,
}

const PERIOD_US: u64 = 100_000;

impl Limits {
    pub fn of(host: &HostConfig) -> Self {
        let positive = |n: i64| u64::try_from(n).ok().filter(|n| *n > 0);
        let ulimit = host
            .ulimits
            .iter()
            .flatten()
            .find(|u| u.name == "nofile")
            .and_then(|u| positive(u.soft));
        let period_us = positive(host.cpu_period).unwrap_or(PERIOD_US);
        let quota_us = positive(host.nano_cpus)
            .map(|nanos| nanos.saturating_mul(period_us) / 1_000_000_000)
            .or_else(|| positive(host.cpu_quota));
        Limits {
            memory: positive(host.memory).unwrap_or(512 << 20),
            pids: host
                .pids_limit
                .and_then(|n| u32::try_from(n).ok())
                .filter(|n| *n > 0)
                .unwrap_or(256),
            open_files: ulimit.unwrap_or(1024),
            disk: storage(host).unwrap_or(1 << 30),
            cpu: quota_us.map(|quota_us| CpuQuota {
                quota_us: quota_us.max(1000),
                period_us,
            }),
            shares: positive(host.cpu_shares)
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(1024),
            cpus: cpuset::parse(&host.cpuset_cpus).map_or(CpuSet::ALL, |(cpus, _)| cpus),
        }
    }
}

fn storage(host: &HostConfig) -> Option<u64> {
    let size = host.storage_opt.as_ref()?.get("size")?;
    u64::try_from(crate::base::size::parse_binary(size).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zeros_become_our_defaults() {
        let limits = Limits::of(&HostConfig::default());
        assert_eq!(
            (
                limits.memory,
                limits.pids,
                limits.open_files,
                limits.disk,
                limits.cpu
            ),
            (512 << 20, 256, 1024, 1 << 30, None)
        );
    }

    #[test]
    fn cpus_are_a_share_of_each_period() {
        let host = HostConfig {
            nano_cpus: 500_000_000,
            ..HostConfig::default()
        };
        assert_eq!(
            Limits::of(&host).cpu,
            Some(CpuQuota {
                quota_us: 50_000,
                period_us: 100_000
            })
        );
        let host = HostConfig {
            cpu_quota: 20_000,
            cpu_period: 50_000,
            ..HostConfig::default()
        };
        assert_eq!(
            Limits::of(&host).cpu,
            Some(CpuQuota {
                quota_us: 20_000,
                period_us: 50_000
            })
        );
    }
}
