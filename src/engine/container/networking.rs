//! Which networks a new container is to join, and what it asks of each; conflicts are told in Docker's words.

use crate::engine::network::{check_settings, given_mac};
use crate::engine::record::Link;
use crate::engine::{Engine, Error, Result};
use crate::wire::{ContainerConfig, EndpointSettings, HostConfig, NetworkingConfig, StringMap};
use std::collections::BTreeMap;

/// The decisions, as a record keeps them.
#[derive(Debug, Default)]
pub struct Networking {
    pub networks: BTreeMap<String, EndpointSettings>,
    pub macs: StringMap,
    pub links: Vec<Link>,
}

/// Refuses options that do not go with the network mode; the answer is warnings. Looks at what was asked for, before
/// anything is filled in.
pub fn check(config: &ContainerConfig, host: &HostConfig) -> Result<Vec<String>> {
    let mode = host.network_mode.as_str();
    let shared = mode.starts_with("container:");
    let has = |list: &Option<Vec<String>>| list.as_ref().is_some_and(|l| !l.is_empty());
    let published =
        host.publish_all_ports || host.port_bindings.as_ref().is_some_and(|p| !p.is_empty());
    let exposed = config.exposed_ports.as_ref().is_some_and(|p| !p.is_empty());
    let undefined = "This would result in undefined behavior";
    let conflicts = [
        (
            shared && !config.hostname.is_empty(),
            "hostname and the network mode".to_owned(),
        ),
        (
            mode == "host" && has(&host.links),
            format!("host type networking can't be used with links. {undefined}"),
        ),
        (
            shared && has(&host.links),
            format!("container type network can't be used with links. {undefined}"),
        ),
        (
            shared && has(&host.dns),
            "dns and the network mode".to_owned(),
        ),
        (
            shared && has(&host.extra_hosts),
            "custom host-to-IP mapping and the network mode".to_owned(),
        ),
        (
            shared && published,
            "port publishing and the container type network mode".to_owned(),
        ),
        (
            shared && exposed,
            "port exposing and the container type network mode".to_owned(),
        ),
    ];
    if let Some((_, words)) = conflicts.into_iter().find(|(applies, _)| *applies) {
        return Err(Error::invalid(format!("conflicting options: {words}")));
    }
    let mut warnings = Vec::new();
    if mode == "host" && published {
        warnings.push("Published ports are discarded when using host network mode".to_owned());
    }
    Ok(warnings)
}

impl Engine {
    /// Decides the networks of a new container, after the defaults are filled in. Networks that do not exist (yet) are no
    /// error: the start needs them.
    pub(super) fn plan_networks(
        &self,
        config: &mut ContainerConfig,
        host: &mut HostConfig,
        request: Option<NetworkingConfig>,
    ) -> Result<Networking> {
        let mut plan = Networking {
            links: self.links(host)?,
            ..Networking::default()
        };
        if let Some(other) = host.network_mode.strip_prefix("container:") {
            if let Ok(other) = self.find(other) {
                host.network_mode = format!("container:{}", other.id);
                config.hostname = other.look(|r| r.config.hostname.clone());
            }
            return Ok(plan);
        }
        let mut asked = request.and_then(|r| r.endpoints_config).unwrap_or_default();
        if let Some(default) = asked.remove("default") {
            asked.insert("bridge".to_owned(), default);
        }
        if !asked.contains_key(&host.network_mode) {
            asked.insert(host.network_mode.clone(), None);
        }
        for (mut name, settings) in asked {
            let mut settings = settings.unwrap_or_default();
            let is_mode = name == host.network_mode;
            if is_mode && settings.mac_address.is_empty() {
                settings.mac_address.clone_from(&config.mac_address);
            }
            let network = self.networks.find(&name).ok();
            let before = format!("invalid config for network {name}");
            check_settings(network.as_ref(), &settings).map_err(|e| e.context(&before))?;
            if let Some(network) = network {
                if is_mode && network.name != name {
                    host.network_mode.clone_from(&network.id);
                }
                name.clone_from(&network.name);
            }
            if let Some(mac) = given_mac(&settings)? {
                plan.macs.insert(name.clone(), mac.to_string());
            }
            settings.mac_address.clear();
            plan.networks.insert(name, settings);
        }
        config.mac_address.clear();
        Ok(plan)
    }

    /// `--link NAME[:ALIAS]` on the default bridge; elsewhere links belong to the endpoint.
    fn links(&self, host: &mut HostConfig) -> Result<Vec<Link>> {
        let asked = host.links.take().unwrap_or_default();
        if host.network_mode != "bridge" {
            return Ok(Vec::new());
        }
        let link = |text: &String| {
            let (name, alias) = text.split_once(':').unwrap_or((text, text));
            let before = format!("could not get container for {name}");
            let target = self.find(name).map_err(|e| e.context(&before))?;
            Ok(Link {
                container: target.id.clone(),
                alias: alias.rsplit('/').next().unwrap_or(alias).to_owned(),
            })
        };
        asked.iter().map(link).collect()
    }
}
