//! `engine.json` in the state folder: what containers may reach outside.
//!
//! `{"outbound": "allow"}`, `"deny"`, or a list of networks: `["192.0.2.0/24", "2001:db8::/32"]`. Without the file everything may be
//! reached but the host itself. A file that cannot be understood keeps the engine from starting: nobody should find out later
//! that a rule did not hold.

use crate::engine::{Error, Result};
use crate::net::Policy;
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
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Outbound {
    Word(String),
    Networks(Vec<String>),
}

/// The policy of a state folder.
pub fn read(store: &Store) -> Result<Policy> {
    let bytes = match disk::read_all(store.disk().as_ref(), FILE, LONGEST) {
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Policy::default()),
        read => read?,
    };
    parse(&bytes).map_err(|why| Error::invalid(format!("{FILE}: {why}")))
}

fn parse(bytes: &[u8]) -> std::result::Result<Policy, String> {
    let settings: Settings = serde_json::from_slice(bytes).map_err(|e| e.to_string())?;
    match settings.outbound {
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
        assert_eq!(parse(b"{}"), Ok(Policy::Allow));
        assert_eq!(parse(br#"{"outbound":"deny"}"#), Ok(Policy::Deny));
        let only = vec!["192.0.2.0/24".parse().unwrap()];
        assert_eq!(
            parse(br#"{"outbound":["192.0.2.0/24"]}"#),
            Ok(Policy::Only(only))
        );
        for bad in [
            &br#"{"outbound":"some"}"#[..],
            br#"{"outbund":"deny"}"#,
            br#"{"outbound":["x"]}"#,
            b"x",
        ] {
            assert!(parse(bad).is_err());
        }
    }
}
