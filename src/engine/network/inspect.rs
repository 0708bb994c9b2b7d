//! `network inspect`.

use super::Endpoint;
use crate::engine::record::NetworkRecord;
use crate::engine::{Engine, Result};
use crate::wire::{ConfigFrom, Network, NetworkMember};
use std::collections::BTreeMap;
use std::net::IpAddr;

impl Engine {
    /// One network with the containers that run in it.
    pub fn network_inspect(&self, name: &str) -> Result<Network> {
        let record = self.networks.find(name)?;
        let endpoints = self.networks.endpoints(&record.id);
        Ok(shown(&record, &endpoints))
    }
}

/// A network as clients see it.
pub(super) fn shown(record: &NetworkRecord, endpoints: &BTreeMap<String, Endpoint>) -> Network {
    let address = |address: Option<IpAddr>, six: bool| {
        let subnet = record.subnet(six);
        address
            .zip(subnet)
            .map(|(address, subnet)| format!("{address}/{}", subnet.prefix_len()))
            .unwrap_or_default()
    };
    let member = |endpoint: &Endpoint| NetworkMember {
        name: endpoint.name.clone(),
        endpoint_id: endpoint.id.clone(),
        mac_address: endpoint.mac.map(|m| m.to_string()).unwrap_or_default(),
        ipv4_address: address(endpoint.v4, false),
        ipv6_address: address(endpoint.v6, true),
    };
    Network {
        name: record.name.clone(),
        id: record.id.clone(),
        created: record.created.rfc3339(),
        scope: record.scope.clone(),
        driver: record.driver.clone(),
        enable_ipv4: record.enable_ipv4,
        enable_ipv6: record.enable_ipv6,
        ipam: record.ipam.clone(),
        internal: record.internal,
        attachable: record.attachable,
        ingress: false,
        config_from: ConfigFrom::default(),
        config_only: false,
        containers: endpoints
            .iter()
            .map(|(id, e)| (id.clone(), member(e)))
            .collect(),
        options: record.options.clone(),
        labels: record.labels.clone(),
    }
}
