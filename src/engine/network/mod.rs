//! Networks: who is in which, and one file per verb.
//!
//! A network's record is durable; who is in it is not: endpoints exist while their containers run, and no container outlives
//! its engine. Addresses of endpoints come from the network's subnets (`net::Addresses`).
//! Lock order: `turn`, held on blocking threads while the disk is written, then `known`, a leaf.

mod connect;
mod create;
mod endpoint;
mod inspect;
mod ipam;
mod list;
mod publish;
mod remove;
mod settings;
#[cfg(test)]
mod tests;

pub(in crate::engine) use endpoint::{Joined, forget};
pub(in crate::engine) use settings::{check as check_settings, dns_names, given_mac};

use super::ports::NetworkStore;
use super::record::NetworkRecord;
use super::{Engine, Error, Result, Timestamp};
use crate::base;
use crate::net::Addresses;
use crate::net::mac::Mac;
use crate::wire::{Ipam, IpamConfig, StringMap};
use ipnet::IpNet;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// The driver of networks whose containers reach each other.
pub const BRIDGE: &str = "bridge";
/// The networks that are always there, with their drivers.
pub const PREDEFINED: [(&str, &str); 3] = [("bridge", BRIDGE), ("host", "host"), ("none", "null")];

/// A container in a network.
#[derive(Clone, Debug)]
pub struct Endpoint {
    pub id: String,
    /// The container's name now.
    pub name: String,
    pub mac: Option<Mac>,
    pub v4: Option<IpAddr>,
    pub v6: Option<IpAddr>,
}

/// Every network of the engine.
pub struct Networks {
    store: Arc<dyn NetworkStore>,
    /// 40 bits of the engine's own, for IPv6 subnets.
    global_id: u64,
    /// One change of what exists at a time.
    turn: Mutex<()>,
    known: Mutex<BTreeMap<String, Known>>,
}

struct Known {
    record: NetworkRecord,
    v4: Option<Addresses>,
    v6: Option<Addresses>,
    /// By container.
    endpoints: BTreeMap<String, Endpoint>,
}

impl Networks {
    /// Loads what the last engine knew, and makes the predefined networks for the first one.
    pub fn load(store: Arc<dyn NetworkStore>, engine_id: &str, now: Timestamp) -> Result<Self> {
        let networks = Networks {
            global_id: global_id(engine_id),
            turn: Mutex::default(),
            known: Mutex::default(),
            store,
        };
        for record in networks.store.load()? {
            networks.add(record);
        }
        for (name, driver) in PREDEFINED {
            if networks.find(name).is_err() {
                let record = networks.predefined(name, driver, now)?;
                networks.store.put(&record)?;
                networks.add(record);
            }
        }
        Ok(networks)
    }

    /// The network with this id or name, or the only one whose id begins so; the errors are Docker's.
    pub fn find(&self, text: &str) -> Result<NetworkRecord> {
        let known = self.known.lock();
        if let Some(found) = known.get(text) {
            return Ok(found.record.clone());
        }
        if let Some(found) = known.values().find(|k| k.record.name == text) {
            return Ok(found.record.clone());
        }
        let mut starts = known
            .range(text.to_owned()..)
            .take_while(|(id, _)| !text.is_empty() && id.starts_with(text));
        match (starts.next(), starts.count()) {
            (Some((_, found)), 0) => Ok(found.record.clone()),
            (Some(_), more) => Err(Error::invalid(format!(
                "network {text} is ambiguous ({} matches found based on ID prefix)",
                more + 1
            ))),
            (None, _) => Err(Error::not_found(format!("network {text} not found"))),
        }
    }

    /// Every network with its endpoints, by id.
    pub fn all(&self) -> Vec<(NetworkRecord, BTreeMap<String, Endpoint>)> {
        let known = self.known.lock();
        let both = known
            .values()
            .map(|k| (k.record.clone(), k.endpoints.clone()));
        both.collect()
    }

    /// Who is in a network.
    pub fn endpoints(&self, id: &str) -> BTreeMap<String, Endpoint> {
        let known = self.known.lock();
        known
            .get(id)
            .map(|k| k.endpoints.clone())
            .unwrap_or_default()
    }

    /// A container has another name.
    pub fn renamed(&self, container: &str, name: &str) {
        for known in self.known.lock().values_mut() {
            if let Some(endpoint) = known.endpoints.get_mut(container) {
                name.clone_into(&mut endpoint.name);
            }
        }
    }

    fn add(&self, record: NetworkRecord) {
        let known = Known {
            v4: record.pool(false),
            v6: record.pool(true),
            endpoints: BTreeMap::new(),
            record,
        };
        self.known.lock().insert(known.record.id.clone(), known);
    }

    fn subnets(&self) -> Vec<IpNet> {
        let known = self.known.lock();
        let pools = known.values().flat_map(|k| [&k.v4, &k.v6]);
        pools.flatten().map(Addresses::subnet).collect()
    }

    fn predefined(&self, name: &str, driver: &str, now: Timestamp) -> Result<NetworkRecord> {
        let mut record = NetworkRecord {
            id: base::id::random(),
            name: name.to_owned(),
            created: now,
            driver: driver.to_owned(),
            scope: "local".to_owned(),
            enable_ipv4: true,
            ipam: Ipam {
                driver: "default".to_owned(),
                ..Ipam::default()
            },
            options: Some(StringMap::new()),
            labels: Some(StringMap::new()),
            ..NetworkRecord::default()
        };
        if driver == BRIDGE {
            record.ipam.config = Some(vec![self.automatic(false)?]);
            let option = |(key, value): (&str, &str)| {
                (format!("com.docker.network.{key}"), value.to_owned())
            };
            let options = [
                ("bridge.default_bridge", "true"),
                ("bridge.enable_icc", "true"),
                ("bridge.enable_ip_masquerade", "true"),
                ("bridge.host_binding_ipv4", "127.0.0.1"),
                ("bridge.name", "docker0"),
                ("driver.mtu", "1500"),
            ];
            record.options = Some(options.into_iter().map(option).collect());
        }
        Ok(record)
    }
}

/// Forty bits out of the engine's id.
fn global_id(engine_id: &str) -> u64 {
    let digits: String = engine_id.chars().filter(char::is_ascii_hexdigit).collect();
    u64::from_str_radix(digits.get(..10).unwrap_or_default(), 16).unwrap_or(1)
}

impl NetworkRecord {
    /// Whether Docker keeps it and nobody may remove it.
    pub fn is_predefined(&self) -> bool {
        PREDEFINED.iter().any(|(name, _)| *name == self.name)
    }

    /// The subnet of a family, as it is shown.
    fn config(&self, six: bool) -> Option<&IpamConfig> {
        let configs = self.ipam.config.iter().flatten();
        let mut of = configs.filter(|c| c.subnet.contains(':') == six);
        of.next()
    }

    fn subnet(&self, six: bool) -> Option<IpNet> {
        let enabled = if six {
            self.enable_ipv6
        } else {
            self.enable_ipv4
        };
        self.config(six).filter(|_| enabled)?.subnet.parse().ok()
    }

    /// The addresses of a family, with what no container may have taken out.
    fn pool(&self, six: bool) -> Option<Addresses> {
        let config = self.config(six)?;
        let mut pool = Addresses::new(self.subnet(six)?, config.ip_range.parse().ok());
        let auxiliary = config
            .auxiliary
            .iter()
            .flatten()
            .map(|(_, address)| address);
        let kept = auxiliary
            .chain(self.gateway(six).as_ref())
            .cloned()
            .collect::<Vec<_>>();
        for address in kept {
            if let Ok(address) = address.parse() {
                // One that is outside of the subnet needs no place in it.
                let _ = pool.reserve(address);
            }
        }
        Some(pool)
    }

    /// The gateway of a family: the given one, or the first address (of the range) that is not taken.
    fn gateway(&self, six: bool) -> Option<String> {
        let config = self.config(six)?;
        if !config.gateway.is_empty() {
            return Some(config.gateway.clone());
        }
        let mut pool = Addresses::new(self.subnet(six)?, config.ip_range.parse().ok());
        for (_, address) in config.auxiliary.iter().flatten() {
            if let Ok(address) = address.parse() {
                let _ = pool.reserve(address);
            }
        }
        pool.any().ok().map(|address| address.to_string())
    }
}

impl Engine {
    fn tell_network(&self, action: &str, network: &NetworkRecord, container: Option<&str>) {
        let mut attributes = StringMap::from([
            ("name".to_owned(), network.name.clone()),
            ("type".to_owned(), network.driver.clone()),
        ]);
        if let Some(container) = container {
            attributes.insert("container".to_owned(), container.to_owned());
        }
        self.events
            .publish("network", action, &network.id, attributes);
    }
}
