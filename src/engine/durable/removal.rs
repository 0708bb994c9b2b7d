//! Removing an image from the store: the record first, then what nothing refers to any more.

use crate::base::digest::Digest;
use crate::engine::{Error, Result};
use crate::store::{ImageRecord, Store};
use std::collections::HashSet;

/// Removes an image with its references; returns the chain ids of the layers that went with it, highest first.
pub fn remove(store: &Store, id: &Digest) -> Result<Vec<String>> {
    let images = store.images();
    let gone = images
        .get(id)?
        .ok_or_else(|| Error::not_found(format!("No such image: {id}")))?;
    images.remove(id)?;
    let (others, held) = (images.list()?, images.held()?);
    let others = others.iter().chain(&held);
    let needed: HashSet<Digest> = others.flat_map(ImageRecord::chain_ids).collect();
    let mut layers = gone.chain_ids();
    layers.retain(|layer| !needed.contains(layer));
    collect(store);
    Ok(layers.iter().rev().map(ToString::to_string).collect())
}

/// Gives disk space back. What stays for now goes with a later collection.
pub fn collect(store: &Store) {
    if let Err(e) = store.collect() {
        tracing::warn!("blobs without an image stay behind: {e}");
    }
}
