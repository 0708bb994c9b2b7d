//! Archives from before Docker 1.10: a folder for each image with its `json` and its one `layer.tar`, and `repositories`, which
//! names some of them.
//!
//! Such a `json` is no config of today. One is made of it in Docker's way and spelling, so that the image has the id that it gets
//! there too.

use super::archive::{refused, tell_renamed};
use super::images::{Told, short};
use crate::base::digest::Digest;
use crate::base::reference::Reference;
use crate::engine::options::LoadOptions;
use crate::engine::{Error, Result};
use crate::oci::config::Config;
use crate::oci::layout::{Files, TarFiles};
use crate::oci::{self, archive, limits};
use crate::store::{Expect, Store};
use crate::wire::{ContainerConfig, Progress, go, is_zero};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::io::Read;

/// Names images of such an archive.
pub const NAMES: &str = "repositories";

/// What an old `json` says, in the order in which Docker writes it again.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
struct Old {
    #[serde(skip_serializing)]
    parent: String,
    #[serde(skip_serializing_if = "is_zero")]
    comment: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    container: String,
    container_config: ContainerConfig,
    #[serde(skip_serializing_if = "is_zero")]
    docker_version: String,
    #[serde(skip_serializing_if = "is_zero")]
    author: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    config: Option<ContainerConfig>,
    #[serde(skip_serializing_if = "is_zero")]
    architecture: String,
    #[serde(skip_serializing_if = "is_zero")]
    variant: String,
    #[serde(skip_serializing_if = "is_zero")]
    os: String,
}

/// One step of the history, as configs of today write it.
#[derive(Clone, Debug, Serialize)]
struct Step {
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<String>,
    #[serde(skip_serializing_if = "is_zero")]
    created_by: String,
    #[serde(skip_serializing_if = "is_zero")]
    author: String,
    #[serde(skip_serializing_if = "is_zero")]
    comment: String,
}

/// An image that was taken in.
#[derive(Clone, Debug)]
struct Image {
    id: Digest,
    diff_ids: Vec<Digest>,
    history: Vec<Step>,
}

/// Takes every image in and gives names. As in Docker nothing is said but progress.
pub fn load(
    store: &Store,
    files: &TarFiles,
    options: &LoadOptions,
    tell: &mut dyn FnMut(Progress),
) -> Result<()> {
    let mut loading = Loading {
        store,
        files,
        known: BTreeMap::new(),
    };
    let mut quiet = |_| {};
    for folder in files.folders() {
        let progress: &mut dyn FnMut(Progress) = if options.quiet { &mut quiet } else { tell };
        loading.image(folder, progress)?;
    }
    let names = loading.read(NAMES)?;
    let names: BTreeMap<String, BTreeMap<String, String>> = decode(&names)?;
    for (name, tags) in names {
        for (tag, old) in tags {
            let image = loading.known.get(&old);
            let image = image.ok_or_else(|| Error::system(format!("invalid target ID: {old}")))?;
            let reference = Reference::parse(&format!("{name}:{tag}"))?;
            tell_renamed(store, &image.id, &reference, tell)?;
            store.images().tag(&reference.to_string(), &image.id)?;
        }
    }
    Ok(())
}

fn decode<T: DeserializeOwned>(json: &[u8]) -> Result<T> {
    go::from_slice(json).map_err(|e| Error::system(e.to_string()))
}

struct Loading<'a> {
    store: &'a Store,
    files: &'a TarFiles,
    /// By the id of old.
    known: BTreeMap<String, Image>,
}

impl Loading<'_> {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>> {
        self.files.open(path).map_err(|error| match error {
            oci::Error::Missing(path) => {
                Error::system(format!("open {path}: no such file or directory"))
            }
            other => refused(other),
        })
    }

    fn read(&self, path: &str) -> Result<Vec<u8>> {
        archive::read(self.open(path)?).map_err(refused)
    }

    /// Takes an image in, its parents before it.
    fn image(&mut self, id: &str, tell: &mut dyn FnMut(Progress)) -> Result<()> {
        let mut line = Vec::new();
        let mut next = id.to_owned();
        while !next.is_empty() && !self.known.contains_key(&next) {
            let json = self.read(&format!("{next}/json"))?;
            let old: Old = decode(&json)?;
            if old.os.eq_ignore_ascii_case("windows") {
                return Err(Error::system("cannot load windows image on linux"));
            }
            let parent = old.parent.clone();
            line.push((std::mem::replace(&mut next, parent), json, old));
            // Parents in a circle end here too.
            if line.len() > limits::LAYERS {
                return Err(refused(oci::Error::Limit {
                    what: "number of layers",
                    limit: limits::LAYERS.to_string(),
                }));
            }
        }
        for (id, json, old) in line.into_iter().rev() {
            let made = self.make(&id, &json, &old, tell)?;
            self.known.insert(id, made);
        }
        Ok(())
    }

    fn make(
        &self,
        id: &str,
        json: &[u8],
        old: &Old,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Image> {
        let parent = self.known.get(&old.parent);
        let mut diff_ids = parent.map_or_else(Vec::new, |p| p.diff_ids.clone());
        let mut history = parent.map_or_else(Vec::new, |p| p.history.clone());
        let mut ingest = self.store.ingest();
        for below in &diff_ids {
            ingest.pin(below)?;
        }
        let path = format!("{id}/layer.tar");
        let (total, mut layer) = (self.files.size(&path), self.open(&path)?);
        let mut told = Told::new(&mut layer, tell, "Loading layer", short(id), total);
        diff_ids.push(ingest.layer(&mut told, Expect::default())?.diff_id);
        history.push(Step {
            created: old.created.clone(),
            created_by: old
                .container_config
                .cmd
                .clone()
                .unwrap_or_default()
                .join(" "),
            author: old.author.clone(),
            comment: old.comment.clone(),
        });
        let config = config(json, old, &diff_ids, &history)?;
        Config::parse(config.clone()).map_err(refused)?;
        if let Some(parent) = parent {
            ingest.child_of(parent.id);
        }
        let id = ingest.commit(&config, None, &[])?.id;
        Ok(Image {
            id,
            diff_ids,
            history,
        })
    }
}

/// Fields that a config of today does not have.
const GONE: [&str; 6] = ["id", "parent", "Size", "parent_id", "layer_id", "throwaway"];

/// Makes the config: its fields by name, their values as they stood. What is older than Docker 1.8.3 is written anew, because its
/// fields are not in an order that can be relied on.
fn config(json: &[u8], old: &Old, diff_ids: &[Digest], history: &[Step]) -> Result<Vec<u8>> {
    let mut fields: BTreeMap<String, String> = BTreeMap::new();
    if is_older(&old.docker_version, &[1, 8, 3]) {
        if let Value::Object(map) = serde_json::to_value(old)? {
            fields.extend(map.into_iter().map(|(key, value)| (key, value.to_string())));
        }
    } else {
        let raw: BTreeMap<String, &RawValue> = serde_json::from_slice(json)?;
        fields.extend(
            raw.into_iter()
                .map(|(key, value)| (key, compact(value.get()))),
        );
    }
    fields.retain(|key, _| !GONE.contains(&key.as_str()));
    let digests: Vec<String> = diff_ids.iter().map(|d| format!("\"{d}\"")).collect();
    let rootfs = format!(r#"{{"type":"layers","diff_ids":[{}]}}"#, digests.join(","));
    fields.insert("rootfs".to_owned(), rootfs);
    fields.insert("history".to_owned(), serde_json::to_string(history)?);
    let mut members = Vec::new();
    for (key, value) in &fields {
        members.push(format!("{}:{value}", serde_json::to_string(key)?));
    }
    Ok(go::escaped(format!("{{{}}}", members.join(","))).into_bytes())
}

/// Whether a version's first numbers are below those given; what is no number counts as 0, as for Docker.
fn is_older(version: &str, than: &[u64]) -> bool {
    let mut parts = version.split('.').map(|part| part.parse().unwrap_or(0));
    let own: Vec<u64> = than.iter().map(|_| parts.next().unwrap_or(0)).collect();
    own.as_slice() < than
}

/// JSON without the white space between its words; strings stay as they are spelled.
fn compact(json: &str) -> String {
    let (mut inside, mut escaped) = (false, false);
    json.chars()
        .filter(|c| {
            let kept = inside || !c.is_ascii_whitespace();
            match c {
                '"' if !escaped => inside = !inside,
                _ => {}
            }
            escaped = inside && *c == '\\' && !escaped;
            kept
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_as_docker_compares_them() {
        for (version, older) in [
            ("", true),
            ("1.8.2", true),
            ("1.8.3", false),
            ("1.10", false),
            ("1.8.x", true),
            ("17.03", false),
        ] {
            assert_eq!(is_older(version, &[1, 8, 3]), older, "{version}");
        }
    }

    #[test]
    fn only_what_is_between_words_goes() {
        let text = "{ \"a b\" : [ 1.0 ,\t\"x \\\" \\\\\" , null ]\n}";
        assert_eq!(compact(text), r#"{"a b":[1.0,"x \" \\",null]}"#);
    }
}
