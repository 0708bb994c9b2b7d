//! Volumes: who has which, and one file per verb.
//!
//! A volume is in use by every container that mounts it, from the moment it is being created until it is removed, whether it
//! runs or not. Names are the user's; contents lie in folders with names of our own (`machine/volumes.rs`).
//! Lock order: `turn`, held on blocking threads while the disk is written, then `known`, a leaf.

mod create;
mod inspect;
mod list;
mod options;
mod prune;
mod remove;

pub use create::NewVolume;
pub(in crate::engine) use options::Backing;

use super::ports::VolumeStore;
use super::record::VolumeRecord;
use super::{Engine, Error, Result, Timestamp};
use crate::wire::{StringMap, Volume};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The only driver.
pub const DRIVER: &str = "local";
/// The label of volumes that nobody named.
pub const ANONYMOUS: &str = "com.docker.volume.anonymous";

/// Every volume of the engine.
pub struct Volumes {
    store: Arc<dyn VolumeStore>,
    /// One change of what exists at a time.
    turn: Mutex<()>,
    known: Mutex<BTreeMap<String, Known>>,
}

struct Known {
    record: VolumeRecord,
    /// Ids of containers.
    users: BTreeSet<String>,
}

impl Volumes {
    /// Loads what the last engine knew; nobody uses anything yet.
    pub fn load(store: Arc<dyn VolumeStore>) -> Result<Self> {
        let all = store.load()?.into_iter().map(|record| {
            let users = BTreeSet::new();
            (record.name.clone(), Known { record, users })
        });
        Ok(Volumes {
            known: Mutex::new(all.collect()),
            store,
            turn: Mutex::default(),
        })
    }

    /// The volume of a name; the error is Docker's.
    pub fn get(&self, name: &str) -> Result<VolumeRecord> {
        let known = self.known.lock();
        let found = known.get(name).map(|k| k.record.clone());
        found.ok_or_else(|| Error::not_found(format!("get {name}: no such volume")))
    }

    /// Every volume, by name, with the number of containers that need it.
    pub fn all(&self) -> Vec<(VolumeRecord, usize)> {
        let known = self.known.lock();
        known
            .values()
            .map(|k| (k.record.clone(), k.users.len()))
            .collect()
    }

    /// Notes that a container needs a volume that exists.
    pub fn hold(&self, name: &str, container: &str) {
        if let Some(known) = self.known.lock().get_mut(name) {
            known.users.insert(container.to_owned());
        }
    }

    /// The container needs none of its volumes any more.
    pub fn release(&self, container: &str) {
        for known in self.known.lock().values_mut() {
            known.users.remove(container);
        }
    }

    /// Bytes of a volume's files; waits for the disk.
    pub fn size(&self, record: &VolumeRecord) -> u64 {
        self.store.size(record)
    }
}

impl Engine {
    /// A volume as clients see it.
    fn volume(&self, record: &VolumeRecord) -> Volume {
        Volume {
            created_at: Timestamp(record.created.seconds() * 1_000_000_000).rfc3339(),
            driver: DRIVER.to_owned(),
            labels: record.labels.clone(),
            mountpoint: self.mountpoint(&record.name),
            name: record.name.clone(),
            options: record.options.clone(),
            scope: "local".to_owned(),
            usage_data: None,
        }
    }

    /// Where Docker would keep the files. Ours are not there: see docs/fidelity.md.
    pub(in crate::engine) fn mountpoint(&self, volume: &str) -> String {
        format!("{}/volumes/{volume}/_data", self.facts.root)
    }

    fn tell_volume(&self, action: &str, name: &str, more: &[(&str, String)]) {
        let mut attributes = StringMap::from([("driver".to_owned(), DRIVER.to_owned())]);
        attributes.extend(more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
        self.events.publish("volume", action, name, attributes);
    }

    /// Docker's event when a container begins to use a volume.
    pub(in crate::engine) fn tell_mount(&self, name: &str, container: &str, at: &str, rw: bool) {
        let more = [
            ("container", container.to_owned()),
            ("destination", at.to_owned()),
            ("propagation", String::new()),
            ("read/write", rw.to_string()),
        ];
        self.tell_volume("mount", name, &more);
    }

    /// And when it ends.
    pub(in crate::engine) fn tell_unmount(&self, name: &str, container: &str) {
        self.tell_volume("unmount", name, &[("container", container.to_owned())]);
    }
}
