//! What a container may ask of a network: addresses, aliases, a hardware address. Refusals are in Docker's words.

use super::ipam::joined;
use super::{BRIDGE, Joined};
use crate::engine::record::{NetworkRecord, Record};
use crate::engine::{Error, Result};
use crate::net::mac::Mac;
use crate::wire::EndpointSettings;
use ipnet::IpNet;
use serde_json::Value;
use std::net::IpAddr;

/// The address of a family that the settings ask for, as written.
pub(super) fn wanted(settings: &EndpointSettings, six: bool) -> Option<&str> {
    let key = if six { "IPv6Address" } else { "IPv4Address" };
    let ipam = settings.ipam_config.as_ref()?;
    ipam.get(key)
        .and_then(Value::as_str)
        .filter(|text| !text.is_empty())
}

/// The hardware address that the settings ask for.
pub fn given_mac(settings: &EndpointSettings) -> Result<Option<Mac>> {
    match settings.mac_address.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| {
            Error::invalid(format!(
                "invalid MAC address: address {text}: invalid MAC address"
            ))
        }),
    }
}

/// Refuses settings that `network` cannot fulfil, naming everything that is wrong. Of a network that is not there yet
/// only the spelling of addresses is known.
pub fn check(network: Option<&NetworkRecord>, settings: &EndpointSettings) -> Result<()> {
    let mut wrong = Vec::new();
    let asked = [false, true].map(|six| wanted(settings, six).map(|text| (six, text)));
    let user_defined = network.is_none_or(|n| !n.is_predefined());
    if asked.iter().any(Option::is_some) && !user_defined {
        wrong.push(
            "user specified IP address is supported on user defined networks only".to_owned(),
        );
    }
    if settings.aliases.as_ref().is_some_and(|a| !a.is_empty()) && !user_defined {
        wrong.push(
            "network-scoped alias is supported only for containers in user defined networks"
                .to_owned(),
        );
    }
    for (six, text) in asked.into_iter().flatten() {
        let address = text.parse::<IpAddr>().ok().filter(|a| a.is_ipv6() == six);
        if address.is_none() {
            let family = if six { "IPv6" } else { "IPv4" };
            wrong.push(format!("invalid {family} address: {text}"));
        }
        let Some(network) = network else {
            continue;
        };
        // Also one of a family that the network does not use. The default bridge's subnet counts as one that somebody chose.
        let given = network.ipam.config.iter().flatten();
        let bridges = given.map(|c| &c.subnet).filter(|_| network.name == BRIDGE);
        let mut asked_for = network
            .user_subnets
            .iter()
            .chain(bridges)
            .filter_map(|text| text.parse().ok());
        let own = asked_for.find(|subnet: &IpNet| subnet.addr().is_ipv6() == six);
        match own {
            None => wrong.push(
                "user specified IP address is supported only when connecting to networks with user configured subnets"
                    .to_owned(),
            ),
            Some(subnet) if address.is_none_or(|a| !subnet.contains(&a)) => wrong.push(format!(
                "no configured subnet or ip-range contain the IP address {text}"
            )),
            Some(_) => {}
        }
    }
    let local = settings
        .ipam_config
        .iter()
        .filter_map(|ipam| ipam.get("LinkLocalIPs"));
    for text in local
        .filter_map(Value::as_array)
        .flatten()
        .filter_map(Value::as_str)
    {
        if text.parse::<IpAddr>().is_err() {
            wrong.push(format!("invalid link-local IP address: {text}"));
        }
    }
    joined("invalid endpoint settings:", wrong)
}

/// The names by which a container is found in a user's network.
pub fn dns_names(record: &Record, settings: &EndpointSettings) -> Vec<String> {
    let mut names = vec![record.name.clone()];
    names.extend(settings.aliases.iter().flatten().cloned());
    names.push(record.short_id().to_owned());
    names.push(record.config.hostname.clone());
    let mut seen = Vec::new();
    names.retain(|name| {
        let new = !name.is_empty() && !seen.contains(name);
        seen.push(name.clone());
        new
    });
    names
}

/// What a running container's settings show of its endpoint.
pub(super) fn show(settings: &mut EndpointSettings, joined: &Joined) {
    let address = |address: Option<IpAddr>| address.map(|a| a.to_string()).unwrap_or_default();
    let (network, endpoint) = (&joined.network, &joined.endpoint);
    let prefix = |six: bool, address: Option<IpAddr>| {
        let subnet = address.and_then(|_| network.subnet(six));
        subnet.map_or(0, |subnet| i64::from(subnet.prefix_len()))
    };
    // There is no way out of an internal network.
    let gateway = |six: bool| match network.internal {
        true => String::new(),
        false => network.gateway(six).unwrap_or_default(),
    };
    settings.network_id.clone_from(&network.id);
    settings.endpoint_id.clone_from(&endpoint.id);
    settings.mac_address = endpoint.mac.map(|m| m.to_string()).unwrap_or_default();
    settings.gateway = gateway(false);
    settings.ip_address = address(endpoint.v4);
    settings.ip_prefix_len = prefix(false, endpoint.v4);
    settings.ipv6_gateway = gateway(true);
    settings.global_ipv6_address = address(endpoint.v6);
    settings.global_ipv6_prefix_len = prefix(true, endpoint.v6);
}

/// What is left of them after the run.
pub(super) fn hide(settings: &mut EndpointSettings) {
    for text in [
        &mut settings.endpoint_id,
        &mut settings.mac_address,
        &mut settings.gateway,
        &mut settings.ip_address,
        &mut settings.ipv6_gateway,
        &mut settings.global_ipv6_address,
    ] {
        text.clear();
    }
    settings.ip_prefix_len = 0;
    settings.global_ipv6_prefix_len = 0;
}
