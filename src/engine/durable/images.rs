//! Images over the store, and the way of the catalogue's images into it.

use crate::base::digest::Digest;
use crate::base::reference::{BadReference, Reference};
use crate::engine::clock::Timestamp;
use crate::engine::ports::{CommitSpec, Image, Images, ImportSpec};
use crate::engine::{Error, Result, catalogue};
use crate::oci::config::{ConfigView, Runtime, Words};
use crate::store::{Expect, ImageRecord, Store, TagRecord};
use crate::wire::{
    ContainerConfig, Empty, HealthConfig, Progress, StringSet, progress::ProgressDetail,
};
use parking_lot::Mutex;
use serde_json::json;
use std::collections::HashMap;
use std::io::{self, Read};
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
        let familiar = |digests: bool| -> Vec<String> {
            own()
                .filter(|(name, _)| name.contains('@') == digests)
                .filter_map(|(name, _)| Reference::parse(name).ok())
                .map(|r| r.familiar())
                .collect()
        };
        Ok(Image {
            id: record.id.to_string(),
            repo_tags: familiar(false),
            repo_digests: familiar(true),
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
            size: i64::try_from(record.size).unwrap_or(i64::MAX),
        })
    }
}

impl Images for StoredImages {
    fn resolve(&self, reference: &str) -> Result<Arc<Image>> {
        let parsed = Reference::parse(reference).map(Reference::with_default_tag);
        let canonical = parsed.as_ref().ok().map(ToString::to_string);
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
        for record in self.store.images().list()? {
            match self.image(&record, &tags) {
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
                    ingest.layer(
                        &mut Told {
                            from,
                            tell,
                            id: short(&blob.digest),
                            done: 0,
                            told: 0,
                            total: blob.size,
                        },
                        expect,
                    )?;
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
}

fn digest(text: &str) -> Result<Digest> {
    text.parse()
        .map_err(|_| Error::system(format!("{text} is no digest")))
}

/// Twelve digits of a layer, as progress names it.
fn short(digest: &str) -> String {
    digest
        .strip_prefix("sha256:")
        .and_then(|hex| hex.get(..12))
        .unwrap_or(digest)
        .to_owned()
}

/// Tells about what is read through it.
struct Told<'a> {
    from: &'a mut dyn Read,
    tell: &'a mut dyn FnMut(Progress),
    id: String,
    done: u64,
    told: u64,
    total: u64,
}

impl Read for Told<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.done += count as u64;
        if self.done - self.told >= STEP {
            self.told = self.done;
            let mut line = Progress::layer(&self.id, "Downloading");
            line.progress_detail = Some(ProgressDetail {
                current: Some(self.done),
                total: Some(self.total),
            });
            (self.tell)(line);
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
