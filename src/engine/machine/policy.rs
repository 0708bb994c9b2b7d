//! `engine.json` in the state folder: what containers may reach outside.
//!
//! `{"outbound": "allow"}`, `"deny"`, or a list of networks: `["192.0.2.0/24", "2001:db8::/32"]`. `{"host": [5432]}` opens TCP ports of the
//! host's own loopback, `"allow"` all of them but the engine's. Without the file everything may be reached but the host itself. A
//! file that cannot be understood keeps the engine from starting: nobody should find out later that a rule did not hold.

use crate::engine::{Error, Result};
use crate::net::{HostPorts, Policy, Reach};
use crate::store::{Store, disk};
use ipnet::IpNet;
use serde::Deserialize;

const FILE: &str = "engine.json";
/// Bytes.
const LONGEST: u64 = 64 << 10;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Settings {
    #[serde(default)]
    outbound: Option<Outbound>,
    #[serde(default)]
    host: Option<Host>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Outbound {
    Word(String),
    Networks(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Host {
    Word(String),
    Ports(Vec<u16>),
}

/// What a state folder allows, for an engine that listens at these TCP ports.
pub fn read(store: &Store, engine: Vec<u16>) -> Result<Reach> {
    let bytes = match disk::read_all(store.disk().as_ref(), FILE, LONGEST) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => b"{}".to_vec(),
        read => read?,
    };
    let reach = parse(&bytes).map_err(|why| Error::invalid(format!("{FILE}: {why}")))?;
    Ok(Reach { engine, ..reach })
}

fn parse(bytes: &[u8]) -> std::result::Result<Reach, String> {
    let settings: Settings = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    Ok(Reach {
        outbound: outbound(settings.outbound)?,
        host: match settings.host {
            None => HostPorts::None,
            Some(Host::Ports(ports)) => HostPorts::Only(ports),
            Some(Host::Word(word)) => match word.as_str() {
                "allow" => HostPorts::All,
                "deny" => HostPorts::None,
                other => {
                    return Err(format!(
                        "host is \"allow\", \"deny\" or a list of ports, and not {other:?}"
                    ));
                }
            },
        },
        engine: Vec::new(),
    })
}

fn outbound(setting: Option<Outbound>) -> std::result::Result<Policy, String> {
    match setting {
        None => Ok(Policy::default()),
        Some(Outbound::Networks(networks)) => {
            let network = |text: String| {
                text.parse::<IpNet>()
                    .map_err(|_| format!("{text:?} is no network"))
            };
            let all: std::result::Result<_, String> = networks.into_iter().map(network).collect();
            Ok(Policy::Only(all?))
        }
        Some(Outbound::Word(word)) => match word.as_str() {
            "allow" => Ok(Policy::Allow),
            "deny" => Ok(Policy::Deny),
            other => Err(format!(
                "outbound is \"allow\", \"deny\" or a list of networks, and not {other:?}"
            )),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_policies_and_nothing_else() {
        let outbound = |bytes| parse(bytes).map(|reach| reach.outbound);
        assert_eq!(outbound(b"{}"), Ok(Policy::Allow));
        assert_eq!(outbound(br#"{"outbound":"deny"}"#), Ok(Policy::Deny));
        let only = vec!["192.0.2.0/24".parse().unwrap()];
        let some = br#"{"outbound":["192.0.2.0/24"]}"#;
        assert_eq!(outbound(some), Ok(Policy::Only(only)));
        for bad in [
            &br#"{"outbound":"some"}"#[..],
            br#"{"outbund":"deny"}"#,
            br#"{"outbound":["x"]}"#,
            br#"{"host":"some"}"#,
            br#"{"host":[70000]}"#,
            b"x",
        ] {
            assert!(parse(bad).is_err());
        }
    }

    #[test]
    fn the_host_is_closed_unless_ports_are_named() {
        let host = |bytes| parse(bytes).map(|reach| reach.host);
        assert_eq!(host(br#"{"outbound":"allow"}"#), Ok(HostPorts::None));
        let some = Ok(HostPorts::Only(vec![5432, 8000]));
        assert_eq!(host(br#"{"host":[5432,8000]}"#), some);
        assert_eq!(host(br#"{"host":"allow"}"#), Ok(HostPorts::All));
    }
}
