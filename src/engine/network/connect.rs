//! `network connect` and `disconnect`, of running containers too.

use super::endpoint::own_lines;
use super::settings::show;
use super::{check_settings, dns_names, given_mac};
use crate::engine::record::{NetworkRecord, Record};
use crate::engine::{Engine, Error, Result};
use crate::wire::{NetworkConnect, NetworkDisconnect};

const SHARED: &str = "container sharing network namespace with another container or host cannot be connected to any other network";
const PRIVATE: &str = "container cannot be connected to multiple networks with one of the networks in private (none) mode";
const HOST: &str =
    "cannot connect container to host network - container must be created in host network mode";

impl Engine {
    /// Brings a container into a network, at once if it runs. Answers when that is durable.
    pub async fn network_connect(&self, network: &str, request: NetworkConnect) -> Result<()> {
        let container = self.find(&request.container)?;
        let _verb = container.verb.lock().await;
        let before = container.look(Clone::clone);
        if before.host_config.network_mode.starts_with("container:") {
            return Err(Error::forbidden(SHARED));
        }
        let network = self.networks.find(network)?;
        allowed(&before, &network)?;
        let mut settings = request.endpoint_config.unwrap_or_default();
        check_settings(Some(&network), &settings)?;
        let mac = given_mac(&settings)?;
        if !network.is_predefined() {
            settings.dns_names = Some(dns_names(&before, &settings));
        }
        let running = before.state.phase.is_alive();
        let mut lines = Vec::new();
        if running {
            let joined = self.networks.join(&network.id, &before, &settings, mac)?;
            show(&mut settings, &joined);
            if let Some(stack) = container.net() {
                self.plug(&stack, &joined, &settings);
            }
            lines = own_lines(&before, &settings);
        }
        container.change(|r| {
            r.networks.insert(network.name.clone(), settings);
            r.macs.remove(&network.name);
            r.macs
                .extend(mac.map(|mac| (network.name.clone(), mac.to_string())));
            r.state.net.hosts.extend(lines.iter().cloned());
        });
        if let Err(e) = self.commit(&container, false).await {
            self.networks.leave(&network.id, &container.id);
            if let Some(stack) = container.net() {
                self.switch.detach(&stack, &network.id);
            }
            container.change(|r| *r = before);
            return Err(e);
        }
        if running {
            if let Some(sandbox) = container.sandbox() {
                sandbox.change_hosts(&lines, &[]);
            }
            self.tell_network("connect", &network, Some(&container.id));
        }
        Ok(())
    }

    /// Takes a container out of a network. With `force`, also one that is no more.
    pub async fn network_disconnect(
        &self,
        network: &str,
        request: NetworkDisconnect,
    ) -> Result<()> {
        let network = self.networks.find(network)?;
        let name = request.container;
        let container = self.find(&name).map_err(|e| match request.force {
            true => Error::not_found(format!("endpoint {name} not found")),
            false => e,
        })?;
        let _verb = container.verb.lock().await;
        let before = container.look(Clone::clone);
        let running = before.state.phase.is_alive();
        if !before.networks.contains_key(&network.name) {
            let article = if running { "" } else { "the " };
            return Err(Error::forbidden(format!(
                "container {} is not connected to {article}network {}",
                container.id, network.name
            )));
        }
        if network.driver == "host" {
            return Err(Error::forbidden(
                "cannot disconnect container from host network - container was created in host network mode",
            ));
        }
        let mut lines = Vec::new();
        container.change(|r| {
            if let Some(gone) = r.networks.remove(&network.name) {
                lines = own_lines(&before, &gone);
            }
            r.macs.remove(&network.name);
            r.state.net.hosts.retain(|line| !lines.contains(line));
        });
        if let Err(e) = self.commit(&container, false).await {
            container.change(|r| *r = before);
            return Err(e);
        }
        if self.networks.leave(&network.id, &container.id).is_some() {
            if let Some(stack) = container.net() {
                self.switch.detach(&stack, &network.id);
            }
            if let Some(sandbox) = container.sandbox() {
                sandbox.change_hosts(&[], &lines);
            }
            self.tell_network("disconnect", &network, Some(&container.id));
        }
        Ok(())
    }
}

/// Which kinds of networks go together.
fn allowed(record: &Record, network: &NetworkRecord) -> Result<()> {
    let mode = record.host_config.network_mode.as_str();
    let private = record.networks.contains_key("none") || network.driver == "null";
    if mode == "host" && network.driver != "host" {
        return Err(Error::forbidden(SHARED));
    }
    if private {
        return Err(Error::forbidden(PRIVATE));
    }
    if network.driver == "host" {
        return Err(Error::forbidden(HOST));
    }
    Ok(())
}
