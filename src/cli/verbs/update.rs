//! `update`: gives containers other limits, or another restart policy.

use crate::cli::app::{App, container, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bytes, Checked, Cpus, Int64, Text, Uint16};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::options::limits;
use crate::client::{Body, Client};
use crate::wire::{HostConfig, UpdateResponse};
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container update", "update"],
        usage: "CONTAINER [CONTAINER...]",
        about: "Give containers other limits, or another restart policy",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    let number = |long, short, help| flag(long, short, Int64, help).default("0");
    let bytes = |long, short, help| flag(long, short, Bytes, help).default("0");
    vec![
        flag(
            "blkio-weight",
            "",
            Uint16,
            "Weight of block I/O, 10 to 1000 (discarded)",
        )
        .default("0"),
        number("cpu-period", "", "Length of a CPU period in microseconds"),
        number("cpu-quota", "", "CPU time in each period, in microseconds"),
        number(
            "cpu-rt-period",
            "",
            "Real-time period in microseconds (recorded only)",
        ),
        number(
            "cpu-rt-runtime",
            "",
            "Real-time runtime in microseconds (recorded only)",
        ),
        number(
            "cpu-shares",
            "c",
            "Weight of this container when CPUs are scarce",
        ),
        flag(
            "cpus",
            "",
            Cpus,
            "How many CPUs may be used at most, such as 0.5",
        ),
        flag("cpuset-cpus", "", Text, "CPUs that may be used (0-3, 0,1)"),
        flag(
            "cpuset-mems",
            "",
            Text,
            "Memory nodes that may be used (recorded only)",
        ),
        bytes("kernel-memory", "", "Removed; has no effect").hidden(),
        bytes("memory", "m", "Memory limit, such as 300m"),
        bytes("memory-reservation", "", "Memory that should suffice"),
        flag(
            "memory-swap",
            "",
            Checked("bytes", limits::swap_check),
            "Memory and swap together; -1 for unlimited swap",
        )
        .default("0"),
        number(
            "pids-limit",
            "",
            "How many processes there may be; -1 for the engine's own limit",
        ),
        flag(
            "restart",
            "",
            Text,
            "When it is started again after its end: no, on-failure[:n], always, unless-stopped",
        ),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    if given.is_bare() {
        return Err(Error::plain(
            "you must provide one or more flags when using this command",
        ));
    }
    let wanted = wanted(&given)?;
    let client = app.client().await?;
    let (mut warnings, mut failures) = (Vec::new(), Vec::new());
    for name in &given.args {
        match update(&client, name, &wanted).await {
            Ok(answer) => {
                out(&format!("{name}\n"));
                warnings.extend(answer.warnings.unwrap_or_default());
            }
            Err(error) => failures.push(error.message),
        }
    }
    if !warnings.is_empty() {
        out(&format!("{}\n", warnings.join("\n")));
    }
    if failures.is_empty() {
        return Ok(0);
    }
    Err(Error::plain(failures.join("\n")))
}

async fn update(client: &Client, name: &str, wanted: &HostConfig) -> Result<UpdateResponse> {
    let target = container(name, "/update")?;
    let answer = client
        .json(Method::POST, &target, Body::json(wanted)?)
        .await?;
    Ok(answer)
}

/// What was given, and zeros, which change nothing.
fn wanted(given: &Given) -> Result<HostConfig> {
    let pids = given.int("pids-limit");
    Ok(HostConfig {
        blkio_weight: u16::try_from(given.int("blkio-weight")).unwrap_or(0),
        cpu_period: given.int("cpu-period"),
        cpu_quota: given.int("cpu-quota"),
        cpu_realtime_period: given.int("cpu-rt-period"),
        cpu_realtime_runtime: given.int("cpu-rt-runtime"),
        cpu_shares: given.int("cpu-shares"),
        nano_cpus: given.nano_cpus("cpus"),
        cpuset_cpus: given.text("cpuset-cpus").to_owned(),
        cpuset_mems: given.text("cpuset-mems").to_owned(),
        memory: given.bytes("memory"),
        memory_reservation: given.bytes("memory-reservation"),
        memory_swap: limits::swap(given.text("memory-swap")).unwrap_or(0),
        pids_limit: (pids != 0).then_some(pids),
        restart_policy: limits::restart(given.text("restart"))?,
        ..HostConfig::default()
    })
}
