//! Garbage collection: what no image and no hold refers to, and nobody is taking in, is deleted.
//!
//! Records go first and files after them, so a crash leaves garbage and never a missing blob.
//! Lock order: `pins`, then records.

use super::Store;
use super::error::Result;
use super::images::ImageRecord;
use super::records::Table;
use crate::base::digest::Digest;
use parking_lot::Mutex;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Blobs that somebody is about to refer to, with how many want each.
#[derive(Debug, Default)]
pub(super) struct Pins(Mutex<HashMap<Digest, usize>>);

impl Pins {
    pub fn add(&self, digest: &Digest) {
        *self.0.lock().entry(*digest).or_default() += 1;
    }

    pub fn remove(&self, digests: &[Digest]) {
        let mut pins = self.0.lock();
        for digest in digests {
            if let Some(count) = pins.get_mut(digest) {
                *count -= 1;
                if *count == 0 {
                    pins.remove(digest);
                }
            }
        }
    }
}

/// Keeps blobs from being collected for as long as it lives, wherever it is carried.
#[derive(Debug)]
pub struct Pinned {
    store: Arc<Store>,
    digests: Vec<Digest>,
}

impl Pinned {
    pub fn new(store: Arc<Store>) -> Pinned {
        let digests = Vec::new();
        Pinned { store, digests }
    }

    /// Keeps one more blob, and says whether it is there already.
    pub fn pin(&mut self, digest: &Digest) -> Result<bool> {
        self.store.pins.add(digest);
        self.digests.push(*digest);
        self.store.blobs.contains(digest)
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        self.store.pins.remove(&self.digests);
    }
}

/// A blob that was removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Collected {
    pub digest: Digest,
    /// Bytes that it took.
    pub size: u64,
}

impl ImageRecord {
    /// Every blob that the image needs.
    pub fn blobs(&self) -> impl Iterator<Item = Digest> + '_ {
        let layers = self.layers.iter().map(|layer| layer.diff_id);
        layers.chain([self.id]).chain(self.manifest)
    }
}

impl Store {
    /// Deletes every blob that nothing refers to and returns what went.
    pub fn collect(&self) -> Result<Vec<Collected>> {
        // Held throughout: a blob cannot become wanted between the look and the deletion.
        let pins = self.pins.0.lock();
        let wanted = self.referenced()?;
        let mut gone = Vec::new();
        for (digest, size) in self.blobs.all()? {
            if !wanted.contains(&digest) && !pins.contains_key(&digest) {
                self.blobs.delete(&digest)?;
                gone.push(Collected { digest, size });
            }
        }
        drop(pins);
        let layers: Vec<Digest> = gone.iter().map(|blob| blob.digest).collect();
        self.forget_packed(&layers)?;
        self.reserve.fill(&*self.disk);
        Ok(gone)
    }

    /// Deletes one blob, unless something refers to it or somebody is taking it in.
    pub fn collect_one(&self, digest: &Digest) -> Result<()> {
        let pins = self.pins.0.lock();
        if !pins.contains_key(digest) && !self.referenced()?.contains(digest) {
            self.blobs.delete(digest)?;
        }
        Ok(())
    }

    /// Every blob that a record refers to. A damaged record stops the collection: its blobs are unknown.
    pub(super) fn referenced(&self) -> Result<HashSet<Digest>> {
        let mut wanted = HashSet::new();
        for (_, image) in self.records.list_all::<ImageRecord>(Table::Images)? {
            wanted.extend(image?.blobs());
        }
        for (_, images) in self.records.list_all::<Vec<ImageRecord>>(Table::Holds)? {
            wanted.extend(images?.iter().flat_map(ImageRecord::blobs));
        }
        Ok(wanted)
    }
}
