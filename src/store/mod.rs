//! Durable state: records, blobs, images, container folders, and the one lock that owns them all.
//!
//! Whatever was answered survives a crash. Order of writing: blob to a temporary file → sync → rename → sync the folder
//! → record commit → answer. Deleting runs the other way. So garbage may remain (`collect`), but what a record names is
//! there; if it is not, `check` says so. All calls block: async callers use a blocking thread.
//!
//! Lock order: `gc::Pins` → `Records::barrier` → `Records::database` → redb's writer; `Blobs::layers`, `Pending::files` and
//! `Store::known_images` are leaves.

mod artifact;
mod blobs;
mod check;
mod database;
pub mod disk;
mod error;
mod gc;
mod images;
mod ingest;
mod load;
mod lock;
mod packed;
mod paths;
mod pending;
mod records;
mod reserve;
mod schema;
mod volumes;

pub use blobs::{Blobs, DataReader, Layer, Scratch};
pub use check::{Finding, Severity};
pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{Error, Result};
pub use gc::{Collected, Pinned};
pub use images::{ImageRecord, Images, LayerRef, TagRecord};
pub use ingest::{Expect, Ingest, NewLayer};
pub use packed::Packed;
pub use paths::{container_dir, volume_dir};
pub use records::{Changes, Commit, Records, Table};
pub use schema::SCHEMA;

use parking_lot::Mutex;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The open state folder.
#[derive(Debug)]
pub struct Store {
    records: Records,
    blobs: Blobs,
    pins: gc::Pins,
    reserve: reserve::Reserve,
    pending: Arc<pending::Pending>,
    /// Number of the last transaction that `settle` has to see on the medium.
    owed: AtomicU64,
    /// The list of images with the version of the records from which it was read.
    known_images: Mutex<Option<(u64, Arc<[ImageRecord]>)>>,
    disk: Arc<dyn Disk>,
    /// Last, so that the folder is free only when everything else is closed.
    _lock: Box<dyn disk::HeldLock>,
}

impl Store {
    /// Opens the state folder of the host, which is made when it is missing.
    pub fn open_dir(dir: &Path) -> Result<Store> {
        let disk = RealDisk::new(dir).map_err(|e| Error::io(dir.display().to_string(), e))?;
        Store::open(Arc::new(disk))
    }

    /// Takes the lock, repairs what a crash left, and refuses the folder of a newer program.
    pub fn open(disk: Arc<dyn Disk>) -> Result<Store> {
        let lock = lock::acquire(&*disk)?;
        let reserve = reserve::Reserve::default();
        reserve.fill(&*disk);
        let pending = Arc::new(pending::Pending::new(disk.clone()));
        let records = Records::open(disk.clone(), reserve.clone(), pending.clone())?;
        schema::settle(&*disk, &records)?;
        let blobs = Blobs::open(disk.clone(), pending.clone())?;
        let store = Store {
            records,
            blobs,
            pins: gc::Pins::default(),
            reserve,
            pending,
            owed: AtomicU64::new(0),
            known_images: Mutex::default(),
            disk,
            _lock: lock,
        };
        store.settle_container_dirs()?;
        store.settle_volume_dirs()?;
        Ok(store)
    }

    /// Folders follow records: `create_container_dir` need not sync its name, and removing may be cut short.
    fn settle_container_dirs(&self) -> Result<()> {
        let at = |e| Error::io("the container folder", e);
        disk::create_dirs(&*self.disk, paths::CONTAINERS).map_err(at)?;
        let records = self
            .records
            .list_all::<serde::de::IgnoredAny>(Table::Containers)?;
        let known: BTreeSet<String> = records.into_iter().map(|(id, _)| id).collect();
        let there = self.disk.list(paths::CONTAINERS).map_err(at)?;
        for item in &there {
            if !known.contains(&item.name)
                && let Err(error) = self.remove_container_dir(&item.name)
            {
                // A stray file of the host system is no reason not to start; `check` names it.
                tracing::warn!("containers/{} stays: {error}", item.name);
            }
        }
        for id in known {
            if !there.iter().any(|item| item.name == id) {
                self.create_container_dir(&id)?;
            }
        }
        Ok(())
    }

    /// The tables of documents.
    pub fn records(&self) -> &Records {
        &self.records
    }

    /// The content-addressed files.
    pub fn blobs(&self) -> &Blobs {
        &self.blobs
    }

    /// The verbs of the image store.
    pub fn images(&self) -> Images<'_> {
        Images { store: self }
    }

    /// Begins to take an image in.
    pub fn ingest(&self) -> Ingest<'_> {
        Ingest::new(self, false)
    }

    /// Begins to take an image in that may be lost in a crash until `settle`, or anybody's durable commit, has returned.
    pub fn ingest_later(&self) -> Ingest<'_> {
        Ingest::new(self, true)
    }

    /// Every image that was taken in `later` before this call is on the medium when it returns, or was taken back: look again.
    pub fn settle(&self) -> Result<()> {
        self.records.flush_until(self.owed.load(Ordering::Acquire))
    }

    /// What was committed so far has to be seen through by `settle`.
    fn owe(&self) {
        self.owed.fetch_max(self.records.last(), Ordering::AcqRel);
    }

    /// The state folder, for files of containers.
    pub fn disk(&self) -> &Arc<dyn Disk> {
        &self.disk
    }

    /// The layers of an image, lowest first, as a file tree takes them.
    pub fn layers(&self, image: &ImageRecord) -> Result<Vec<Arc<Layer>>> {
        let refs = image.layers.iter();
        refs.map(|layer| self.blobs.layer(&layer.diff_id)).collect()
    }

    /// Makes a container's folder and returns its path on `disk`. Make it before the record; after a crash, `open`
    /// removes folders without a record and makes those that are missing.
    pub fn create_container_dir(&self, id: &str) -> Result<String> {
        let path = container_dir(id);
        let at = |e| Error::io("a container's folder", e);
        self.disk.create_dir(&path).map_err(at)?;
        Ok(path)
    }

    /// Removes a container's folder with everything in it. Delete the record first.
    pub fn remove_container_dir(&self, id: &str) -> Result<()> {
        disk::remove_tree(&*self.disk, &container_dir(id))
            .map_err(|e| Error::io("a container's folder", e))
    }
}
