//! A new image from another one: its config, one more step of its history, and a layer if there is one.

use super::StoredImages;
use crate::base::platform::Platform;
use crate::engine::ports::CommitSpec;
use crate::engine::{Error, Result};
use crate::oci::config::Config;
use crate::store::Expect;
use crate::wire::ContainerConfig;
use serde_json::{Map, Value, json};
use std::io::Read;

/// Digest of the layer that holds nothing: 1,024 zeros. Docker leaves it out of images.
const EMPTY: &str = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";

/// Stores the layer, makes the config and commits the image with its tag and parent; returns its id.
pub fn commit(
    images: &StoredImages,
    layer: Option<&mut dyn Read>,
    spec: &CommitSpec,
) -> Result<String> {
    let parent = match spec.parent.as_str() {
        "" => None,
        id => {
            let id = id.parse();
            let id = id.map_err(|_| Error::system(format!("{} is no image id", spec.parent)))?;
            Some((id, images.store.images().config(&id)?))
        }
    };
    let mut ingest = match spec.later {
        true => images.store.ingest_later(),
        false => images.store.ingest(),
    };
    // The layers below must not be collected while this one is written.
    for below in parent.iter().flat_map(|(_, c)| &c.view().rootfs.diff_ids) {
        ingest.pin(below)?;
    }
    let layer = match layer {
        Some(tar) => Some(ingest.layer(tar, Expect::default())?.diff_id.to_string()),
        None => None,
    };
    let layer = layer.filter(|diff_id| diff_id != EMPTY);
    let config = config(parent.as_ref().map(|(_, c)| c), layer, spec)?;
    let tags: Vec<&str> = spec.reference.iter().map(String::as_str).collect();
    if let Some((parent, _)) = parent {
        ingest.child_of(parent);
    }
    let record = ingest.commit(config.to_string().as_bytes(), None, &tags)?;
    Ok(record.id.to_string())
}

/// What an image that begins with nothing is for.
fn alone(platform: Option<&Platform>) -> Value {
    let Some(platform) = platform else {
        return json!({"architecture": "wasm", "os": "wasi"});
    };
    let mut value = json!({"architecture": platform.architecture, "os": platform.os});
    if !platform.variant.is_empty() {
        value["variant"] = platform.variant.as_str().into();
    }
    value
}

/// The image's config, with its fields in Docker's order.
fn config(parent: Option<&Config>, layer: Option<String>, spec: &CommitSpec) -> Result<Value> {
    let below: Value = match parent {
        Some(parent) => serde_json::from_slice(parent.bytes())?,
        None => alone(spec.platform.as_ref()),
    };
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut diff_ids = list(&below["rootfs"]["diff_ids"]);
    let mut history = list(&below["history"]);
    let steps = history
        .iter()
        .filter(|step| step["empty_layer"] != json!(true));
    // Images without a history exist; each of their layers gets a step that says nothing.
    for _ in steps.count()..diff_ids.len() {
        history.push(json!({"created": below["created"]}));
    }
    let created = spec.created.rfc3339();
    let mut step = Map::new();
    step.insert("created".to_owned(), created.clone().into());
    for (key, text) in [
        ("created_by", &spec.created_by),
        ("author", &spec.author),
        ("comment", &spec.comment),
    ] {
        if !text.is_empty() {
            step.insert(key.to_owned(), text.clone().into());
        }
    }
    match layer {
        Some(layer) => diff_ids.push(layer.into()),
        None => drop(step.insert("empty_layer".to_owned(), true.into())),
    }
    history.push(step.into());
    let mut made = Map::new();
    made.insert("architecture".to_owned(), below["architecture"].clone());
    if !spec.author.is_empty() {
        made.insert("author".to_owned(), spec.author.clone().into());
    }
    made.insert("config".to_owned(), serde_json::to_value(&spec.config)?);
    if !spec.container.is_empty() {
        made.insert("container".to_owned(), spec.container.clone().into());
    }
    if spec.container_config != ContainerConfig::default() {
        let own = serde_json::to_value(&spec.container_config)?;
        made.insert("container_config".to_owned(), own);
    }
    made.insert("created".to_owned(), created.into());
    made.insert(
        "docker_version".to_owned(),
        env!("CARGO_PKG_VERSION").into(),
    );
    made.insert("history".to_owned(), history.into());
    for key in ["os", "os.version", "os.features", "variant"] {
        if let Some(value) = below.get(key) {
            made.insert(key.to_owned(), value.clone());
        }
    }
    let rootfs = json!({"type": "layers", "diff_ids": diff_ids});
    made.insert("rootfs".to_owned(), rootfs);
    Ok(made.into())
}
