//! `network create`.

use super::{BRIDGE, Networks, PREDEFINED};
use crate::base;
use crate::engine::record::NetworkRecord;
use crate::engine::{Engine, Error, Result, Timestamp, blocking};
use crate::wire::{Ipam, NetworkCreate, NetworkCreated, StringMap};

/// The words for everything that needs a cluster.
const NO_SWARM: &str = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";

/// Options of the bridge driver that are true or false.
const SWITCHES: [&str; 5] = [
    "com.docker.network.bridge.default_bridge",
    "com.docker.network.bridge.enable_icc",
    "com.docker.network.bridge.enable_ip_masquerade",
    "com.docker.network.enable_ipv4",
    "com.docker.network.enable_ipv6",
];

impl Engine {
    /// Makes a network. Answers when it is durable.
    pub async fn network_create(&self, request: NetworkCreate) -> Result<NetworkCreated> {
        let (networks, now) = (self.networks.clone(), self.clock.now());
        let made = blocking(move || networks.create(request, now)).await?;
        self.tell_network("create", &made, None);
        Ok(NetworkCreated {
            id: made.id,
            warning: String::new(),
        })
    }
}

impl Networks {
    /// Waits for the disk.
    pub(super) fn create(&self, request: NetworkCreate, now: Timestamp) -> Result<NetworkRecord> {
        let name = request.name.as_str();
        if name.trim().is_empty() {
            return Err(Error::invalid("invalid name: name is empty"));
        }
        if name == "default" || PREDEFINED.iter().any(|(known, _)| *known == name) {
            let words = format!("operation is not permitted on predefined {name} network");
            return Err(Error::forbidden(words));
        }
        if request.driver == "overlay" {
            return Err(Error::unavailable(NO_SWARM));
        }
        if request.scope == "swarm" {
            return Err(Error::forbidden(
                "cannot create a swarm scoped network when swarm is not active",
            ));
        }
        let _turn = self.turn.lock();
        if self.known.lock().values().any(|k| k.record.name == name) {
            return Err(Error::conflict(format!(
                "network with name {name} already exists"
            )));
        }
        if request.ingress {
            return Err(Error::unavailable(NO_SWARM));
        }
        if request.config_only
            || request
                .config_from
                .as_ref()
                .is_some_and(|f| !f.network.is_empty())
        {
            return Err(Error::not_implemented(
                "networks of configurations are not supported",
            ));
        }
        let (v4, v6) = (
            request.enable_ipv4.unwrap_or(true),
            request.enable_ipv6.unwrap_or(false),
        );
        let ipam = request.ipam.unwrap_or_default();
        let driver = known_driver(&request.driver)?;
        if !matches!(ipam.driver.as_str(), "" | "default") {
            return Err(no_plugin(&ipam.driver));
        }
        if !(v4 || v6) {
            return Err(Error::invalid("IPv4 or IPv6 must be enabled"));
        }
        let options = request.options.unwrap_or_default();
        switches(&options)?;
        let given = ipam.config.unwrap_or_default();
        let user_subnets = given.iter().map(|c| c.subnet.clone()).collect();
        let config = self.configure(given, v4, v6)?;
        let record = NetworkRecord {
            id: base::id::random(),
            name: request.name,
            created: now,
            driver: driver.to_owned(),
            scope: match request.scope {
                scope if scope.is_empty() => "local".to_owned(),
                scope => scope,
            },
            enable_ipv4: v4,
            enable_ipv6: v6,
            user_subnets,
            ipam: Ipam {
                driver: "default".to_owned(),
                options: ipam.options,
                config: Some(config),
            },
            internal: request.internal,
            attachable: request.attachable,
            options: Some(options),
            labels: Some(request.labels.unwrap_or_default()),
        };
        self.store.put(&record)?;
        self.add(record.clone());
        Ok(record)
    }
}

fn known_driver(wanted: &str) -> Result<&'static str> {
    match wanted {
        "" | BRIDGE => Ok(BRIDGE),
        "host" | "null" => Err(Error::forbidden(format!(
            "only one instance of \"{wanted}\" network is allowed"
        ))),
        "macvlan" | "ipvlan" => Err(Error::system("operation not supported")),
        other => Err(no_plugin(other)),
    }
}

fn no_plugin(name: &str) -> Error {
    Error::not_found(format!("plugin \"{name}\" not found"))
}

fn switches(options: &StringMap) -> Result<()> {
    let go_bool = |text: &str| {
        [
            "1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False",
        ]
        .contains(&text)
    };
    for key in SWITCHES {
        if let Some(value) = options.get(key).filter(|value| !go_bool(value)) {
            return Err(Error::invalid(format!(
                "failed to parse {key} value: {value} (strconv.ParseBool: parsing \"{value}\": invalid syntax)"
            )));
        }
    }
    Ok(())
}
