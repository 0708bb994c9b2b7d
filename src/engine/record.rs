//! What is kept of a container: everything that must survive the engine.

use super::clock::Timestamp;
use super::health::Health;
use super::state::Phase;
use crate::wire::{ContainerConfig, EndpointSettings, HostConfig, MountPoint, StringMap};
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
    pub networks: BTreeMap<String, EndpointSettings>,
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
    /// Present once a container with a health check has started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<Health>,
}

impl Record {
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
