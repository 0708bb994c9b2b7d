//! `inspect`: everything about one container, as Docker shows it.

use super::Container;
use crate::engine::health::Health;
use crate::engine::logs::Driver;
use crate::engine::record::Record;
use crate::engine::state::Phase;
use crate::engine::{Engine, Result, blocking};
use crate::wire::host_config::PortMap;
use crate::wire::{
    ContainerConfig, ContainerInspect, ContainerState, GraphDriver, HostConfig, NetworkSettings,
    StringMap,
};

/// The name of our storage driver: an index over layer tars, with an overlay on top.
pub(in crate::engine) const DRIVER: &str = "overlay-index";

impl Engine {
    pub async fn inspect(&self, id: &str, size: bool) -> Result<ContainerInspect> {
        let container = self.find(id)?;
        let record = container.look(Clone::clone);
        let mut out = self.shown(&container, &record);
        if size {
            let runtime = self.runtime.clone();
            let (rw, all) = blocking(move || Ok(runtime.sizes(&record))).await?;
            out.size_rw = Some(rw);
            out.size_root_fs = Some(all);
        }
        Ok(out)
    }

    fn shown(&self, container: &Container, record: &Record) -> ContainerInspect {
        let state = &record.state;
        // The files of a container that never ran do not exist yet; Docker shows no paths then.
        let never_ran = state.phase == Phase::Created;
        let file = |name: &str| {
            if never_ran {
                String::new()
            } else {
                self.logs.path(&record.id, name)
            }
        };
        let execs = self.execs.of(&record.id);
        ContainerInspect {
            id: record.id.clone(),
            created: record.created.rfc3339(),
            path: record.path.clone(),
            args: record.args.clone(),
            state: ContainerState {
                status: state.phase.word().to_owned(),
                running: state.phase.is_alive(),
                paused: state.phase == Phase::Paused,
                restarting: state.phase == Phase::Restarting,
                oom_killed: state.oom_killed,
                dead: state.phase == Phase::Dead,
                pid: state.pid,
                exit_code: state.exit_code,
                error: state.error.clone(),
                started_at: state.started_at.rfc3339(),
                finished_at: state.finished_at.rfc3339(),
                health: state.health.as_ref().map(Health::shown),
            },
            image: record.image.clone(),
            resolv_conf_path: file("resolv.conf"),
            hostname_path: file("hostname"),
            hosts_path: file("hosts"),
            log_path: if never_ran || Driver::of(record) != Driver::JsonFile {
                String::new()
            } else {
                container.log.path()
            },
            name: format!("/{}", record.name),
            restart_count: record.restart_count,
            driver: DRIVER.to_owned(),
            platform: "linux".to_owned(),
            exec_ids: (!execs.is_empty()).then_some(execs),
            host_config: self.shown_host(record),
            graph_driver: GraphDriver {
                data: Some(StringMap::from([("ID".to_owned(), record.id.clone())])),
                name: DRIVER.to_owned(),
            },
            mounts: record.mounts.iter().map(|m| m.point.clone()).collect(),
            config: shown_config(record),
            network_settings: network_settings(record),
            ..ContainerInspect::default()
        }
    }

    /// Links are shown with the names that both containers have now.
    fn shown_host(&self, record: &Record) -> HostConfig {
        let mut host = record.host_config.clone();
        let links = record.links.iter().filter_map(|link| {
            let target = self.find(&link.container).ok()?.look(|r| r.name.clone());
            Some(format!("/{target}:/{}/{}", record.name, link.alias))
        });
        let links: Vec<String> = links.collect();
        host.links = (!links.is_empty()).then_some(links);
        host
    }
}

/// The hardware address that was asked for stands in the configuration too, as older clients expect.
fn shown_config(record: &Record) -> ContainerConfig {
    let mut config = record.config.clone();
    let first = record.network_names().into_iter().next();
    if let Some(mac) = first.and_then(|name| record.macs.get(&name)) {
        config.mac_address.clone_from(mac);
    }
    config
}

/// What stands at the top is the default bridge's, as in the days of one network.
fn network_settings(record: &Record) -> NetworkSettings {
    let (alive, net) = (record.state.phase.is_alive(), &record.state.net);
    let mut networks = record.networks.clone();
    if record.state.phase == Phase::Created {
        for (name, mac) in &record.macs {
            if let Some(settings) = networks.get_mut(name) {
                settings.mac_address.clone_from(mac);
            }
        }
    }
    let bridge = networks.get("bridge").cloned().unwrap_or_default();
    let key = match record.host_config.network_mode.as_str() {
        _ if net.sandbox_id.is_empty() => String::new(),
        "host" => "/var/run/docker/netns/default".to_owned(),
        _ => format!(
            "/var/run/docker/netns/{}",
            crate::base::id::short(&net.sandbox_id)
        ),
    };
    NetworkSettings {
        sandbox_id: net.sandbox_id.clone(),
        sandbox_key: key,
        ports: if alive {
            shown_ports(record)
        } else {
            PortMap::new()
        },
        endpoint_id: bridge.endpoint_id,
        gateway: bridge.gateway,
        global_ipv6_address: bridge.global_ipv6_address,
        global_ipv6_prefix_len: bridge.global_ipv6_prefix_len,
        ip_address: bridge.ip_address,
        ip_prefix_len: bridge.ip_prefix_len,
        ipv6_gateway: bridge.ipv6_gateway,
        mac_address: bridge.mac_address,
        networks,
        ..NetworkSettings::default()
    }
}

/// Ports that are published, and those that are only exposed; none where the network is not the container's own.
pub(super) fn shown_ports(record: &Record) -> PortMap {
    let mode = record.host_config.network_mode.as_str();
    if matches!(mode, "host" | "none") || mode.starts_with("container:") {
        return PortMap::new();
    }
    let exposed = record.config.exposed_ports.iter().flatten();
    let mut ports: PortMap = exposed.map(|(port, _)| (port.clone(), None)).collect();
    ports.extend(record.state.net.ports.clone());
    ports
}
