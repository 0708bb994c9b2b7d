//! What is kept of a container: everything that must survive the engine.

use super::clock::Timestamp;
use super::health::Health;
use super::state::Phase;
use crate::wire::host_config::PortMap;
use crate::wire::{ContainerConfig, EndpointSettings, HostConfig, Ipam, MountPoint, StringMap};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One container's record, a JSON document in the store.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Record {
    pub id: String,
    /// Without the slash.
    pub name: String,
    pub created: Timestamp,
    /// The image's id, `sha256:…`.
    pub image: String,
    pub path: String,
    pub args: Vec<String>,
    pub config: ContainerConfig,
    pub host_config: HostConfig,
    /// By the network's name.
    pub networks: BTreeMap<String, EndpointSettings>,
    /// The hardware addresses that were asked for, by network.
    pub macs: StringMap,
    /// `--link` on the default bridge.
    pub links: Vec<Link>,
    pub mounts: Vec<Mounted>,
    pub state: State,
    pub restart_count: i64,
}

/// One mount of a container, as it was decided when the container was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mounted {
    /// What inspect shows.
    #[serde(flatten)]
    pub point: MountPoint,
    /// Nobody named the volume: it goes with its container.
    pub anonymous: bool,
    /// An empty volume gets what the image has at this place.
    pub copy: bool,
    /// The part of the volume that is mounted.
    pub subpath: String,
    /// A missing folder of the host is made.
    pub make_source: bool,
    /// The image or `-v /path` asks for a volume here, so there must be no file.
    pub only_over_folders: bool,
}

impl Mounted {
    pub fn is_volume(&self) -> bool {
        self.point.kind == "volume"
    }
}

/// A link to another container on the default bridge.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Link {
    /// The other one's id.
    pub container: String,
    pub alias: String,
}

/// What is kept of a network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetworkRecord {
    pub id: String,
    pub name: String,
    pub created: Timestamp,
    pub driver: String,
    pub scope: String,
    pub enable_ipv4: bool,
    pub enable_ipv6: bool,
    /// As shown: what was asked for, then what the default pools gave.
    pub ipam: Ipam,
    /// The subnets that somebody named: only in these can a container ask for an address.
    pub user_subnets: Vec<String>,
    /// No way out.
    pub internal: bool,
    pub attachable: bool,
    pub options: Option<StringMap>,
    pub labels: Option<StringMap>,
}

/// What is kept of a volume.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct VolumeRecord {
    pub name: String,
    /// The folder with its contents, a name of ours.
    pub folder: String,
    pub created: Timestamp,
    pub labels: Option<StringMap>,
    /// Of the driver.
    pub options: Option<StringMap>,
}

/// The part of a record that changes over its life.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    pub phase: Phase,
    pub pid: i64,
    pub exit_code: i64,
    pub oom_killed: bool,
    pub error: String,
    pub started_at: Timestamp,
    pub finished_at: Timestamp,
    /// Stopped by a person: restart policies other than `always` leave it so.
    pub manually_stopped: bool,
    /// Its place in the world while it runs.
    pub net: NetState,
    /// Present once a container with a health check has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

/// What a run has of the network; empty between runs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct NetState {
    /// The network namespace; empty if it is another container's.
    pub sandbox_id: String,
    /// Lines of the hosts file: links, then the container itself.
    pub hosts: Vec<String>,
    /// Variables that links bring.
    pub env: Vec<String>,
    /// Stands for `host-gateway`.
    pub host_gateway: String,
    /// As published.
    pub ports: PortMap,
}

impl Record {
    /// Its networks in the order of joining: that of the network mode first.
    pub fn network_names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.networks.keys().cloned().collect();
        let mode = &self.host_config.network_mode;
        let is_first = |name: &String| {
            let id = self.networks.get(name).map(|s| &s.network_id);
            name == mode || id.is_some_and(|id| id == mode && !id.is_empty())
        };
        names.sort_by_key(|name| !is_first(name));
        names
    }

    /// The host name with its domain.
    pub fn full_hostname(&self) -> String {
        match self.config.domainname.as_str() {
            "" => self.config.hostname.clone(),
            domain => format!("{}.{domain}", self.config.hostname),
        }
    }

    /// The names in its own line of the hosts file.
    pub fn host_names(&self) -> String {
        let name = self.full_hostname();
        let short = name.split('.').next().filter(|short| *short != name);
        short.map_or_else(|| name.clone(), |short| format!("{name} {short}"))
    }

    /// The first twelve digits of the id.
    pub fn short_id(&self) -> &str {
        self.id.get(..12).unwrap_or(&self.id)
    }

    /// What `ps` shows as COMMAND before it is cut: arguments with a space or a quote are quoted, as Docker does.
    pub fn command(&self) -> String {
        std::iter::once(&self.path)
            .filter(|path| !(path.is_empty() && self.args.is_empty()))
            .chain(&self.args)
            .enumerate()
            .map(|(at, word)| {
                // The program itself is never quoted.
                if at > 0 && word.contains([' ', '\'']) {
                    format!("'{}'", word.replace('\'', "'\\''"))
                } else {
                    word.clone()
                }
            })
            .collect::<Vec<_>>()
            .join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_quoted_as_docker_does() {
        let record = Record {
            path: "sh".to_owned(),
            args: vec!["-c".to_owned(), "exit 3".to_owned(), "it's".to_owned()],
            ..Record::default()
        };
        assert_eq!(record.command(), "sh -c 'exit 3' 'it'\\''s'");
    }
}
