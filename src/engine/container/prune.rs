//! `container prune`: removes what does not run.

use crate::engine::options::RemoveOptions;
use crate::engine::{Engine, Filters, Result, blocking};
use crate::wire::{ContainersPruned, StringMap};
use std::sync::Arc;

impl Engine {
    /// Removes the stopped containers that the filters `until`, `label` and `label!` leave, with their own files and without volumes.
    pub async fn container_prune(self: &Arc<Self>, filters: &Filters) -> Result<ContainersPruned> {
        let _turn = self.prunes.containers.begin()?;
        filters.only(&["label", "label!", "until"])?;
        let until = filters.until(self.clock.now())?;
        let mut pruned = ContainersPruned::default();
        for container in self.containers.all() {
            let record = container.look(Clone::clone);
            let label = |key: &str| {
                let labels = record.config.labels.as_ref();
                labels.and_then(|l| l.get(key)).map(String::as_str)
            };
            let young = until.is_some_and(|until| record.created > until);
            if record.state.phase.is_alive() || young || !filters.labels(label) {
                continue;
            }
            let runtime = self.runtime.clone();
            let (own, _) = blocking(move || Ok(runtime.sizes(&record))).await?;
            match self.remove(&container.id, RemoveOptions::default()).await {
                Ok(()) => {
                    let bytes = u64::try_from(own).unwrap_or(0);
                    pruned.space_reclaimed = pruned.space_reclaimed.saturating_add(bytes);
                    pruned
                        .containers_deleted
                        .get_or_insert_default()
                        .push(container.id.clone());
                }
                // Somebody started it, or was quicker; the others go all the same.
                Err(e) => tracing::warn!(container = %container.id, "was not pruned: {e}"),
            }
        }
        let reclaimed = pruned.space_reclaimed.to_string();
        let attributes = StringMap::from([("reclaimed".to_owned(), reclaimed)]);
        self.events.publish("container", "prune", "", attributes);
        Ok(pruned)
    }
}
