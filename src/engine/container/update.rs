//! `update`: other limits for a container, running or not, and another restart policy.
//!
//! Fields that are zero or absent stay as they are. What is running gets its limits first, because it may refuse them; then the
//! record is committed. If that fails the old limits come back.

use super::limits::Limits;
use super::validate;
use crate::engine::state::Phase;
use crate::engine::{Engine, Error, Result};
use crate::wire::{HostConfig, UpdateResponse};

impl Engine {
    /// Changes limits and policy. Of `wanted`, only those are looked at.
    pub async fn update(&self, id: &str, mut wanted: HostConfig) -> Result<UpdateResponse> {
        // Any number of processes below one means no limit.
        wanted.pids_limit = wanted.pids_limit.map(|limit| limit.max(0));
        if !wanted.restart_policy.name.is_empty() {
            validate::restart(&wanted.restart_policy)?;
        }
        let warnings = validate::resources::check(&mut wanted, true, self.facts.cpus)?;
        let container = self.find(id)?;
        let refused = |e: Error| e.context(&format!("Cannot update container {}", container.id));
        let _verb = container.verb.lock().await;
        let (phase, before) = container.look(|r| (r.state.phase, r.host_config.clone()));
        if matches!(phase, Phase::Removing | Phase::Dead) {
            return Err(refused(Error::conflict(
                "container is marked for removal and cannot be \"update\"",
            )));
        }
        let after = merged(&before, &wanted).map_err(refused)?;
        let sandbox = container.sandbox();
        if let Some(sandbox) = &sandbox {
            // The words of a runtime that could not write a cgroup's file.
            let failed = |e: Error| {
                let words = "runc did not terminate successfully: exit status 1";
                refused(Error::system(format!("{words}: {}\n", e.message)))
            };
            Limits::enforceable(&wanted, &container.id).map_err(failed)?;
            sandbox.update(&Limits::of(&after)).map_err(failed)?;
        }
        container.change(|r| r.host_config = after);
        if let Err(e) = self.commit(&container, false).await {
            container.change(|r| r.host_config.clone_from(&before));
            if let Some(sandbox) = sandbox
                && let Err(e) = sandbox.update(&Limits::of(&before))
            {
                tracing::warn!(container = %container.id, "its old limits did not come back: {e}");
            }
            return Err(e);
        }
        self.tell(&container, "update", &[]);
        Ok(UpdateResponse {
            warnings: (!warnings.is_empty()).then_some(warnings),
        })
    }
}

/// The configuration with what is wanted in it; conflicts are Docker's.
fn merged(before: &HostConfig, wanted: &HostConfig) -> Result<HostConfig> {
    let conflicts = [
        (
            wanted.nano_cpus > 0 && before.cpu_period > 0,
            "Conflicting options: Nano CPUs cannot be updated as CPU Period has already been set",
        ),
        (
            wanted.nano_cpus > 0 && before.cpu_quota > 0,
            "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set",
        ),
        (
            wanted.cpu_period > 0 && before.nano_cpus > 0,
            "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set",
        ),
        (
            wanted.cpu_quota > 0 && before.nano_cpus > 0,
            "Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set",
        ),
        (
            wanted.memory > before.memory_swap && wanted.memory != 0 && wanted.memory_swap == 0,
            "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time",
        ),
        (
            before.auto_remove && !matches!(wanted.restart_policy.name.as_str(), "" | "no"),
            "Restart policy cannot be updated because AutoRemove is enabled for the container",
        ),
    ];
    if let Some((_, words)) = conflicts.iter().find(|(holds, _)| *holds) {
        return Err(Error::conflict(*words));
    }
    let mut after = before.clone();
    for (field, value) in [
        (&mut after.cpu_shares, wanted.cpu_shares),
        (&mut after.nano_cpus, wanted.nano_cpus),
        (&mut after.cpu_period, wanted.cpu_period),
        (&mut after.cpu_quota, wanted.cpu_quota),
        (&mut after.cpu_realtime_period, wanted.cpu_realtime_period),
        (&mut after.cpu_realtime_runtime, wanted.cpu_realtime_runtime),
        (&mut after.memory, wanted.memory),
        (&mut after.memory_swap, wanted.memory_swap),
        (&mut after.memory_reservation, wanted.memory_reservation),
    ] {
        if value != 0 {
            *field = value;
        }
    }
    for (field, value) in [
        (&mut after.cpuset_cpus, &wanted.cpuset_cpus),
        (&mut after.cpuset_mems, &wanted.cpuset_mems),
    ] {
        if !value.is_empty() {
            field.clone_from(value);
        }
    }
    if wanted.pids_limit.is_some() {
        after.pids_limit = wanted.pids_limit;
    }
    if !wanted.restart_policy.name.is_empty() {
        after.restart_policy = wanted.restart_policy.clone();
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::RestartPolicy;

    const MIB: i64 = 1 << 20;

    fn memory(memory: i64, memory_swap: i64) -> HostConfig {
        HostConfig {
            memory,
            memory_swap,
            ..HostConfig::default()
        }
    }

    fn cpus(nano_cpus: i64, cpu_period: i64, cpu_quota: i64) -> HostConfig {
        HostConfig {
            nano_cpus,
            cpu_period,
            cpu_quota,
            ..HostConfig::default()
        }
    }

    /// What the real engine did with each pair.
    #[test]
    fn what_was_set_before_decides_what_may_be_set() {
        let swap = "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time";
        for (before, wanted, conflict) in [
            (memory(0, 0), memory(64 * MIB, 0), Some(swap)),
            (memory(64 * MIB, -1), memory(32 * MIB, 0), Some(swap)),
            (memory(64 * MIB, 128 * MIB), memory(128 * MIB, 0), None),
            (
                memory(64 * MIB, 128 * MIB),
                memory(129 * MIB, 0),
                Some(swap),
            ),
            (memory(64 * MIB, 128 * MIB), memory(500 * MIB, -1), None),
            (memory(64 * MIB, 128 * MIB), memory(0, 10 * MIB), None),
            (
                cpus(0, 0, 50_000),
                cpus(500_000_000, 0, 0),
                Some(
                    "Conflicting options: Nano CPUs cannot be updated as CPU Quota has already been set",
                ),
            ),
            (cpus(0, 0, -1), cpus(500_000_000, 0, 0), None),
            (
                cpus(500_000_000, 0, 0),
                cpus(0, 100_000, 0),
                Some(
                    "Conflicting options: CPU Period cannot be updated as NanoCPUs has already been set",
                ),
            ),
        ] {
            let outcome = merged(&before, &wanted).err().map(|e| e.message);
            assert_eq!(outcome.as_deref(), conflict, "{wanted:?}");
        }
    }

    #[test]
    fn a_container_that_goes_with_its_end_gets_no_policy() {
        let before = HostConfig {
            auto_remove: true,
            ..HostConfig::default()
        };
        let policy = |name: &str| HostConfig {
            restart_policy: RestartPolicy {
                name: name.to_owned(),
                maximum_retry_count: 0,
            },
            ..HostConfig::default()
        };
        assert!(merged(&before, &policy("always")).is_err());
        assert!(merged(&before, &policy("no")).is_ok());
        let after = merged(&HostConfig::default(), &policy("always")).unwrap();
        assert_eq!(after.restart_policy.name, "always");
    }

    #[test]
    fn zeros_change_nothing() {
        let before = HostConfig {
            pids_limit: Some(5),
            cpu_shares: 512,
            cpuset_cpus: "0".to_owned(),
            ..memory(64 * MIB, 128 * MIB)
        };
        assert_eq!(merged(&before, &HostConfig::default()), Ok(before));
    }
}
