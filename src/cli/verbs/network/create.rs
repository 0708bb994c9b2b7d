//! `network create`: makes a network.

use crate::cli::app::{App, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, List, Map, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::Body;
use crate::wire::{ConfigFrom, Ipam, IpamConfig, NetworkCreate, NetworkCreated, StringMap};
use hyper::Method;
use ipnet::IpNet;
use std::net::IpAddr;

pub fn verb() -> Verb {
    Verb {
        paths: &["network create"],
        usage: "NETWORK",
        about: "Make a network",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("attachable", "", Bool, "Let containers join by hand"),
        flag(
            "aux-address",
            "",
            Map,
            "Addresses that no container gets (name=address)",
        ),
        flag(
            "config-from",
            "",
            Text,
            "Take the configuration of this network",
        ),
        flag(
            "config-only",
            "",
            Bool,
            "Make a configuration and no network",
        ),
        flag("driver", "d", Text, "Driver of the network").default("bridge"),
        flag("gateway", "", List, "Gateway of the subnet"),
        flag("ingress", "", Bool, "Make the routing mesh of a cluster"),
        flag("internal", "", Bool, "Let nothing out of the network"),
        flag(
            "ip-range",
            "",
            List,
            "Part of the subnet that containers get addresses from",
        ),
        flag("ipam-driver", "", Text, "Driver that manages addresses").default("default"),
        flag("ipam-opt", "", Map, "Options of that driver"),
        flag("ipv4", "", Bool, "Give IPv4 addresses").default("true"),
        flag("ipv6", "", Bool, "Give IPv6 addresses"),
        flag("label", "", List, "Label of the network"),
        flag("opt", "o", Map, "Options of the driver"),
        flag("scope", "", Text, "How far the network reaches"),
        flag("subnet", "", List, "Subnet in CIDR notation"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let optional = |name: &str| given.changed(name).then(|| given.on(name));
    let from = given.text("config-from");
    let request = NetworkCreate {
        name: given.first().to_owned(),
        driver: given.text("driver").to_owned(),
        scope: given.text("scope").to_owned(),
        enable_ipv4: optional("ipv4"),
        enable_ipv6: optional("ipv6"),
        ipam: Some(Ipam {
            driver: given.text("ipam-driver").to_owned(),
            options: Some(pairs(&given, "ipam-opt")),
            config: Some(subnets(&given)?),
        }),
        internal: given.on("internal"),
        attachable: given.on("attachable"),
        ingress: given.on("ingress"),
        config_only: given.on("config-only"),
        config_from: (!from.is_empty()).then(|| ConfigFrom {
            network: from.to_owned(),
        }),
        options: Some(pairs(&given, "opt")),
        labels: Some(pairs(&given, "label")),
    };
    let client = app.client().await?;
    let body = Body::json(&request)?;
    let made: NetworkCreated = client.json(Method::POST, "/networks/create", body).await?;
    out(&format!("{}\n", made.id));
    Ok(0)
}

fn pairs(given: &Given, flag: &str) -> StringMap {
    let pair = |text: &String| {
        let (key, value) = text.split_once('=').unwrap_or((text, ""));
        (key.to_owned(), value.to_owned())
    };
    given.list(flag).iter().map(pair).collect()
}

/// Puts each range, gateway and kept address to the subnet that holds it.
fn subnets(given: &Given) -> Result<Vec<IpamConfig>> {
    let subnets = given.list("subnet");
    let (ranges, gateways) = (given.list("ip-range"), given.list("gateway"));
    if subnets.len() < ranges.len() || subnets.len() < gateways.len() {
        return Err(Error::plain(
            "every ip-range or gateway must have a corresponding subnet",
        ));
    }
    let mut all: Vec<IpamConfig> = Vec::new();
    for subnet in subnets {
        let overlaps = all.iter().any(|other| {
            let both = subnet
                .parse::<IpNet>()
                .ok()
                .zip(other.subnet.parse::<IpNet>().ok());
            both.is_some_and(|(a, b)| a.contains(&b) || b.contains(&a))
        });
        if overlaps {
            return Err(Error::plain(
                "multiple overlapping subnet configuration is not supported",
            ));
        }
        all.push(IpamConfig {
            subnet,
            ..IpamConfig::default()
        });
    }
    for range in ranges {
        let address = range.split('/').next().unwrap_or_default();
        let home = home(&mut all, address);
        let home = home.ok_or_else(|| no_subnet("range", &range))?;
        once(&mut home.ip_range, range, "ranges", &home.subnet)?;
    }
    for gateway in gateways {
        let home = home(&mut all, &gateway).ok_or_else(|| no_subnet("gateway", &gateway))?;
        once(&mut home.gateway, gateway, "gateways", &home.subnet)?;
    }
    for (name, address) in pairs(given, "aux-address") {
        let home = home(&mut all, &address).ok_or_else(|| no_subnet("aux-address", &address))?;
        home.auxiliary.get_or_insert_default().insert(name, address);
    }
    Ok(all)
}

fn once(slot: &mut String, value: String, what: &str, subnet: &str) -> Result<()> {
    if !slot.is_empty() {
        return Err(Error::plain(format!(
            "cannot configure multiple {what} ({value}, {slot}) on the same subnet ({subnet})"
        )));
    }
    *slot = value;
    Ok(())
}

fn home<'a>(all: &'a mut [IpamConfig], address: &str) -> Option<&'a mut IpamConfig> {
    let address: IpAddr = address.parse().ok()?;
    all.iter_mut().find(|c| {
        c.subnet
            .parse::<IpNet>()
            .is_ok_and(|net| net.contains(&address))
    })
}

fn no_subnet(what: &str, value: &str) -> Error {
    Error::plain(format!("no matching subnet for {what} {value}"))
}
