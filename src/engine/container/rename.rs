//! `rename`.

use super::validate;
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
        container.change(|r| bare.clone_into(&mut r.name));
        if let Err(e) = self.commit(&container, false).await {
            container.change(|r| r.name.clone_from(&old));
            self.containers.release(bare, &container.id);
            return Err(e);
        }
        self.containers.release(&old, &container.id);
        self.tell(&container, "rename", &[("oldName", format!("/{old}"))]);
        Ok(())
    }
}
