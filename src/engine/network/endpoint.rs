//! Containers in networks: they join when they start and leave when they end.

use super::settings::{hide, show, wanted};
use super::{BRIDGE, Endpoint, Known, Networks, dns_names};
use crate::base;
use crate::engine::container::Container;
use crate::engine::record::{NetState, NetworkRecord, Record};
use crate::engine::{Engine, Error, Result};
use crate::net::mac::Mac;
use crate::net::{Addresses, Interface, Refused, Stack};
use crate::wire::EndpointSettings;
use ipnet::{IpNet, Ipv4Net};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

/// Docker's words before whatever kept a container out of its networks.
const FAILED: &str = "failed to set up container networking";

/// A container's new place in a network.
#[derive(Clone, Debug)]
pub struct Joined {
    pub network: NetworkRecord,
    pub endpoint: Endpoint,
}

impl Networks {
    /// Gives a container addresses in a network.
    pub fn join(
        &self,
        network: &str,
        record: &Record,
        settings: &EndpointSettings,
        mac: Option<Mac>,
    ) -> Result<Joined> {
        let id = self.find(network)?.id;
        let mut all = self.known.lock();
        let known = all
            .get_mut(&id)
            .ok_or_else(|| Error::not_found(format!("network {network} not found")))?;
        if known.endpoints.contains_key(&record.id) {
            return Err(Error::forbidden(format!(
                "endpoint with name {} already exists in network {}",
                record.name, known.record.name
            )));
        }
        let v4 = take(&mut known.v4, wanted(settings, false), &known.record)?;
        let v6 = match take(&mut known.v6, wanted(settings, true), &known.record) {
            Ok(v6) => v6,
            Err(e) => {
                if let (Some(pool), Some(address)) = (&mut known.v4, v4) {
                    pool.release(address);
                }
                return Err(e);
            }
        };
        let endpoint = Endpoint {
            id: base::id::random(),
            name: record.name.clone(),
            mac: (known.record.driver == BRIDGE).then(|| mac.unwrap_or_else(Mac::random)),
            v4,
            v6,
        };
        known.endpoints.insert(record.id.clone(), endpoint.clone());
        Ok(Joined {
            network: known.record.clone(),
            endpoint,
        })
    }

    /// Takes a container out; the answer is the network, if it was there.
    pub fn leave(&self, network: &str, container: &str) -> Option<NetworkRecord> {
        let id = self.find(network).ok()?.id;
        let mut all = self.known.lock();
        let Known {
            record,
            v4,
            v6,
            endpoints,
        } = all.get_mut(&id)?;
        let endpoint = endpoints.remove(container)?;
        for (pool, address) in [(v4, endpoint.v4), (v6, endpoint.v6)] {
            if let (Some(pool), Some(address)) = (pool, address) {
                pool.release(address);
            }
        }
        Some(record.clone())
    }
}

/// The wanted address, or the lowest free one.
fn take(
    pool: &mut Option<Addresses>,
    wanted: Option<&str>,
    network: &NetworkRecord,
) -> Result<Option<IpAddr>> {
    let Some(pool) = pool else { return Ok(None) };
    let got = match wanted.and_then(|text| text.parse().ok()) {
        Some(address) => pool.reserve(address).map(|()| address),
        None => pool.any(),
    };
    got.map(Some).map_err(|refused| match refused {
        Refused::Exhausted => Error::unavailable(format!(
            "no available IPv4 addresses on this network's address pools: {} ({})",
            network.name, network.id
        )),
        other => Error::forbidden(other.to_string()),
    })
}

impl Engine {
    /// Brings a container into its networks before it starts and opens its ports; the caller holds `verb`. A failure leaves
    /// it in none.
    pub(in crate::engine) async fn enter_networks(
        &self,
        container: &Container,
    ) -> Result<Arc<Stack>> {
        let entered = match self.join_networks(container) {
            Ok(stack) => self.publish(container, &stack).await.map(|()| stack),
            Err(e) => Err(e),
        };
        if entered.is_err() {
            self.leave_networks(container).await;
        }
        entered
    }

    /// A failure leaves the networks that were joined before it to the caller.
    fn join_networks(&self, container: &Container) -> Result<Arc<Stack>> {
        let record = container.look(Clone::clone);
        let mut stack = Stack::new(self.switch.clone());
        let mut state = match record.host_config.network_mode.strip_prefix("container:") {
            Some(other) => {
                let (shared, state) = self.share(&record, other)?;
                stack = shared;
                state
            }
            None => NetState::default(),
        };
        container.set_net(Some(stack.clone()));
        let mut networks = record.networks.clone();
        let outcome: Result<()> = record.network_names().into_iter().try_for_each(|name| {
            let settings = networks
                .get_mut(&name)
                .ok_or_else(|| Error::system(FAILED))?;
            let mac = record.macs.get(&name).and_then(|text| text.parse().ok());
            // Once it was in a network it wants that one back, not another of the same name.
            let wanted = match settings.network_id.as_str() {
                "" => name.clone(),
                id => id.to_owned(),
            };
            let joined = self.networks.join(&wanted, &record, settings, mac)?;
            show(settings, &joined);
            if !joined.network.is_predefined() {
                settings.dns_names = Some(dns_names(&record, settings));
            }
            self.plug(&stack, &joined, settings);
            if name == BRIDGE {
                self.link(&record, &mut state)?;
            }
            state.hosts.extend(own_lines(&record, settings));
            self.tell_network("connect", &joined.network, Some(&record.id));
            Ok(())
        });
        if let Err(e) = outcome {
            return Err(match e.message.as_str() {
                // Links and joining have words of their own.
                text if text.starts_with("network ") || text.starts_with("Address") => {
                    e.context(FAILED)
                }
                _ => e,
            });
        }
        if !record.networks.is_empty() {
            state.sandbox_id = base::id::random();
        }
        state.host_gateway = self.host_gateway();
        if let Ok(address) = state.host_gateway.parse() {
            self.switch.set_host(address);
        }
        container.change(|r| {
            r.networks = networks;
            r.state.net = state;
        });
        Ok(stack)
    }

    /// Closes a container's ports and takes it out of its networks after its run.
    pub(in crate::engine) async fn leave_networks(&self, container: &Container) {
        for port in container.take_published() {
            port.close().await;
        }
        let stack = container.net();
        container.set_net(None);
        let names = container.look(|r| r.network_names());
        for name in names {
            if let Some(network) = self.networks.leave(&name, &container.id) {
                if let Some(stack) = &stack {
                    self.switch.detach(stack, &network.id);
                }
                self.tell_network("disconnect", &network, Some(&container.id));
            }
        }
        container.change(forget);
    }

    /// Connects a namespace with a network of the switch.
    pub(super) fn plug(&self, stack: &Arc<Stack>, joined: &Joined, settings: &EndpointSettings) {
        let (network, endpoint) = (&joined.network, &joined.endpoint);
        let mut addresses: Vec<(IpAddr, IpNet)> = [false, true]
            .into_iter()
            .filter_map(|six| {
                let own = if six { endpoint.v6 } else { endpoint.v4 };
                own.zip(network.subnet(six))
            })
            .collect();
        if network.driver == "host" {
            addresses.extend(behind_the_host());
        }
        if addresses.is_empty() {
            return;
        }
        let gateways = [false, true]
            .into_iter()
            .filter_map(|six| network.gateway(six)?.parse().ok());
        let interface = Interface {
            name: String::new(),
            network: network.id.clone(),
            addresses,
            gateways: gateways.collect(),
            mac: endpoint.mac.unwrap_or_default(),
            internal: network.internal,
            counters: Arc::default(),
        };
        let link = |text: &String| {
            let (target, alias) = text.split_once(':').unwrap_or((text, text));
            (alias.to_owned(), target.to_owned())
        };
        let links = settings.links.iter().flatten().map(link).collect();
        // On the default bridge nobody is found by name, as in Docker.
        let names = settings.dns_names.clone().unwrap_or_default();
        self.switch.attach(stack, interface, names, links);
    }

    /// Where a container finds the host: the default bridge's gateway.
    fn host_gateway(&self) -> String {
        let bridge = self.networks.find(BRIDGE).ok();
        bridge.and_then(|n| n.gateway(false)).unwrap_or_default()
    }

    /// `--network container:NAME`: the other container's names and addresses.
    fn share(&self, record: &Record, other: &str) -> Result<(Arc<Stack>, NetState)> {
        let before = "joining network namespace of container";
        let other = self.find(other).map_err(|e| e.context(before))?;
        if other.id == record.id {
            return Err(Error::invalid("cannot join own network namespace"));
        }
        let (name, phase, mut state) =
            other.look(|r| (r.name.clone(), r.state.phase, r.state.net.clone()));
        if !phase.is_alive() {
            return Err(Error::conflict(format!(
                "cannot join network namespace of a non running container: container {name} is {}",
                phase.word()
            )));
        }
        state.sandbox_id = String::new();
        // Ports are the other one's to close.
        state.ports.clear();
        let stack = other
            .net()
            .unwrap_or_else(|| Stack::new(self.switch.clone()));
        Ok((stack, state))
    }

    /// `--link` on the default bridge: names in the hosts file, and variables of the environment.
    fn link(&self, record: &Record, state: &mut NetState) -> Result<()> {
        for link in &record.links {
            let target = self.find(&link.container)?;
            let target = target.look(Clone::clone);
            if !target.state.phase.is_alive() {
                return Err(Error::system(format!(
                    "Cannot link to a non running container: /{} AS /{}/{}",
                    target.name, record.name, link.alias
                )));
            }
            let address = target.networks.get(BRIDGE).map(|s| s.ip_address.clone());
            let Some(address) = address.filter(|a| !a.is_empty()) else {
                return Err(Error::system(format!(
                    "container {} not attached to default bridge network",
                    target.id
                )));
            };
            state.hosts.push(host_line(&address, &link.alias, &target));
            state
                .env
                .extend(environment(record, &link.alias, &target, &address));
        }
        Ok(())
    }
}

/// With `--network host` a program has no address of the host's; it has a way out all the same.
fn behind_the_host() -> Option<(IpAddr, IpNet)> {
    let subnet = Ipv4Net::new(Ipv4Addr::new(10, 0, 2, 0), 24).ok()?;
    Some((Ipv4Addr::new(10, 0, 2, 15).into(), subnet.into()))
}

/// A record that an engine left behind has no place in any network.
pub fn forget(record: &mut Record) {
    record.networks.values_mut().for_each(hide);
    record.state.net = NetState::default();
}

/// The line of a linked container: its alias, then its other names.
fn host_line(address: &str, alias: &str, target: &Record) -> String {
    let mut names = vec![alias];
    names.extend([target.config.hostname.as_str(), target.name.as_str()]);
    let mut seen: Vec<&str> = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    format!("{address}\t{}", seen.join(" "))
}

/// The variables that a link brings, in Docker's order.
fn environment(record: &Record, alias: &str, target: &Record, address: &str) -> Vec<String> {
    let prefix = alias.replace('-', "_").to_uppercase();
    let mut env = Vec::new();
    let mut ports: Vec<(u16, &str)> = target
        .config
        .exposed_ports
        .iter()
        .flatten()
        .filter_map(|(port, _)| port.split_once('/'))
        .filter_map(|(number, kind)| Some((number.parse().ok()?, kind)))
        .collect();
    ports.sort_by_key(|(number, kind)| (*number, *kind != "tcp"));
    if let Some((number, kind)) = ports.first() {
        env.push(format!("{prefix}_PORT={kind}://{address}:{number}"));
    }
    for (number, kind) in ports {
        let one = format!("{prefix}_PORT_{number}_{}", kind.to_uppercase());
        env.push(format!("{one}={kind}://{address}:{number}"));
        env.push(format!("{one}_ADDR={address}"));
        env.push(format!("{one}_PORT={number}"));
        env.push(format!("{one}_PROTO={kind}"));
    }
    env.push(format!("{prefix}_NAME=/{}/{alias}", record.name));
    for entry in target.config.env.iter().flatten() {
        let name = entry.split('=').next().unwrap_or_default();
        // What every container has is not told of the other one.
        if !matches!(name, "PATH" | "HOME" | "HOSTNAME" | "TERM") {
            env.push(format!("{prefix}_ENV_{entry}"));
        }
    }
    env
}

/// The lines with which a container finds itself.
pub(super) fn own_lines(record: &Record, settings: &EndpointSettings) -> Vec<String> {
    let names = record.host_names();
    [&settings.ip_address, &settings.global_ipv6_address]
        .into_iter()
        .filter(|address| !address.is_empty())
        .map(|address| format!("{address}\t{names}"))
        .collect()
}
