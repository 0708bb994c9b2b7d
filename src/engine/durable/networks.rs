//! The records of networks.

use crate::engine::Result;
use crate::engine::ports::NetworkStore;
use crate::engine::record::NetworkRecord;
use crate::store::{Commit, Store, Table};
use std::sync::Arc;

/// In the store's table of networks, by id.
pub struct StoredNetworks(pub Arc<Store>);

impl NetworkStore for StoredNetworks {
    fn load(&self) -> Result<Vec<NetworkRecord>> {
        let all = self.0.records().list(Table::Networks)?;
        Ok(all.into_iter().map(|(_, record)| record).collect())
    }

    fn put(&self, network: &NetworkRecord) -> Result<()> {
        let records = self.0.records();
        Ok(records.put(Commit::Durable, Table::Networks, &network.id, network)?)
    }

    fn delete(&self, id: &str) -> Result<()> {
        let records = self.0.records();
        records.transaction(Commit::Urgent, |changes| {
            changes.delete(Table::Networks, id)
        })?;
        Ok(())
    }
}
