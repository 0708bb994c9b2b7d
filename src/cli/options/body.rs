//! Puts the flags together into what a create request carries.

use super::volumes::{self, Volume};
use super::{devices, files, limits, mounts, network, ports};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Given;
use crate::wire::{
    ContainerConfig, CreateBody, Empty, HostConfig, LogConfig, StringMap, StringSet,
};

/// A create request before it is sent.
#[derive(Debug)]
pub struct Body {
    pub create: CreateBody,
    pub name: String,
    pub platform: String,
}

/// Reads every flag; `args` of the command are the image, then the program's own.
pub fn create_body(given: &Given) -> Result<Body> {
    let config = config(given)?;
    let host = host(given)?;
    if host.auto_remove && !matches!(host.restart_policy.name.as_str(), "" | "no") {
        return Err(Error::plain(
            "conflicting options: cannot specify both --restart and --rm",
        ));
    }
    let (mode, networking) = network::networking(given)?;
    Ok(Body {
        create: CreateBody {
            config,
            host_config: Some(HostConfig {
                network_mode: mode,
                ..host
            }),
            networking_config: Some(networking),
        },
        name: given.text("name").to_owned(),
        platform: platform(given)?,
    })
}

/// A single word must be a system or an architecture; the engine judges the rest.
fn platform(given: &Given) -> Result<String> {
    const KNOWN: &[&str] = &[
        "linux", "windows", "darwin", "freebsd", "wasi", "wasip1", "wasip2", "local", "amd64",
        "x86_64", "x86-64", "386", "i386", "arm64", "aarch64", "arm", "armhf", "armel", "riscv64",
        "ppc64le", "s390x", "wasm", "wasm32",
    ];
    let text = given.text("platform");
    if text.is_empty() || text.contains('/') || KNOWN.contains(&text) {
        return Ok(text.to_owned());
    }
    Err(Error::plain(format!(
        "error parsing specified platform: {text:?}: unknown operating system or architecture: invalid argument"
    )))
}

fn config(given: &Given) -> Result<ContainerConfig> {
    network::mac_check(given.text("mac-address"))?;
    let attach: Vec<String> = given
        .list("attach")
        .iter()
        .map(|a| a.to_lowercase())
        .collect();
    let stdin = given.on("interactive");
    let has = |stream: &str| attach.iter().any(|a| a == stream);
    // Without `-a`, output is attached always and input with `-i`; `-d` attaches nothing.
    let detached = given.on("detach");
    let default = attach.is_empty() && !detached;
    let attach_stdin = has("stdin") || (default && stdin);
    let (exposed, _) = ports::ports(&given.list("publish"), &given.list("expose"))?;
    let env = files::env_list(&given.list("env-file"), &given.list("env"))?;
    let labels: StringMap = files::labels(&given.list("label-file"), &given.list("label"))?
        .into_iter()
        .collect();
    let volumes: StringSet = each_volume(given)?
        .into_iter()
        .filter_map(|volume| match volume {
            Volume::Anonymous(path) => Some((path, Empty {})),
            Volume::Bind(_) => None,
        })
        .collect();
    let command: Vec<String> = given.args.iter().skip(1).cloned().collect();
    Ok(ContainerConfig {
        hostname: given.text("hostname").to_owned(),
        domainname: given.text("domainname").to_owned(),
        user: given.text("user").to_owned(),
        attach_stdin,
        attach_stdout: has("stdout") || default,
        attach_stderr: has("stderr") || default,
        exposed_ports: Some(exposed).filter(|e| !e.is_empty()),
        tty: given.on("tty"),
        open_stdin: stdin,
        stdin_once: stdin && attach_stdin,
        env: Some(env).filter(|e| !e.is_empty()),
        cmd: Some(command).filter(|c| !c.is_empty()),
        healthcheck: limits::health(given)?,
        image: given.first().to_owned(),
        volumes: Some(volumes).filter(|v| !v.is_empty()),
        working_dir: given.text("workdir").to_owned(),
        // An empty text takes the image's entry point away.
        entrypoint: given
            .changed("entrypoint")
            .then(|| vec![given.text("entrypoint").to_owned()]),
        labels: Some(labels),
        stop_signal: given.text("stop-signal").to_owned(),
        stop_timeout: given
            .changed("stop-timeout")
            .then(|| given.int("stop-timeout")),
        ..ContainerConfig::default()
    })
}

/// Every `-v`, each once, in the order given.
fn each_volume(given: &Given) -> Result<Vec<Volume>> {
    let mut all = Vec::new();
    for spec in given.list("volume") {
        let volume = volumes::parse(&spec).map_err(Error::plain)?;
        if !all.contains(&volume) {
            all.push(volume);
        }
    }
    Ok(all)
}

fn host(given: &Given) -> Result<HostConfig> {
    modes(given)?;
    let (_, bindings) = ports::ports(&given.list("publish"), &given.list("expose"))?;
    let words = |e: String| Error::plain(e);
    let each = |flag: &str, read: fn(&str) -> std::result::Result<serde_json::Value, String>| {
        let all = given.list(flag);
        let list: std::result::Result<Vec<_>, String> = all.iter().map(|v| read(v)).collect();
        list.map(Some).map_err(words)
    };
    let pairs = |flag: &str| -> Option<StringMap> {
        let map: StringMap = given.list(flag).iter().map(|t| files::pair(t)).collect();
        Some(map).filter(|m| !m.is_empty())
    };
    let mounts: std::result::Result<Vec<_>, String> = given
        .list("mount")
        .iter()
        .map(|m| mounts::parse(m))
        .collect();
    let ulimits: std::result::Result<Vec<_>, String> = given
        .list("ulimit")
        .iter()
        .map(|u| limits::ulimit(u))
        .collect();
    let devices: Result<Vec<_>> = given
        .list("device")
        .iter()
        .map(|d| devices::device(d))
        .collect();
    let binds: Vec<String> = each_volume(given)?
        .into_iter()
        .filter_map(|volume| match volume {
            Volume::Bind(bind) => Some(bind),
            Volume::Anonymous(_) => None,
        })
        .collect();
    let tmpfs: StringMap = given
        .list("tmpfs")
        .iter()
        .map(|t| {
            let (path, options) = t.split_once(':').unwrap_or((t, ""));
            (path.to_owned(), options.to_owned())
        })
        .collect();
    let mut dns_options = given.list("dns-option");
    dns_options.extend(given.list("dns-opt"));
    let hosts: Vec<String> = given
        .list("add-host")
        .iter()
        .map(|h| network::host(h))
        .collect();
    // A capability that is added is not dropped; `ALL` is no exception.
    let added = capabilities(given, "cap-add");
    let mut dropped = capabilities(given, "cap-drop");
    dropped.retain(|c| !added.contains(c));
    let gpus = given.text("gpus");
    let text = |flag: &str| given.text(flag).to_owned();
    let filled = |list: Vec<String>| Some(list).filter(|l| !l.is_empty());
    Ok(HostConfig {
        binds: filled(binds),
        container_id_file: text("cidfile"),
        log_config: LogConfig {
            kind: text("log-driver"),
            config: Some(pairs("log-opt").unwrap_or_default()),
        },
        port_bindings: Some(bindings),
        restart_policy: limits::restart(given.text("restart"))?,
        auto_remove: given.on("rm"),
        volume_driver: text("volume-driver"),
        volumes_from: given.some_list("volumes-from"),
        annotations: pairs("annotation"),
        cap_add: filled(added),
        cap_drop: filled(dropped),
        cgroupns_mode: text("cgroupns"),
        dns: Some(given.list("dns")),
        dns_options: Some(dns_options),
        dns_search: Some(given.list("dns-search")),
        extra_hosts: filled(hosts),
        group_add: given.some_list("group-add"),
        ipc_mode: text("ipc"),
        links: given.some_list("link"),
        oom_score_adj: given.int("oom-score-adj"),
        pid_mode: text("pid"),
        privileged: given.on("privileged"),
        publish_all_ports: given.on("publish-all"),
        readonly_rootfs: given.on("read-only"),
        security_opt: security(given)?,
        storage_opt: storage(given, pairs("storage-opt"))?,
        tmpfs: Some(tmpfs).filter(|t| !t.is_empty()),
        uts_mode: text("uts"),
        userns_mode: text("userns"),
        shm_size: given.bytes("shm-size"),
        sysctls: pairs("sysctl"),
        runtime: text("runtime"),
        isolation: text("isolation"),
        cpu_shares: given.int("cpu-shares"),
        memory: given.bytes("memory"),
        nano_cpus: given.nano_cpus("cpus"),
        cgroup_parent: text("cgroup-parent"),
        blkio_weight: u16::try_from(given.int("blkio-weight")).unwrap_or(0),
        blkio_weight_device: each("blkio-weight-device", devices::weight)?,
        blkio_device_read_bps: each("device-read-bps", devices::rate)?,
        blkio_device_write_bps: each("device-write-bps", devices::rate)?,
        blkio_device_read_iops: each("device-read-iops", devices::operations)?,
        blkio_device_write_iops: each("device-write-iops", devices::operations)?,
        cpu_period: given.int("cpu-period"),
        cpu_quota: given.int("cpu-quota"),
        cpu_realtime_period: given.int("cpu-rt-period"),
        cpu_realtime_runtime: given.int("cpu-rt-runtime"),
        cpuset_cpus: text("cpuset-cpus"),
        cpuset_mems: text("cpuset-mems"),
        devices: Some(devices?),
        device_cgroup_rules: given.some_list("device-cgroup-rule"),
        device_requests: match gpus {
            "" => None,
            gpus => Some(vec![devices::gpus(gpus).map_err(words)?]),
        },
        kernel_memory: given.bytes("kernel-memory"),
        memory_reservation: given.bytes("memory-reservation"),
        memory_swap: limits::swap(given.text("memory-swap")).unwrap_or(0),
        memory_swappiness: Some(swappiness(given.int("memory-swappiness"))?),
        oom_kill_disable: Some(given.on("oom-kill-disable")),
        pids_limit: Some(given.int("pids-limit")),
        ulimits: Some(ulimits.map_err(words)?),
        cpu_count: given.int("cpu-count"),
        cpu_percent: given.int("cpu-percent"),
        io_maximum_iops: u64::try_from(given.int("io-maxiops")).unwrap_or(0),
        io_maximum_bandwidth: u64::try_from(given.bytes("io-maxbandwidth")).unwrap_or(0),
        mounts: Some(mounts.map_err(words)?).filter(|m| !m.is_empty()),
        init: given.changed("init").then(|| given.on("init")),
        ..HostConfig::default()
    })
}

/// Capabilities in the kernel's spelling, sorted, each once.
fn capabilities(given: &Given, flag: &str) -> Vec<String> {
    let spelled = |name: String| {
        let name = name.trim().to_uppercase();
        match name.as_str() {
            "ALL" => name,
            _ if name.starts_with("CAP_") => name,
            _ => format!("CAP_{name}"),
        }
    };
    let all: std::collections::BTreeSet<String> =
        given.list(flag).into_iter().map(spelled).collect();
    all.into_iter().collect()
}

fn modes(given: &Given) -> Result<()> {
    let known = |flag: &str, words: &[&str], container: bool| {
        let value = given.text(flag);
        value.is_empty()
            || words.contains(&value)
            || (container
                && value
                    .strip_prefix("container:")
                    .is_some_and(|n| !n.is_empty()))
    };
    for (flag, words, container, complaint) in [
        ("pid", &["host"][..], true, "--pid: invalid PID mode"),
        ("uts", &["host"], false, "--uts: invalid UTS mode"),
        ("userns", &["host"], false, "--userns: invalid USER mode"),
        (
            "cgroupns",
            &["host", "private"],
            false,
            "--cgroupns: invalid CGROUP mode",
        ),
    ] {
        if !known(flag, words, container) {
            return Err(Error::plain(complaint));
        }
    }
    if given.text("log-driver") == "none" && !given.list("log-opt").is_empty() {
        return Err(Error::plain("invalid logging opts for driver none"));
    }
    Ok(())
}

fn swappiness(value: i64) -> Result<i64> {
    if value == -1 || (0..=100).contains(&value) {
        return Ok(value);
    }
    Err(Error::plain(format!(
        "invalid value: {value}. Valid memory swappiness range is 0-100"
    )))
}

fn storage(given: &Given, pairs: Option<StringMap>) -> Result<Option<StringMap>> {
    if given.list("storage-opt").iter().any(|o| !o.contains('=')) {
        return Err(Error::plain("invalid storage option"));
    }
    Ok(pairs)
}

/// A seccomp profile is sent as its text.
fn security(given: &Given) -> Result<Option<Vec<String>>> {
    let mut all = Vec::new();
    for option in given.list("security-opt") {
        let split = option.split_once('=').or_else(|| option.split_once(':'));
        match split {
            None if option == "no-new-privileges" || option == "writable-cgroups" => {
                all.push(option)
            }
            None => return Err(Error::plain(format!("Invalid --security-opt: {option:?}"))),
            Some(("seccomp", file)) if !matches!(file, "unconfined" | "builtin") => {
                let text = std::fs::read_to_string(file).map_err(|e| {
                    let opened = crate::cli::error::open_error(file, &e).message;
                    Error::plain(format!("opening seccomp profile ({file}) failed: {opened}"))
                })?;
                let profile: serde_json::Value = serde_json::from_str(&text).map_err(|e| {
                    Error::plain(format!(
                        "compacting json for seccomp profile ({file}) failed: {e}"
                    ))
                })?;
                all.push(format!("seccomp={profile}"));
            }
            Some(_) => all.push(option),
        }
    }
    Ok(Some(all).filter(|a| !a.is_empty()))
}
