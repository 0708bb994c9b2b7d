//! `-p` and `-P`: opens ports of the host for a container that starts, in Docker's words where that fails.
//!
//! Without an address a port is open on 127.0.0.1 alone. The ports close when the container leaves its networks.

use super::BRIDGE;
use crate::engine::container::Container;
use crate::engine::record::{NetworkRecord, Record};
use crate::engine::{Engine, Error, Result};
use crate::net::publish::{self, Published, Target};
use crate::net::{Protocol, Stack};
use crate::wire::PortBinding;
use crate::wire::host_config::PortMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Where ports without a number are looked for, as in Docker.
const EPHEMERAL: std::ops::RangeInclusive<u16> = 32_768..=60_999;

/// The words in front of whatever kept a port closed.
struct Place<'a> {
    container: &'a str,
    endpoint: String,
    to: SocketAddr,
}

impl Engine {
    /// Opens a container's ports; the caller holds `verb`. A failure leaves none open.
    pub(in crate::engine) async fn publish(
        &self,
        container: &Container,
        stack: &Arc<Stack>,
    ) -> Result<()> {
        let record = container.look(Clone::clone);
        let wanted = wanted(&record);
        if wanted.is_empty() {
            return Ok(());
        }
        let Some((network, address)) = self.way_in(&record) else {
            return Ok(());
        };
        let gateway = network.gateway(false).and_then(|text| text.parse().ok());
        let gateway = gateway.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST));
        let endpoint = record
            .networks
            .get(&network.name)
            .map(|s| s.endpoint_id.clone());
        let mut open = Vec::new();
        let mut shown = PortMap::new();
        for (port, bindings) in wanted {
            let (number, kind) = port.split_once('/').unwrap_or((&port, "tcp"));
            let Ok(number) = number.parse() else { continue };
            let to = SocketAddr::new(address, number);
            let place = Place {
                container: &record.name,
                endpoint: endpoint.clone().unwrap_or_default(),
                to,
            };
            let target = Target {
                stack: Arc::downgrade(stack),
                to,
                gateway,
            };
            for binding in bindings {
                let published = self.open_port(&binding, kind, &target, &place).await?;
                shown
                    .entry(port.clone())
                    .or_default()
                    .get_or_insert_default()
                    .push(PortBinding {
                        host_ip: published.host.ip().to_string(),
                        host_port: published.host.port().to_string(),
                    });
                open.push(published);
            }
        }
        container.set_published(open);
        container.change(|r| r.state.net.ports = shown);
        Ok(())
    }

    /// The network through which published ports lead in: the first bridge with a way out.
    fn way_in(&self, record: &Record) -> Option<(NetworkRecord, IpAddr)> {
        record.network_names().into_iter().find_map(|name| {
            let network = self.networks.find(&name).ok()?;
            let address = record.networks.get(&name)?.ip_address.parse().ok()?;
            (network.driver == BRIDGE && !network.internal).then_some((network, address))
        })
    }

    async fn open_port(
        &self,
        binding: &PortBinding,
        kind: &str,
        target: &Target,
        place: &Place<'_>,
    ) -> Result<Published> {
        let ip: IpAddr = match binding.host_ip.as_str() {
            "" => Ipv4Addr::LOCALHOST.into(),
            text => text
                .parse()
                .map_err(|_| Error::invalid(format!("invalid IP address: {text}")))?,
        };
        let protocol = match kind {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            other => {
                let why = format!("{other} ports cannot be published");
                return Err(place.failed(&why));
            }
        };
        let (first, last) = binding
            .host_port
            .split_once('-')
            .unwrap_or((&binding.host_port, &binding.host_port));
        let number = |text: &str| text.parse::<u16>().unwrap_or(0);
        let ports: Vec<u16> = match (number(first), number(last)) {
            (0, _) => self.ephemeral().collect(),
            (first, last) => (first..=last).collect(),
        };
        let mut refused = None;
        for port in &ports {
            let host = SocketAddr::new(ip, *port);
            let opened = match protocol {
                Protocol::Tcp => publish::tcp(host, target.clone()).await,
                Protocol::Udp => publish::udp(host, target.clone()).await,
            };
            match opened {
                Ok(published) => return Ok(published),
                Err(e) if e.kind() == io::ErrorKind::AddrInUse => refused = Some((host, e)),
                Err(e) => return Err(place.not_bound(host, kind, e)),
            }
        }
        let Some((host, error)) = refused else {
            return Err(place.failed("no port of the host is free"));
        };
        match self.is_published(host, kind) {
            true => Err(place.failed(&format!(
                "Bind for {host} failed: port is already allocated"
            ))),
            false => Err(place.not_bound(host, kind, error)),
        }
    }

    /// Docker counts on from the last one, so that a port that was just closed is not given again at once.
    fn ephemeral(&self) -> impl Iterator<Item = u16> + use<> {
        let (first, last) = (*EPHEMERAL.start(), *EPHEMERAL.end());
        let span = last - first + 1;
        let begin = self.next_port.fetch_add(1, Ordering::Relaxed) % span;
        (0..span).map(move |n| first + (begin + n) % span)
    }

    /// Whether another container has this port of the host.
    fn is_published(&self, host: SocketAddr, kind: &str) -> bool {
        self.containers.all().iter().any(|container| {
            container.look(|r| {
                let ports = r.state.net.ports.iter();
                let same = ports.filter(|(port, _)| port.ends_with(kind));
                same.flat_map(|(_, bindings)| bindings.iter().flatten())
                    .any(|binding| {
                        let ip = binding.host_ip.parse::<IpAddr>().ok();
                        let overlaps = |ip: IpAddr| {
                            ip == host.ip() || ip.is_unspecified() || host.ip().is_unspecified()
                        };
                        binding.host_port == host.port().to_string() && ip.is_some_and(overlaps)
                    })
            })
        })
    }
}

impl Place<'_> {
    fn failed(&self, why: &str) -> Error {
        Error::system(format!(
            "failed to set up container networking: driver failed programming external connectivity on endpoint {} ({}): {why}",
            self.container, self.endpoint
        ))
    }

    fn not_bound(&self, host: SocketAddr, kind: &str, error: io::Error) -> Error {
        let words = crate::base::errno::Errno::from(error)
            .words()
            .to_lowercase();
        self.failed(&format!(
            "failed to bind host port for {host}:{}/{kind}: {words}",
            self.to
        ))
    }
}

/// The ports to open with where; `-P` opens those that are only exposed, anywhere.
fn wanted(record: &Record) -> Vec<(String, Vec<PortBinding>)> {
    let host = &record.host_config;
    if host.network_mode == "host" || host.network_mode.starts_with("container:") {
        return Vec::new();
    }
    let bound = host.port_bindings.iter().flatten();
    let mut all: PortMap = bound
        .map(|(port, list)| (port.clone(), list.clone()))
        .collect();
    if host.publish_all_ports {
        for (port, _) in record.config.exposed_ports.iter().flatten() {
            all.entry(port.clone())
                .or_insert_with(|| Some(vec![PortBinding::default()]));
        }
    }
    let some = |list: Option<Vec<PortBinding>>| match list {
        Some(list) if !list.is_empty() => list,
        // Docker takes a port without bindings for one with an empty one.
        _ => vec![PortBinding::default()],
    };
    all.into_iter()
        .map(|(port, list)| (port, some(list)))
        .collect()
}
