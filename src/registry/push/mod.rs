//! Push: from images in the store to a repository.
//!
//! A layer goes up only if the registry does not have it in a form that we know: it is looked for, then mounted from
//! another repository of the same registry, and only then compressed and sent. The manifest that an image came with goes
//! up unchanged when its layers are there, so its digest stays; else one is written. Manifests come last: a push that
//! fails leaves no tag.

mod manifest;
mod upload;

use super::Registries;
use super::auth::Credentials;
use super::error::{Error, Result};
use super::event::{Event, Step, Tell};
use super::session::Session;
use crate::base::digest::Digest;
use crate::base::reference::Reference;
use crate::oci::LayerData;
use crate::oci::manifest::{Descriptor, OCI_LAYER_GZIP};
use crate::store::{DataReader, Packed, Pinned, Store};
use futures_util::{StreamExt, TryStreamExt, stream};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Layers of one image that are sent at the same time, as Docker's five.
const UPLOADS: usize = 5;
/// Other repositories that a push may mount layers from; each costs a scope of the token.
const SOURCES: usize = 4;

/// What is to be pushed.
#[derive(Clone, Debug)]
pub struct Push {
    /// Tags of one repository with their images.
    pub tags: Vec<(Reference, Digest)>,
    pub credentials: Credentials,
}

impl Registries {
    /// Pushes each tag, telling about it. Ends when the other end of `tell` is gone.
    pub async fn push(&self, store: &Arc<Store>, push: Push, tell: &Tell) -> Result<()> {
        let Some((first, _)) = push.tags.first() else {
            return Ok(());
        };
        let repository = first.name();
        let to = Event::PushTo(repository.clone());
        tell.send(to).await.map_err(|_| Error::Cancelled)?;
        let work = async {
            let sources = sources(store, &push.tags, first).await?;
            let mut scopes = vec![format!("repository:{}:pull,push", first.path)];
            scopes.extend(sources.iter().map(|path| format!("repository:{path}:pull")));
            scopes.sort();
            let http = self.http.clone();
            let session = Session::open_for(http, first, push.credentials.clone(), scopes).await?;
            let one = One {
                options: &self.options,
                session: &session,
                store,
                domain: &first.domain,
                repository: &repository,
                sources: &sources,
                tell,
            };
            for (reference, image) in &push.tags {
                one.push(reference, image).await?;
            }
            Ok::<(), Error>(())
        };
        let outcome = tokio::select! {
            outcome = work => outcome,
            () = tell.closed() => Err(Error::Cancelled),
        };
        outcome.map_err(|error| match error {
            // Which request it was says nothing to a user who has to log in.
            Error::Request { cause, .. } if matches!(*cause, Error::NoCredentials) => *cause,
            other => other,
        })
    }
}

/// Repositories of the same registry that are known to have a layer of the images.
async fn sources(
    store: &Arc<Store>,
    tags: &[(Reference, Digest)],
    to: &Reference,
) -> Result<Vec<String>> {
    let (images, to): (Vec<Digest>, _) = (tags.iter().map(|(_, id)| *id).collect(), to.clone());
    blocking(store, move |store| {
        let mut paths = BTreeSet::new();
        for id in &images {
            for layer in store.images().get(id)?.into_iter().flat_map(|r| r.layers) {
                let forms = store.packed(&layer.diff_id)?;
                let known = forms.iter().flat_map(|form| &form.repositories);
                paths.extend(
                    known
                        .filter_map(|r| path_of(r, &to.domain))
                        .map(str::to_owned),
                );
            }
        }
        paths.remove(&to.path);
        Ok(paths.into_iter().take(SOURCES).collect())
    })
    .await
}

/// The path of a repository, if it lies in this registry.
fn path_of<'r>(repository: &'r str, domain: &str) -> Option<&'r str> {
    repository.strip_prefix(domain)?.strip_prefix('/')
}

/// The push to one repository.
struct One<'p> {
    options: &'p super::Options,
    session: &'p Session,
    store: &'p Arc<Store>,
    domain: &'p str,
    /// Its whole name.
    repository: &'p str,
    sources: &'p [String],
    tell: &'p Tell,
}

impl One<'_> {
    async fn tell(&self, event: Event) -> Result<()> {
        self.tell.send(event).await.map_err(|_| Error::Cancelled)
    }

    async fn push(&self, reference: &Reference, image: &Digest) -> Result<()> {
        let id = *image;
        let (record, config, own) = blocking(self.store, move |store| {
            let record = store.images().get(&id)?;
            let missing = || crate::store::Error::Missing(format!("image {id}"));
            let record = record.ok_or_else(missing)?;
            let own = record.manifest.map(|digest| store.blobs().read(&digest));
            Ok((record, store.images().config(&id)?, own.transpose()?))
        })
        .await?;
        let own = own.and_then(manifest::Own::parse);
        for layer in record.layers.iter().rev() {
            let id = layer.diff_id.short();
            self.tell(Event::layer(id, Step::Preparing)).await?;
        }
        let known = |n: usize| own.as_ref().and_then(|own| own.layers().get(n)).cloned();
        let wanted = record.layers.iter().enumerate().rev();
        let wanted: Vec<_> = wanted.map(|(n, layer)| (layer.diff_id, known(n))).collect();
        let mut layers: Vec<Descriptor> = stream::iter(wanted)
            .map(|(diff_id, form)| self.layer(diff_id, form))
            .buffered(UPLOADS)
            .try_collect()
            .await?;
        layers.reverse();
        let media_type = manifest::config_type(own.as_ref(), config.view(), &layers);
        let descriptor = manifest::descriptor(media_type, config.digest(), config.bytes().len());
        if !self.session.has_blob(&descriptor.digest).await? {
            let bytes: Arc<dyn LayerData> =
                blocking(self.store, move |store| store.blobs().open_blob(&id)).await?;
            self.upload(bytes, &descriptor, |_| ()).await?;
        }
        let (bytes, media_type) = manifest::choose(own, descriptor, layers, config.view())?;
        let tag = reference.tag.clone().unwrap_or_default();
        self.session.put_manifest(&tag, &bytes, &media_type).await?;
        let size = bytes.len() as u64;
        let digest = Digest::of(&bytes);
        self.remember_name(reference, id, digest).await?;
        let told = tag.clone();
        self.tell(Event::PushedTag { tag, digest, size }).await?;
        let tag = told;
        self.tell(Event::Receipt { tag, digest, size }).await
    }

    /// The image is known by the digest that the registry has it under, as after a pull.
    async fn remember_name(&self, reference: &Reference, id: Digest, digest: Digest) -> Result<()> {
        let name = format!("{}@{digest}", reference.name());
        blocking(self.store, move |store| store.images().tag(&name, &id)).await?;
        Ok(())
    }

    /// Makes sure that the registry has a layer, and comes back with the form in which it has it.
    async fn layer(&self, diff_id: Digest, own: Option<Descriptor>) -> Result<Descriptor> {
        let forms = blocking(self.store, move |store| store.packed(&diff_id)).await?;
        let own_form = own.map(|own| Packed {
            digest: own.digest,
            size: own.size,
            media_type: own.media_type,
            repositories: Vec::new(),
        });
        let id = diff_id.short();
        let forms: Vec<Packed> = own_form.into_iter().chain(forms).collect();
        for form in &forms {
            if self.session.has_blob(&form.digest).await? {
                self.tell(Event::layer(id, Step::There)).await?;
                return self.remember(diff_id, form.clone()).await;
            }
        }
        for form in &forms {
            let known = form
                .repositories
                .iter()
                .filter_map(|r| path_of(r, self.domain));
            for path in known.filter(|path| self.sources.iter().any(|s| s == path)) {
                if self.session.mount(&form.digest, path).await? {
                    self.tell(Event::layer(id, Step::Mounted(path.to_owned())))
                        .await?;
                    return self.remember(diff_id, form.clone()).await;
                }
            }
        }
        let (pinned, digest, size) = self.pack(diff_id).await?;
        let form = Packed {
            digest,
            size,
            media_type: OCI_LAYER_GZIP.to_owned(),
            repositories: Vec::new(),
        };
        let descriptor = manifest::of_form(&form);
        if !self.session.has_blob(&digest).await? {
            let data = blocking(self.store, move |store| store.blobs().open_blob(&digest)).await?;
            let told = |done| {
                let total = Some(size);
                let step = Step::Pushing { done, total };
                // A line that finds no room is followed by others.
                let _ = self.tell.try_send(Event::layer(id.clone(), step));
            };
            self.upload(data, &descriptor, told).await?;
        }
        drop(pinned);
        self.tell(Event::layer(id, Step::Pushed)).await?;
        self.remember(diff_id, form).await
    }

    /// Compresses a layer into a blob that lasts as long as its pin. The same layer always gives the same bytes.
    async fn pack(&self, diff_id: Digest) -> Result<(Pinned, Digest, u64)> {
        let owned = self.store.clone();
        blocking(self.store, move |store| {
            let data = store.blobs().open_blob(&diff_id)?;
            let plain = DataReader::new(&*data);
            let mut packed = flate2::read::GzEncoder::new(plain, flate2::Compression::default());
            let mut ingest = store.ingest();
            let (digest, size) = ingest.bytes(&mut packed)?;
            let mut pinned = Pinned::new(owned);
            pinned.pin(&digest)?;
            Ok((pinned, digest, size))
        })
        .await
    }

    async fn remember(&self, diff_id: Digest, form: Packed) -> Result<Descriptor> {
        let descriptor = manifest::of_form(&form);
        let form = Packed {
            repositories: vec![self.repository.to_owned()],
            ..form
        };
        blocking(self.store, move |store| {
            store.remember_packed(&diff_id, form)
        })
        .await?;
        Ok(descriptor)
    }
}

async fn blocking<T: Send + 'static>(
    store: &Arc<Store>,
    work: impl FnOnce(&Store) -> crate::store::Result<T> + Send + 'static,
) -> Result<T> {
    let store = store.clone();
    let done = tokio::task::spawn_blocking(move || work(&store)).await;
    let done = done.map_err(|e| Error::Other(format!("an internal task failed: {e}")))?;
    Ok(done?)
}
