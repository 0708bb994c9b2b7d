//! Content-addressed files: `blobs/sha256/HEX`, each written once and never changed.
//!
//! Writing: temporary file → hash while writing → sync → rename. The folder is synced by the one who commits the record
//! that refers to the blob (`Ingest::commit`), so several blobs cost one folder sync. Blobs that need not be durable yet
//! wait in `pending` for their sync and their name. A blob that is already there is kept. Layers have their index beside them in `indexes/`, which can always be made again from the blob.

use super::disk::{self, Disk, DiskFile, Open};
use super::error::{Error, Result};
use super::paths;
use super::pending::Pending;
use crate::base::digest::{Digest, Hasher};
use crate::oci::layer::{LayerData, LayerIndex};
use crate::oci::{self, layer};
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};

/// The blobs of a state folder.
#[derive(Debug)]
pub struct Blobs {
    disk: Arc<dyn Disk>,
    pending: Arc<Pending>,
    counter: AtomicU64,
    /// Layers in use, so that containers of one image share one open file and one index.
    layers: Mutex<HashMap<Digest, Weak<Layer>>>,
}

/// A stored layer: its tar and its index.
#[derive(Debug)]
pub struct Layer {
    pub data: Arc<dyn LayerData>,
    pub index: Arc<LayerIndex>,
}

/// One stored blob, opened for reading.
#[derive(Debug)]
struct BlobFile {
    digest: Digest,
    len: u64,
    file: Arc<dyn DiskFile>,
}

impl LayerData for BlobFile {
    fn digest(&self) -> Digest {
        self.digest
    }

    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read_at(offset, buffer)
    }
}

impl Blobs {
    pub(super) fn open(disk: Arc<dyn Disk>, pending: Arc<Pending>) -> Result<Blobs> {
        let at = |source| Error::io("the blob folder", source);
        for dir in [paths::BLOBS, paths::INDEXES] {
            disk::create_dirs(&*disk, dir).map_err(at)?;
        }
        // What a crash left half-written has no name and no use.
        disk::remove_tree(&*disk, paths::TEMPORARY).map_err(at)?;
        disk.create_dir(paths::TEMPORARY).map_err(at)?;
        Ok(Blobs {
            disk,
            pending,
            counter: AtomicU64::new(0),
            layers: Mutex::default(),
        })
    }

    /// Whether the blob is there; its contents are not looked at.
    pub fn contains(&self, digest: &Digest) -> Result<bool> {
        Ok(self.stat(digest)?.is_some())
    }

    /// The length of a blob, if it is there.
    pub fn stat(&self, digest: &Digest) -> Result<Option<u64>> {
        if let Some(len) = self.pending.len(digest) {
            return Ok(Some(len));
        }
        let found = self.disk.stat(&paths::blob(digest));
        Ok(found
            .map_err(|e| Error::io(format!("blob {digest}"), e))?
            .map(|item| item.len))
    }

    /// Opens a blob for positional reading.
    pub fn open_blob(&self, digest: &Digest) -> Result<Arc<dyn LayerData>> {
        let at = |e: io::Error| match e.kind() {
            io::ErrorKind::NotFound => Error::missing_blob(digest),
            _ => Error::io(format!("blob {digest}"), e),
        };
        let file = self
            .at(digest, |path| self.disk.open(path, Open::Read))
            .map_err(at)?;
        Ok(Arc::new(BlobFile {
            digest: *digest,
            len: file.len().map_err(at)?,
            file,
        }))
    }

    /// The whole of a small blob (config, manifest), verified.
    pub fn read(&self, digest: &Digest) -> Result<Vec<u8>> {
        let whole = |path: &str| disk::read_all(&*self.disk, path, oci::limits::DOCUMENT);
        let bytes = self.at(digest, whole).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => Error::missing_blob(digest),
            _ => Error::io(format!("blob {digest}"), e),
        })?;
        if Digest::of(&bytes) != *digest {
            return Err(Error::damaged(
                format!("blob {digest}"),
                "its bytes do not match its digest",
            ));
        }
        Ok(bytes)
    }

    /// Does something with a blob where it lies. One that waits may get its name at any moment.
    fn at<T>(&self, digest: &Digest, call: impl Fn(&str) -> io::Result<T>) -> io::Result<T> {
        match self.pending.path(digest).map(|path| call(&path)) {
            Some(Err(e)) if e.kind() == io::ErrorKind::NotFound => call(&paths::blob(digest)),
            Some(outcome) => outcome,
            None => call(&paths::blob(digest)),
        }
    }

    /// A layer with its index; both are shared by everyone who uses the layer at the same time.
    pub fn layer(&self, diff_id: &Digest) -> Result<Arc<Layer>> {
        if let Some(layer) = self.layers.lock().get(diff_id).and_then(Weak::upgrade) {
            return Ok(layer);
        }
        let data = self.open_blob(diff_id)?;
        let index = match self.read_index(diff_id, data.len()) {
            Some(index) => index,
            None => self.rebuild_index(&data)?,
        };
        let layer = Arc::new(Layer {
            data,
            index: Arc::new(index),
        });
        let mut layers = self.layers.lock();
        layers.retain(|_, known| known.strong_count() > 0);
        if let Some(other) = layers.get(diff_id).and_then(Weak::upgrade) {
            return Ok(other);
        }
        layers.insert(*diff_id, Arc::downgrade(&layer));
        Ok(layer)
    }

    /// `None` when the stored index is missing or unsound: then it is made again.
    pub(super) fn read_index(&self, diff_id: &Digest, tar_size: u64) -> Option<LayerIndex> {
        let limit = oci::layer_index::STORED_LIMIT;
        let bytes = disk::read_all(&*self.disk, &paths::index(diff_id), limit).ok()?;
        let index = LayerIndex::from_bytes(&bytes).ok()?;
        (index.tar_size == tar_size).then_some(index)
    }

    fn rebuild_index(&self, data: &Arc<dyn LayerData>) -> Result<LayerIndex> {
        let digest = data.digest();
        let mut hasher = Hasher::new();
        let index = {
            let mut tee = Tee {
                from: &mut DataReader::new(&**data),
                hasher: &mut hasher,
            };
            layer::index(&mut tee)
                .map_err(|why| Error::damaged(format!("layer {digest}"), why.to_string()))?
        };
        // The whole tar has gone by, so its digest can be verified for nothing.
        if hasher.finish() != digest {
            return Err(Error::damaged(
                format!("layer {digest}"),
                "its bytes do not match its digest",
            ));
        }
        self.write_index(&digest, &index);
        Ok(index)
    }

    /// Not synced and allowed to fail: it has a checksum, and it can be made again.
    pub(super) fn write_index(&self, diff_id: &Digest, index: &LayerIndex) {
        let write = || -> io::Result<()> {
            let temporary = self.temporary();
            let file = self.disk.open(&temporary, Open::New)?;
            let written = file.write_at(0, &index.to_bytes());
            drop(file);
            let named = written.and_then(|()| self.disk.rename(&temporary, &paths::index(diff_id)));
            if named.is_err() {
                let _ = self.disk.remove(&temporary);
            }
            named
        };
        if let Err(error) = write() {
            tracing::debug!("the index of layer {diff_id} was not kept: {error}");
        }
    }

    /// Copies a reader into a blob. `expect` is checked before the blob gets its name.
    pub(super) fn put(
        &self,
        reader: &mut dyn Read,
        expect: Option<Digest>,
        later: bool,
    ) -> Result<(Digest, u64)> {
        let mut incoming = self.incoming()?;
        incoming.copy(reader)?;
        incoming.finish(expect, later)
    }

    /// Begins a new blob.
    pub(super) fn incoming(&self) -> Result<Incoming<'_>> {
        let path = self.temporary();
        let file = self
            .disk
            .open(&path, Open::New)
            .map_err(|e| Error::io("a new blob", e))?;
        Ok(Incoming {
            blobs: self,
            path: Some(path),
            file,
            hasher: Hasher::new(),
        })
    }

    fn temporary(&self) -> String {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        format!("{}/{number}", paths::TEMPORARY)
    }

    /// Every blob's name has reached the medium when this returns.
    pub(super) fn sync_names(&self) -> Result<()> {
        self.disk
            .sync_dir(paths::BLOBS)
            .map_err(|e| Error::io("the blob folder", e))
    }

    /// Every blob that is there.
    pub(super) fn all(&self) -> Result<Vec<(Digest, u64)>> {
        let items = self
            .disk
            .list(paths::BLOBS)
            .map_err(|e| Error::io("the blob folder", e))?;
        let named = items
            .into_iter()
            .filter_map(|item| Some((Digest::from_hex(&item.name).ok()?, item.len)));
        let mut all: BTreeMap<Digest, u64> = named.collect();
        all.extend(self.pending.all());
        Ok(all.into_iter().collect())
    }

    pub(super) fn delete(&self, digest: &Digest) -> Result<()> {
        self.layers.lock().remove(digest);
        let _ = self.disk.remove(&paths::index(digest));
        if let Some(path) = self.pending.take(digest) {
            // It has its name already, if it is not there.
            let _ = self.disk.remove(&path);
        }
        match self.disk.remove(&paths::blob(digest)) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => {
                Err(Error::io(format!("blob {digest}"), e))
            }
            _ => Ok(()),
        }
    }
}

/// A blob on its way in; dropped unfinished, it leaves nothing.
pub(super) struct Incoming<'b> {
    blobs: &'b Blobs,
    /// `None` once the file has got its name.
    path: Option<String>,
    file: Arc<dyn DiskFile>,
    hasher: Hasher,
}

impl Incoming<'_> {
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file
            .write_at(self.hasher.len(), bytes)
            .map_err(|e| Error::io("a new blob", e))?;
        self.hasher.update(bytes);
        Ok(())
    }

    /// Writes everything that a reader gives.
    pub fn copy(&mut self, reader: &mut dyn Read) -> Result<()> {
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(n) => self.write(&buffer[..n])?,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(oci::Error::from(e).into()),
            }
        }
    }

    /// The digest of what has come so far.
    pub fn digest(&self) -> Digest {
        self.hasher.finish()
    }

    /// Takes it as a layer that has no name and goes with its last user.
    pub fn into_scratch(mut self, index: LayerIndex) -> Scratch {
        let data = BlobFile {
            digest: self.hasher.finish(),
            len: self.hasher.len(),
            file: self.file.clone(),
        };
        Scratch {
            layer: Layer {
                data: Arc::new(data),
                index: Arc::new(index),
            },
            disk: self.blobs.disk.clone(),
            path: self.path.take(),
        }
    }

    /// Gives the blob its name. With `later` it waits for that, and for its sync, until the next durable commit.
    pub fn finish(mut self, expect: Option<Digest>, later: bool) -> Result<(Digest, u64)> {
        let (digest, len) = (self.hasher.finish(), self.hasher.len());
        if let Some(expected) = expect.filter(|e| *e != digest) {
            let found = digest;
            return Err(oci::Error::Digest { expected, found }.into());
        }
        // A blob of another length is a damaged one: the new bytes mend it.
        if self.blobs.stat(&digest)? == Some(len) {
            return Ok((digest, len));
        }
        if later {
            if let Some(path) = &self.path
                && self.blobs.pending.add(digest, path, self.file.clone(), len)
            {
                self.path = None;
            }
            return Ok((digest, len));
        }
        let at = |e| Error::io("a new blob", e);
        self.file.sync().map_err(at)?;
        if let Some(path) = &self.path {
            self.blobs
                .disk
                .rename(path, &paths::blob(&digest))
                .map_err(at)?;
        }
        self.path = None;
        Ok((digest, len))
    }
}

impl Drop for Incoming<'_> {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = self.blobs.disk.remove(path);
        }
    }
}

/// A tar that is no blob: it is read while this lives, never synced, and gone afterwards or after a crash.
#[derive(Debug)]
pub struct Scratch {
    pub layer: Layer,
    disk: Arc<dyn Disk>,
    path: Option<String>,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(path) = &self.path
            && let Err(error) = self.disk.remove(path)
        {
            tracing::debug!("{path} stays until the next start: {error}");
        }
    }
}

/// Reads a blob from its beginning.
pub struct DataReader<'d> {
    data: &'d dyn LayerData,
    offset: u64,
}

impl<'d> DataReader<'d> {
    pub fn new(data: &'d dyn LayerData) -> DataReader<'d> {
        DataReader { data, offset: 0 }
    }
}

impl Read for DataReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.data.read_at(self.offset, buffer)?;
        self.offset += n as u64;
        Ok(n)
    }
}

struct Tee<'t> {
    from: &'t mut dyn Read,
    hasher: &'t mut Hasher,
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.hasher.update(&buffer[..n]);
        Ok(n)
    }
}
