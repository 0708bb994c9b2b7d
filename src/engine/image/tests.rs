//! What the verbs do to a store in memory: which names and layers go, and archives in every form that Docker writes.

use crate::base::digest::Digest;
use crate::engine::clock::SystemClock;
use crate::engine::durable::{StoredImages, StoredLayers, StoredLogs, StoredRecords};
use crate::engine::testing::{FakeRuntime, MemoryNetworks, MemoryVolumes, NoCaches, NoRegistries};
use crate::engine::{Engine, Filters, ImageRemoveOptions, ImportOptions, LoadOptions, Parts};
use crate::oci::layer_write::LayerWriter;
use crate::oci::{Entry, EntryKind};
use crate::store::Store;
use crate::store::disk::MemoryDisk;
use crate::wire::{CreateBody, ImageDeleted, Progress, go};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::json;
use std::sync::Arc;

fn engine() -> (Arc<Engine>, Arc<Store>) {
    let store = Arc::new(Store::open(Arc::new(MemoryDisk::default())).unwrap());
    let parts = Parts {
        clock: Arc::new(SystemClock),
        records: Arc::new(StoredRecords(store.clone())),
        runtime: Arc::new(FakeRuntime::default()),
        logs: Arc::new(StoredLogs(store.clone())),
        images: Arc::new(StoredImages::new(store.clone())),
        layers: Arc::new(StoredLayers::new(store.clone())),
        caches: Arc::new(NoCaches),
        volumes: Arc::<MemoryVolumes>::default(),
        networks: Arc::<MemoryNetworks>::default(),
        reach: crate::net::Reach::default(),
        registries: Arc::new(NoRegistries),
        root: "/state".to_owned(),
        id: "id".to_owned(),
        memory: 0,
        cpus: 2,
    };
    (Engine::new(parts).unwrap(), store)
}

/// A tar of some files and links.
fn tar(members: &[(&str, EntryKind, &[u8])]) -> Vec<u8> {
    let mut writer = LayerWriter::new(Vec::new());
    for (path, kind, contents) in members {
        let link = match kind {
            EntryKind::Symlink => String::from_utf8(contents.to_vec()).unwrap(),
            _ => String::new(),
        };
        let entry = Entry {
            path: (*path).to_owned(),
            kind: *kind,
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: 0,
            size: contents.len() as u64,
            offset: 0,
            link,
            rdev: (0, 0),
        };
        writer.entry(&entry, &mut &contents[..]).unwrap();
    }
    writer.finish().unwrap()
}

fn file(contents: &str) -> Vec<u8> {
    tar(&[("f", EntryKind::File, contents.as_bytes())])
}

fn body(bytes: Vec<u8>) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> + Send + Unpin {
    stream::iter([Ok(Bytes::from(bytes))])
}

async fn import(engine: &Engine, contents: &str, name: &str) -> String {
    let options = ImportOptions {
        repo: name.to_owned(),
        ..ImportOptions::default()
    };
    engine.import(body(file(contents)), options).await.unwrap()
}

async fn load(engine: &Arc<Engine>, bytes: Vec<u8>) -> Vec<Progress> {
    let options = LoadOptions::default();
    engine.image_load(body(bytes), options).collect().await
}

/// The last words of a stream.
fn said(lines: &[Progress]) -> String {
    let last = lines.last().cloned().unwrap_or_default();
    last.error.or(last.stream).unwrap_or_default()
}

async fn save(engine: &Arc<Engine>, names: &[&str]) -> Vec<u8> {
    let names = names.iter().map(|n| (*n).to_owned()).collect();
    let pieces = engine.image_save(names, None).await.unwrap();
    let pieces: Vec<Bytes> = pieces.map(|piece| piece.unwrap()).collect().await;
    pieces.concat()
}

async fn remove(engine: &Arc<Engine>, name: &str, force: bool) -> Result<Vec<String>, String> {
    let options = ImageRemoveOptions {
        force,
        prune: true,
        ..ImageRemoveOptions::default()
    };
    let gone = engine.image_remove(name, options).await;
    let word = |one: ImageDeleted| one.untagged + &one.deleted;
    gone.map(|all| all.into_iter().map(word).collect())
        .map_err(|e| e.message)
}

#[tokio::test]
async fn the_image_goes_with_its_last_name_and_its_blobs_with_it() {
    let (engine, store) = engine();
    let id = import(&engine, "a", "me/app:1").await;
    engine.image_tag("me/app:1", "me/app", "2").await.unwrap();
    engine.image_tag(&id[7..19], "other", "").await.unwrap();
    assert_eq!(
        remove(&engine, "me/app:1", false).await.unwrap(),
        ["me/app:1"]
    );
    let several = remove(&engine, &id[7..19], false).await.unwrap_err();
    assert_eq!(
        several,
        format!(
            "conflict: unable to delete {} (must be forced) - image is referenced in multiple repositories",
            &id[7..19]
        )
    );
    let layer = Digest::of(&file("a")).to_string();
    let gone = remove(&engine, &id, true).await.unwrap();
    assert_eq!(
        gone,
        ["other:latest", "me/app:2", id.as_str(), layer.as_str()]
    );
    assert!(!store.blobs().contains(&layer.parse().unwrap()).unwrap());
    let error = remove(&engine, "me/app:2", false).await.unwrap_err();
    assert_eq!(error, "No such image: me/app:2");
}

#[tokio::test]
async fn an_image_that_a_container_has_is_removed_by_force_and_its_layers_stay() {
    let (engine, store) = engine();
    let id = import(&engine, "a", "app").await;
    let create: CreateBody = go::from_slice(br#"{"Image":"app","Cmd":["true"]}"#).unwrap();
    let container = engine.create(None, None, create).await.unwrap().id;
    let by_name = remove(&engine, "app", false).await.unwrap_err();
    assert_eq!(
        by_name,
        format!(
            "conflict: unable to remove repository reference \"app\" (must force) - container {} is using its referenced image {}",
            &container[..12],
            &id[7..19]
        )
    );
    let by_id = remove(&engine, &id[7..], false).await.unwrap_err();
    assert!(by_id.ends_with(&format!(
        "image is being used by stopped container {}",
        &container[..12]
    )));
    assert_eq!(
        remove(&engine, "app", true).await.unwrap(),
        ["app:latest", id.as_str()]
    );
    let layer = Digest::of(&file("a"));
    assert!(
        store.blobs().contains(&layer).unwrap(),
        "the container needs it"
    );
    engine.remove(&container, Default::default()).await.unwrap();
    store.collect().unwrap();
    assert!(!store.blobs().contains(&layer).unwrap());
}

#[tokio::test]
async fn parents_without_a_name_go_with_their_last_child() {
    let (engine, store) = engine();
    let parent = import(&engine, "a", "").await;
    let child = import(&engine, "b", "child").await;
    let (p, c) = (parent.parse().unwrap(), child.parse().unwrap());
    store.images().set_parent(&c, p).unwrap();
    let error = remove(&engine, &parent, true).await.unwrap_err();
    assert!(error.ends_with("(cannot be forced) - image has dependent child images"));
    let all = engine.images(Default::default()).await.unwrap();
    assert_eq!(all.len(), 1, "an image between others is not listed");
    let steps = engine.image_history("child", None).await.unwrap();
    assert_eq!(steps[0].tags, Some(vec!["child:latest".to_owned()]));
    let gone = remove(&engine, "child", false).await.unwrap();
    assert!(gone.contains(&parent) && gone.contains(&child), "{gone:?}");
}

#[tokio::test]
async fn prune_takes_what_nothing_names_and_says_how_much_that_was() {
    let (engine, _store) = engine();
    let first = import(&engine, "aaaa", "app").await;
    let second = import(&engine, "bb", "app").await;
    let pruned = engine.image_prune(Filters::default()).await.unwrap();
    let gone = pruned.images_deleted.unwrap();
    assert_eq!(gone[0].deleted, first, "the name has moved on");
    assert_eq!(pruned.space_reclaimed, 4);
    let old = Filters::default()
        .with("until", "1h")
        .with("dangling", "false");
    assert_eq!(engine.image_prune(old).await.unwrap().images_deleted, None);
    let all = Filters::default().with("dangling", "false");
    let gone = engine
        .image_prune(all)
        .await
        .unwrap()
        .images_deleted
        .unwrap();
    assert_eq!(gone[0].untagged, "app:latest");
    assert_eq!(gone[1].deleted, second);
    let bogus = Filters::default().with("bogus", "1");
    let error = engine.image_prune(bogus).await.unwrap_err();
    assert_eq!(error.message, "invalid filter 'bogus'");
}

#[tokio::test]
async fn what_was_saved_is_loaded_with_its_id_names_and_layers() {
    let (engine, _store) = engine();
    let id = import(&engine, "a", "me/app:1").await;
    engine.image_tag(&id, "me/app", "2").await.unwrap();
    let saved = save(&engine, &["me/app"]).await;
    assert_eq!(saved, save(&engine, &["me/app:1", "me/app:2"]).await);
    let (other, _other_store) = self::engine();
    let lines = load(&other, saved.clone()).await;
    let names: Vec<&str> = lines.iter().filter_map(|l| l.stream.as_deref()).collect();
    assert_eq!(
        names,
        ["Loaded image: me/app:1\n", "Loaded image: me/app:2\n"]
    );
    assert_eq!(lines[0].status.as_deref(), Some("Loading layer"));
    assert_eq!(other.image_inspect("me/app:2", None).await.unwrap().id, id);
    assert_eq!(save(&other, &["me/app"]).await, saved, "byte for byte");
    let by_id = save(&engine, &[&id]).await;
    assert_eq!(
        said(&load(&other, by_id).await),
        format!("Loaded image ID: {id}\n")
    );
}

#[tokio::test]
async fn a_name_that_stood_for_another_image_is_told() {
    let (engine, _store) = engine();
    import(&engine, "a", "app").await;
    let saved = save(&engine, &["app"]).await;
    let newer = import(&engine, "b", "app").await;
    let lines = load(&engine, saved).await;
    let told: Vec<&str> = lines.iter().filter_map(|l| l.stream.as_deref()).collect();
    let moved = format!(
        "The image app:latest already exists, renaming the old one with ID {newer} to empty string\n"
    );
    assert_eq!(told[0], moved);
}

/// As Docker 1.10 to 24 wrote it: a folder for each layer, with links where two images share one.
#[tokio::test]
async fn the_older_archive_is_read_through_its_links() {
    let (engine, _store) = engine();
    let layer = file("a");
    let config = json!({
        "architecture": "amd64", "os": "linux", "created": "2020-01-01T00:00:00Z",
        "rootfs": {"type": "layers", "diff_ids": [Digest::of(&layer).to_string()]},
        "history": [{"created_by": "x"}],
    });
    let config = config.to_string();
    let name = format!("{}.json", Digest::of(config.as_bytes()).hex());
    let manifest = json!([{"Config": name, "RepoTags": ["old:1"], "Layers": ["two/layer.tar"]}]);
    let manifest = manifest.to_string();
    let archive = tar(&[
        (&name, EntryKind::File, config.as_bytes()),
        ("one/layer.tar", EntryKind::File, &layer),
        ("two/layer.tar", EntryKind::Symlink, b"../one/layer.tar"),
        ("manifest.json", EntryKind::File, manifest.as_bytes()),
    ]);
    assert_eq!(
        said(&load(&engine, archive.clone()).await),
        "Loaded image: old:1\n"
    );
    let mut packed = Vec::new();
    let mut gzip = flate2::read::GzEncoder::new(&archive[..], flate2::Compression::fast());
    std::io::Read::read_to_end(&mut gzip, &mut packed).unwrap();
    assert_eq!(said(&load(&engine, packed).await), "Loaded image: old:1\n");
}

#[tokio::test]
async fn an_archive_that_does_not_fit_itself_leaves_nothing() {
    let (engine, store) = engine();
    let config = json!({
        "os": "linux", "architecture": "amd64",
        "rootfs": {"type": "layers", "diff_ids": [Digest::of(b"another").to_string()]},
    });
    let config = config.to_string();
    let archive = |layers: serde_json::Value| {
        let manifest = json!([{"Config": "c.json", "RepoTags": ["bad"], "Layers": layers}]);
        tar(&[
            ("c.json", EntryKind::File, config.as_bytes()),
            ("l.tar", EntryKind::File, &file("a")),
            (
                "manifest.json",
                EntryKind::File,
                manifest.to_string().as_bytes(),
            ),
        ])
    };
    for (bytes, words) in [
        (
            archive(json!(["l.tar"])),
            "invalid diffID for layer 0: expected \"sha256:",
        ),
        (
            archive(json!([])),
            "invalid manifest, layers length mismatch: expected 0, got 1",
        ),
        (
            archive(json!(["../../l.tar"])),
            "open ../../l.tar: no such file or directory",
        ),
        (b"junk".to_vec(), "unexpected EOF"),
        (
            tar(&[]),
            "invalid archive: it has neither a manifest.json nor an OCI layout",
        ),
    ] {
        let words_said = said(&load(&engine, bytes).await);
        assert!(words_said.starts_with(words), "{words_said}");
    }
    assert!(engine.images(Default::default()).await.unwrap().is_empty());
    assert!(store.collect().unwrap().is_empty(), "no blob stays");
}

/// Recorded from Docker 28.5.2: `docker save` of an image that was imported.
#[tokio::test]
async fn an_archive_of_a_real_docker_has_the_id_that_docker_gave() {
    let (engine, _store) = engine();
    let archive = include_bytes!("../../../tests/api/recorded/docker-save.tar.gz");
    let lines = load(&engine, archive.to_vec()).await;
    assert_eq!(said(&lines), "Loaded image: k_exp/i:1\n");
    let image = engine.image_inspect("k_exp/i:1", None).await.unwrap();
    assert_eq!(
        image.id,
        "sha256:f77eb7cb59fc225adebc5060873eb55f63c0253c356143e74091ac86d23b29e2"
    );
    assert_eq!((image.size, image.comment.as_str()), (6, "note"));
    let files = |tar: &[u8]| {
        let mut files = std::collections::BTreeMap::new();
        for entry in tar::Archive::new(tar).entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut entry, &mut bytes).unwrap();
            files.insert(entry.path().unwrap().into_owned(), bytes);
        }
        files
    };
    let mut plain = Vec::new();
    let mut gzip = flate2::read::GzDecoder::new(&archive[..]);
    std::io::Read::read_to_end(&mut gzip, &mut plain).unwrap();
    let (theirs, ours) = (files(&plain), files(&save(&engine, &["k_exp/i:1"]).await));
    for (path, bytes) in &ours {
        assert!(theirs.get(path) == Some(bytes), "{}", path.display());
    }
    // The one file that is not ours describes the layer for clients older than 1.10.
    assert_eq!(theirs.len(), ours.len() + 1);
}
