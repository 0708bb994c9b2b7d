//! An image's config: kept byte for byte (its digest is the image's id), with a parsed view beside it.
//!
//! The fields are those of the OCI image specification and of Docker's own additions. Unknown fields stay in the bytes.

use super::error::{Error, Result};
use super::limits;
use crate::base::digest::Digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::BTreeMap;

/// A config as it came.
#[derive(Clone, Debug)]
pub struct Config {
    bytes: Vec<u8>,
    view: ConfigView,
}

/// What a config says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ConfigView {
    #[serde(deserialize_with = "null_is_default")]
    pub created: String,
    #[serde(deserialize_with = "null_is_default")]
    pub author: String,
    #[serde(deserialize_with = "null_is_default")]
    pub architecture: String,
    #[serde(deserialize_with = "null_is_default")]
    pub variant: String,
    #[serde(deserialize_with = "null_is_default")]
    pub os: String,
    #[serde(rename = "os.version", deserialize_with = "null_is_default")]
    pub os_version: String,
    #[serde(deserialize_with = "null_is_default")]
    pub docker_version: String,
    #[serde(deserialize_with = "null_is_default")]
    pub comment: String,
    #[serde(deserialize_with = "null_is_default")]
    pub config: Runtime,
    #[serde(deserialize_with = "null_is_default")]
    pub rootfs: RootFs,
    #[serde(deserialize_with = "null_is_default")]
    pub history: Vec<History>,
}

/// What a container of the image starts from. Durations are nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Runtime {
    #[serde(deserialize_with = "null_is_default")]
    pub user: String,
    #[serde(deserialize_with = "null_is_default")]
    pub exposed_ports: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_is_default")]
    pub env: Vec<String>,
    /// `None` and an empty list differ: an empty one takes an inherited command back.
    pub entrypoint: Option<Words>,
    pub cmd: Option<Words>,
    #[serde(deserialize_with = "null_is_default")]
    pub volumes: BTreeMap<String, Value>,
    #[serde(deserialize_with = "null_is_default")]
    pub working_dir: String,
    #[serde(deserialize_with = "null_is_default")]
    pub labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "null_is_default")]
    pub stop_signal: String,
    pub healthcheck: Option<Healthcheck>,
    pub shell: Option<Words>,
    #[serde(deserialize_with = "null_is_default")]
    pub on_build: Vec<String>,
}

/// A list of words; one string stands for a list of one, as for Docker.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "OneOrMany")]
pub struct Words(pub Vec<String>);

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    Many(Vec<String>),
    One(String),
}

impl From<OneOrMany> for Words {
    fn from(given: OneOrMany) -> Words {
        match given {
            OneOrMany::Many(words) => Words(words),
            OneOrMany::One(word) => Words(vec![word]),
        }
    }
}

/// How Docker would look after a container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Healthcheck {
    pub test: Option<Vec<String>>,
    pub interval: i64,
    pub timeout: i64,
    pub start_period: i64,
    pub start_interval: i64,
    pub retries: i64,
}

/// The layers, lowest first, by their uncompressed digests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RootFs {
    #[serde(rename = "type", deserialize_with = "null_is_default")]
    pub kind: String,
    #[serde(deserialize_with = "null_is_default")]
    pub diff_ids: Vec<Digest>,
}

/// One step of how the image came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct History {
    #[serde(deserialize_with = "null_is_default")]
    pub created: String,
    #[serde(deserialize_with = "null_is_default")]
    pub created_by: String,
    #[serde(deserialize_with = "null_is_default")]
    pub author: String,
    #[serde(deserialize_with = "null_is_default")]
    pub comment: String,
    #[serde(deserialize_with = "null_is_default")]
    pub empty_layer: bool,
}

/// Go writes `null` for what was never set.
fn null_is_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> std::result::Result<T, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

impl Config {
    /// Reads a config; the bytes are kept.
    pub fn parse(bytes: Vec<u8>) -> Result<Config> {
        let wrong = |why: String| Error::Document {
            document: "image config",
            why,
        };
        // A derived reader would also take a list for an object.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(wrong("it is no object".to_owned()));
        }
        let view: ConfigView = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
        if view.rootfs.diff_ids.len() > limits::LAYERS {
            return Err(Error::Limit {
                what: "number of layers",
                limit: limits::LAYERS.to_string(),
            });
        }
        let steps = view.history.iter().filter(|step| !step.empty_layer).count();
        if !view.history.is_empty() && steps != view.rootfs.diff_ids.len() {
            return Err(wrong(format!(
                "its history has {steps} layers and its root filesystem {}",
                view.rootfs.diff_ids.len()
            )));
        }
        Ok(Config { bytes, view })
    }

    /// The bytes as they came.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The image's id.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// What the config says.
    pub fn view(&self) -> &ConfigView {
        &self.view
    }

    /// The `config` object in another form, such as the Engine API's; `None` when there is none.
    pub fn runtime_as<T: DeserializeOwned>(&self) -> Result<Option<T>> {
        #[derive(Deserialize)]
        struct Outer<T> {
            config: Option<T>,
        }
        let outer: Outer<T> = serde_json::from_slice(&self.bytes).map_err(|e| Error::Document {
            document: "image config",
            why: e.to_string(),
        })?;
        Ok(outer.config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nulls_and_single_words_are_read_as_docker_reads_them() {
        let config = Config::parse(
            br#"{"architecture":"wasm","os":"wasi","config":{"Env":null,"Cmd":"sh","Entrypoint":[],
                "Labels":{"a":"b"},"Volumes":{"/data":{}},"OnBuild":null,"Healthcheck":{"Test":["NONE"]}},
                "history":[{"created_by":"x"},{"created_by":"y","empty_layer":true}],
                "rootfs":{"type":"layers","diff_ids":["sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]}}"#
                .to_vec(),
        )
        .unwrap();
        let runtime = &config.view().config;
        assert_eq!(runtime.cmd, Some(Words(vec!["sh".to_owned()])));
        assert_eq!(runtime.entrypoint, Some(Words(Vec::new())));
        assert_eq!(runtime.shell, None);
        assert!(runtime.volumes.contains_key("/data"));
        assert_eq!(config.view().rootfs.diff_ids.len(), 1);
        let again: Option<Runtime> = config.runtime_as().unwrap();
        assert_eq!(again.as_ref(), Some(runtime));
    }

    #[test]
    fn contradictions_are_refused() {
        let two = br#"{"history":[{}],"rootfs":{"diff_ids":[]}}"#;
        assert!(Config::parse(two.to_vec()).is_err());
        assert!(Config::parse(b"[]".to_vec()).is_err());
        assert!(Config::parse(br#"{"rootfs":{"diff_ids":["md5:1"]}}"#.to_vec()).is_err());
    }
}
