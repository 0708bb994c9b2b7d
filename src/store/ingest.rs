//! Taking an image in: its blobs first, then one commit that makes it exist.
//!
//! While an `Ingest` lives, its blobs are pinned: garbage collection passes them by. Dropped without `commit`, it leaves
//! blobs that the next collection removes.

use super::Store;
use super::blobs::{Incoming, Scratch};
use super::error::{Error, Result};
use super::images::{ImageRecord, LayerRef, TagRecord, now};
use super::records::{Commit, Table};
use crate::base::digest::{Digest, Hasher};
use crate::oci::compress::{self, Compression};
use crate::oci::config::Config;
use crate::oci::layer::{self, LayerIndex};
use crate::oci::{self, limits};
use std::io::{self, Read};
use std::sync::Arc;

/// What the bytes of a layer have to be.
#[derive(Clone, Copy, Debug, Default)]
pub struct Expect {
    /// The digest of the bytes as they come (a manifest's layer digest).
    pub blob: Option<Digest>,
    /// The digest of the uncompressed tar (a config's diff id).
    pub diff_id: Option<Digest>,
}

/// A layer that has been taken in.
#[derive(Clone, Debug)]
pub struct NewLayer {
    /// Digest of the uncompressed tar; it names the stored blob.
    pub diff_id: Digest,
    /// Bytes of the uncompressed tar.
    pub tar_size: u64,
    /// Digest and length of the bytes as they came.
    pub blob: Digest,
    pub blob_size: u64,
    pub compression: Compression,
    pub index: Arc<LayerIndex>,
}

impl NewLayer {
    /// How an image refers to the layer.
    pub fn layer_ref(&self) -> LayerRef {
        LayerRef {
            diff_id: self.diff_id,
            size: self.index.contents_size(),
        }
    }
}

/// An image that is on its way in.
pub struct Ingest<'s> {
    store: &'s Store,
    pinned: Vec<Digest>,
    parent: Option<Digest>,
    /// Nothing of it needs to be on the medium before the next durable commit.
    later: bool,
}

impl<'s> Ingest<'s> {
    pub(super) fn new(store: &'s Store, later: bool) -> Ingest<'s> {
        Ingest {
            store,
            pinned: Vec::new(),
            parent: None,
            later,
        }
    }

    /// Notes the image that this one is made from.
    pub fn child_of(&mut self, parent: Digest) {
        self.parent = Some(parent);
    }

    /// Keeps a blob from being collected until this ingest ends, and says whether it is there already.
    pub fn pin(&mut self, digest: &Digest) -> Result<bool> {
        self.store.pins.add(digest);
        self.pinned.push(*digest);
        self.store.blobs.contains(digest)
    }

    /// Takes a layer in: plain or compressed tar, recognised by its first bytes. The reader is read to its end.
    pub fn layer(&mut self, reader: &mut dyn Read, expect: Expect) -> Result<NewLayer> {
        let mut failed = None;
        let mut start = Vec::with_capacity(6);
        let first = (&mut *reader).take(6).read_to_end(&mut start);
        first.map_err(oci::Error::from)?;
        // A plain tar's two digests are one: it is hashed once.
        let is_plain = Compression::detect(&start) == Compression::None;
        let mut raw = (!is_plain).then(Hasher::new);
        let mut whole = io::Cursor::new(start).chain(reader);
        let mut incoming = self.store.blobs.incoming()?;
        let mut plain = compress::Reader::new(Hashing {
            from: &mut whole,
            hasher: &mut raw,
        })
        .map_err(oci::Error::from)?;
        let compression = plain.compression();
        let indexed = layer::index(&mut Saving {
            from: &mut plain,
            into: &mut incoming,
            failed: &mut failed,
        });
        // A full disk reaches the walk as a read error; what happened is kept here.
        if let Some(error) = failed {
            return Err(error);
        }
        let index = match indexed {
            Ok(index) => index,
            Err(error) if expect.blob.is_none() || !is_unreadable(&error) => {
                return Err(error.into());
            }
            Err(error) => {
                // The rest is hashed too: that these are not the promised bytes would be the reason.
                let mut rest = Saving {
                    from: &mut plain,
                    into: &mut incoming,
                    failed: &mut failed,
                };
                let all = match is_plain {
                    true => {
                        let all = io::copy(&mut rest, &mut io::sink());
                        drop(plain);
                        all
                    }
                    false => {
                        drop(plain);
                        let mut rest = Hashing {
                            from: &mut whole,
                            hasher: &mut raw,
                        };
                        io::copy(&mut rest, &mut io::sink())
                    }
                };
                all.map_err(oci::Error::from)?;
                let found = raw.as_ref().map_or(incoming.digest(), Hasher::finish);
                return Err(match expect.blob.filter(|e| *e != found) {
                    Some(expected) => oci::Error::Digest { expected, found }.into(),
                    None => error.into(),
                });
            }
        };
        drop(plain);
        let diff_id = incoming.digest();
        let blob = raw.as_ref().map_or(diff_id, Hasher::finish);
        if let Some(expected) = expect.blob.filter(|e| *e != blob) {
            let found = blob;
            return Err(oci::Error::Digest { expected, found }.into());
        }
        self.pin(&diff_id)?;
        let (diff_id, tar_size) = incoming.finish(expect.diff_id, self.later)?;
        self.store.blobs.write_index(&diff_id, &index);
        Ok(NewLayer {
            diff_id,
            tar_size,
            blob,
            blob_size: raw.map_or(tar_size, |raw| raw.len()),
            compression,
            index: Arc::new(index),
        })
    }

    /// Takes a config or manifest in, byte for byte.
    pub fn document(&mut self, bytes: &[u8], expect: Option<Digest>) -> Result<Digest> {
        if bytes.len() as u64 > limits::DOCUMENT {
            return Err(oci::Error::Limit {
                what: "document size",
                limit: format!("{} bytes", limits::DOCUMENT),
            }
            .into());
        }
        self.pin(&Digest::of(bytes))?;
        let (digest, _) = self.store.blobs.put(&mut &bytes[..], expect, self.later)?;
        Ok(digest)
    }

    /// Takes bytes in whose digest is not known before.
    pub fn bytes(&mut self, reader: &mut dyn Read) -> Result<(Digest, u64)> {
        let mut incoming = self.store.blobs.incoming()?;
        incoming.copy(reader)?;
        // Before it has its name, so that no collection comes between.
        self.pin(&incoming.digest())?;
        incoming.finish(None, self.later)
    }

    /// Takes any other blob in as it is.
    pub fn blob(&mut self, reader: &mut dyn Read, expect: Digest) -> Result<u64> {
        self.pin(&expect)?;
        let (_, len) = self.store.blobs.put(reader, Some(expect), self.later)?;
        Ok(len)
    }

    /// Makes the image exist, with its tags (canonical references), in one commit: durable, unless this was begun with
    /// `Store::ingest_later`.
    ///
    /// The config's diff ids must be layers of the store, in order. `manifest` is a document taken in before. An image
    /// that exists keeps its record; its new tags are added.
    pub fn commit(
        &mut self,
        config: &[u8],
        manifest: Option<Digest>,
        tags: &[&str],
    ) -> Result<ImageRecord> {
        let parsed = Config::parse(config.to_vec())?;
        let mut layers = Vec::new();
        for diff_id in &parsed.view().rootfs.diff_ids {
            if !self.pin(diff_id)? {
                return Err(Error::missing_blob(diff_id));
            }
            let layer = self.store.blobs.layer(diff_id)?;
            layers.push(LayerRef {
                diff_id: *diff_id,
                size: layer.index.contents_size(),
            });
        }
        if let Some(manifest) = &manifest
            && !self.pin(manifest)?
        {
            return Err(Error::missing_blob(manifest));
        }
        let id = self.document(config, None)?;
        let when = match self.later {
            true => Commit::Later,
            false => Commit::Durable,
        };
        match self.later {
            // A blob that was there may belong to somebody who has not synced its name yet.
            true => self.store.pending.want_names(),
            false => self.store.blobs.sync_names()?,
        }
        let at = now();
        let fresh = ImageRecord {
            id,
            size: layers.iter().map(|layer| layer.size).sum(),
            layers,
            manifest,
            parent: self.parent,
            added: at,
        };
        let committed = self.store.records.transaction(when, |changes| {
            let known: Option<ImageRecord> = changes.get(Table::Images, &id.to_string())?;
            let mut record = known.unwrap_or_else(|| fresh.clone());
            record.manifest = manifest.or(record.manifest);
            record.parent = self.parent.or(record.parent);
            changes.put(Table::Images, &id.to_string(), &record)?;
            for tag in tags {
                let tag_record = TagRecord {
                    image: id,
                    tagged: at,
                };
                changes.put(Table::Tags, tag, &tag_record)?;
            }
            Ok(record)
        });
        if self.later {
            self.store.owe();
        }
        committed
    }
}

impl Store {
    /// Keeps an uncompressed tar for as long as somebody reads in it: what an image is made of, before it is one.
    pub fn scratch(&self, tar: &mut dyn Read) -> Result<Scratch> {
        let (mut incoming, mut failed) = (self.blobs.incoming()?, None);
        let indexed = layer::index(&mut Saving {
            from: tar,
            into: &mut incoming,
            failed: &mut failed,
        });
        match failed {
            Some(error) => Err(error),
            None => Ok(incoming.into_scratch(indexed?)),
        }
    }
}

/// Whether the bytes make no sense, rather than being too much of something or failing to come.
fn is_unreadable(error: &oci::Error) -> bool {
    use oci::Error::{Compression, Entry, Tar};
    matches!(error, Compression { .. } | Entry { .. } | Tar(_))
}

impl Drop for Ingest<'_> {
    fn drop(&mut self) {
        self.store.pins.remove(&self.pinned);
    }
}

/// Hashes what is read, if anybody wants to know.
struct Hashing<'t> {
    from: &'t mut dyn Read,
    hasher: &'t mut Option<Hasher>,
}

impl Read for Hashing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        if let Some(hasher) = self.hasher {
            hasher.update(&buffer[..n]);
        }
        Ok(n)
    }
}

/// Saves what is read, so that one pass stores, hashes and indexes.
struct Saving<'t, 'b> {
    from: &'t mut dyn Read,
    into: &'t mut Incoming<'b>,
    failed: &'t mut Option<Error>,
}

impl Read for Saving<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        if let Err(error) = self.into.write(&buffer[..n]) {
            *self.failed = Some(error);
            return Err(io::Error::other("the store failed"));
        }
        Ok(n)
    }
}
