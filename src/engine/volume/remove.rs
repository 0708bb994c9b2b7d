//! `volume rm`, and anonymous volumes that go with their container.

use super::Volumes;
use crate::engine::{Engine, Error, Kind, Result, blocking};

impl Engine {
    /// Removes a volume that no container has. With `force`, one that is not there is no error.
    pub async fn volume_remove(&self, name: &str, force: bool) -> Result<()> {
        match self.discard_volume(name).await {
            Err(e) if force && e.kind == Kind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Removes volumes that a container brought along, as far as nobody else has them.
    pub(in crate::engine) async fn discard_volumes(&self, names: Vec<String>) -> Result<()> {
        let mut outcome = Ok(());
        for name in names {
            match self.discard_volume(&name).await {
                Err(e) if matches!(e.kind, Kind::Conflict | Kind::NotFound) => {}
                removed => outcome = outcome.and(removed),
            }
        }
        outcome
    }

    async fn discard_volume(&self, name: &str) -> Result<()> {
        let (volumes, owned) = (self.volumes.clone(), name.to_owned());
        blocking(move || volumes.remove(&owned)).await?;
        self.tell_volume("destroy", name, &[]);
        Ok(())
    }
}

impl Volumes {
    /// Waits for the disk.
    pub fn remove(&self, name: &str) -> Result<()> {
        let _turn = self.turn.lock();
        let record = self.get(name)?;
        if let Some(known) = self.known.lock().get(name).filter(|k| !k.users.is_empty()) {
            let users: Vec<&str> = known.users.iter().map(String::as_str).collect();
            return Err(Error::conflict(format!(
                "remove {name}: volume is in use - [{}]",
                users.join(", ")
            )));
        }
        self.store.delete(&record)?;
        self.known.lock().remove(name);
        Ok(())
    }
}
