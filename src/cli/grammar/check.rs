//! Reads the values of flags as Go's flag library does, with its words for those that cannot be read.

use super::Kind;
use crate::base::filter::Filters;
pub use crate::base::strconv::{parse_bool, parse_int};
use crate::base::strconv::{range, syntax};
use crate::base::{duration, size};

/// Checks a value against the kind of its flag.
pub fn check(kind: Kind, value: &str) -> Result<(), String> {
    match kind {
        Kind::Bool => parse_bool(value).map(drop),
        Kind::Text | Kind::List => Ok(()),
        Kind::Int | Kind::Int64 => parse_int(value).map(drop),
        Kind::Uint16 => unsigned(value, u64::from(u16::MAX)),
        Kind::Uint64 => unsigned(value, u64::MAX),
        Kind::Bytes => bytes(value),
        Kind::Duration => duration::parse(value).map(drop).map_err(|e| e.to_string()),
        Kind::Cpus => nano_cpus(value).map(drop),
        Kind::Map => Ok(()),
        Kind::Filter => Filters::default()
            .add_argument(value)
            .map_err(|e| e.to_string()),
        Kind::Checked(_, check) | Kind::CheckedList(_, check) => check(value),
    }
}

fn unsigned(value: &str, most: u64) -> Result<(), String> {
    match value.parse::<u64>() {
        Ok(n) if n <= most => Ok(()),
        Ok(_) => Err(range("ParseUint", value)),
        Err(e) if *e.kind() == std::num::IntErrorKind::PosOverflow => {
            Err(range("ParseUint", value))
        }
        Err(_) => Err(syntax("ParseUint", value)),
    }
}

fn bytes(value: &str) -> Result<(), String> {
    // -1 means "no limit" to some flags, which read it themselves.
    size::parse_binary(value)
        .map(drop)
        .map_err(|e| e.to_string())
}

/// `--cpus`: a decimal with at most nine places, in billionths.
pub fn nano_cpus(value: &str) -> Result<i64, String> {
    let bad = || format!("failed to parse {value} as a rational number");
    let number: f64 = value.parse().map_err(|_| bad())?;
    if !number.is_finite() {
        return Err(bad());
    }
    let places = value
        .split_once('.')
        .map_or("", |(_, p)| p)
        .trim_end_matches('0');
    if places.len() > 9 {
        return Err("value is too precise".into());
    }
    Ok((number * 1e9).round() as i64)
}
