//! What happens when a container's pid 1 has ended: its streams end, the record is committed, waiters wake, `--rm` removes it.

use super::Container;
use crate::engine::ports::Sandbox;
use crate::engine::state::Phase;
use crate::engine::{Engine, Result};
use std::sync::Arc;
use std::time::Instant;

impl Engine {
    /// Waits for the end of one run. Started by `start`, once per run.
    pub(super) async fn supervise(
        self: Arc<Self>,
        container: Arc<Container>,
        sandbox: Arc<dyn Sandbox>,
    ) {
        let exit = sandbox.finished().await;
        container.output.end();
        container.stdin.reset();
        container.set_sandbox(None);
        let now = self.clock.now();
        let code = i64::from(exit.code);
        let mut removing = false;
        let record = container.change(|r| {
            removing = r.state.phase == Phase::Removing;
            r.state.phase = Phase::Exited;
            r.state.pid = 0;
            r.state.exit_code = code;
            r.state.oom_killed = exit.oom;
            r.state.finished_at = now;
        });
        *self.idle.lock() = Instant::now();
        let auto_remove = record.host_config.auto_remove;
        let lasted = now.since(record.state.started_at) / 1_000_000_000;
        if exit.oom {
            self.tell(&container, "oom", &[]);
        }
        let attributes = [
            ("exitCode", code.to_string()),
            ("execDuration", lasted.to_string()),
        ];
        self.tell(&container, "die", &attributes);
        let committed = self.commit(&container, auto_remove || removing).await;
        self.report(&container, "its end was not recorded", committed);
        // Followers of the log end after the last line and after the record.
        container.log.set_running(false);
        container.life.send_modify(|life| {
            life.alive = false;
            life.exits += 1;
            life.exit_code = code;
        });
        if auto_remove {
            let _verb = container.verb.lock().await;
            if !container.life.borrow().removed && !container.phase().is_alive() {
                let removed = self.destroy(&container).await;
                self.report(&container, "was not removed", removed);
            }
        }
    }

    fn report(&self, container: &Container, what: &str, outcome: Result<()>) {
        if let Err(e) = outcome {
            tracing::error!(container = %container.id, "{what}: {e}");
        }
    }
}
