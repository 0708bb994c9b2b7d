//! `network rm` and `network prune`.

use super::Networks;
use super::list::has_labels;
use crate::base::time;
use crate::engine::record::NetworkRecord;
use crate::engine::{Engine, Error, Filters, Kind, Result, blocking};
use crate::wire::NetworksPruned;

impl Engine {
    /// Removes a network that no running container is in.
    pub async fn network_remove(&self, name: &str) -> Result<()> {
        let (networks, wanted) = (self.networks.clone(), name.to_owned());
        let removed = blocking(move || networks.remove(&wanted)).await?;
        self.tell_network("destroy", &removed, None);
        Ok(())
    }

    /// Removes every network that no running container is in, except Docker's own three.
    pub async fn network_prune(&self, filters: &Filters) -> Result<NetworksPruned> {
        let _turn = self.prunes.containers.begin()?;
        filters.only(&["label", "label!", "until"])?;
        let until = match filters.get("until") {
            [] => None,
            [one] => {
                let now = self.clock.now().0;
                let at = time::to_api(one, now).and_then(|at| time::from_api(&at));
                Some(at.map_err(|e| Error::invalid(e.to_string()))?)
            }
            _ => return Err(Error::invalid("more than one until filter specified")),
        };
        let mut pruned = NetworksPruned::default();
        for (record, endpoints) in self.networks.all() {
            let old = until.is_none_or(|until| record.created.0 <= until);
            let unused = endpoints.is_empty() && !record.is_predefined();
            if !(unused && old && has_labels(filters, &record)) {
                continue;
            }
            match self.network_remove(&record.id).await {
                Ok(()) => pruned
                    .networks_deleted
                    .get_or_insert_default()
                    .push(record.name),
                // Somebody began to use it, or was quicker.
                Err(e) if matches!(e.kind, Kind::Forbidden | Kind::NotFound) => {}
                Err(e) => return Err(e),
            }
        }
        let attributes = [("reclaimed".to_owned(), "0".to_owned())];
        self.events
            .publish("network", "prune", "", attributes.into());
        Ok(pruned)
    }
}

impl Networks {
    /// Waits for the disk.
    fn remove(&self, name: &str) -> Result<NetworkRecord> {
        let _turn = self.turn.lock();
        let record = self.find(name)?;
        if record.is_predefined() {
            return Err(Error::forbidden(format!(
                "{} is a pre-defined network and cannot be removed",
                record.name
            )));
        }
        // Out of sight first, so that nobody joins it while its record goes.
        let known = {
            let mut known = self.known.lock();
            let endpoints = known.get(&record.id).map(|k| &k.endpoints);
            let active = endpoints.into_iter().flatten().map(|(_, endpoint)| {
                let id = endpoint.id.get(..12).unwrap_or_default();
                format!("name:\"{}\" id:\"{id}\"", endpoint.name)
            });
            let active: Vec<String> = active.collect();
            if !active.is_empty() {
                return Err(Error::forbidden(format!(
                    "error while removing network: network {} has active endpoints ({})",
                    record.name,
                    active.join(", ")
                )));
            }
            known.remove(&record.id)
        };
        if let Err(e) = self.store.delete(&record.id) {
            self.known
                .lock()
                .extend(known.map(|k| (record.id.clone(), k)));
            return Err(e);
        }
        Ok(record)
    }
}
