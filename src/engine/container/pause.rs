//! `pause` and `unpause`: the sandbox's processes get no more time until they are let go.
//!
//! Neither answer waits for the disk: after a crash the container has ended, whether it was paused or not.

use super::Container;
use crate::engine::ports::Sandbox;
use crate::engine::state::{Phase, Verdict};
use crate::engine::{Engine, Error, Result};
use std::sync::Arc;

impl Engine {
    pub async fn pause(&self, id: &str) -> Result<()> {
        let container = self.find(id)?;
        let _verb = container.verb.lock().await;
        match container.phase().can_pause() {
            Verdict::Go => {}
            Verdict::Paused => {
                return Err(Error::conflict(format!(
                    "Container {} is already paused",
                    container.id
                )));
            }
            Verdict::Restarting => return Err(container.restarting()),
            _ => return Err(container.not_running()),
        }
        container.running()?.pause().await;
        self.stop_probing(&container);
        container.change(|r| r.state.phase = Phase::Paused);
        self.commit(&container, true).await?;
        self.tell(&container, "pause", &[]);
        Ok(())
    }

    pub async fn unpause(self: &Arc<Self>, id: &str) -> Result<()> {
        let container = self.find(id)?;
        let _verb = container.verb.lock().await;
        if container.phase().can_unpause() != Verdict::Go {
            // Docker answers 500 here.
            return Err(Error::system(format!(
                "Container {} is not paused",
                container.id
            )));
        }
        self.wake(&container, container.running()?.as_ref());
        self.commit(&container, true).await?;
        self.tell(&container, "unpause", &[]);
        Ok(())
    }

    /// Lets a paused container run again, in memory; tells whether it was paused.
    pub(super) fn wake(
        self: &Arc<Self>,
        container: &Arc<Container>,
        sandbox: &dyn Sandbox,
    ) -> bool {
        let mut was_paused = false;
        container.change(|r| {
            was_paused = r.state.phase == Phase::Paused;
            if was_paused {
                r.state.phase = Phase::Running;
            }
        });
        if was_paused {
            sandbox.resume();
            self.start_probing(container);
        }
        was_paused
    }
}
