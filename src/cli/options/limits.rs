//! Limits: `--ulimit`, swap, restart policies, health checks.

use crate::base::size;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Given;
use crate::wire::{HealthConfig, RestartPolicy, Ulimit};

const ULIMITS: &[&str] = &[
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

pub fn ulimit_check(value: &str) -> std::result::Result<(), String> {
    ulimit(value).map(drop)
}

/// Reads `name=soft[:hard]`.
pub fn ulimit(value: &str) -> std::result::Result<Ulimit, String> {
    let invalid = || format!("invalid ulimit argument: {value}");
    let (name, limits) = value.split_once('=').ok_or_else(invalid)?;
    if !ULIMITS.contains(&name) {
        return Err(format!("invalid ulimit type: {name}"));
    }
    let number = |text: &str| {
        text.parse::<i64>()
            .map_err(|_| format!("strconv.ParseInt: parsing {text:?}: invalid syntax"))
    };
    let (soft, hard) = match limits.split(':').collect::<Vec<_>>()[..] {
        [soft] => (number(soft)?, None),
        [soft, hard] => (number(soft)?, Some(number(hard)?)),
        _ => {
            return Err(format!(
                "too many limit value arguments - {limits}, can only have up to two, `soft[:hard]`"
            ));
        }
    };
    if let Some(hard) = hard
        && hard != -1
        && (soft == -1 || soft > hard)
    {
        return Err(format!(
            "ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
        ));
    }
    Ok(Ulimit {
        name: name.to_owned(),
        hard: hard.unwrap_or(soft),
        soft,
    })
}

pub fn swap_check(value: &str) -> std::result::Result<(), String> {
    swap(value).map(drop)
}

/// `-1` means no limit.
pub fn swap(value: &str) -> std::result::Result<i64, String> {
    if value == "-1" {
        return Ok(-1);
    }
    size::parse_binary(value).map_err(|e| e.to_string())
}

/// Reads `--restart`; unknown names are the engine's to refuse.
pub fn restart(value: &str) -> Result<RestartPolicy> {
    let (name, count) = match value.split_once(':') {
        Some((name, count)) => (name, count),
        None => (value, ""),
    };
    if name.is_empty() && value.contains(':') {
        return Err(Error::plain(
            "invalid restart policy format: no policy provided before colon",
        ));
    }
    let maximum_retry_count = if count.is_empty() {
        0
    } else {
        count.parse().map_err(|_| {
            Error::plain("invalid restart policy format: maximum retry count must be an integer")
        })?
    };
    Ok(RestartPolicy {
        name: name.to_owned(),
        maximum_retry_count,
    })
}

/// The health check of the flags; `None` leaves the image's.
pub fn health(given: &Given) -> Result<Option<HealthConfig>> {
    let names = [
        "health-cmd",
        "health-interval",
        "health-timeout",
        "health-start-period",
        "health-start-interval",
        "health-retries",
    ];
    let any = names.iter().any(|n| given.changed(n));
    if given.on("no-healthcheck") {
        if any {
            return Err(Error::plain(
                "--no-healthcheck conflicts with --health-* options",
            ));
        }
        return Ok(Some(HealthConfig {
            test: Some(vec!["NONE".into()]),
            ..HealthConfig::default()
        }));
    }
    if !any {
        return Ok(None);
    }
    for (name, words) in [
        ("health-interval", "--health-interval cannot be negative"),
        ("health-timeout", "--health-timeout cannot be negative"),
        ("health-retries", "--health-retries cannot be negative"),
        (
            "health-start-period",
            "--health-start-period cannot be negative",
        ),
        (
            "health-start-interval",
            "--health-start-interval cannot be negative",
        ),
    ] {
        if given.text(name).starts_with('-') {
            return Err(Error::plain(words));
        }
    }
    let command = given.text("health-cmd");
    Ok(Some(HealthConfig {
        test: (!command.is_empty()).then(|| vec!["CMD-SHELL".into(), command.to_owned()]),
        interval: given.duration("health-interval"),
        timeout: given.duration("health-timeout"),
        start_period: given.duration("health-start-period"),
        start_interval: given.duration("health-start-interval"),
        retries: given.int("health-retries"),
    }))
}
