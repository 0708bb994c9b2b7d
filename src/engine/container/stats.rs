//! `stats`: what a container uses, once or every second.
//!
//! The machine's CPU time is the time since the engine began, once for each CPU, so that a client's usual sum (the container's share of it,
//! times the CPUs) gives 100 % for one CPU that is busy all the time. Amounts are those of the sandbox's own accounting.

use super::Container;
use crate::engine::ports::Usage;
use crate::engine::{Engine, Result};
use crate::wire::stats::{
    BlkioStats, CpuStats, CpuUsage, MemoryStats, NetworkStats, PidsStats, StatsResponse,
    ThrottlingData,
};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// Between two samples.
const INTERVAL: Duration = Duration::from_secs(1);

impl Engine {
    /// One document. With `one_shot` at once and without a sample before it; else an interval lies between the two samples.
    pub async fn stats(&self, id: &str, one_shot: bool) -> Result<StatsResponse> {
        let container = self.find(id)?;
        let Some(first) = self.sample(&container) else {
            return Ok(named(&container, StatsResponse::default()));
        };
        if one_shot {
            // Docker leaves out whose they are.
            return Ok(first);
        }
        self.clock.sleep(INTERVAL).await;
        let second = self.sample(&container).unwrap_or_default();
        Ok(named(&container, after(second, &first)))
    }

    /// A document now and then every second, until the container is removed. While it does not run they are all zeros.
    pub fn stats_stream(self: &Arc<Self>, id: &str) -> Result<BoxStream<'static, StatsResponse>> {
        let container = self.find(id)?;
        let mut life = container.life.subscribe();
        let removed = async move {
            // The error means that the container is no more.
            let _ = life.wait_for(|life| life.removed).await;
        };
        let engine = self.clone();
        let samples = stream::unfold(None, move |before: Option<StatsResponse>| {
            let (engine, container) = (engine.clone(), container.clone());
            async move {
                if before.is_some() {
                    engine.clock.sleep(INTERVAL).await;
                }
                let sample = engine.sample(&container).unwrap_or_default();
                let sample = after(sample, &before.unwrap_or_default());
                Some((named(&container, sample.clone()), Some(sample)))
            }
        });
        Ok(samples.take_until(removed).boxed())
    }

    /// What is used now; `None` while it does not run.
    fn sample(&self, container: &Container) -> Option<StatsResponse> {
        let usage = container.sandbox()?.usage();
        Some(StatsResponse {
            read: self.clock.now().rfc3339(),
            pids_stats: PidsStats {
                current: usage.processes,
                limit: usage.processes_limit.unwrap_or(0),
            },
            // Nothing of a container is a block device.
            blkio_stats: BlkioStats {
                io_service_bytes_recursive: Some(Vec::new()),
                ..BlkioStats::default()
            },
            cpu_stats: self.cpu(&usage),
            memory_stats: self.memory(&usage),
            networks: networks(container),
            ..StatsResponse::default()
        })
    }

    fn cpu(&self, usage: &Usage) -> CpuStats {
        CpuStats {
            cpu_usage: CpuUsage {
                total_usage: usage.cpu_ns,
                usage_in_usermode: usage.cpu_ns,
                ..CpuUsage::default()
            },
            system_cpu_usage: usage.clock_ns.saturating_mul(self.facts.cpus.into()),
            online_cpus: self.facts.cpus,
            throttling_data: ThrottlingData {
                periods: usage.periods,
                throttled_periods: usage.throttled,
                throttled_time: usage.throttled_ns,
            },
        }
    }

    fn memory(&self, usage: &Usage) -> MemoryStats {
        let whole = u64::try_from(self.facts.memory).unwrap_or(0);
        // There is no page cache that would be given back under pressure: all of it is the container's own.
        let kinds = [("anon", usage.memory), ("file", 0), ("inactive_file", 0)];
        MemoryStats {
            usage: usage.memory,
            max_usage: usage.memory_peak,
            stats: BTreeMap::from(kinds.map(|(kind, bytes)| (kind.to_owned(), bytes))),
            limit: usage.memory_limit.unwrap_or(whole),
            ..MemoryStats::default()
        }
    }
}

/// What went through each interface; `None` where there is none but the loopback.
fn networks(container: &Container) -> Option<BTreeMap<String, NetworkStats>> {
    let interfaces = container.net()?.interfaces();
    let networks: BTreeMap<_, _> = interfaces
        .into_iter()
        .map(|interface| {
            let traffic = interface.counters.traffic();
            let stats = NetworkStats {
                rx_bytes: traffic.rx_bytes,
                rx_packets: traffic.rx_packets,
                tx_bytes: traffic.tx_bytes,
                tx_packets: traffic.tx_packets,
                ..NetworkStats::default()
            };
            (interface.name, stats)
        })
        .collect();
    (!networks.is_empty()).then_some(networks)
}

/// A sample behind another one.
fn after(mut sample: StatsResponse, before: &StatsResponse) -> StatsResponse {
    sample.precpu_stats = before.cpu_stats.clone();
    sample.preread.clone_from(&before.read);
    sample
}

fn named(container: &Container, mut sample: StatsResponse) -> StatsResponse {
    sample.name = container.look(|r| format!("/{}", r.name));
    sample.id.clone_from(&container.id);
    sample
}
