//! What a container asks of one network: addresses that it wants for itself. Whether the network has them is the network's.

use crate::engine::{Error, Result};
use crate::wire::EndpointSettings;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Checks the addresses of an endpoint. On the networks that every engine has nobody chooses an address.
///
/// All that is wrong is told at once, one line each, in the order in which Docker looks.
pub fn addresses(network: &str, endpoint: &EndpointSettings) -> Result<()> {
    let Some(wanted) = &endpoint.ipam_config else {
        return Ok(());
    };
    let text = |key: &str| wanted[key].as_str().unwrap_or_default();
    let (four, six) = (text("IPv4Address"), text("IPv6Address"));
    let own = matches!(network, "bridge" | "host" | "none");
    let fixed = !four.is_empty() || !six.is_empty();
    let mut wrong = Vec::new();
    if own && fixed {
        wrong.push("user specified IP address is supported on user defined networks only".into());
    }
    if !four.is_empty() && four.parse::<Ipv4Addr>().is_err() {
        wrong.push(format!("invalid IPv4 address: {four}"));
    }
    if !six.is_empty() && six.parse::<Ipv6Addr>().is_err() {
        wrong.push(format!("invalid IPv6 address: {six}"));
    }
    for local in wanted["LinkLocalIPs"].as_array().into_iter().flatten() {
        let local = local.as_str().unwrap_or_default();
        if local.parse::<std::net::IpAddr>().is_err() {
            wrong.push(format!("invalid link-local IP address: {local}"));
        }
    }
    if own && fixed {
        wrong.push(
            "user specified IP address is supported only when connecting to networks with user configured subnets"
                .into(),
        );
    }
    let lines = match wrong.as_slice() {
        [] => return Ok(()),
        [one] => format!("\n{one}"),
        many => many.iter().map(|line| format!("\n* {line}")).collect(),
    };
    Err(Error::invalid(format!(
        "invalid config for network {network}: invalid endpoint settings:{lines}"
    )))
}
