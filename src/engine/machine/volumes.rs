//! The contents of volumes: each is open at most once, whoever mounts it.
//!
//! A volume's files lie in `volumes/FOLDER` of the state folder, by number, with a journal (`vfs::overlay`); the folder
//! appears with the first change. Volumes with options can be a folder of the host, or memory that lives as long as some
//! container runs with it. `open` is held while a volume opens, so that two openers cannot meet; nothing else is locked then.

use crate::base::errno::Errno;
use crate::engine::container::Tmpfs;
use crate::engine::ports::{CacheRecord, CacheStore, VolumeStore};
use crate::engine::record::VolumeRecord;
use crate::engine::volume::Backing;
use crate::engine::{Error, Result, container};
use crate::store::{Commit, Store, Table, volume_dir};
use crate::vfs::hostdir::HostDir;
use crate::vfs::overlay::{Limits, Overlay, TmpfsOptions, uncharged};
use crate::vfs::{Clock, Filesystem, SetAttr, Time};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Weak};

/// What a volume may grow to unless it was made with `-o size=`: files cost memory while it is open.
const LIMITS: Limits = Limits {
    bytes: 16 << 30,
    files: 1 << 20,
};

/// The volumes of a state folder.
pub struct VolumeTrees {
    store: Arc<Store>,
    clock: Clock,
    open: Mutex<HashMap<String, Weak<Overlay>>>,
}

impl VolumeTrees {
    pub fn new(store: Arc<Store>, clock: Clock) -> Self {
        VolumeTrees {
            store,
            clock,
            open: Mutex::default(),
        }
    }

    /// The filesystem of a volume. The words for what cannot be mounted are the `local` driver's, `mountpoint` is in them.
    pub fn mount(&self, name: &str, mountpoint: &str) -> Result<Arc<dyn Filesystem>> {
        let record: Option<VolumeRecord> = self.store.records().get(Table::Volumes, name)?;
        let record =
            record.ok_or_else(|| Error::not_found(format!("get {name}: no such volume")))?;
        let options = record.options.clone().unwrap_or_default();
        let text = |key: &str| options.get(key).map_or("", String::as_str);
        let failed = |what: &str, why: &str| {
            Error::system(format!(
                "error while mounting volume '{mountpoint}': failed to mount local volume: mount {}:{mountpoint}, {what}: {why}",
                text("device")
            ))
        };
        match Backing::of(&options) {
            Backing::Own { .. } | Backing::Memory(_) => Ok(self.tree(&record)?),
            Backing::Folder { device } => match HostDir::open(Path::new(&device)) {
                Ok(folder) => Ok(Arc::new(folder)),
                Err(e) => Err(failed("flags: 0x1000", &container::words(e))),
            },
            Backing::Foreign => Err(failed(&format!("data: {}", text("o")), "no such device")),
        }
    }

    /// The open files of a volume that is ours; the same value for everybody while it is open.
    fn tree(&self, record: &VolumeRecord) -> Result<Arc<Overlay>> {
        let mut open = self.open.lock();
        if let Some(known) = open.get(&record.folder).and_then(Weak::upgrade) {
            return Ok(known);
        }
        let options = record.options.clone().unwrap_or_default();
        let tree = match Backing::of(&options) {
            Backing::Memory(tmpfs) => memory(&tmpfs, &self.clock).map_err(failed)?,
            Backing::Own { size } => self.on_disk(record, size)?,
            other => return Err(Error::system(format!("{other:?} has no files of ours"))),
        };
        let tree = Arc::new(tree);
        open.retain(|_, open| open.strong_count() > 0);
        open.insert(record.folder.clone(), Arc::downgrade(&tree));
        Ok(tree)
    }

    /// Files without a record are garbage, which the next start removes where this does not.
    fn remove_folder(&self, name: &str, folder: &str) {
        self.open.lock().remove(folder);
        if let Err(e) = self.store.remove_volume_dir(folder) {
            tracing::warn!(volume = %name, "its files stay behind: {e}");
        }
    }

    fn on_disk(&self, record: &VolumeRecord, size: Option<u64>) -> Result<Overlay> {
        let limits = Limits {
            bytes: size.unwrap_or(LIMITS.bytes),
            ..LIMITS
        };
        let (disk, dir) = (self.store.disk().clone(), volume_dir(&record.folder));
        let tree = Overlay::volume(disk, &dir, limits, self.clock.clone())?;
        if tree.dropped() > 0 {
            tracing::warn!(volume = %record.name, bytes = tree.dropped(), "the end of the file journal was damaged");
        }
        if tree.attr(tree.root()).map_err(failed)?.mtime == Time(0) {
            // Opened for the first time.
            let made = Some(Time(record.created.0));
            let set = SetAttr {
                atime: made,
                mtime: made,
                ..SetAttr::default()
            };
            tree.set_attr(tree.root(), &set).map_err(failed)?;
        }
        Ok(tree)
    }
}

fn failed(e: Errno) -> Error {
    Error::system(e.words().to_lowercase())
}

/// A filesystem in memory that no container is charged for, because several may share it.
fn memory(tmpfs: &Tmpfs, clock: &Clock) -> crate::vfs::Result<Overlay> {
    let limits = Limits::default();
    let options = TmpfsOptions {
        mode: tmpfs.mode.unwrap_or(0o1777),
        uid: tmpfs.uid,
        gid: tmpfs.gid,
        limits: Limits {
            bytes: tmpfs.size.unwrap_or(limits.bytes),
            files: tmpfs.files.unwrap_or(limits.files),
        },
    };
    Overlay::tmpfs(&options, uncharged(), clock.clone())
}

impl VolumeStore for VolumeTrees {
    fn load(&self) -> Result<Vec<VolumeRecord>> {
        let all: Vec<(String, VolumeRecord)> = self.store.records().list(Table::Volumes)?;
        Ok(all.into_iter().map(|(_, record)| record).collect())
    }

    fn put(&self, volume: &VolumeRecord) -> Result<()> {
        let records = self.store.records();
        Ok(records.put(Commit::Durable, Table::Volumes, &volume.name, volume)?)
    }

    fn delete(&self, volume: &VolumeRecord) -> Result<()> {
        self.store
            .records()
            .transaction(Commit::Urgent, |changes| {
                changes.delete(Table::Volumes, &volume.name)
            })?;
        self.remove_folder(&volume.name, &volume.folder);
        Ok(())
    }

    fn size(&self, volume: &VolumeRecord) -> u64 {
        match Backing::of(&volume.options.clone().unwrap_or_default()) {
            Backing::Own { .. } => self.tree(volume).map_or(0, |tree| tree.size_rw()),
            _ => 0,
        }
    }
}

/// A cache of builds lies beside the volumes and is opened as they are.
impl CacheStore for VolumeTrees {
    fn all(&self) -> Result<Vec<CacheRecord>> {
        let all: Vec<(String, CacheRecord)> = self.store.records().list(Table::Caches)?;
        Ok(all.into_iter().map(|(_, record)| record).collect())
    }

    fn put(&self, cache: &CacheRecord) -> Result<()> {
        let records = self.store.records();
        Ok(records.put(Commit::Later, Table::Caches, &cache.id, cache)?)
    }

    fn delete(&self, cache: &CacheRecord) -> Result<()> {
        self.store
            .records()
            .transaction(Commit::Urgent, |changes| {
                changes.delete(Table::Caches, &cache.id)
            })?;
        self.remove_folder(&cache.id, &cache.folder);
        Ok(())
    }

    fn open(&self, cache: &CacheRecord) -> Result<Arc<dyn Filesystem>> {
        Ok(self.tree(&as_volume(cache))?)
    }

    fn size(&self, cache: &CacheRecord) -> u64 {
        self.tree(&as_volume(cache))
            .map_or(0, |tree| tree.size_rw())
    }
}

fn as_volume(cache: &CacheRecord) -> VolumeRecord {
    VolumeRecord {
        name: cache.id.clone(),
        folder: cache.folder.clone(),
        created: cache.created,
        ..VolumeRecord::default()
    }
}
