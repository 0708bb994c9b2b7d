//! Devices, block I/O and GPUs: this engine records them, so they are only read and checked.

use crate::base::size;
use crate::cli::error::{Error, Result};
use serde_json::{Value, json};

type Checked = std::result::Result<(), String>;

/// `device:weight`.
pub fn weight_check(value: &str) -> Checked {
    weight(value).map(drop)
}

pub fn weight(value: &str) -> std::result::Result<Value, String> {
    let (path, number) = split(value)?;
    match number.parse::<u16>() {
        Ok(0) => Ok(json!({"Path": path, "Weight": 0})),
        Ok(n @ 10..=1000) => Ok(json!({"Path": path, "Weight": n})),
        _ => Err(format!("invalid weight for device: {value}")),
    }
}

/// `device:number`, operations a second.
pub fn operations_check(value: &str) -> Checked {
    operations(value).map(drop)
}

pub fn operations(value: &str) -> std::result::Result<Value, String> {
    let (path, number) = split(value)?;
    let rate: u64 = number.parse().map_err(|_| {
        format!(
            "invalid rate for device: {value}. The correct format is <device-path>:<number>. \
             Number must be a positive integer"
        )
    })?;
    Ok(json!({"Path": path, "Rate": rate}))
}

/// `device:rate`, bytes a second.
pub fn rate_check(value: &str) -> Checked {
    rate(value).map(drop)
}

pub fn rate(value: &str) -> std::result::Result<Value, String> {
    let (path, number) = split(value)?;
    let rate = size::parse_binary(number).map_err(|_| {
        format!(
            "invalid rate for device: {value}. The correct format is <device-path>:<number>[<unit>]. \
             Number must be a positive integer. Unit is optional and can be kb, mb, or gb"
        )
    })?;
    Ok(json!({"Path": path, "Rate": rate}))
}

fn split(value: &str) -> std::result::Result<(&str, &str), String> {
    let (path, number) = value
        .split_once(':')
        .ok_or_else(|| format!("bad format: {value}"))?;
    if !path.starts_with("/dev/") {
        return Err(format!("bad format for device path: {value}"));
    }
    Ok((path, number))
}

/// `c 1:3 mr`.
pub fn rule_check(value: &str) -> Checked {
    let bad = || format!("invalid device cgroup format '{value}'");
    let parts: Vec<&str> = value.split(' ').collect();
    let [kind, numbers, access] = parts[..] else {
        return Err(bad());
    };
    let number = |n: &str| n == "*" || (!n.is_empty() && n.bytes().all(|c| c.is_ascii_digit()));
    let fine = matches!(kind, "a" | "b" | "c")
        && numbers
            .split_once(':')
            .is_some_and(|(major, minor)| number(major) && number(minor))
        && (1..=3).contains(&access.len())
        && access.chars().all(|c| "rwm".contains(c));
    if fine { Ok(()) } else { Err(bad()) }
}

/// `host[:container[:permissions]]`.
pub fn device(value: &str) -> Result<Value> {
    let mode = |m: &str| {
        let once = "rwm".chars().all(|c| m.matches(c).count() <= 1);
        !m.is_empty() && once && m.chars().all(|c| "rwm".contains(c))
    };
    let parts: Vec<&str> = value.split(':').collect();
    let (host, inside, access) = match parts[..] {
        [host] if !host.is_empty() => (host, host, "rwm"),
        [host, access] if mode(access) => (host, host, access),
        [host, inside] if !host.is_empty() => (host, inside, "rwm"),
        [host, inside, access] if mode(access) => (host, inside, access),
        [host, _, access] if !host.is_empty() => {
            return Err(Error::plain(format!("bad mode specified: {access}")));
        }
        _ => return Err(Error::plain(format!("bad format for path: {value}"))),
    };
    // A name such as `vendor.com/class=device` belongs to a driver.
    if !inside.starts_with('/') && !host.contains('=') {
        return Err(Error::plain(format!("{inside} is not an absolute path")));
    }
    Ok(json!({"PathOnHost": host, "PathInContainer": inside, "CgroupPermissions": access}))
}

pub fn gpus_check(value: &str) -> Checked {
    gpus(value).map(drop)
}

/// `all`, a number, or `count=,device=,driver=,capabilities=,options=`.
pub fn gpus(value: &str) -> std::result::Result<Value, String> {
    let mut request = json!({"Driver": "", "Count": 0, "DeviceIDs": null, "Capabilities": [["gpu"]], "Options": {}});
    for field in value.split(',') {
        let (key, value) = field.split_once('=').unwrap_or(("count", field));
        match key {
            "count" if value == "all" => request["Count"] = json!(-1),
            "count" => {
                request["Count"] = json!(value.parse::<i64>().map_err(|_| {
                    format!(
                        "invalid count ({value}): value must be either \"all\" or an integer: invalid syntax"
                    )
                })?);
            }
            "device" => request["DeviceIDs"] = json!([value]),
            "driver" => request["Driver"] = json!(value),
            "capabilities" => request["Capabilities"] = json!([[value, "gpu"]]),
            "options" => request["Options"] = json!({ value: "" }),
            _ => return Err(format!("unexpected key '{key}' in '{field}'")),
        }
    }
    Ok(request)
}
