//! The folders of volumes, and of the caches of builds beside them. A record is the engine's; the store knows the one field that
//! names its folder.
//!
//! A folder appears with the first change in it, so a missing one is no damage.

use super::error::{Error, Result};
use super::paths::{VOLUMES, volume_dir};
use super::records::Table;
use super::{Store, disk};
use serde::Deserialize;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Record {
    folder: String,
}

impl Store {
    /// Removes a volume's folder with everything in it, if there is one. Delete the record first.
    pub fn remove_volume_dir(&self, folder: &str) -> Result<()> {
        disk::remove_tree(&*self.disk, &volume_dir(folder))
            .map_err(|e| Error::io("a volume's folder", e))
    }

    /// Folders follow records: what a removal left behind goes. A damaged record hides which folder is its own, so then
    /// everything stays.
    pub(super) fn settle_volume_dirs(&self) -> Result<()> {
        let Some(orphans) = self.orphaned_volume_dirs()? else {
            return Ok(());
        };
        for folder in orphans {
            if let Err(error) = self.remove_volume_dir(&folder) {
                tracing::warn!("volumes/{folder} stays: {error}");
            }
        }
        Ok(())
    }

    /// Folders that no record names; `None` if a record cannot be read.
    pub(super) fn orphaned_volume_dirs(&self) -> Result<Option<Vec<String>>> {
        let mut known = BTreeSet::new();
        for table in [Table::Volumes, Table::Caches] {
            for (_, record) in self.records.list_all::<Record>(table)? {
                match record {
                    Ok(record) => known.insert(record.folder),
                    Err(_) => return Ok(None),
                };
            }
        }
        let there = match self.disk.list(VOLUMES) {
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            there => there.map_err(|e| Error::io("the volume folder", e))?,
        };
        let names = there.into_iter().map(|item| item.name);
        Ok(Some(names.filter(|name| !known.contains(name)).collect()))
    }
}
