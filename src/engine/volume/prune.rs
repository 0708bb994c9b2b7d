//! `volume prune`: anonymous volumes that no container has, or all of them.

use super::ANONYMOUS;
use super::list::has_labels;
use crate::engine::{Engine, Filters, Kind, Result, blocking};
use crate::wire::{StringMap, VolumesPruned};

impl Engine {
    /// Removes unused volumes. `old` clients (before API 1.42) mean all of them without saying so.
    pub async fn volume_prune(&self, filters: &Filters, old: bool) -> Result<VolumesPruned> {
        let _turn = self.prunes.volumes.begin()?;
        filters.only(&["all", "label", "label!"])?;
        let all = filters.boolean("all", false)? || old;
        let mut pruned = VolumesPruned {
            volumes_deleted: Some(Vec::new()),
            space_reclaimed: 0,
        };
        for (record, users) in self.volumes.all() {
            let labels = record.labels.as_ref();
            let anonymous = labels.is_some_and(|l| l.contains_key(ANONYMOUS));
            // What has options may be somebody's data elsewhere.
            let own = record.options.as_ref().is_none_or(StringMap::is_empty);
            if users > 0 || !own || !(all || anonymous) || !has_labels(filters, &record) {
                continue;
            }
            let (volumes, wanted) = (self.volumes.clone(), record.clone());
            let size = blocking(move || Ok(volumes.size(&wanted))).await?;
            match self.volume_remove(&record.name, false).await {
                Ok(()) => {
                    pruned.space_reclaimed += size;
                    pruned
                        .volumes_deleted
                        .get_or_insert_default()
                        .push(record.name);
                }
                // Somebody began to use it, or was quicker.
                Err(e) if matches!(e.kind, Kind::Conflict | Kind::NotFound) => {}
                Err(e) => return Err(e),
            }
        }
        let reclaimed = pruned.space_reclaimed.to_string();
        let attributes = StringMap::from([("reclaimed".to_owned(), reclaimed)]);
        self.events.publish("volume", "prune", "", attributes);
        Ok(pruned)
    }
}
