//! What Docker fills in where a request says nothing.

use crate::engine::io::EscapeKeys;
use crate::wire::{ContainerConfig, HostConfig, StringMap};

/// `/dev/shm` unless told otherwise: 64 MiB.
const SHM_SIZE: i64 = 67_108_864;

const MASKED: [&str; 12] = [
    "/proc/asound",
    "/proc/acpi",
    "/proc/interrupts",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
    "/sys/devices/virtual/powercap",
];
const READ_ONLY: [&str; 5] = [
    "/proc/bus",
    "/proc/fs",
    "/proc/irq",
    "/proc/sys",
    "/proc/sysrq-trigger",
];

/// Fills in the hostname and what ports and volumes imply.
pub fn config(config: &mut ContainerConfig, host: &HostConfig, id: &str) {
    if config.hostname.is_empty() {
        config.hostname = match host.network_mode.as_str() {
            "host" => "schooner".to_owned(),
            _ => id.get(..12).unwrap_or(id).to_owned(),
        };
    }
    config.labels.get_or_insert_default();
    config.volumes = config.volumes.take().filter(|v| !v.is_empty());
}

/// Fills in the host configuration.
pub fn host(host: &mut HostConfig) {
    let text = |field: &mut String, default: &str| {
        if field.is_empty() {
            *field = default.to_owned();
        }
    };
    text(&mut host.log_config.kind, "json-file");
    host.log_config.config.get_or_insert_with(StringMap::new);
    text(&mut host.network_mode, "bridge");
    if host.network_mode == "default" {
        host.network_mode = "bridge".to_owned();
    }
    text(&mut host.restart_policy.name, "no");
    text(&mut host.cgroupns_mode, "private");
    text(&mut host.ipc_mode, "private");
    text(&mut host.runtime, "wasi");
    if host.shm_size == 0 {
        host.shm_size = SHM_SIZE;
    }
    host.memory_swappiness = host.memory_swappiness.filter(|s| *s >= 0);
    host.oom_kill_disable.get_or_insert(false);
    // Docker takes "no swap beyond the limit" for twice the memory when only the memory is given.
    if host.memory > 0 && host.memory_swap == 0 {
        host.memory_swap = host.memory.saturating_mul(2);
    }
    // Zero and below mean no limit, which the record writes as null.
    host.pids_limit = host.pids_limit.filter(|limit| *limit > 0);
    unlabelled(host);
    let all = |paths: &[&str]| paths.iter().map(|p| (*p).to_owned()).collect();
    if host.privileged {
        host.masked_paths = None;
        host.readonly_paths = None;
    } else {
        host.masked_paths.get_or_insert_with(|| all(&MASKED));
        host.readonly_paths.get_or_insert_with(|| all(&READ_ONLY));
    }
}

/// Docker takes SELinux's label off containers that share something with the host, unless one was asked for.
fn unlabelled(host: &mut HostConfig) {
    let shared = host.privileged || host.ipc_mode == "host" || host.pid_mode == "host";
    let options = host.security_opt.get_or_insert_default();
    let labelled = |option: &String| option.split(['=', ':']).next() == Some("label");
    if shared && !options.iter().any(labelled) {
        options.push("label=disable".to_owned());
    }
    if options.is_empty() {
        host.security_opt = None;
    }
}

/// The client's detach keys, or the default ones.
pub fn escape_keys(text: Option<&str>) -> crate::engine::Result<EscapeKeys> {
    match text {
        None | Some("") => Ok(EscapeKeys::default()),
        Some(text) => EscapeKeys::parse(text),
    }
}
