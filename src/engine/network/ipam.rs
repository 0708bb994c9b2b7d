//! The subnets of a new network: what was asked for, checked in Docker's words, and what the default pools add.

use super::Networks;
use crate::engine::{Error, Result};
use crate::net::pools;
use crate::wire::IpamConfig;
use ipnet::IpNet;
use std::net::IpAddr;

impl Networks {
    /// Completes the configuration of a network. The caller holds `turn`.
    pub(super) fn configure(
        &self,
        mut configs: Vec<IpamConfig>,
        v4: bool,
        v6: bool,
    ) -> Result<Vec<IpamConfig>> {
        check(&configs, v6)?;
        let taken = self.subnets();
        for (six, enabled) in [(false, v4), (true, v6)] {
            let own = configs.iter().filter(|c| is_six(&c.subnet) == six);
            let subnets: Vec<&IpamConfig> = own.filter(|_| enabled).collect();
            match subnets[..] {
                [] if enabled => configs.push(self.automatic(six)?),
                [] => {}
                [one] => {
                    let subnet = one.subnet.parse().map_err(|_| overlaps())?;
                    if !pools::is_free(subnet, &taken) {
                        return Err(overlaps());
                    }
                }
                _ => {
                    return Err(Error::invalid(
                        "bridge driver doesn't support multiple subnets",
                    ));
                }
            }
        }
        Ok(configs)
    }

    /// A subnet of the default pools and its gateway.
    pub(super) fn automatic(&self, six: bool) -> Result<IpamConfig> {
        let taken = self.subnets();
        let free = match six {
            true => pools::free_v6(self.global_id, &taken),
            false => pools::free_v4(&taken),
        };
        let subnet = free.ok_or_else(|| {
            Error::invalid("all predefined address pools have been fully subnetted")
        })?;
        let gateway = subnet.hosts().find(|address| *address != subnet.network());
        Ok(IpamConfig {
            subnet: subnet.to_string(),
            gateway: gateway
                .map(|address| address.to_string())
                .unwrap_or_default(),
            ..IpamConfig::default()
        })
    }
}

fn overlaps() -> Error {
    Error::forbidden("invalid pool request: Pool overlaps with other one on this address space")
}

fn is_six(subnet: &str) -> bool {
    subnet.contains(':')
}

/// Refuses what cannot be a configuration, naming everything that is wrong.
fn check(configs: &[IpamConfig], v6: bool) -> Result<()> {
    let mut wrong = Vec::new();
    for config in configs {
        let text = &config.subnet;
        let Ok(subnet) = text.parse::<IpNet>() else {
            wrong.push(format!(
                "invalid subnet {text}: invalid CIDR block notation"
            ));
            continue;
        };
        if is_six(text) && !v6 {
            continue;
        }
        if subnet.trunc() != subnet {
            wrong.push(format!(
                "invalid subnet {text}: it should be {}",
                subnet.trunc()
            ));
        }
        wrong.extend(check_range(&config.ip_range, subnet));
        let mut address = |what: &str, text: &str| {
            let why = bad_address(text, subnet);
            wrong.extend(why.map(|why| format!("invalid {what} {text}: {why}")));
        };
        address("gateway", &config.gateway);
        for (_, text) in config.auxiliary.iter().flatten() {
            address("auxiliary address", text);
        }
    }
    joined("invalid network config:", wrong)
}

/// Go's `errors.Join` as Docker prints it: one error stands alone, several are a list.
pub(super) fn joined(before: &str, wrong: Vec<String>) -> Result<()> {
    match &wrong[..] {
        [] => Ok(()),
        [one] => Err(Error::invalid(format!("{before}\n{one}"))),
        many => Err(Error::invalid(format!("{before}\n* {}", many.join("\n* ")))),
    }
}

fn family(subnet: IpNet) -> &'static str {
    match subnet {
        IpNet::V4(_) => "IPv4",
        IpNet::V6(_) => "IPv6",
    }
}

fn check_range(text: &str, subnet: IpNet) -> Vec<String> {
    if text.is_empty() {
        return Vec::new();
    }
    let before = format!("invalid ip-range {text}");
    let Ok(range) = text.parse::<IpNet>() else {
        return vec![format!("{before}: invalid CIDR block notation")];
    };
    if family(range) != family(subnet) {
        return vec![format!(
            "{before}: parent subnet is an {} block",
            family(subnet)
        )];
    }
    let mut wrong = Vec::new();
    if range.prefix_len() < subnet.prefix_len() {
        wrong.push(format!(
            "{before}: CIDR block is bigger than its parent subnet {subnet}"
        ));
    }
    if range.trunc() != range {
        wrong.push(format!("{before}: it should be {}", range.trunc()));
    }
    if !subnet.contains(&range.addr()) {
        wrong.push(format!(
            "{before}: parent subnet {subnet} doesn't contain ip-range"
        ));
    }
    wrong
}

fn bad_address(text: &str, subnet: IpNet) -> Option<String> {
    if text.is_empty() {
        return None;
    }
    let Ok(address) = text.parse::<IpAddr>() else {
        return Some("invalid address".to_owned());
    };
    if address.is_ipv4() != matches!(subnet, IpNet::V4(_)) {
        return Some(format!("parent subnet is an {} block", family(subnet)));
    }
    (!subnet.contains(&address))
        .then(|| format!("parent subnet {subnet} doesn't contain this address"))
}
