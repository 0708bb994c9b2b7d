//! Blobs that are complete and readable but not yet on the medium.
//!
//! They lie in `tmp/`, which a start empties, so a crash leaves nothing of them. The next durable commit of anybody syncs
//! them and gives them their names before it commits itself: a record that survives never refers to one that does not.

use super::disk::{Disk, DiskFile};
use super::error::{Error, Result};
use super::paths;
use crate::base::digest::Digest;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The blobs that wait. `files` is a leaf lock, never held over a disk call.
#[derive(Debug)]
pub(super) struct Pending {
    disk: Arc<dyn Disk>,
    files: Mutex<HashMap<Digest, Waiting>>,
    /// A record refers to a blob whose name somebody else has not synced yet.
    names: AtomicBool,
}

#[derive(Clone, Debug)]
struct Waiting {
    path: String,
    file: Arc<dyn DiskFile>,
    /// Bytes.
    len: u64,
}

impl Pending {
    pub fn new(disk: Arc<dyn Disk>) -> Pending {
        Pending {
            disk,
            files: Mutex::default(),
            names: AtomicBool::new(false),
        }
    }

    /// Lets a whole file wait under its digest. False when another one does already: the caller keeps its file.
    pub fn add(&self, digest: Digest, path: &str, file: Arc<dyn DiskFile>, len: u64) -> bool {
        use std::collections::hash_map::Entry;
        match self.files.lock().entry(digest) {
            Entry::Occupied(_) => false,
            Entry::Vacant(free) => {
                let path = path.to_owned();
                free.insert(Waiting { path, file, len });
                true
            }
        }
    }

    /// Where a blob lies that waits.
    pub fn path(&self, digest: &Digest) -> Option<String> {
        self.files.lock().get(digest).map(|w| w.path.clone())
    }

    /// Its length in bytes.
    pub fn len(&self, digest: &Digest) -> Option<u64> {
        self.files.lock().get(digest).map(|w| w.len)
    }

    /// Every blob that waits, with its length.
    pub fn all(&self) -> Vec<(Digest, u64)> {
        let files = self.files.lock();
        files.iter().map(|(digest, w)| (*digest, w.len)).collect()
    }

    /// Forgets a blob; the caller removes its file, whose path comes back.
    pub fn take(&self, digest: &Digest) -> Option<String> {
        self.files.lock().remove(digest).map(|w| w.path)
    }

    /// A record that is not durable yet refers to blobs that may have been named a moment ago.
    pub fn want_names(&self) {
        self.names.store(true, Ordering::Release);
    }

    /// Everything that waited is on the medium under its name when this returns. Called by one thread at a time, which
    /// commits next. A blob that cannot be synced is gone afterwards; records that name it must be taken back.
    pub fn settle(&self) -> Result<()> {
        let waiting: Vec<(Digest, Waiting)> = {
            let files = self.files.lock();
            files.iter().map(|(d, w)| (*d, w.clone())).collect()
        };
        let names = self.names.swap(false, Ordering::AcqRel);
        if waiting.is_empty() && !names {
            return Ok(());
        }
        for (digest, blob) in &waiting {
            if let Err(e) = self.name(digest, blob) {
                // What a failed sync leaves in the file is unknown, and the next sync would not tell.
                if let Some(path) = self.take(digest) {
                    let _ = self.disk.remove(&path);
                }
                self.want_names();
                return Err(Error::io("a new blob", e));
            }
        }
        let synced = self.disk.sync_dir(paths::BLOBS);
        synced.map_err(|e| Error::io("the blob folder", e))
    }

    fn name(&self, digest: &Digest, blob: &Waiting) -> io::Result<()> {
        blob.file.sync()?;
        match self.disk.rename(&blob.path, &paths::blob(digest)) {
            // It was collected meanwhile.
            Err(e) if e.kind() == io::ErrorKind::NotFound && self.path(digest).is_none() => Ok(()),
            Err(e) => Err(e),
            Ok(()) => {
                self.take(digest);
                Ok(())
            }
        }
    }
}
