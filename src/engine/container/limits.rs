//! What a container may use, from its record and our own defaults.
//!
//! Docker's zeros mean "no limit"; a sandbox on a learner's laptop always has one. `inspect` still shows what was asked for.

use crate::base::cpuset::{self, CpuSet};
use crate::engine::{Error, Result};
use crate::wire::{HostConfig, Ulimit};

/// The limits that the runtime enforces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of linear memory, pipes and tmpfs together.
    pub memory: u64,
    pub pids: u32,
    /// `RLIMIT_*` by number: soft and hard values, `u64::MAX` for none.
    pub ulimits: Vec<(usize, u64, u64)>,
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
/// The least quota that Linux takes.
const LEAST_QUOTA_US: u64 = 1000;
/// Open files of a process: soft and hard, unless told otherwise.
const OPEN_FILES: (u64, u64) = (1024, 1024);
const NOFILE: usize = 7;

/// Names of `--ulimit` by Linux's numbers.
const ULIMITS: [&str; 16] = [
    "cpu",
    "fsize",
    "data",
    "stack",
    "core",
    "rss",
    "nproc",
    "nofile",
    "memlock",
    "as",
    "locks",
    "sigpending",
    "msgqueue",
    "nice",
    "rtprio",
    "rttime",
];

impl Limits {
    pub fn of(host: &HostConfig) -> Self {
        let mut ulimits: Vec<_> = host.ulimits.iter().flatten().filter_map(ulimit).collect();
        match ulimits.iter_mut().find(|(number, ..)| *number == NOFILE) {
            Some((_, soft, hard)) => {
                (*soft, *hard) = ((*soft).min(OPEN_FILES.1), (*hard).min(OPEN_FILES.1));
            }
            None => ulimits.push((NOFILE, OPEN_FILES.0, OPEN_FILES.1)),
        }
        Limits {
            memory: positive(host.memory).unwrap_or(512 << 20),
            pids: host
                .pids_limit
                .and_then(|n| u32::try_from(n).ok())
                .filter(|n| *n > 0)
                .unwrap_or(256),
            ulimits,
            disk: storage(host).unwrap_or(1 << 30),
            cpu: quota(host).filter(|cpu| cpu.quota_us > 0),
            shares: positive(host.cpu_shares)
                .and_then(|n| u32::try_from(n).ok())
                .unwrap_or(1024),
            cpus: cpuset::parse(&host.cpuset_cpus).map_or(CpuSet::ALL, |(cpus, _)| cpus),
        }
    }

    /// What Docker takes, and its runtime refuses to write into a cgroup's files, in its words.
    pub fn enforceable(host: &HostConfig, id: &str) -> Result<()> {
        if let Some(CpuQuota { quota_us, .. }) = quota(host)
            && (1..LEAST_QUOTA_US).contains(&quota_us)
        {
            return Err(Error::system(format!(
                "failed to write \"{quota_us}\": write /sys/fs/cgroup/cpu/docker/{id}/cpu.cfs_quota_us: invalid argument"
            )));
        }
        match host.cpu_shares {
            1 => Err(Error::system("the minimum allowed cpu-shares is 2")),
            0..=262_144 => Ok(()),
            _ => Err(Error::system("the maximum allowed cpu-shares is 262144")),
        }
    }
}

fn positive(n: i64) -> Option<u64> {
    u64::try_from(n).ok().filter(|n| *n > 0)
}

/// The quota that was asked for; it may be too small to be one.
fn quota(host: &HostConfig) -> Option<CpuQuota> {
    let period_us = positive(host.cpu_period).unwrap_or(PERIOD_US);
    let of_nanos = |nanos: u64| nanos.saturating_mul(period_us) / 1_000_000_000;
    let quota_us = positive(host.nano_cpus)
        .map(of_nanos)
        .or_else(|| positive(host.cpu_quota))?;
    Some(CpuQuota {
        quota_us,
        period_us,
    })
}

/// Number, soft and hard value of a `--ulimit`. Minus one is no limit.
fn ulimit(asked: &Ulimit) -> Option<(usize, u64, u64)> {
    let number = ULIMITS.iter().position(|name| *name == asked.name)?;
    let value = |n: i64| u64::try_from(n).unwrap_or(u64::MAX);
    Some((number, value(asked.soft), value(asked.hard)))
}

/// What runc says to a `--ulimit` that cannot be set: that, and whether it says so before the container's own process begins.
pub fn bad_ulimit(host: &HostConfig) -> Option<(String, bool)> {
    let asked = host.ulimits.iter().flatten();
    let mut wrong = asked.filter_map(|asked| match ulimit(asked) {
        None => {
            let name = asked.name.to_uppercase();
            Some((format!("wrong rlimit value: RLIMIT_{name}"), true))
        }
        Some((number, soft, hard)) => (soft > hard).then(|| {
            let words = "error setting rlimits for ready process: error setting rlimit type";
            (format!("{words} {number}: invalid argument"), false)
        }),
    });
    wrong.next()
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
        assert_eq!((limits.memory, limits.pids), (512 << 20, 256));
        assert_eq!((limits.disk, limits.cpu), (1 << 30, None));
        assert_eq!(limits.ulimits, [(NOFILE, 1024, 1024)]);
    }

    #[test]
    fn cpus_are_a_share_of_each_period() {
        let cpus = |nano_cpus, cpu_quota, cpu_period| {
            let host = HostConfig {
                nano_cpus,
                cpu_quota,
                cpu_period,
                ..HostConfig::default()
            };
            let enforceable = Limits::enforceable(&host, "ID").map_err(|e| e.message);
            let quota = Limits::of(&host).cpu;
            enforceable.map(|()| quota.map(|cpu| (cpu.quota_us, cpu.period_us)))
        };
        assert_eq!(cpus(500_000_000, 0, 0), Ok(Some((50_000, 100_000))));
        assert_eq!(cpus(0, 20_000, 50_000), Ok(Some((20_000, 50_000))));
        assert_eq!(cpus(0, -1, 0), Ok(None));
        assert_eq!(cpus(1, 0, 0), Ok(None));
        assert_eq!(
            cpus(1_000_000, 0, 0),
            Err("failed to write \"100\": write /sys/fs/cgroup/cpu/docker/ID/cpu.cfs_quota_us: invalid argument".to_owned())
        );
    }

    #[test]
    fn ulimits_have_numbers() {
        let host = |name: &str, soft, hard| HostConfig {
            ulimits: Some(vec![Ulimit {
                name: name.to_owned(),
                soft,
                hard,
            }]),
            ..HostConfig::default()
        };
        let of = |name: &str, soft, hard| Limits::of(&host(name, soft, hard)).ulimits;
        assert_eq!(of("nofile", 10, 20), [(NOFILE, 10, 20)]);
        assert_eq!(of("nofile", 5000, -1), [(NOFILE, 1024, 1024)]);
        assert_eq!(of("nproc", -1, -1)[0], (6, u64::MAX, u64::MAX));
        assert_eq!(
            bad_ulimit(&host("nofile", 30, 20)),
            Some((
                "error setting rlimits for ready process: error setting rlimit type 7: invalid argument".to_owned(),
                false
            ))
        );
        assert_eq!(
            bad_ulimit(&host("bogus", 1, 1)),
            Some(("wrong rlimit value: RLIMIT_BOGUS".to_owned(), true))
        );
    }
}
