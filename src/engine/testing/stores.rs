//! Volumes and networks in memory, and no caches.

use crate::engine::ports::{CacheRecord, CacheStore, NetworkStore, VolumeStore};
use crate::engine::record::{NetworkRecord, VolumeRecord};
use crate::engine::{Error, Result};
use crate::vfs::Filesystem;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Volumes in memory, without contents.
#[derive(Default)]
pub struct MemoryVolumes(pub Mutex<BTreeMap<String, VolumeRecord>>);

impl VolumeStore for MemoryVolumes {
    fn load(&self) -> Result<Vec<VolumeRecord>> {
        Ok(self.0.lock().values().cloned().collect())
    }
    fn put(&self, volume: &VolumeRecord) -> Result<()> {
        self.0.lock().insert(volume.name.clone(), volume.clone());
        Ok(())
    }
    fn delete(&self, volume: &VolumeRecord) -> Result<()> {
        self.0.lock().remove(&volume.name);
        Ok(())
    }
    fn size(&self, _: &VolumeRecord) -> u64 {
        7
    }
}

/// Networks in memory.
#[derive(Default)]
pub struct MemoryNetworks(pub Mutex<BTreeMap<String, NetworkRecord>>);

impl NetworkStore for MemoryNetworks {
    fn load(&self) -> Result<Vec<NetworkRecord>> {
        Ok(self.0.lock().values().cloned().collect())
    }
    fn put(&self, network: &NetworkRecord) -> Result<()> {
        self.0.lock().insert(network.id.clone(), network.clone());
        Ok(())
    }
    fn delete(&self, id: &str) -> Result<()> {
        self.0.lock().remove(id);
        Ok(())
    }
}

/// No cache of builds.
pub struct NoCaches;

impl CacheStore for NoCaches {
    fn all(&self) -> Result<Vec<CacheRecord>> {
        Ok(Vec::new())
    }
    fn put(&self, _: &CacheRecord) -> Result<()> {
        Ok(())
    }
    fn delete(&self, _: &CacheRecord) -> Result<()> {
        Ok(())
    }
    fn open(&self, _: &CacheRecord) -> Result<Arc<dyn Filesystem>> {
        Err(Error::system("no caches here"))
    }
    fn size(&self, _: &CacheRecord) -> u64 {
        0
    }
}
