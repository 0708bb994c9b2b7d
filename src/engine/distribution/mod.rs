//! Registries for the verbs: joins `registry`, which speaks to them, with the store, and puts Docker's words on what happens.

mod progress;
mod refused;

pub use progress::line;

use super::Result;
use super::ports::{Fetched, Registries};
use crate::base::reference::Reference;
use crate::oci::manifest::Platform;
use crate::registry::{self, Credentials, Options, Pull, Push, Tell};
use crate::store::Store;
use crate::wire::{DistributionInspect, ManifestDescriptor, ManifestPlatform, SearchResult};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;

/// The registries of an engine with a store.
pub struct StoredRegistries {
    registries: registry::Registries,
    store: Arc<Store>,
}

impl StoredRegistries {
    pub fn new(store: Arc<Store>) -> Self {
        StoredRegistries {
            registries: registry::Registries::new(Options::default()),
            store,
        }
    }
}

impl Registries for StoredRegistries {
    fn pull<'a>(&'a self, pull: Pull, tell: &'a Tell) -> BoxFuture<'a, Result<Vec<String>>> {
        async move {
            let reference = pull.reference.clone();
            let images = self.registries.pull(&self.store, pull, tell).await;
            let images = images.map_err(|e| refused::pull(&e, &reference))?;
            Ok(images.iter().map(ToString::to_string).collect())
        }
        .boxed()
    }

    fn push<'a>(&'a self, push: Push, tell: &'a Tell) -> BoxFuture<'a, Result<()>> {
        let pushed = self.registries.push(&self.store, push, tell);
        async { pushed.await.map_err(|e| refused::plain(&e)) }.boxed()
    }

    fn login<'a>(&'a self, server: &'a str, credentials: Credentials) -> BoxFuture<'a, Result<()>> {
        let accepted = self.registries.login(server, credentials);
        async { accepted.await.map_err(|e| refused::login(&e)) }.boxed()
    }

    fn search<'a>(
        &'a self,
        term: &'a str,
        limit: u32,
        credentials: &'a Credentials,
    ) -> BoxFuture<'a, Result<Vec<SearchResult>>> {
        let found = self.registries.search(term, limit, credentials);
        async {
            let found = found.await.map_err(|e| refused::plain(&e))?;
            let shown = found.into_iter().map(|one| SearchResult {
                star_count: one.star_count,
                is_official: one.is_official,
                name: one.name,
                is_automated: one.is_automated,
                description: one.description.unwrap_or_default(),
            });
            Ok(shown.collect())
        }
        .boxed()
    }

    fn describe<'a>(
        &'a self,
        reference: &'a Reference,
        credentials: Credentials,
    ) -> BoxFuture<'a, Result<DistributionInspect>> {
        let described = self.registries.describe(reference, credentials);
        async {
            let described = described.await.map_err(|e| refused::plain(&e))?;
            let descriptor = described.descriptor;
            let platforms = described.platforms;
            Ok(DistributionInspect {
                descriptor: ManifestDescriptor {
                    media_type: descriptor.media_type,
                    digest: descriptor.digest.to_string(),
                    size: descriptor.size,
                },
                platforms: platforms.map(|all| all.into_iter().map(platform).collect()),
            })
        }
        .boxed()
    }

    fn fetch<'a>(&'a self, address: &'a str) -> BoxFuture<'a, Result<Fetched>> {
        async move {
            let fetched = self.registries.fetch(address).await;
            let fetched = fetched.map_err(|e| refused::plain(&e))?;
            Ok(Fetched {
                status: fetched.status(),
                code: fetched.code(),
                content_type: fetched.content_type(),
                length: fetched.length(),
                modified: fetched.modified(),
                body: fetched.into_body(),
            })
        }
        .boxed()
    }
}

fn platform(own: Platform) -> ManifestPlatform {
    ManifestPlatform {
        architecture: own.architecture,
        os: own.os,
        os_version: own.os_version,
        os_features: Some(own.os_features),
        variant: own.variant,
    }
}
