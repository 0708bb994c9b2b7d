//! `kill`: any signal to pid 1. SIGKILL waits for the end, as in Docker.

use super::Container;
use crate::engine::state::Verdict;
use crate::engine::{Engine, Error, Result, signal};
use std::time::Duration;

/// How long `kill` waits for SIGKILL to take effect before it answers anyway.
const PATIENCE: Duration = Duration::from_secs(10);

impl Engine {
    /// Sends a signal; the default is SIGKILL.
    pub async fn kill(&self, id: &str, text: Option<&str>) -> Result<()> {
        let container = self.find(id)?;
        let before = format!("cannot kill container: {id}");
        let number = match text.filter(|t| !t.is_empty()) {
            None => signal::KILL,
            Some(text) => signal::parse(text).map_err(|e| e.context(&before))?,
        };
        if !signal::is_known(number) {
            let refusal =
                Error::invalid(format!("the linux daemon does not support signal {number}"));
            return Err(refusal.context(&before));
        }
        if container.phase().can_kill() == Verdict::NotRunning {
            return Err(container.not_running().context(&before));
        }
        let mut life = container.life.subscribe();
        let exits = life.borrow().exits;
        self.signal(&container, number)
            .map_err(|e| e.context(&before))?;
        if number == signal::KILL {
            // Docker answers after these seconds whatever happened.
            let _ = tokio::time::timeout(PATIENCE, life.wait_for(|l| l.exits > exits || !l.alive))
                .await;
        }
        Ok(())
    }

    /// Sends a signal and tells about it. A paused container wakes for the signals that end it.
    pub(super) fn signal(&self, container: &Container, number: i32) -> Result<()> {
        let sandbox = container.running()?;
        let stop = container.look(|r| r.config.stop_signal.clone());
        let ends = number == signal::KILL || number == signal::parse(&stop).unwrap_or(signal::TERM);
        // Told first: the end may come before the call returns, and `kill` stands before `die`.
        self.tell(container, "kill", &[("signal", number.to_string())]);
        sandbox.signal(number)?;
        if ends {
            self.wake(container, sandbox.as_ref());
        }
        Ok(())
    }
}
