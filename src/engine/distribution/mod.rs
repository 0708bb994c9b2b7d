//! Registries for the verbs: joins `registry`, which speaks to them, with the store, and puts Docker's words on what happens.

mod progress;
mod refused;

pub use progress::line;

use super::Result;
use super::ports::Registries;
use crate::registry::{self, Options, Pull, Tell};
use crate::store::Store;
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
}
