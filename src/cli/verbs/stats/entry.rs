//! One row of `stats`: figures out of the engine's document, and how they are written.

use crate::base::{id, size};
use crate::cli::print::listing::Listing;
use crate::cli::template::Record;
use crate::wire::StatsResponse;
use crate::wire::stats::CpuStats;

pub const LISTING: Listing = Listing {
    table: "{{.ID}}\t{{.Name}}\t{{.CPUPerc}}\t{{.MemUsage}}\t{{.MemPerc}}\t{{.NetIO}}\t{{.BlockIO}}\t{{.PIDs}}",
    // Docker has no raw format here and takes the word for a template.
    raw: "raw",
    headers: &[
        ("Container", "CONTAINER"),
        ("Name", "NAME"),
        ("ID", "CONTAINER ID"),
        ("CPUPerc", "CPU %"),
        ("MemUsage", "MEM USAGE / LIMIT"),
        ("MemPerc", "MEM %"),
        ("NetIO", "NET I/O"),
        ("BlockIO", "BLOCK I/O"),
        ("PIDs", "PIDS"),
    ],
    parse_error: "template parsing error",
    execute_error: "template parsing error",
};

/// The figures of one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    pub name: String,
    pub id: String,
    /// Of one CPU: 200 are two.
    pub cpu_percent: f64,
    /// Bytes.
    pub memory: f64,
    pub limit: f64,
    pub network: (f64, f64),
    pub block: (f64, f64),
    pub processes: u64,
}

impl Entry {
    /// Reckons as Docker's client does.
    pub fn of(stats: &StatsResponse) -> Entry {
        let memory = &stats.memory_stats;
        // Page cache that would be given back at once is not use; cgroup 1 and 2 name it differently.
        let cache = ["total_inactive_file", "inactive_file"]
            .iter()
            .find_map(|key| memory.stats.get(*key).filter(|n| **n < memory.usage));
        let mut network = (0.0, 0.0);
        for one in stats.networks.iter().flat_map(|n| n.values()) {
            network.0 += one.rx_bytes as f64;
            network.1 += one.tx_bytes as f64;
        }
        let mut block = (0.0, 0.0);
        let entries = &stats.blkio_stats.io_service_bytes_recursive;
        for one in entries.iter().flatten() {
            match one.op.as_bytes().first() {
                Some(b'r' | b'R') => block.0 += one.value as f64,
                Some(b'w' | b'W') => block.1 += one.value as f64,
                _ => {}
            }
        }
        Entry {
            name: stats.name.clone(),
            id: stats.id.clone(),
            cpu_percent: cpu_percent(&stats.precpu_stats, &stats.cpu_stats),
            memory: memory.usage.saturating_sub(cache.copied().unwrap_or(0)) as f64,
            limit: memory.limit as f64,
            network,
            block,
            processes: stats.pids_stats.current,
        }
    }
}

/// The container's share of the machine between two samples, in hundredths of one CPU.
fn cpu_percent(before: &CpuStats, now: &CpuStats) -> f64 {
    let used = now.cpu_usage.total_usage as f64 - before.cpu_usage.total_usage as f64;
    let whole = now.system_cpu_usage as f64 - before.system_cpu_usage as f64;
    let cpus = match now.online_cpus {
        0 => now.cpu_usage.percpu_usage.len() as f64,
        cpus => f64::from(cpus),
    };
    if used > 0.0 && whole > 0.0 {
        used / whole * cpus * 100.0
    } else {
        0.0
    }
}

/// The fields for the formats. `asked` is how the user named the container; without figures they are dashes.
pub fn record(asked: &str, entry: Option<&Entry>, full: bool) -> Record {
    let figure = |words: &dyn Fn(&Entry) -> String, dashes: &str| {
        entry.map_or_else(|| dashes.to_owned(), words)
    };
    let pair =
        |(a, b): (f64, f64)| format!("{} / {}", size::decimal_short(a), size::decimal_short(b));
    let memory_percent = |e: &Entry| match e.limit {
        0.0 => 0.0,
        limit => e.memory / limit * 100.0,
    };
    let name = entry.map_or("", |e| e.name.trim_start_matches('/'));
    let name = if name.is_empty() { "--" } else { name };
    let long = entry.map_or(asked, |e| e.id.as_str());
    let own = if full { long } else { id::short(long) };
    Record::context(
        "*container.statsContext",
        vec![
            ("BlockIO", figure(&|e| pair(e.block), "--").into()),
            (
                "CPUPerc",
                figure(&|e| format!("{:.2}%", e.cpu_percent), "--").into(),
            ),
            ("Container", asked.into()),
            ("ID", own.into()),
            (
                "MemPerc",
                figure(&|e| format!("{:.2}%", memory_percent(e)), "--").into(),
            ),
            (
                "MemUsage",
                figure(
                    &|e| format!("{} / {}", size::binary(e.memory), size::binary(e.limit)),
                    "-- / --",
                )
                .into(),
            ),
            ("Name", name.into()),
            ("NetIO", figure(&|e| pair(e.network), "--").into()),
            ("PIDs", figure(&|e| e.processes.to_string(), "--").into()),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats() -> StatsResponse {
        serde_json::from_str(
            r#"{"name":"/web","id":"adba61410f2866e55fdb",
                "pids_stats":{"current":3},
                "cpu_stats":{"cpu_usage":{"total_usage":750},"system_cpu_usage":4000,"online_cpus":2},
                "precpu_stats":{"cpu_usage":{"total_usage":250},"system_cpu_usage":2000},
                "memory_stats":{"usage":1048576,"stats":{"inactive_file":524288},"limit":2097152},
                "blkio_stats":{"io_service_bytes_recursive":[{"op":"Read","value":1500},{"op":"write","value":7}]},
                "networks":{"eth0":{"rx_bytes":1000,"tx_bytes":2},"eth1":{"rx_bytes":500,"tx_bytes":0}}}"#,
        )
        .unwrap()
    }

    #[test]
    fn figures_are_dockers() {
        let entry = Entry::of(&stats());
        let text = LISTING.render("", vec![record("web", Some(&entry), false)]);
        assert_eq!(
            text.unwrap(),
            "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O      BLOCK I/O    PIDS\n\
             adba61410f28   web       50.00%    512KiB / 2MiB       25.00%    1.5kB / 2B   1.5kB / 7B   3\n"
        );
        let dashes = LISTING.render("", vec![record("gone", None, false)]);
        assert_eq!(
            dashes.unwrap(),
            "CONTAINER ID   NAME      CPU %     MEM USAGE / LIMIT   MEM %     NET I/O   BLOCK I/O   PIDS\n\
             gone           --        --        -- / --             --        --        --          --\n"
        );
    }
}
