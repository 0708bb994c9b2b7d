//! `kill`: any signal to pid 1. SIGKILL waits for the end, as in Docker.

use super::Container;
use crate::engine::state::{Phase, Verdict};
use crate::engine::{Engine, Error, Result, signal};
use std::sync::Arc;
use std::time::Duration;

/// How long `kill` waits for SIGKILL to take effect before it answers anyway.
const PATIENCE: Duration = Duration::from_secs(10);

impl Engine {
    /// Sends a signal; the default is SIGKILL.
    pub async fn kill(self: &Arc<Self>, id: &str, text: Option<&str>) -> Result<()> {
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
        let container = self.find(id).map_err(|e| e.context(&before))?;
        if container.phase().can_kill() == Verdict::NotRunning {
            return Err(container.not_running().context(&before));
        }
        let mut life = container.life.subscribe();
        let exits = life.borrow().exits;
        self.signal(&container, number)
            .await
            .map_err(|e| e.context(&before))?;
        if number == signal::KILL {
            // Docker answers after these seconds whatever happened.
            let _ = tokio::time::timeout(PATIENCE, life.wait_for(|l| l.exits > exits || !l.alive))
                .await;
        }
        Ok(())
    }

    /// Sends a signal and tells about it.
    ///
    /// Docker's rules: any signal means that a person wants something else than the restart policy `unless-stopped`; SIGKILL, the
    /// stop signal, and every signal where no stop signal was named, also call the next restart off and wake a paused container.
    pub(super) async fn signal(
        self: &Arc<Self>,
        container: &Arc<Container>,
        number: i32,
    ) -> Result<()> {
        let (stop, has_policy) = container.look(|r| {
            let none = matches!(r.host_config.restart_policy.name.as_str(), "" | "no");
            (r.config.stop_signal.clone(), !none)
        });
        let ends = number == signal::KILL || stop.is_empty() || signal::parse(&stop) == Ok(number);
        if !self.is_leaving() {
            container.change(|r| r.state.manually_stopped = true);
        }
        if has_policy && let Err(e) = self.commit(container, true).await {
            tracing::warn!(container = %container.id, "that it was stopped by hand is not recorded: {e}");
        }
        if container.phase() == Phase::Restarting {
            // Between two runs there is nobody to send it to; a start that has begun is waited for.
            let _verb = container.verb.lock().await;
            if container.phase() == Phase::Restarting {
                if ends {
                    container.ending.call_off();
                }
                return Ok(());
            }
        }
        let sandbox = container.running()?;
        if ends {
            container.ending.call_off();
        }
        // Told first: the end may come before the call returns, and `kill` stands before `die`.
        self.tell(container, "kill", &[("signal", number.to_string())]);
        sandbox.signal(number)?;
        if ends && self.wake(container, sandbox.as_ref()) && number != signal::KILL {
            self.tell(container, "unpause", &[]);
        }
        Ok(())
    }
}
