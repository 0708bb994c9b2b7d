//! `rm`: the record, the files, the name.

use super::Container;
use crate::engine::options::RemoveOptions;
use crate::engine::state::{Phase, Verdict};
use crate::engine::{Engine, Error, Result, blocking, signal};
use std::sync::Arc;

impl Engine {
    /// Removes a container; with `force` it is killed first. Answers when its record is gone.
    pub async fn remove(self: &Arc<Self>, id: &str, options: RemoveOptions) -> Result<()> {
        if options.link {
            return self.unlink(id).await;
        }
        let container = self.find(id)?;
        let refuse = |why: &str| {
            Err(Error::conflict(format!(
                "cannot remove container \"{id}\": {why}"
            )))
        };
        match container.phase().can_remove(options.force) {
            Verdict::Go => {}
            Verdict::Running => {
                return refuse(
                    "container is running: stop the container before removing or force remove",
                );
            }
            Verdict::Restarting => {
                return refuse(
                    "container is restarting: stop the container before removing or force remove",
                );
            }
            Verdict::Paused => return refuse("container is paused and must be unpaused first"),
            _ => {
                return Err(Error::conflict(format!(
                    "removal of container {id} is already in progress"
                )));
            }
        }
        if container.phase().is_alive() {
            let mut life = container.life.subscribe();
            let exits = life.borrow().exits;
            // The error means that it has just ended.
            let _ = self.signal(&container, signal::KILL).await;
            let _ = life.wait_for(|l| l.exits > exits || !l.alive).await;
        }
        let _verb = container.verb.lock().await;
        if container.life.borrow().removed {
            // `--rm` was quicker, or another client.
            return Ok(());
        }
        self.destroy(&container, options.volumes).await
    }

    /// Takes a container that does not run out of the world. The caller holds `verb`.
    /// With `volumes`, those that nobody named go too.
    pub(super) async fn destroy(
        self: &Arc<Self>,
        container: &Arc<Container>,
        volumes: bool,
    ) -> Result<()> {
        let mut before = Phase::Exited;
        let mut lazily = false;
        let attributes = container.attributes(&[]);
        container.change(|r| {
            before = r.state.phase;
            // A started `--rm` container is removed at the next engine start anyway.
            lazily =
                container.is_fleeting() || r.host_config.auto_remove && before == Phase::Exited;
            r.state.phase = Phase::Removing;
        });
        let (records, runtime, held) = (
            self.records.clone(),
            self.runtime.clone(),
            container.clone(),
        );
        // The record first: files without a record are garbage, a record without files is damage.
        let gone = blocking(move || {
            let id = &held.id;
            {
                let _turn = held.commits.lock();
                records.delete(id, lazily)?;
                held.life.send_modify(|life| life.unrecorded = true);
            }
            if let Err(e) = runtime.discard(id) {
                tracing::warn!(container = %id, "its files stay behind: {e}");
            }
            Ok(())
        })
        .await;
        if let Err(e) = gone {
            container.change(|r| r.state.phase = before);
            return Err(e);
        }
        self.containers.remove(&container.id);
        self.execs.forget(&container.id);
        container.output.end();
        container.log.set_running(false);
        let mounts = container.look(|r| r.mounts.clone());
        if let Err(e) = self.release_mounts(&container.id, &mounts, volumes).await {
            tracing::warn!(container = %container.id, "a volume stays behind: {e}");
        }
        self.events
            .publish("container", "destroy", &container.id, attributes);
        container.life.send_modify(|life| life.removed = true);
        Ok(())
    }
}
