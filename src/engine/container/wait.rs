//! `wait`: for a container not to run, to end the next time, or to be gone.

use super::Life;
use crate::engine::options::WaitCondition;
use crate::engine::{Engine, Result};
use crate::wire::WaitResponse;
use futures_util::future::BoxFuture;

impl Engine {
    /// Armed when this returns: an end that comes later is not missed, whenever the future is polled.
    pub fn wait(
        &self,
        id: &str,
        condition: WaitCondition,
    ) -> Result<BoxFuture<'static, WaitResponse>> {
        let container = self.find(id)?;
        let mut life = container.life.subscribe();
        let exits = life.borrow_and_update().exits;
        Ok(Box::pin(async move {
            let over = move |l: &Life| match condition {
                WaitCondition::NotRunning => !l.alive || l.exits > exits,
                WaitCondition::NextExit => l.exits > exits || l.removed,
                WaitCondition::Removed => l.removed,
            };
            // The error is impossible while the container is held, and then its last state is the answer.
            let _ = life.wait_for(over).await;
            let status_code = life.borrow().exit_code;
            drop(container);
            WaitResponse {
                error: None,
                status_code,
            }
        }))
    }
}
