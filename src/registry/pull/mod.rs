//! Pull: from a reference to an image in the store.
//!
//! A tag is resolved, the manifest of our platform chosen, the config fetched (its diff ids say which layers are missing),
//! the layers fetched at the same time, and one commit makes the image and its names exist. Every document is checked
//! against its digest. A pull that fails, or whose asker leaves, leaves no name, and its blobs are collected.

mod board;
mod layer;
mod transfer;

use super::auth::Credentials;
use super::error::{Error, Result};
use super::event::{Event, Step, Tell};
use super::manifest::Fetched;
use super::retry::{Attempts, wait};
use super::session::Session;
use super::{Registries, platform};
use crate::base::digest::Digest;
use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::oci::config::Config;
use crate::oci::manifest::{DOCKER_CONFIG, Descriptor, Document, Manifest, OCI_CONFIG};
use crate::oci::{artifact, limits};
use crate::store::{Pinned, Store};
use board::Board;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use layer::{Wanted, Work};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use transfer::{State, Transfer, Watch};

pub use transfer::Transfers;

/// What is to be pulled.
#[derive(Clone, Debug)]
pub struct Pull {
    /// With a tag or a digest; with neither, every tag of the repository.
    pub reference: Reference,
    pub platform: Option<Platform>,
    pub credentials: Credentials,
}

impl Registries {
    /// Pulls into the store, telling about it. Comes back with the images, in the order of the tags.
    pub async fn pull(&self, store: &Arc<Store>, pull: Pull, tell: &Tell) -> Result<Vec<Digest>> {
        let under_way = Mutex::default();
        let work = self.pull_all(store, &pull, tell, &under_way);
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = tell.closed() => Err(Error::Cancelled),
        };
        let transfers = under_way.into_inner();
        if outcome.is_err() {
            for transfer in transfers {
                transfer.leave().await;
            }
            let store = store.clone();
            // What a failed pull has brought is nobody's.
            let swept = tokio::task::spawn_blocking(move || store.collect()).await;
            if let Ok(Err(e)) = swept {
                tracing::warn!("the rest of a pull stays until the next collection: {e}");
            }
        }
        outcome
    }

    async fn pull_all(
        &self,
        store: &Arc<Store>,
        pull: &Pull,
        tell: &Tell,
        under_way: &Mutex<Vec<Arc<Transfer>>>,
    ) -> Result<Vec<Digest>> {
        let credentials = pull.credentials.clone();
        let http = self.http.clone();
        let session = Session::open(http, &pull.reference, credentials).await?;
        let one = One {
            registries: self,
            session: Arc::new(session),
            store,
            platform: pull.platform.as_ref(),
            tell,
            under_way,
        };
        let bare = pull.reference.tag.is_none() && pull.reference.digest.is_none();
        let references = match bare {
            true => one.every_tag(&pull.reference).await?,
            false => vec![pull.reference.clone()],
        };
        let (mut images, mut newer) = (Vec::new(), false);
        for reference in &references {
            let (image, new) = one.pull(reference).await?;
            images.push(image);
            newer |= new;
        }
        let name = pull.reference.familiar();
        one.tell(Event::Pulled { name, newer }).await?;
        Ok(images)
    }
}

/// The pull of one reference.
struct One<'p> {
    registries: &'p Registries,
    session: Arc<Session>,
    store: &'p Arc<Store>,
    platform: Option<&'p Platform>,
    tell: &'p Tell,
    /// Transfers that this pull waits for. Outside of the work, so that they can be left in order when it is cut off.
    under_way: &'p Mutex<Vec<Arc<Transfer>>>,
}

impl One<'_> {
    async fn tell(&self, event: Event) -> Result<()> {
        let sent = self.tell.send(event).await;
        sent.map_err(|_| Error::Cancelled)
    }

    async fn every_tag(&self, name: &Reference) -> Result<Vec<Reference>> {
        let tagged = |tag: String| Reference {
            tag: Some(tag),
            ..name.clone()
        };
        // A tag goes into URLs and into names of records, so it must be one.
        let sound = |r: &Reference| Reference::parse(&r.to_string()).as_ref() == Ok(r);
        let tags = self.session.tags().await?;
        Ok(tags.into_iter().map(tagged).filter(sound).collect())
    }

    /// Comes back with the image and whether the reference stood for another one before.
    async fn pull(&self, reference: &Reference) -> Result<(Digest, bool)> {
        let asked = reference.digest.as_deref().map(str::parse::<Digest>);
        let asked = asked.transpose().map_err(|e| Error::Other(e.to_string()))?;
        let resolved = match (asked, reference.tag.as_deref()) {
            (Some(digest), _) => Some(digest),
            (None, tag) => self.session.resolve(tag.unwrap_or("latest")).await?,
        };
        let named = |digest: &Digest| format!("{}@{digest}", reference.name());
        let from = Event::From {
            reference: match asked {
                Some(_) => reference.familiar(),
                None => reference.tag.clone().unwrap_or_default(),
            },
            path: reference.path.clone(),
        };
        if let Some(digest) = resolved
            && let Some(image) = self.known(named(&digest)).await?
        {
            self.tell(from).await?;
            return self.name(reference, image, digest, None).await;
        }
        let top = match (resolved, reference.tag.as_deref()) {
            (Some(digest), _) => self.session.manifest(&digest).await?,
            (None, tag) => {
                self.session
                    .manifest_of_tag(tag.unwrap_or("latest"))
                    .await?
            }
        };
        let document = parse(&top)?;
        if let Document::Manifest(manifest) = &document {
            check_kind(manifest)?;
        }
        self.tell(from).await?;
        let (fetched, manifest) = match document {
            Document::Manifest(manifest) => (top.clone(), manifest),
            Document::Index(index) => self.chosen(&index).await?,
        };
        if artifact::is_artifact(&manifest) {
            return self.artifact(reference, top.digest, manifest).await;
        }
        let mut pinned = Pinned::new(self.store.clone());
        let config = self.config(&manifest, &mut pinned).await?;
        let image = config.digest();
        let known = self
            .blocking(move |store| store.images().get(&image))
            .await?;
        if known.is_none() {
            self.layers(&manifest, &config, reference, &mut pinned)
                .await?;
        }
        let new = New { config, fetched };
        self.name(reference, image, top.digest, Some(new)).await
    }

    /// Programs instead of layers: an image is made of them.
    async fn artifact(
        &self,
        reference: &Reference,
        digest: Digest,
        manifest: Manifest,
    ) -> Result<(Digest, bool)> {
        let own = &manifest.config;
        let config = self
            .session
            .small_blob(&own.digest, own.size.min(limits::DOCUMENT))
            .await?;
        if Digest::of(&config) != own.digest {
            return Err(Error::Config(Box::new(Error::ConfigDigest(own.digest))));
        }
        for layer in &manifest.layers {
            self.tell(Event::layer(layer.digest.short(), Step::Wanted))
                .await?;
        }
        let mut parts = HashMap::new();
        for layer in &manifest.layers {
            let limit = layer.size.min(limits::PROGRAM);
            let bytes = self.session.small_blob(&layer.digest, limit).await?;
            if Digest::of(&bytes) != layer.digest {
                return Err(Error::LayerDigest(layer.digest));
            }
            parts.insert(layer.digest, bytes);
            for step in [Step::Verifying, Step::Downloaded, Step::Pulled] {
                self.tell(Event::layer(layer.digest.short(), step)).await?;
            }
        }
        let part =
            move |layer: &Descriptor| Ok(parts.get(&layer.digest).cloned().unwrap_or_default());
        let made = self
            .blocking(move |store| store.take_artifact(&manifest, &config, part, &[]))
            .await?;
        self.name(reference, made.id, digest, None).await
    }

    /// The image of this name, if it is the one that a pull would bring.
    async fn known(&self, name: String) -> Result<Option<Digest>> {
        let wanted = self.platform.cloned();
        self.blocking(move |store| {
            let Some(image) = store.images().tagged(&name)? else {
                return Ok(None);
            };
            if store.images().get(&image)?.is_none() {
                return Ok(None);
            }
            let Some(wanted) = wanted else {
                return Ok(Some(image));
            };
            let config = store.images().config(&image)?;
            let view = config.view();
            let own = Platform::new(&view.os, &view.architecture, &view.variant);
            Ok((own == wanted).then_some(image))
        })
        .await
    }

    async fn chosen(&self, index: &crate::oci::manifest::Index) -> Result<(Fetched, Manifest)> {
        let descriptor = platform::choose(index, self.platform)?;
        let fetched = self.session.manifest(&descriptor.digest).await?;
        match Document::parse(&fetched.bytes, Some(&descriptor.media_type))? {
            Document::Manifest(manifest) => {
                check_kind(&manifest)?;
                Ok((fetched, manifest))
            }
            Document::Index(_) => Err(Error::Other("an index inside an index".to_owned())),
        }
    }

    async fn config(&self, manifest: &Manifest, pinned: &mut Pinned) -> Result<Config> {
        let digest = manifest.config.digest;
        let bytes = if pinned.pin(&digest)? {
            self.blocking(move |store| store.blobs().read(&digest))
                .await?
        } else {
            let limit = manifest.config.size.min(limits::DOCUMENT);
            let mut attempts = Attempts::default();
            loop {
                let error = match self.session.small_blob(&digest, limit).await {
                    Ok(bytes) => break bytes,
                    Err(error) => error,
                };
                let Some(seconds) = attempts.again(&error, false) else {
                    return Err(Error::Config(Box::new(attempts.exhausted(error))));
                };
                wait(&self.registries.options, seconds, |_| ()).await;
            }
        };
        if Digest::of(&bytes) != digest {
            return Err(Error::Config(Box::new(Error::ConfigDigest(digest))));
        }
        let config = Config::parse(bytes)?;
        match config.view().rootfs.diff_ids.len() == manifest.layers.len() {
            true => Ok(config),
            false => Err(Error::Layers),
        }
    }

    /// Brings every layer that is missing.
    async fn layers(
        &self,
        manifest: &Manifest,
        config: &Config,
        reference: &Reference,
        pinned: &mut Pinned,
    ) -> Result<()> {
        let diff_ids = config.view().rootfs.diff_ids.iter();
        let mut missing: Vec<Wanted> = Vec::new();
        for (descriptor, diff_id) in manifest.layers.iter().zip(diff_ids) {
            let id = descriptor.digest.short();
            // A layer that occurs twice comes once.
            let coming = missing.iter().any(|w| w.diff_id == *diff_id);
            let there = pinned.pin(diff_id)? || coming;
            let step = if there { Step::Exists } else { Step::Wanted };
            self.tell(Event::layer(id, step)).await?;
            if !there {
                missing.push(Wanted {
                    digest: descriptor.digest,
                    size: descriptor.size,
                    media_type: descriptor.media_type.clone(),
                    diff_id: *diff_id,
                });
            }
        }
        let mut board = Board::new(missing.iter().map(|w| w.digest.short()).collect());
        let transfers: Vec<_> = missing
            .into_iter()
            .map(|w| self.join(w, reference))
            .collect();
        let mut changes = FuturesUnordered::new();
        for (n, transfer) in transfers.iter().enumerate() {
            changes.push(next(n, transfer.watch()));
        }
        *self.under_way.lock() = transfers;
        while !board.is_complete()
            && let Some((n, watch, state)) = changes.next().await
        {
            let mut events = Vec::new();
            let more = !matches!(state, Ok(State::Done(_)));
            let outcome = match state {
                Ok(state) => board.on(n, state, &mut events),
                Err(error) => Err(error),
            };
            for event in events {
                self.tell(event).await?;
            }
            outcome?;
            if more {
                changes.push(next(n, watch));
            }
        }
        self.under_way.lock().clear();
        Ok(())
    }

    fn join(&self, wanted: Wanted, reference: &Reference) -> Arc<Transfer> {
        let key = (wanted.diff_id, wanted.digest);
        let (session, store) = (self.session.clone(), self.store.clone());
        let (options, repository) = (self.registries.options.clone(), reference.name());
        self.registries.transfers.join(key, |state, turn, busy| {
            let work = Work {
                session,
                store,
                options,
                wanted,
                repository,
                busy,
            };
            layer::run(work, state, turn)
        })
    }

    /// Makes the image exist under its names, in one commit.
    async fn name(
        &self,
        reference: &Reference,
        image: Digest,
        digest: Digest,
        new: Option<New>,
    ) -> Result<(Digest, bool)> {
        let by_digest = format!("{}@{digest}", reference.name());
        let shown = match (&reference.digest, &reference.tag) {
            (None, Some(tag)) => format!("{}:{tag}", reference.name()),
            _ => by_digest.clone(),
        };
        let before = self
            .blocking(move |store| {
                let before = store.images().tagged(&shown)?;
                let names = [shown.as_str(), by_digest.as_str()];
                match new {
                    Some(New { config, fetched }) => {
                        let mut ingest = store.ingest();
                        let manifest = ingest.document(&fetched.bytes, Some(fetched.digest))?;
                        ingest.commit(config.bytes(), Some(manifest), &names)?;
                    }
                    None => {
                        for name in names {
                            store.images().tag(name, &image)?;
                        }
                    }
                }
                Ok(before)
            })
            .await?;
        self.tell(Event::Digest(digest)).await?;
        Ok((image, before != Some(image)))
    }

    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> crate::store::Result<T> + Send + 'static,
    ) -> Result<T> {
        let store = self.store.clone();
        let done = tokio::task::spawn_blocking(move || work(&store)).await;
        let done = done.map_err(|e| Error::Other(format!("an internal task failed: {e}")))?;
        Ok(done?)
    }
}

/// Documents of an image that the store does not have yet.
struct New {
    config: Config,
    /// The manifest of the platform, not the index that named it.
    fetched: Fetched,
}

async fn next(n: usize, mut watch: Watch) -> (usize, Watch, Result<State>) {
    let state = watch.next().await;
    (n, watch, state)
}

fn parse(fetched: &Fetched) -> Result<Document> {
    Ok(Document::parse(
        &fetched.bytes,
        fetched.media_type.as_deref(),
    )?)
}

/// Refuses what is no container image: charts, plugins, signatures.
fn check_kind(manifest: &Manifest) -> Result<()> {
    if artifact::is_artifact(manifest) {
        return Ok(());
    }
    let media_type = &manifest.config.media_type;
    let class = match media_type.as_str() {
        // Old builders named no type.
        DOCKER_CONFIG | OCI_CONFIG | "application/octet-stream" | "" => return Ok(()),
        "application/vnd.docker.plugin.v1+json" => "plugin",
        _ => "unknown",
    };
    let media_type = media_type.clone();
    Err(Error::NoImage { media_type, class })
}
