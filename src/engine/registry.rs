//! The containers by id and by name.
//!
//! One lock, never held across an await or while a container's own lock is waited for.

use super::container::Container;
use super::{Error, Result};
use parking_lot::RwLock;
use std::collections::HashMap;
use std::sync::Arc;

/// All containers of the engine.
#[derive(Default)]
pub struct Registry {
    inner: RwLock<Inner>,
}

#[derive(Default)]
struct Inner {
    containers: HashMap<String, Arc<Container>>,
    /// Reserved before the container exists, so that two creates cannot take one name.
    names: HashMap<String, String>,
}

impl Registry {
    /// Takes a name for an id; the error is Docker's.
    pub fn reserve(&self, name: &str, id: &str) -> Result<()> {
        let mut inner = self.inner.write();
        match inner.names.get(name) {
            Some(owner) if owner != id => Err(Error::conflict(format!(
                "Conflict. The container name \"/{name}\" is already in use by container \"{owner}\". \
                 You have to remove (or rename) that container to be able to reuse that name."
            ))),
            _ => {
                inner.names.insert(name.to_owned(), id.to_owned());
                Ok(())
            }
        }
    }

    /// Gives a name back, if it is still that id's.
    pub fn release(&self, name: &str, id: &str) {
        let mut inner = self.inner.write();
        if inner.names.get(name).is_some_and(|owner| owner == id) {
            inner.names.remove(name);
        }
    }

    pub fn insert(&self, container: Arc<Container>) {
        self.inner
            .write()
            .containers
            .insert(container.id.clone(), container);
    }

    pub fn remove(&self, id: &str) {
        let mut inner = self.inner.write();
        inner.containers.remove(id);
        inner.names.retain(|_, owner| owner != id);
    }

    /// Finds a container by id, by name, or by the beginning of its id, in this order.
    pub fn find(&self, text: &str) -> Result<Arc<Container>> {
        let inner = self.inner.read();
        let missing = || Error::not_found(format!("No such container: {text}"));
        if let Some(found) = inner.containers.get(text) {
            return Ok(found.clone());
        }
        let name = text.strip_prefix('/').unwrap_or(text);
        if let Some(found) = inner
            .names
            .get(name)
            .and_then(|id| inner.containers.get(id))
        {
            return Ok(found.clone());
        }
        if text.is_empty() {
            return Err(missing());
        }
        let mut matching = inner
            .containers
            .iter()
            .filter(|(id, _)| id.starts_with(text));
        match (matching.next(), matching.next()) {
            (Some((_, one)), None) => Ok(one.clone()),
            (Some(_), Some(_)) => Err(Error::invalid(format!(
                "multiple IDs found with provided prefix: {text}"
            ))),
            (None, _) => Err(missing()),
        }
    }

    /// Every container, in no order.
    pub fn all(&self) -> Vec<Arc<Container>> {
        self.inner.read().containers.values().cloned().collect()
    }
}
