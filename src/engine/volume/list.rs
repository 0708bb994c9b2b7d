//! `volume ls`, and what volumes take for `system df`.

use super::DRIVER;
use crate::engine::record::VolumeRecord;
use crate::engine::{Engine, Filters, Result, blocking};
use crate::wire::{Volume, VolumeList, VolumeUsage};

impl Engine {
    /// Volumes by name.
    pub fn volumes(&self, filters: &Filters) -> Result<VolumeList> {
        filters.only(&["dangling", "driver", "label", "name"])?;
        let dangling = match filters.has("dangling") {
            true => Some(filters.boolean("dangling", false)?),
            false => None,
        };
        let shown = |record: &VolumeRecord, users: usize| {
            dangling.is_none_or(|wanted| wanted == (users == 0))
                && filters.exact("driver", DRIVER)
                && filters.matches("name", &record.name)
                && has_labels(filters, record)
        };
        let all = self.volumes.all().into_iter();
        let found = all.filter(|(record, users)| shown(record, *users));
        Ok(VolumeList {
            volumes: Some(found.map(|(record, _)| self.volume(&record)).collect()),
            warnings: None,
        })
    }

    /// Every volume with its size and its users.
    pub async fn volume_usage(&self) -> Result<Vec<Volume>> {
        let volumes = self.volumes.clone();
        let sized = blocking(move || {
            let all = volumes.all().into_iter();
            Ok(all
                .map(|(r, users)| (volumes.size(&r), r, users))
                .collect::<Vec<_>>())
        });
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let shown = sized
            .await?
            .into_iter()
            .map(|(size, record, users)| Volume {
                usage_data: Some(VolumeUsage {
                    ref_count: number(users as u64),
                    size: number(size),
                }),
                ..self.volume(&record)
            });
        Ok(shown.collect())
    }
}

/// Whether a volume has the labels that a filter asks for.
pub(super) fn has_labels(filters: &Filters, record: &VolumeRecord) -> bool {
    let labels = record.labels.as_ref();
    filters.labels(|key| labels.and_then(|l| l.get(key)).map(String::as_str))
}
