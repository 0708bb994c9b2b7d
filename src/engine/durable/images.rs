//! Images over the store, and the way of the catalogue's images into it.

use super::{archive, examine, removal};
use crate::base::digest::Digest;
use crate::base::reference::{BadReference, Reference};
use crate::engine::clock::Timestamp;
use crate::engine::options::LoadOptions;
use crate::engine::ports::{
    CommitSpec, HistoryStep, Image, ImageProgram, Images, ImportSpec, LayerChanges, LayerUse,
    Loaded,
};
use crate::engine::{Error, Result, catalogue};
use crate::oci::config::{ConfigView, Runtime, Words};
use crate::store::{Expect, ImageRecord, Store, TagRecord};
use crate::wire::{ContainerConfig, Empty, HealthConfig, Progress, StringSet};
use parking_lot::Mutex;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read, Write};
use std::sync::Arc;

/// Bytes of a layer between two lines of progress.
const STEP: u64 = 512 * 1024;

/// The images of a store. Parsed configs are kept: every create needs one.
pub struct StoredImages {
    pub(super) store: Arc<Store>,
    configs: Mutex<HashMap<Digest, Arc<ConfigView>>>,
}

impl StoredImages {
    pub fn new(store: Arc<Store>) -> Self {
        StoredImages {
            store,
            configs: Mutex::default(),
        }
    }

    fn config(&self, id: &Digest) -> Result<Arc<ConfigView>> {
        if let Some(known) = self.configs.lock().get(id) {
            return Ok(known.clone());
        }
        let view = Arc::new(self.store.images().config(id)?.view().clone());
        self.configs.lock().insert(*id, view.clone());
        Ok(view)
    }

    fn image(&self, record: &ImageRecord, tags: &[(String, TagRecord)]) -> Result<Image> {
        let view = self.config(&record.id)?;
        let own = || tags.iter().filter(|(_, tag)| tag.image == record.id);
        let parsed = own().filter_map(|(name, _)| Reference::parse(name).ok());
        let references: Vec<Reference> = parsed.collect();
        let familiar = |digests: bool| -> Vec<String> {
            let kind = references.iter().filter(|r| r.digest.is_some() == digests);
            kind.map(Reference::familiar).collect()
        };
        Ok(Image {
            id: record.id.to_string(),
            repo_tags: familiar(false),
            repo_digests: familiar(true),
            references: references.clone(),
            parent: record.parent.map(|p| p.to_string()).unwrap_or_default(),
            created: Timestamp::parse_rfc3339(&view.created).unwrap_or_default(),
            last_tagged: Timestamp(own().map(|(_, tag)| tag.tagged).max().unwrap_or_default()),
            author: view.author.clone(),
            comment: match view.history.last() {
                // What `commit` says stands in the history alone.
                Some(last) if view.comment.is_empty() => last.comment.clone(),
                _ => view.comment.clone(),
            },
            docker_version: view.docker_version.clone(),
            architecture: view.architecture.clone(),
            variant: view.variant.clone(),
            os: view.os.clone(),
            os_version: view.os_version.clone(),
            config: container_config(&view.config),
            layers: record
                .layers
                .iter()
                .map(|l| l.diff_id.to_string())
                .collect(),
            size: bytes(record.size),
        })
    }
}

impl Images for StoredImages {
    fn resolve(&self, reference: &str) -> Result<Arc<Image>> {
        let parsed = Reference::parse(reference).map(Reference::with_default_tag);
        let canonical = parsed.as_ref().ok().map(|r| r.clone().kept().to_string());
        let found = self
            .store
            .images()
            .resolve(reference, canonical.as_deref())?;
        match (found, parsed) {
            (Some(record), _) => Ok(Arc::new(self.image(&record, &self.store.images().tags()?)?)),
            (None, Ok(parsed)) => Err(Error::not_found(format!(
                "No such image: {}",
                parsed.familiar()
            ))),
            (None, Err(BadReference::Id(id))) => {
                Err(Error::not_found(format!("No such image: {id}")))
            }
            (None, Err(e)) => Err(e.into()),
        }
    }

    fn all(&self) -> Result<Vec<Arc<Image>>> {
        let tags = self.store.images().tags()?;
        let mut all = Vec::new();
        for record in self.store.images().all()?.iter() {
            match self.image(record, &tags) {
                Ok(image) => all.push(Arc::new(image)),
                // A damaged image is named and must not hide the others.
                Err(e) => tracing::error!(image = %record.id, "{e}"),
            }
        }
        Ok(all)
    }

    fn import(&self, tar: &mut dyn Read, spec: ImportSpec) -> Result<String> {
        let mut ingest = self.store.ingest();
        let layer = ingest.layer(tar, Expect::default())?;
        let created = spec.created.rfc3339();
        let mut config = json!({
            "architecture": spec.architecture,
            "comment": spec.comment,
            "config": spec.config,
            "created": created,
            "docker_version": env!("CARGO_PKG_VERSION"),
            "history": [{"created": created, "comment": spec.comment}],
            "os": spec.os,
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id.to_string()]},
        });
        if !spec.variant.is_empty() {
            config["variant"] = spec.variant.into();
        }
        let tags: Vec<&str> = spec.reference.iter().map(String::as_str).collect();
        let record = ingest.commit(config.to_string().as_bytes(), None, &tags)?;
        Ok(record.id.to_string())
    }

    fn commit(&self, layer: Option<&mut dyn Read>, spec: CommitSpec) -> Result<String> {
        super::commit::commit(self, layer, &spec)
    }

    fn keep(&self, id: &str) -> Result<()> {
        self.store.settle()?;
        match self.store.images().get(&digest(id)?)? {
            Some(_) => Ok(()),
            None => Err(Error::system(
                "the disk failed, so the image was taken back",
            )),
        }
    }

    fn pull(&self, repository: &str, tag: &str, tell: &mut dyn FnMut(Progress)) -> Result<bool> {
        let Some(image) = catalogue::find(repository, tag) else {
            return Ok(false);
        };
        let name = Reference::parse(repository)?;
        let by_digest = format!("{repository}@{}", image.manifest.digest);
        let by_tag = if tag.starts_with("sha256:") {
            by_digest.clone()
        } else {
            format!("{repository}:{tag}")
        };
        tell(Progress {
            id: Some(tag.to_owned()),
            ..Progress::status(format!("Pulling from {}", name.path))
        });
        let before = self.store.images().tagged(&by_tag)?;
        let mut ingest = self.store.ingest();
        let mut wanted: Vec<&catalogue::Descriptor> = Vec::new();
        for layer in &image.layers {
            if ingest.pin(&digest(&layer.digest)?)? {
                tell(Progress::layer(short(&layer.digest), "Already exists"));
            } else {
                tell(Progress::layer(short(&layer.digest), "Pulling fs layer"));
                wanted.push(layer);
            }
        }
        wanted.extend([&image.config, &image.manifest]);
        let (mut config, mut manifest) = (Vec::new(), None);
        let mut failed = None;
        let read = catalogue::read(&wanted, |blob, from| {
            let done = (|| -> Result<()> {
                if blob.digest == image.config.digest {
                    from.read_to_end(&mut config)?;
                } else if blob.digest == image.manifest.digest {
                    let mut bytes = Vec::new();
                    from.read_to_end(&mut bytes)?;
                    manifest = Some(ingest.document(&bytes, Some(digest(&blob.digest)?))?);
                } else {
                    let expect = Expect {
                        blob: Some(digest(&blob.digest)?),
                        diff_id: None,
                    };
                    let id = short(&blob.digest);
                    let mut told = Told::new(from, tell, "Downloading", id, blob.size);
                    ingest.layer(&mut told, expect)?;
                    for step in ["Verifying Checksum", "Download complete", "Pull complete"] {
                        tell(Progress::layer(short(&blob.digest), step));
                    }
                }
                Ok(())
            })();
            done.map_err(|e| {
                failed = Some(e);
                io::Error::other("the store failed")
            })
        });
        match (failed, read) {
            (Some(e), _) => return Err(e),
            (None, Err(e)) => return Err(e.into()),
            (None, Ok(())) => {}
        }
        let record = ingest.commit(&config, manifest, &[&by_tag, &by_digest])?;
        tell(Progress::status(format!(
            "Digest: {}",
            image.manifest.digest
        )));
        let shown = Reference::parse(&by_tag)?.familiar();
        tell(Progress::status(if before == Some(record.id) {
            format!("Status: Image is up to date for {shown}")
        } else {
            format!("Status: Downloaded newer image for {shown}")
        }));
        Ok(true)
    }

    fn tag(&self, reference: &Reference, id: &str) -> Result<()> {
        let reference = reference.to_string();
        self.store.images().tag(&reference, &digest(id)?)?;
        Ok(())
    }

    fn untag(&self, reference: &Reference) -> Result<()> {
        self.store.images().untag(&reference.to_string())?;
        Ok(())
    }

    fn remove(&self, id: &str) -> Result<Vec<String>> {
        let id = digest(id)?;
        self.configs.lock().remove(&id);
        removal::remove(&self.store, &id)
    }

    fn history(&self, id: &str) -> Result<Vec<HistoryStep>> {
        let id = digest(id)?;
        let view = self.config(&id)?;
        let record = self.store.images().get(&id)?;
        let mut layers = record.into_iter().flat_map(|r| r.layers);
        let steps = view.history.iter().map(|step| HistoryStep {
            created: Timestamp::parse_rfc3339(&step.created).unwrap_or_default(),
            created_by: step.created_by.clone(),
            comment: step.comment.clone(),
            layer: (!step.empty_layer)
                .then(|| layers.next())
                .flatten()
                .map(|l| (l.diff_id.to_string(), bytes(l.size))),
        });
        Ok(steps.collect())
    }

    fn layers(&self) -> Result<BTreeMap<String, LayerUse>> {
        let mut all: BTreeMap<String, LayerUse> = BTreeMap::new();
        for image in self.store.images().list()? {
            for (chain, layer) in image.chain_ids().iter().zip(&image.layers) {
                let known = all.entry(chain.to_string()).or_default();
                known.size = bytes(layer.size);
                known.images += 1;
            }
        }
        Ok(all)
    }

    fn layer_changes(&self, id: &str) -> Result<Vec<LayerChanges>> {
        examine::changes(&self.store, id)
    }

    fn programs(&self, id: &str) -> Result<Vec<ImageProgram>> {
        examine::programs(&self.store, id)
    }

    fn save(&self, images: &[(String, Vec<Reference>)], to: &mut dyn Write) -> Result<()> {
        archive::save(&self.store, images, to)
    }

    fn load(
        &self,
        tar: &mut dyn Read,
        options: &LoadOptions,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Loaded>> {
        archive::load(&self.store, tar, options, tell)
    }
}

pub(super) fn digest(text: &str) -> Result<Digest> {
    text.parse()
        .map_err(|_| Error::system(format!("{text} is no digest")))
}

/// A number of bytes as the Engine API has it.
fn bytes(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Twelve digits of a layer, as progress names it.
pub(super) fn short(digest: &str) -> String {
    digest
        .strip_prefix("sha256:")
        .and_then(|hex| hex.get(..12))
        .unwrap_or(digest)
        .to_owned()
}

/// Tells about what is read through it.
pub(super) struct Told<'a> {
    from: &'a mut dyn Read,
    tell: &'a mut dyn FnMut(Progress),
    status: &'static str,
    id: String,
    done: u64,
    told: u64,
    total: u64,
}

impl<'a> Told<'a> {
    /// `status` is Docker's word for what happens, `total` the bytes to come.
    pub fn new(
        from: &'a mut dyn Read,
        tell: &'a mut dyn FnMut(Progress),
        status: &'static str,
        id: String,
        total: u64,
    ) -> Self {
        Told {
            from,
            tell,
            status,
            id,
            done: 0,
            told: 0,
            total,
        }
    }
}

impl Read for Told<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.done += count as u64;
        let ended = count == 0 && self.told < self.done;
        if self.done - self.told >= STEP || ended {
            self.told = self.done;
            let total = Some(self.total);
            (self.tell)(Progress::counted(&self.id, self.status, self.done, total));
        }
        Ok(count)
    }
}

/// The image's config in the shape of a container's.
fn container_config(from: &Runtime) -> ContainerConfig {
    let list = |v: &[String]| (!v.is_empty()).then(|| v.to_vec());
    let words = |w: &Option<Words>| w.as_ref().map(|w| w.0.clone());
    let set = |keys: Vec<&String>| -> Option<StringSet> {
        (!keys.is_empty()).then(|| keys.into_iter().map(|k| (k.clone(), Empty {})).collect())
    };
    ContainerConfig {
        user: from.user.clone(),
        exposed_ports: set(from.exposed_ports.keys().collect()),
        env: list(&from.env),
        cmd: words(&from.cmd),
        entrypoint: words(&from.entrypoint),
        volumes: set(from.volumes.keys().collect()),
        working_dir: from.working_dir.clone(),
        labels: (!from.labels.is_empty()).then(|| from.labels.clone()),
        stop_signal: from.stop_signal.clone(),
        healthcheck: from.healthcheck.as_ref().map(|h| HealthConfig {
            test: h.test.clone(),
            interval: h.interval,
            timeout: h.timeout,
            start_period: h.start_period,
            start_interval: h.start_interval,
            retries: h.retries,
        }),
        shell: words(&from.shell),
        on_build: list(&from.on_build),
        ..ContainerConfig::default()
    }
}
