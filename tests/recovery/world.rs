//! What the scenarios are made of: small images, containers, and what must be true of a store at rest.

use schooner::base::digest::Digest;
use schooner::oci::layer_write::LayerWriter;
use schooner::oci::{Entry, EntryKind};
use schooner::store::{Commit, Expect, ImageRecord, Result, Severity, Store, Table};
use std::collections::BTreeMap;

/// An entry of a layer; `contents` are a file's.
pub fn entry(path: &str, kind: EntryKind, contents: &[u8]) -> Entry {
    Entry {
        path: path.to_owned(),
        kind,
        mode: 0o755,
        uid: 0,
        gid: 0,
        mtime: 1_000_000_000,
        size: contents.len() as u64,
        offset: 0,
        link: String::new(),
        rdev: (0, 0),
    }
}

/// A layer that differs from those of other numbers and is larger than one buffer.
pub fn tar(number: u32) -> Vec<u8> {
    let contents = format!("layer {number}\n").repeat(30_000);
    let mut writer = LayerWriter::new(Vec::new());
    let dir = entry("bin", EntryKind::Dir, b"");
    writer.entry(&dir, &mut &b""[..]).expect("memory");
    let file = entry("bin/tool", EntryKind::File, contents.as_bytes());
    writer
        .entry(&file, &mut contents.as_bytes())
        .expect("memory");
    writer.finish().expect("memory")
}

pub fn config(number: u32, diff_ids: &[Digest]) -> Vec<u8> {
    let ids: Vec<String> = diff_ids.iter().map(|id| format!("\"{id}\"")).collect();
    format!(
        r#"{{"architecture":"wasm","os":"wasi","author":"{number}","rootfs":{{"type":"layers","diff_ids":[{}]}}}}"#,
        ids.join(",")
    )
    .into_bytes()
}

pub fn reference(number: u32) -> String {
    format!("docker.io/library/image{number}:latest")
}

/// Takes image `number` in, with its tag.
pub fn import(store: &Store, number: u32) -> Result<ImageRecord> {
    store.import(
        &mut &tar(number)[..],
        |layer| config(number, &[layer.diff_id]),
        &[&reference(number)],
    )
}

/// Takes an image in as a build does for each of its steps: on top of another one, with a layer of its own, not durable.
pub fn step(store: &Store, number: u32, below: &ImageRecord) -> Result<ImageRecord> {
    let mut ingest = store.ingest_later();
    ingest.child_of(below.id);
    let layer = ingest.layer(&mut &tar(number)[..], Expect::default())?;
    let mut layers: Vec<Digest> = below.layers.iter().map(|l| l.diff_id).collect();
    layers.push(layer.diff_id);
    ingest.commit(&config(number, &layers), None, &[])
}

/// What `docker create` needs of the store.
pub fn create_container(store: &Store, id: &str, image: &ImageRecord) -> Result<()> {
    store.create_container_dir(id)?;
    store.records().transaction(Commit::Durable, |changes| {
        changes.put(Table::Containers, id, &serde_json::json!({"Id": id}))?;
        changes.hold(id, std::slice::from_ref(image))
    })
}

pub fn remove_container(store: &Store, id: &str) -> Result<()> {
    store.records().transaction(Commit::Urgent, |changes| {
        changes.delete(Table::Containers, id)?;
        changes.release(id)
    })?;
    store.remove_container_dir(id)
}

/// Tags with their images, and containers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct State {
    pub tags: BTreeMap<String, Digest>,
    pub images: Vec<Digest>,
    pub containers: Vec<String>,
}

pub fn state(store: &Store) -> State {
    let tags = store.images().tags().expect("tags");
    let images = store.images().list().expect("images");
    let containers: Vec<(String, serde_json::Value)> =
        store.records().list(Table::Containers).expect("containers");
    State {
        tags: tags
            .into_iter()
            .map(|(name, tag)| (name, tag.image))
            .collect(),
        images: images.into_iter().map(|image| image.id).collect(),
        containers: containers.into_iter().map(|(id, _)| id).collect(),
    }
}

/// Nothing that a record promises is damaged or missing.
pub fn assert_sound(store: &Store, when: &str) {
    let findings = store.check().expect(when);
    let damage: Vec<_> = findings
        .iter()
        .filter(|finding| finding.severity == Severity::Damage)
        .collect();
    assert!(damage.is_empty(), "{when}: {damage:#?}");
}
