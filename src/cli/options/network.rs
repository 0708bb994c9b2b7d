//! `--network`, `--add-host`, addresses.

use crate::cli::error::{Error, Result};
use crate::cli::grammar::Given;
use crate::wire::{EndpointSettings, NetworkingConfig};
use serde_json::json;
use std::collections::BTreeMap;

type Checked = std::result::Result<(), String>;

pub fn ip_check(value: &str) -> Checked {
    match value.trim().parse::<std::net::IpAddr>() {
        Ok(_) => Ok(()),
        Err(_) => Err(format!("IP address is not correctly formatted: {value}")),
    }
}

/// A domain to search, or `.` for none.
pub fn domain_check(value: &str) -> Checked {
    let name = value.trim();
    let label = |l: &str| {
        let word = |c: u8| c.is_ascii_alphanumeric();
        l.bytes().all(|c| word(c) || c == b'-')
            && l.bytes().next().is_some_and(word)
            && l.bytes().next_back().is_some_and(word)
    };
    let plain = name.strip_suffix('.').unwrap_or(name);
    let good = plain.bytes().any(|c| c.is_ascii_alphabetic())
        && plain.len() < 255
        && plain.split('.').all(label);
    match name == "." || good {
        true => Ok(()),
        false => Err(format!("{value} is not a valid domain")),
    }
}

/// `container[:alias]`.
pub fn link_check(value: &str) -> Checked {
    if value.is_empty() {
        return Err("empty string specified for links".to_owned());
    }
    match value.matches(':').count() {
        0 | 1 => Ok(()),
        _ => Err(format!("bad format for links: {value}")),
    }
}

/// `name:address` or `name=address`; `host-gateway` stands for the host.
pub fn host_check(value: &str) -> Checked {
    let bad = || format!("bad format for add-host: {value:?}");
    let (name, address) = split_host(value).ok_or_else(bad)?;
    if name.is_empty() {
        return Err(bad());
    }
    let plain = address.trim_start_matches('[').trim_end_matches(']');
    if address != "host-gateway" && plain.parse::<std::net::IpAddr>().is_err() {
        return Err(format!("invalid IP address in add-host: {address:?}"));
    }
    Ok(())
}

/// The form in which the engine wants it.
pub fn host(value: &str) -> String {
    match split_host(value) {
        Some((name, address)) => {
            let address = address.trim_start_matches('[').trim_end_matches(']');
            format!("{name}:{address}")
        }
        None => value.to_owned(),
    }
}

fn split_host(value: &str) -> Option<(&str, &str)> {
    value.split_once('=').or_else(|| value.split_once(':'))
}

pub fn network_check(value: &str) -> Checked {
    parse(value).map(drop)
}

/// One `--network`: a name, or fields `name=…,alias=…,ip=…`.
fn parse(value: &str) -> std::result::Result<(String, EndpointSettings), String> {
    let mut settings = EndpointSettings::default();
    if !value.contains('=') {
        return Ok((value.to_owned(), settings));
    }
    let mut name = String::new();
    let mut addresses = json!({});
    for field in value.split(',') {
        let (key, value) = field
            .split_once('=')
            .ok_or_else(|| format!("invalid field {field}"))?;
        match key.trim().to_lowercase().as_str() {
            "name" => name = value.to_owned(),
            "alias" => settings
                .aliases
                .get_or_insert_default()
                .push(value.to_owned()),
            "ip" => addresses["IPv4Address"] = json!(value),
            "ip6" => addresses["IPv6Address"] = json!(value),
            "link-local-ip" => {
                let mut list = addresses["LinkLocalIPs"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                list.push(json!(value));
                addresses["LinkLocalIPs"] = json!(list);
            }
            "mac-address" => settings.mac_address = value.to_owned(),
            "gw-priority" => {
                settings.gw_priority = value
                    .parse()
                    .map_err(|_| format!("invalid gw-priority ({value}): invalid syntax"))?;
            }
            "driver-opt" => {
                let (k, v) = value
                    .split_once('=')
                    .ok_or("invalid key value pair format in driver options")?;
                settings
                    .driver_opts
                    .get_or_insert_default()
                    .insert(k.to_owned(), v.to_owned());
            }
            other => return Err(format!("invalid field key {other}")),
        }
    }
    if addresses.as_object().is_some_and(|a| !a.is_empty()) {
        settings.ipam_config = Some(addresses);
    }
    Ok((name, settings))
}

/// The network mode and the endpoints of the flags.
pub fn networking(given: &Given) -> Result<(String, NetworkingConfig)> {
    let mut wanted = given.list("network");
    wanted.extend(given.list("net"));
    let mut endpoints = BTreeMap::new();
    let mut mode = "default".to_owned();
    for (n, value) in wanted.iter().enumerate() {
        let (name, settings) = parse(value).map_err(Error::plain)?;
        if n == 0 {
            mode.clone_from(&name);
        }
        endpoints.insert(name, settings);
    }
    let built_in = |name: &str| {
        matches!(name, "" | "default" | "bridge" | "host" | "none")
            || name.starts_with("container:")
    };
    let mut names = endpoints.keys();
    if names.clone().any(|name| built_in(name)) && names.any(|name| !built_in(name)) {
        return Err(Error::plain(
            "conflicting options: cannot attach both user-defined and non-user-defined network-modes",
        ));
    }
    let mut first = endpoints.remove(&mode).unwrap_or_default();
    if !built_in(&mode) {
        first.links = given.some_list("link");
    }
    let mut aliases = given.list("network-alias");
    aliases.extend(given.list("net-alias"));
    if !aliases.is_empty() {
        if built_in(&mode) {
            return Err(Error::plain(
                "network-scoped aliases are only supported for user-defined networks",
            ));
        }
        first.aliases.get_or_insert_default().extend(aliases);
    }
    let mut addresses = first.ipam_config.take().unwrap_or_else(|| json!({}));
    for (flag, key) in [("ip", "IPv4Address"), ("ip6", "IPv6Address")] {
        if !given.text(flag).is_empty() {
            addresses[key] = json!(given.text(flag));
        }
    }
    if let Some(local) = given.some_list("link-local-ip") {
        addresses["LinkLocalIPs"] = json!(local);
    }
    if addresses.as_object().is_some_and(|a| !a.is_empty()) {
        first.ipam_config = Some(addresses);
    }
    if !given.text("mac-address").is_empty() {
        first.mac_address = given.text("mac-address").to_owned();
    }
    if !wanted.is_empty() || first != EndpointSettings::default() {
        endpoints.insert(mode.clone(), first);
    }
    let endpoints_config = endpoints.into_iter().map(|(k, v)| (k, Some(v))).collect();
    Ok((
        mode,
        NetworkingConfig {
            endpoints_config: Some(endpoints_config),
        },
    ))
}

/// Six pairs of hex digits with colons or dashes.
pub fn mac_check(value: &str) -> Result<()> {
    let parts: Vec<&str> = value.split([':', '-']).collect();
    let fine = parts.len() == 6
        && parts
            .iter()
            .all(|p| p.len() == 2 && p.bytes().all(|c| c.is_ascii_hexdigit()));
    if fine || value.is_empty() {
        return Ok(());
    }
    Err(Error::plain(format!("{value} is not a valid mac address")))
}
