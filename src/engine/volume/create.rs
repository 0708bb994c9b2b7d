//! `volume create`, and the volumes that containers need.

use super::{ANONYMOUS, DRIVER, Known, Volumes, options};
use crate::base;
use crate::engine::record::VolumeRecord;
use crate::engine::{Engine, Error, Result, Timestamp, blocking};
use crate::wire::{StringMap, Volume, VolumeCreate};
use std::collections::BTreeSet;

/// A volume as asked for; an empty name means one of our own choice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewVolume {
    pub name: String,
    pub driver: String,
    pub options: Option<StringMap>,
    pub labels: Option<StringMap>,
}

impl Engine {
    /// Makes a volume, or finds the one of this name. Answers when it is durable.
    pub async fn volume_create(&self, request: VolumeCreate) -> Result<Volume> {
        if request.cluster_volume_spec.is_some() {
            return Err(Error::unavailable(
                "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.",
            ));
        }
        let new = NewVolume {
            name: request.name,
            driver: request.driver,
            options: request.driver_opts,
            labels: request.labels,
        };
        Ok(self.volume(&self.need_volume(new, None).await?))
    }

    /// Finds or makes a volume, in use by a container from here on.
    pub(in crate::engine) async fn need_volume(
        &self,
        new: NewVolume,
        container: Option<&str>,
    ) -> Result<VolumeRecord> {
        let (volumes, now) = (self.volumes.clone(), self.clock.now());
        let container = container.map(str::to_owned);
        let need = move || volumes.need(new, container.as_deref(), now);
        let (record, made) = blocking(need).await?;
        if made {
            self.tell_volume("create", &record.name, &[]);
        }
        Ok(record)
    }
}

impl Volumes {
    /// Answers the volume and whether it was made now. Waits for the disk.
    fn need(
        &self,
        new: NewVolume,
        container: Option<&str>,
        now: Timestamp,
    ) -> Result<(VolumeRecord, bool)> {
        let NewVolume {
            name,
            driver,
            options,
            mut labels,
        } = new;
        let named = !name.is_empty();
        let name = if named { name } else { base::id::random() };
        check_name(&name)?;
        if !matches!(driver.as_str(), "" | DRIVER) {
            return Err(Error::not_found(format!(
                "create {name}: error looking up volume plugin {driver}: plugin \"{driver}\" not found"
            )));
        }
        let before = format!("create {name}");
        options::check(&options.clone().unwrap_or_default()).map_err(|e| e.context(&before))?;
        let _turn = self.turn.lock();
        if let Some(known) = self.known.lock().get_mut(&name) {
            known.users.extend(container.map(str::to_owned));
            return Ok((known.record.clone(), false));
        }
        if !named {
            labels
                .get_or_insert_default()
                .insert(ANONYMOUS.to_owned(), String::new());
        }
        let record = VolumeRecord {
            name: name.clone(),
            folder: base::id::random(),
            created: now,
            labels,
            options,
        };
        self.store.put(&record)?;
        let known = Known {
            record: record.clone(),
            users: container
                .map(str::to_owned)
                .into_iter()
                .collect::<BTreeSet<_>>(),
        };
        self.known.lock().insert(name, known);
        Ok((record, true))
    }
}

/// Docker's alphabet for names of volumes.
fn check_name(name: &str) -> Result<()> {
    if name.len() == 1 {
        return Err(Error::invalid(format!(
            "create {name}: volume name is too short, names should be at least two alphanumeric characters"
        )));
    }
    let good = |(at, c): (usize, char)| c.is_ascii_alphanumeric() || at > 0 && "_.-".contains(c);
    if name.char_indices().all(good) {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "create {name}: {name:?} includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. \
         If you intended to pass a host directory, use absolute path"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_dockers() {
        for good in ["ab", "a_b.c-d", "0x", &"a".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["a/b", ".x", "-x", "a b", "ü", "a:b", "../x"] {
            let words = check_name(bad).unwrap_err().message;
            assert!(words.contains("includes invalid characters"), "{words}");
        }
        assert!(check_name("a").unwrap_err().message.contains("too short"));
    }
}
