//! What Docker says about the resources of a container, when it is created and when they are updated.
//!
//! The order of the checks is Docker's, because the first one that fails is the one that is seen. What its kernel would not have
//! either (weights of block I/O, percent of a CPU) is discarded with its warning.

use crate::base::cpuset::{self, CpuSet};
use crate::base::size;
use crate::engine::{Error, Result};
use crate::wire::HostConfig;

/// The least memory that a container may be limited to.
const LEAST_MEMORY: i64 = 6 * 1024 * 1024;

/// What is refused before anything else is looked at, when a container is created.
pub fn at_first(host: &HostConfig) -> Result<()> {
    let qos = |what: &str| {
        Err(Error::invalid(format!(
            "invalid option: QoS maximum {what} configuration is not supported on linux"
        )))
    };
    if host.io_maximum_bandwidth != 0 {
        return qos("bandwidth");
    }
    if host.io_maximum_iops != 0 {
        return qos("IOPs");
    }
    let (period, runtime) = (host.cpu_realtime_period, host.cpu_realtime_runtime);
    if period != 0 && runtime != 0 && runtime > period {
        return Err(Error::invalid(
            "cpu real-time runtime cannot be higher than cpu real-time period",
        ));
    }
    if host.cpu_shares < 0 {
        return Err(Error::invalid(format!(
            "invalid CPU shares ({}): value must be a positive integer",
            host.cpu_shares
        )));
    }
    Ok(())
}

/// Checks all resources against a machine with so many CPUs; `update` allows what makes sense together with what was set
/// before. The answer is warnings.
pub fn check(host: &mut HostConfig, update: bool, cpus: u32) -> Result<Vec<String>> {
    let mut warnings = memory(host, update)?;
    processors(host, cpus)?;
    if std::mem::take(&mut host.cpu_percent) > 0 {
        warnings.push("linux does not support CPU percent. Percent discarded.");
    }
    sets(host, cpus)?;
    if std::mem::take(&mut host.blkio_weight) > 0 {
        warnings.push(
            "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.",
        );
    }
    if host.io_maximum_bandwidth != 0 || host.io_maximum_iops != 0 {
        return Err(Error::invalid(
            "Invalid QoS settings: linux does not support Maximum IO Bandwidth or Maximum IO IOps",
        ));
    }
    if host
        .blkio_weight_device
        .as_ref()
        .is_some_and(|d| !d.is_empty())
    {
        host.blkio_weight_device = Some(Vec::new());
        warnings.push(
            "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.",
        );
    }
    Ok(warnings.into_iter().map(str::to_owned).collect())
}

fn memory(host: &mut HostConfig, update: bool) -> Result<Vec<&'static str>> {
    // -1 says "as it is", in words of old clients.
    host.memory_swappiness = host.memory_swappiness.filter(|s| *s != -1);
    let (limit, swap, reserved) = (host.memory, host.memory_swap, host.memory_reservation);
    let first = [
        (
            limit != 0 && limit < LEAST_MEMORY,
            "Minimum memory limit allowed is 6MB",
        ),
        (
            limit > 0 && swap > 0 && swap < limit,
            "Minimum memoryswap limit should be larger than memory limit, see usage",
        ),
        (
            limit == 0 && swap > 0 && !update,
            "You should always set the Memory limit when using Memoryswap limit, see usage",
        ),
    ];
    refuse(&first)?;
    if let Some(swappiness) = host.memory_swappiness.filter(|s| !(0..=100).contains(s)) {
        return Err(Error::invalid(format!(
            "Invalid value: {swappiness}, valid memory swappiness range is 0-100"
        )));
    }
    let then = [
        (
            reserved > 0 && reserved < LEAST_MEMORY,
            "Minimum memory reservation allowed is 6MB",
        ),
        (
            limit > 0 && reserved > limit,
            "Minimum memory limit can not be less than memory reservation limit, see usage",
        ),
    ];
    refuse(&then)?;
    // Removed from the API; old clients still send it.
    host.kernel_memory = 0;
    let unbounded = host.oom_kill_disable == Some(true) && limit == 0;
    Ok(unbounded
        .then_some(
            "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.",
        )
        .into_iter()
        .collect())
}

fn processors(host: &HostConfig, cpus: u32) -> Result<()> {
    for (set, which) in [
        (host.cpu_period > 0, "Period"),
        (host.cpu_quota > 0, "Quota"),
    ] {
        if host.nano_cpus > 0 && set {
            return Err(Error::invalid(format!(
                "Conflicting options: Nano CPUs and CPU {which} cannot both be set"
            )));
        }
    }
    if host.nano_cpus < 0 || host.nano_cpus > i64::from(cpus) * 1_000_000_000 {
        return Err(Error::invalid(format!(
            "range of CPUs is from 0.01 to {cpus}.00, as there are only {cpus} CPUs available"
        )));
    }
    refuse(&[
        (
            host.cpu_period != 0 && !(1000..=1_000_000).contains(&host.cpu_period),
            "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
        ),
        (
            host.cpu_quota > 0 && host.cpu_quota < 1000,
            "CPU cfs quota can not be less than 1ms (i.e. 1000)",
        ),
    ])
}

fn sets(host: &HostConfig, cpus: u32) -> Result<()> {
    let kinds = [
        (&host.cpuset_cpus, "cpus", "CPUs", cpus),
        // One node, as on a laptop.
        (&host.cpuset_mems, "mems", "memory nodes", 1),
    ];
    for (text, short, long, count) in kinds {
        if text.is_empty() {
            continue;
        }
        let (_, highest) = cpuset::parse(text)
            .map_err(|e| Error::invalid(format!("Invalid value {text} for cpuset {short}: {e}")))?;
        if highest >= count {
            return Err(Error::invalid(format!(
                "Requested {long} are not available - requested {text}, available: {}",
                CpuSet::first(count)
            )));
        }
    }
    Ok(())
}

/// `--storage-opt`, which a storage driver reads: only the size is an option.
pub fn storage(host: &HostConfig) -> Result<()> {
    for (name, value) in host.storage_opt.iter().flatten() {
        if !name.eq_ignore_ascii_case("size") {
            return Err(Error::system(format!("Unknown option {name}")));
        }
        size::parse_binary(value).map_err(|e| Error::system(e.to_string()))?;
    }
    Ok(())
}

/// Refuses for the first reason that holds.
fn refuse(reasons: &[(bool, &str)]) -> Result<()> {
    match reasons.iter().find(|(holds, _)| *holds) {
        Some((_, words)) => Err(Error::invalid(*words)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::go;

    /// What the real engine answered to each of these on a machine with two CPUs.
    #[test]
    fn refusals_are_dockers_to_the_byte() {
        for (body, words) in [
            (r#"{"Memory":-1}"#, "Minimum memory limit allowed is 6MB"),
            (
                r#"{"Memory":67108864,"MemorySwap":33554432}"#,
                "Minimum memoryswap limit should be larger than memory limit, see usage",
            ),
            (
                r#"{"MemorySwap":67108864}"#,
                "You should always set the Memory limit when using Memoryswap limit, see usage",
            ),
            (
                r#"{"MemorySwappiness":101}"#,
                "Invalid value: 101, valid memory swappiness range is 0-100",
            ),
            (
                r#"{"MemorySwappiness":-2}"#,
                "Invalid value: -2, valid memory swappiness range is 0-100",
            ),
            (
                r#"{"Memory":10485760,"MemoryReservation":20971520}"#,
                "Minimum memory limit can not be less than memory reservation limit, see usage",
            ),
            (
                r#"{"NanoCpus":500000000,"CpuPeriod":100000}"#,
                "Conflicting options: Nano CPUs and CPU Period cannot both be set",
            ),
            (
                r#"{"NanoCpus":500000000,"CpuQuota":100000}"#,
                "Conflicting options: Nano CPUs and CPU Quota cannot both be set",
            ),
            (
                r#"{"NanoCpus":-1,"CpuQuota":5000}"#,
                "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
            ),
            (
                r#"{"NanoCpus":3000000000}"#,
                "range of CPUs is from 0.01 to 2.00, as there are only 2 CPUs available",
            ),
            (
                r#"{"CpuShares":-1}"#,
                "invalid CPU shares (-1): value must be a positive integer",
            ),
            (
                r#"{"CpuPeriod":-1}"#,
                "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
            ),
            (
                r#"{"CpuQuota":999}"#,
                "CPU cfs quota can not be less than 1ms (i.e. 1000)",
            ),
            (
                r#"{"CpuRealtimeRuntime":2000,"CpuRealtimePeriod":1000}"#,
                "cpu real-time runtime cannot be higher than cpu real-time period",
            ),
            (
                r#"{"CpusetCpus":"0,4"}"#,
                "Requested CPUs are not available - requested 0,4, available: 0-1",
            ),
            (
                r#"{"CpusetCpus":"x"}"#,
                "Invalid value x for cpuset cpus: invalid format: x",
            ),
            (
                r#"{"CpusetCpus":"9000"}"#,
                "Invalid value 9000 for cpuset cpus: value of out range, maximum is 8192",
            ),
            (
                r#"{"CpusetMems":"3"}"#,
                "Requested memory nodes are not available - requested 3, available: 0",
            ),
            (
                r#"{"IOMaximumIOps":5}"#,
                "invalid option: QoS maximum IOPs configuration is not supported on linux",
            ),
        ] {
            let mut host: HostConfig = go::from_slice(body.as_bytes()).unwrap();
            let outcome = at_first(&host).and_then(|()| check(&mut host, false, 2));
            assert_eq!(outcome.unwrap_err().message, words);
        }
    }

    #[test]
    fn what_is_discarded_is_said() {
        let mut host: HostConfig = go::from_slice(
            br#"{"BlkioWeight":500,"CpuPercent":5,"MemorySwappiness":-1,"OomKillDisable":true,"KernelMemory":5}"#,
        )
        .unwrap();
        assert_eq!(check(&mut host, false, 2).unwrap().len(), 3);
        assert_eq!(
            host,
            HostConfig {
                oom_kill_disable: Some(true),
                ..HostConfig::default()
            }
        );
    }

    #[test]
    fn an_update_may_set_swap_alone() {
        let mut host = HostConfig {
            memory_swap: 67_108_864,
            cpuset_cpus: "1".to_owned(),
            ..HostConfig::default()
        };
        assert_eq!(check(&mut host, true, 2), Ok(Vec::new()));
    }
}
