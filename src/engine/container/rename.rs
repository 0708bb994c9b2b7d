//! `rename`.

use super::validate;
use crate::engine::network::dns_names;
use crate::engine::record::Record;
use crate::engine::{Engine, Error, Result};

impl Engine {
    /// Gives a container another name; answers when that is durable.
    pub async fn rename(&self, id: &str, new: &str) -> Result<()> {
        if id.is_empty() || new.is_empty() {
            return Err(Error::invalid("Neither old nor new names may be empty"));
        }
        let container = self.find(id)?;
        let _verb = container.verb.lock().await;
        let bare = new.strip_prefix('/').unwrap_or(new);
        let old = container.look(|r| r.name.clone());
        if old == bare {
            return Err(Error::invalid(
                "Renaming a container with the same name as its current name",
            ));
        }
        let before = "Error when allocating new name";
        validate::name(&format!("/{bare}")).map_err(|e| e.context(before))?;
        self.containers
            .reserve(bare, &container.id)
            .map_err(|e| e.context(before))?;
        container.change(|r| name(r, bare));
        if let Err(e) = self.commit(&container, false).await {
            container.change(|r| name(r, &old));
            self.containers.release(bare, &container.id);
            return Err(e);
        }
        self.containers.release(&old, &container.id);
        self.networks.renamed(&container.id, bare);
        if let Some(stack) = container.net() {
            for settings in container.look(|r| r.networks.clone()).into_values() {
                let names = settings.dns_names.unwrap_or_default();
                self.switch.rename(&stack, &settings.network_id, names);
            }
        }
        self.tell(&container, "rename", &[("oldName", format!("/{old}"))]);
        Ok(())
    }
}

/// A name is also how other containers find it.
fn name(record: &mut Record, new: &str) {
    new.clone_into(&mut record.name);
    let mut networks = record.networks.clone();
    for settings in networks.values_mut().filter(|s| s.dns_names.is_some()) {
        settings.dns_names = Some(dns_names(record, settings));
    }
    record.networks = networks;
}
