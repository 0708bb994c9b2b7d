//! Refuses what Docker refuses when a container is created, in its words, and warns about what has no effect here.

pub mod resources;

use crate::base;
use crate::base::capability::Capabilities;
use crate::engine::ports::Image;
use crate::engine::{Error, Result, logs, powers, signal};
use crate::wire::{ContainerConfig, HealthConfig, HostConfig, RestartPolicy};

/// Docker's alphabet for names, with or without the slash that inspect shows.
pub fn name(name: &str) -> Result<()> {
    base::name::check(name).map_err(|e| Error::invalid(e.to_string()))
}

/// The parts that do not depend on the host.
pub fn config(config: &ContainerConfig) -> Result<Vec<String>> {
    if !config.working_dir.is_empty() && !config.working_dir.starts_with('/') {
        let dir = &config.working_dir;
        return Err(Error::invalid(format!(
            "the working directory '{dir}' is invalid, it needs to be an absolute path"
        )));
    }
    if !config.stop_signal.is_empty() {
        signal::parse(&config.stop_signal)?;
    }
    for entry in config.env.iter().flatten() {
        environment(entry)?;
    }
    config.healthcheck.as_ref().map_or(Ok(()), health)?;
    Ok(Vec::new())
}

/// One `NAME=value`.
pub fn environment(entry: &str) -> Result<()> {
    if entry.is_empty() || entry.starts_with('=') {
        return Err(Error::invalid(format!(
            "invalid environment variable: {entry}"
        )));
    }
    Ok(())
}

fn health(check: &HealthConfig) -> Result<()> {
    for (name, nanos) in [
        ("Interval", check.interval),
        ("Timeout", check.timeout),
        ("StartPeriod", check.start_period),
        ("StartInterval", check.start_interval),
    ] {
        if nanos != 0 && nanos < 1_000_000 {
            return Err(Error::invalid(format!(
                "{name} in Healthcheck cannot be less than 1ms"
            )));
        }
    }
    if check.retries < 0 {
        return Err(Error::invalid("Retries in Healthcheck cannot be negative"));
    }
    Ok(())
}

/// The parts that depend on the host, which has so many CPUs. What its kernel would not have is taken out; the answer is warnings.
pub fn host(host: &mut HostConfig, cpus: u32) -> Result<Vec<String>> {
    let invalid = |text: &str| Err(Error::invalid(text));
    resources::at_first(host)?;
    if host.auto_remove && !matches!(host.restart_policy.name.as_str(), "" | "no") {
        return invalid("can't create 'AutoRemove' container with restart policy");
    }
    restart(&host.restart_policy)?;
    let mut warned = resources::check(host, false, cpus)?;
    if host.shm_size < 0 {
        return invalid("SHM size can not be less than 0");
    }
    if !(-1000..=1000).contains(&host.oom_score_adj) {
        return invalid(&format!(
            "Invalid value {}, range for oom score adj is [-1000, 1000]",
            host.oom_score_adj
        ));
    }
    modes(host)?;
    logs::check(&host.log_config).map_err(Error::invalid)?;
    for ports in host
        .port_bindings
        .iter()
        .flatten()
        .filter_map(|(_, b)| b.as_ref())
    {
        for port in ports {
            let good = port.host_port.is_empty()
                || port.host_port.split('-').all(|p| p.parse::<u16>().is_ok());
            if !good {
                return invalid(&format!(
                    "invalid port specification: \"{}\"",
                    port.host_port
                ));
            }
        }
    }
    super::mounts::check(host)?;
    warned.extend(warnings(host));
    Ok(warned)
}

/// `--restart`.
pub fn restart(policy: &RestartPolicy) -> Result<()> {
    let name = policy.name.as_str();
    if !matches!(name, "" | "no" | "always" | "on-failure" | "unless-stopped") {
        return Err(Error::invalid(format!(
            "invalid restart policy: unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        )));
    }
    if policy.maximum_retry_count > 0 && name != "on-failure" {
        return Err(Error::invalid(
            "invalid restart policy: maximum retry count can only be used with 'on-failure'",
        ));
    }
    if policy.maximum_retry_count < 0 {
        return Err(Error::invalid(
            "invalid restart policy: maximum retry count cannot be negative",
        ));
    }
    Ok(())
}

fn modes(host: &HostConfig) -> Result<()> {
    let wrong = |what: &str, value: &str, known: &[&str]| {
        if value.is_empty()
            || known.contains(&value)
            || value
                .strip_prefix("container:")
                .is_some_and(|c| !c.is_empty())
        {
            return Ok(());
        }
        Err(Error::invalid(format!("invalid {what} mode: {value}")))
    };
    wrong(
        "IPC",
        &host.ipc_mode,
        &["none", "host", "private", "shareable"],
    )?;
    wrong("PID", &host.pid_mode, &["host"])?;
    wrong("UTS", &host.uts_mode, &["host"])?;
    if !matches!(host.isolation.as_str(), "" | "default") {
        return Err(Error::invalid(format!(
            "invalid isolation ({}): linux only supports 'default'",
            host.isolation
        )));
    }
    if !matches!(host.runtime.as_str(), "" | "wasi" | "runc") {
        return Err(Error::invalid(format!(
            "unknown or invalid runtime name: {}",
            host.runtime
        )));
    }
    for cap in host.cap_add.iter().chain(&host.cap_drop).flatten() {
        let bare = cap.to_ascii_uppercase();
        let bare = bare.strip_prefix("CAP_").unwrap_or(&bare);
        if Capabilities::named(bare).is_none() {
            let which = if host.cap_add.iter().flatten().any(|c| c == cap) {
                "CapAdd"
            } else {
                "CapDrop"
            };
            return Err(Error::invalid(format!(
                "invalid {which}: unknown capability: \"CAP_{bare}\""
            )));
        }
    }
    Ok(())
}

/// The image must be for the platform that was asked for; every platform of ours answers to Linux's name too.
pub fn platform(wanted: Option<&str>, image: &Image) -> Result<()> {
    let Some(wanted) = wanted.filter(|w| !w.is_empty()) else {
        return Ok(());
    };
    let own = format!("{}/{}", image.os, image.architecture);
    let (os, architecture) = wanted.split_once('/').unwrap_or((wanted, ""));
    let same = |a: &str, b: &str| a.eq_ignore_ascii_case(b);
    let fits_os = same(os, &image.os) || same(os, "linux") && same(&image.os, "wasi");
    let fits = fits_os
        && (architecture.is_empty()
            || architecture.starts_with(&image.architecture)
            || same(os, "linux") && image.os == "wasi");
    if fits {
        return Ok(());
    }
    Err(Error::not_found(format!(
        "image with reference {} was found but its platform ({own}) does not match the specified platform ({wanted})",
        image
            .repo_tags
            .first()
            .map_or(image.id.as_str(), String::as_str)
    )))
}

/// What is recorded and has no effect in a WebAssembly sandbox; nothing pretends to have happened.
fn warnings(host: &HostConfig) -> Vec<String> {
    let set = |list: &Option<Vec<serde_json::Value>>| list.as_ref().is_some_and(|l| !l.is_empty());
    let profile = |option: &String| {
        let (kind, value) = option.split_once(['=', ':']).unwrap_or((option, ""));
        let none = matches!(value, "unconfined" | "builtin" | "disable");
        matches!(kind, "seccomp" | "apparmor" | "label") && !none
    };
    [
        (
            host.privileged,
            "Privileged mode gives no power in a WASI sandbox; it is only recorded.",
        ),
        (
            powers::beyond(host),
            "Capabilities beyond Docker's default set give no power in a WASI sandbox; they are only recorded.",
        ),
        (
            host.security_opt.iter().flatten().any(profile),
            "Security profiles have nothing to confine in a WASI sandbox; they are only recorded.",
        ),
        (
            set(&host.devices) || set(&host.device_requests),
            "Devices of the host are not given to a WASI sandbox; they are only recorded.",
        ),
        (
            host.pid_mode == "host" || host.ipc_mode == "host" || host.uts_mode == "host",
            "Namespaces of the host are not shared with a WASI sandbox; the mode is only recorded.",
        ),
    ]
    .iter()
    .filter(|(applies, _)| *applies)
    .map(|(_, text)| (*text).to_owned())
    .collect()
}

#[cfg(test)]
mod tests;
