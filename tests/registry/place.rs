//! A store and registries for one test, and images that a double can serve.

use crate::double::{Reply, Seen};
use bytes::Bytes;
use schooner::base::digest::Digest;
use schooner::base::reference::Reference;
use schooner::oci::layer_write::LayerWriter;
use schooner::oci::manifest::{DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST};
use schooner::oci::{Entry, EntryKind};
use schooner::registry::{Credentials, Event, Options, Pull, Registries, Step};
use schooner::store::Store;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// A state folder and the registries of the world, without patience.
pub struct Place {
    pub store: Arc<Store>,
    pub registries: Arc<Registries>,
    _folder: tempfile::TempDir,
}

/// What a verb came back with, and what it told.
pub type Outcome<T> = (schooner::registry::Result<T>, Vec<Event>);

impl Place {
    pub fn new() -> Place {
        let folder = tempfile::tempdir().expect("a folder");
        Place {
            store: Arc::new(Store::open_dir(folder.path()).expect("a store")),
            registries: Arc::new(Registries::new(options())),
            _folder: folder,
        }
    }

    /// Pulls every tag of a repository.
    pub async fn pull_every_tag(&self, name: &str) -> Outcome<Vec<Digest>> {
        let reference = Reference::parse(name).expect("a name");
        self.run(Pull {
            reference,
            ..pull_of(name)
        })
        .await
    }

    /// Pulls without credentials; `latest` where no tag is named.
    pub async fn pull(&self, name: &str) -> Outcome<Vec<Digest>> {
        self.pull_as(name, Credentials::default()).await
    }

    pub async fn pull_as(&self, name: &str, credentials: Credentials) -> Outcome<Vec<Digest>> {
        self.run(Pull {
            credentials,
            ..pull_of(name)
        })
        .await
    }

    async fn run(&self, pull: Pull) -> Outcome<Vec<Digest>> {
        let (tell, events) = mpsc::channel(1024);
        let outcome = self.registries.pull(&self.store, pull, &tell).await;
        drop(tell);
        (outcome, all(events).await)
    }

    /// Nothing is left: no image, no name, no blob.
    pub fn assert_empty(&self) {
        assert!(self.store.images().list().unwrap().is_empty());
        assert!(self.store.images().tags().unwrap().is_empty());
        assert_eq!(self.store.check().unwrap(), []);
    }
}

pub fn options() -> Options {
    Options {
        second: Duration::from_millis(1),
        certificates: Vec::new(),
        ..Options::default()
    }
}

pub fn pull_of(name: &str) -> Pull {
    Pull {
        reference: Reference::parse(name).expect("a name").with_default_tag(),
        platform: None,
        credentials: Credentials::default(),
    }
}

pub async fn all(mut events: mpsc::Receiver<Event>) -> Vec<Event> {
    let mut told = Vec::new();
    while let Some(event) = events.recv().await {
        told.push(event);
    }
    told
}

/// The steps of one layer, without those that count bytes.
pub fn steps(events: &[Event], layer: &Digest) -> Vec<Step> {
    let mine = events.iter().filter_map(|event| match event {
        Event::Layer { id, step } if *id == layer.short() => Some(step.clone()),
        _ => None,
    });
    mine.filter(|s| {
        use Step::{Downloading, Extracting};
        !matches!(s, Downloading { .. } | Extracting { .. })
    })
    .collect()
}

/// An image in a registry.
#[derive(Clone)]
pub struct Image {
    pub layers: Vec<Bytes>,
    pub config: Bytes,
    pub manifest: Bytes,
    pub media_type: &'static str,
}

impl Image {
    /// An image whose layers have one file each, with this text.
    pub fn new(texts: &[&str]) -> Image {
        Image::of("wasi", "wasm", texts)
    }

    pub fn of(os: &str, architecture: &str, texts: &[&str]) -> Image {
        let plain: Vec<Vec<u8>> = texts.iter().map(|text| tar(text.as_bytes())).collect();
        Image::from_tars(os, architecture, &plain)
    }

    pub fn from_tars(os: &str, architecture: &str, plain: &[Vec<u8>]) -> Image {
        let layers: Vec<Bytes> = plain.iter().map(|tar| gzip(tar).into()).collect();
        let diff_ids: Vec<String> = plain
            .iter()
            .map(|tar| Digest::of(tar).to_string())
            .collect();
        let config = serde_json::json!({
            "os": os, "architecture": architecture, "config": {"Cmd": ["/hello"]},
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        });
        let config = Bytes::from(config.to_string());
        Image::from_parts(layers, config)
    }

    pub fn from_parts(layers: Vec<Bytes>, config: Bytes) -> Image {
        let describe = |kind: &str, bytes: &[u8]| serde_json::json!({"mediaType": kind, "size": bytes.len(), "digest": Digest::of(bytes).to_string()});
        let manifest = serde_json::json!({
            "schemaVersion": 2, "mediaType": DOCKER_MANIFEST,
            "config": describe(DOCKER_CONFIG, &config),
            "layers": layers.iter().map(|l| describe(DOCKER_LAYER, l)).collect::<Vec<_>>(),
        });
        Image {
            layers,
            config,
            manifest: Bytes::from(manifest.to_string()),
            media_type: DOCKER_MANIFEST,
        }
    }

    pub fn id(&self) -> Digest {
        Digest::of(&self.config)
    }

    pub fn digest(&self) -> Digest {
        Digest::of(&self.manifest)
    }

    pub fn layer(&self, n: usize) -> Digest {
        Digest::of(&self.layers[n])
    }

    /// What an honest registry answers whose every tag is this image.
    pub fn answer(&self, seen: &Seen) -> Reply {
        let last = seen.path.rsplit('/').next().unwrap_or_default();
        if seen.path == "/v2/" {
            return Reply::new(200, "{}");
        }
        if seen.path.contains("/manifests/") {
            if last.starts_with("sha256:") && last != self.digest().to_string() {
                return Reply::error(404, "MANIFEST_UNKNOWN", "manifest unknown");
            }
            let reply = Reply::new(200, self.manifest.clone())
                .header("content-type", self.media_type)
                .header("docker-content-digest", self.digest());
            return match seen.method.as_str() {
                "HEAD" => Reply {
                    body: Bytes::new(),
                    ..reply.header("content-length", self.manifest.len())
                },
                _ => reply,
            };
        }
        let blobs = self.layers.iter().chain([&self.config]);
        match blobs
            .into_iter()
            .find(|b| Digest::of(b).to_string() == last)
        {
            Some(blob) => ranged(seen, blob),
            None => Reply::error(404, "BLOB_UNKNOWN", "blob unknown to registry"),
        }
    }
}

/// The whole of a blob, or what the request's range asks for.
pub fn ranged(seen: &Seen, blob: &Bytes) -> Reply {
    let start = seen.range.as_deref().and_then(|range| {
        let start = range.strip_prefix("bytes=")?.strip_suffix('-')?;
        start.parse::<usize>().ok()
    });
    match start {
        Some(start) => Reply::new(206, blob.slice(start..)).header(
            "content-range",
            format!("bytes {start}-{}/{}", blob.len() - 1, blob.len()),
        ),
        None => Reply::new(200, blob.clone()),
    }
}

pub fn tar(contents: &[u8]) -> Vec<u8> {
    let mut writer = LayerWriter::new(Vec::new());
    let entry = Entry {
        path: "hello".to_owned(),
        kind: EntryKind::File,
        mode: 0o755,
        uid: 0,
        gid: 0,
        mtime: 0,
        size: contents.len() as u64,
        offset: 0,
        link: String::new(),
        rdev: (0, 0),
    };
    writer.entry(&entry, &mut &contents[..]).expect("an entry");
    writer.finish().expect("a tar")
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).expect("written");
    out.finish().expect("finished")
}
