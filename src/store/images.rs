//! The image store: which images there are and what they are called.
//!
//! References come in canonical form (`docker.io/library/alpine:latest`, or `…@sha256:…` for a repository digest); the
//! grammar of what users write is `base::reference`'s. Removing takes the record first; the blobs go with the next
//! collection.

use super::Store;
use super::error::{Error, Result};
use super::records::{Commit, Table};
use crate::base::digest::Digest;
use crate::oci::chain::chain_ids;
use crate::oci::config::Config;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// One layer of an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerRef {
    /// Digest of the uncompressed tar; the blob's name.
    pub diff_id: Digest,
    /// Bytes of the files in it, as Docker counts an image's size.
    pub size: u64,
}

/// What the store knows about an image beside its config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRecord {
    /// The config's digest.
    pub id: Digest,
    /// Lowest first.
    pub layers: Vec<LayerRef>,
    /// The manifest's blob, if the image came with one.
    pub manifest: Option<Digest>,
    /// The image that this one was built or committed from.
    pub parent: Option<Digest>,
    /// Sum of the layers' sizes.
    pub size: u64,
    /// When the image came in, nanoseconds since the epoch.
    pub added: i64,
}

impl ImageRecord {
    /// Docker's names for the layers with all that is below them, lowest first.
    pub fn chain_ids(&self) -> Vec<Digest> {
        chain_ids(self.layers.iter().map(|layer| layer.diff_id))
    }
}

/// What a reference stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRecord {
    pub image: Digest,
    /// When the reference was last set, nanoseconds since the epoch.
    pub tagged: i64,
}

/// Nanoseconds since the epoch.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
}

/// The verbs of the image store.
#[derive(Clone, Copy)]
pub struct Images<'s> {
    pub(super) store: &'s Store,
}

impl Images<'_> {
    /// Every image, in the order of ids.
    pub fn list(&self) -> Result<Vec<ImageRecord>> {
        Ok(self.all()?.to_vec())
    }

    /// Every image, in the order of ids, as it was read after the last change.
    pub fn all(&self) -> Result<Arc<[ImageRecord]>> {
        // Asked before the records are read: a change between the two makes the list one that is read again.
        let version = self.store.records.images_version();
        if let Some((of, known)) = &*self.store.known_images.lock()
            && *of == version
        {
            return Ok(known.clone());
        }
        let read = self.store.records.list(Table::Images)?;
        let all: Arc<[ImageRecord]> = read.into_iter().map(|(_, image)| image).collect();
        *self.store.known_images.lock() = Some((version, all.clone()));
        Ok(all)
    }

    /// An image by its id.
    pub fn get(&self, id: &Digest) -> Result<Option<ImageRecord>> {
        self.store.records.get(Table::Images, &id.to_string())
    }

    /// The config, byte for byte as it came, with its parsed view.
    pub fn config(&self, id: &Digest) -> Result<Config> {
        let bytes = self.store.blobs.read(id)?;
        Config::parse(bytes).map_err(|why| Error::damaged(format!("image {id}"), why))
    }

    /// What containers hold of their images, whether those still exist by themselves or not.
    pub fn held(&self) -> Result<Vec<ImageRecord>> {
        let all: Vec<(String, Vec<ImageRecord>)> = self.store.records.list(Table::Holds)?;
        Ok(all.into_iter().flat_map(|(_, images)| images).collect())
    }

    /// Every canonical reference with what it stands for, in order.
    pub fn tags(&self) -> Result<Vec<(String, TagRecord)>> {
        self.store.records.list(Table::Tags)
    }

    /// The references of one image, in order.
    pub fn tags_of(&self, id: &Digest) -> Result<Vec<(String, TagRecord)>> {
        let mut tags = self.tags()?;
        tags.retain(|(_, tag)| tag.image == *id);
        Ok(tags)
    }

    /// The image behind a canonical reference.
    pub fn tagged(&self, reference: &str) -> Result<Option<Digest>> {
        let tag: Option<TagRecord> = self.store.records.get(Table::Tags, reference)?;
        Ok(tag.map(|tag| tag.image))
    }

    /// The image whose id begins with these hex digits (`sha256:` before them is allowed).
    ///
    /// `Ambiguous` when there are several, `None` when there is none or the text is no id.
    pub fn by_prefix(&self, given: &str) -> Result<Option<Digest>> {
        let digits = given.strip_prefix("sha256:").unwrap_or(given);
        let hex = |c: u8| c.is_ascii_digit() || (b'a'..=b'f').contains(&c);
        if digits.is_empty() || digits.len() > 64 || !digits.bytes().all(hex) {
            return Ok(None);
        }
        let mut found = None;
        for image in self.all()?.iter() {
            if image.id.hex().starts_with(digits) {
                if found.is_some() {
                    return Err(Error::Ambiguous(given.to_owned()));
                }
                found = Some(image.id);
            }
        }
        Ok(found)
    }

    /// Finds an image as Docker does: a whole id, then the reference, then an id's prefix.
    ///
    /// `canonical` is the canonical form of what was given, if it is a reference at all.
    pub fn resolve(&self, given: &str, canonical: Option<&str>) -> Result<Option<ImageRecord>> {
        let whole = given.parse().or_else(|_| Digest::from_hex(given));
        if let Ok(id) = whole
            && let Some(image) = self.get(&id)?
        {
            return Ok(Some(image));
        }
        if let Some(reference) = canonical
            && let Some(id) = self.tagged(reference)?
        {
            return self.get(&id);
        }
        match self.by_prefix(given)? {
            Some(id) => self.get(&id),
            None => Ok(None),
        }
    }

    /// Points a canonical reference at an image; returns the image that it stood for before. Where that is the same one only
    /// the time changes, which may be lost in a crash.
    pub fn tag(&self, reference: &str, id: &Digest) -> Result<Option<Digest>> {
        let same = self.tagged(reference)? == Some(*id);
        let when = match same {
            true => Commit::Later,
            false => Commit::Durable,
        };
        let before = self.store.records.transaction(when, |changes| {
            let image: Option<ImageRecord> = changes.get(Table::Images, &id.to_string())?;
            if image.is_none() {
                return Err(Error::Missing(format!("image {id}")));
            }
            let before: Option<TagRecord> = changes.get(Table::Tags, reference)?;
            let tag = TagRecord {
                image: *id,
                tagged: now(),
            };
            changes.put(Table::Tags, reference, &tag)?;
            Ok(before.map(|tag| tag.image))
        })?;
        if same && before != Some(*id) {
            // Somebody took it away between the look and the commit.
            self.store.records.flush()?;
        }
        Ok(before)
    }

    /// Removes a canonical reference; returns the image that it stood for. The image stays.
    pub fn untag(&self, reference: &str) -> Result<Option<Digest>> {
        self.store.records.transaction(Commit::Urgent, |changes| {
            let before: Option<TagRecord> = changes.get(Table::Tags, reference)?;
            changes.delete(Table::Tags, reference)?;
            Ok(before.map(|tag| tag.image))
        })
    }

    /// Removes an image with all its references; false when there was none. Blobs stay until `Store::collect`.
    pub fn remove(&self, id: &Digest) -> Result<bool> {
        self.store.records.transaction(Commit::Urgent, |changes| {
            let tags: Vec<(String, TagRecord)> = changes.list(Table::Tags)?;
            for (reference, _) in tags.iter().filter(|(_, tag)| tag.image == *id) {
                changes.delete(Table::Tags, reference)?;
            }
            changes.delete(Table::Images, &id.to_string())
        })
    }

    /// Notes the image that another one was made from.
    pub fn set_parent(&self, id: &Digest, parent: Digest) -> Result<()> {
        self.store.records.transaction(Commit::Durable, |changes| {
            let image: Option<ImageRecord> = changes.get(Table::Images, &id.to_string())?;
            let Some(mut image) = image else {
                return Err(Error::Missing(format!("image {id}")));
            };
            image.parent = Some(parent);
            changes.put(Table::Images, &id.to_string(), &image)
        })
    }
}
