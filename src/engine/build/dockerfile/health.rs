//! `HEALTHCHECK`.

use super::flags::{Flags, Takes};
use super::instruction::joined;
use super::lines::Line;
use crate::base::duration;
use crate::wire::HealthConfig;

const FLAGS: &[(&str, Takes)] = &[
    ("interval", Takes::Text),
    ("timeout", Takes::Text),
    ("start-period", Takes::Text),
    ("start-interval", Takes::Text),
    ("retries", Takes::Text),
];

/// The shortest time that Docker takes, in nanoseconds.
const SHORTEST: i64 = 1_000_000;

pub fn parse(line: &Line) -> Result<HealthConfig, String> {
    let Some((kind, command)) = line.arguments.words.split_first() else {
        return Err("HEALTHCHECK requires at least one argument".to_owned());
    };
    let kind = kind.to_ascii_uppercase();
    if kind == "NONE" {
        if !command.is_empty() {
            return Err("HEALTHCHECK NONE takes no arguments".to_owned());
        }
        return Ok(HealthConfig {
            test: Some(vec![kind]),
            ..HealthConfig::default()
        });
    }
    let flags = Flags::parse(&line.flags, FLAGS)?;
    if kind != "CMD" {
        return Err(format!("Unknown type {kind:?} in HEALTHCHECK (try CMD)"));
    }
    let command = joined(command, line.arguments.json);
    if command.is_empty() {
        return Err("Missing command after HEALTHCHECK CMD".to_owned());
    }
    let kind = if line.arguments.json {
        "CMD"
    } else {
        "CMD-SHELL"
    };
    Ok(HealthConfig {
        test: Some(std::iter::once(kind.to_owned()).chain(command).collect()),
        interval: time(&flags, "interval")?,
        timeout: time(&flags, "timeout")?,
        start_period: time(&flags, "start-period")?,
        start_interval: time(&flags, "start-interval")?,
        retries: retries(flags.get("retries"))?,
    })
}

fn time(flags: &Flags, name: &str) -> Result<i64, String> {
    match flags.get(name) {
        "" => Ok(0),
        text => match duration::parse(text).map_err(|e| e.to_string())? {
            nanos if nanos == 0 || nanos >= SHORTEST => Ok(nanos),
            _ => Err(format!("Interval {name:?} cannot be less than 1ms")),
        },
    }
}

fn retries(text: &str) -> Result<i64, String> {
    if text.is_empty() {
        return Ok(0);
    }
    let number: i32 = text.parse().map_err(|e: std::num::ParseIntError| {
        let why = match e.kind() {
            std::num::IntErrorKind::PosOverflow | std::num::IntErrorKind::NegOverflow => {
                "value out of range"
            }
            _ => "invalid syntax",
        };
        format!("strconv.ParseInt: parsing {text:?}: {why}")
    })?;
    match number {
        0.. => Ok(i64::from(number)),
        _ => Err(format!("--retries cannot be negative ({number})")),
    }
}
