//! What happens when a container's pid 1 has ended: its streams end, the record is committed, waiters wake; then its restart policy
//! starts it again, or `--rm` removes it.
//!
//! One task for each start by hand. Between two runs it waits for the policy's delay, or until `stop`, `kill` or `rm` call it off.

use super::{Container, ending::Ending};
use crate::engine::ports::{Exit, Sandbox};
use crate::engine::record::Record;
use crate::engine::restart::{self, End};
use crate::engine::state::Phase;
use crate::engine::{Engine, Result, Timestamp};
use std::sync::Arc;
use std::time::{Duration, Instant};

impl Engine {
    /// Waits for the end of each run, from a start by hand until nothing starts the container again.
    pub(super) async fn supervise(
        self: Arc<Self>,
        container: Arc<Container>,
        mut sandbox: Arc<dyn Sandbox>,
    ) {
        loop {
            let exit = sandbox.finished().await;
            // The sandbox goes before the delay: it holds what the run used.
            drop(sandbox);
            let Some(delay) = self.ended(&container, exit).await else {
                return;
            };
            tokio::select! {
                () = self.clock.sleep(delay) => {}
                () = container.ending.called_off() => {}
            }
            match self.again(&container).await {
                Some(next) => sandbox = next,
                None => return,
            }
        }
    }

    /// Notes the end of one run. Returns the delay before the next one.
    async fn ended(self: &Arc<Self>, container: &Arc<Container>, exit: Exit) -> Option<Duration> {
        container.output.end();
        container.stdin.reset();
        let _verb = container.verb.lock().await;
        self.stop_probing(container);
        container.set_sandbox(None);
        let now = self.clock.now();
        let code = i64::from(exit.code);
        let mut removing = false;
        let mut delay = None;
        let record = container.change(|r| {
            removing = r.state.phase == Phase::Removing;
            r.state.pid = 0;
            r.state.exit_code = code;
            r.state.oom_killed = exit.oom;
            r.state.finished_at = now;
            if !removing && !self.is_leaving() {
                delay = next_start(r, &container.ending, now);
            }
            r.state.phase = match delay {
                Some(_) => Phase::Restarting,
                None => Phase::Exited,
            };
            r.restart_count += i64::from(delay.is_some());
        });
        *self.idle.lock() = Instant::now();
        let auto_remove = record.host_config.auto_remove;
        if exit.oom {
            self.tell(container, "oom", &[]);
        }
        while container.ending.take_stop() {
            self.tell(container, "stop", &[]);
        }
        let lasted = now.since(record.state.started_at) / 1_000_000_000;
        let attributes = [
            ("exitCode", code.to_string()),
            ("execDuration", lasted.to_string()),
        ];
        self.tell_mounts(container, false);
        self.leave_networks(container).await;
        self.tell(container, "die", &attributes);
        // An engine that dies before the record of these is on disk does the same again when it comes back.
        let lazily = auto_remove || removing || delay.is_some();
        let committed = self.commit(container, lazily).await;
        self.report(container, "its end was not recorded", committed);
        // Followers of the log end with the run, after its last line and after the record.
        container.log.set_running(false);
        container.life.send_modify(|life| {
            life.alive = delay.is_some();
            life.exits += 1;
            life.exit_code = code;
        });
        if auto_remove && !container.ending.is_kept() && !container.life.borrow().unrecorded {
            let removed = self.destroy(container, true).await;
            self.report(container, "was not removed", removed);
        }
        delay
    }

    /// Starts it again, unless that was called off or fails; then it has ended.
    async fn again(self: &Arc<Self>, container: &Arc<Container>) -> Option<Arc<dyn Sandbox>> {
        let _verb = container.verb.lock().await;
        let code = container.look(|r| r.state.exit_code);
        if !container.ending.is_called_off() {
            match self.begin(container).await {
                Ok(sandbox) => {
                    let recorded = self.begun(container, true).await;
                    self.report(container, "its restart was not recorded", recorded);
                    return Some(sandbox);
                }
                Err(e) => tracing::warn!(container = %container.id, "was not restarted: {e}"),
            }
        }
        container.change(|r| {
            r.state.phase = Phase::Exited;
            r.state.exit_code = code;
        });
        let committed = self.commit(container, false).await;
        self.report(container, "its end was not recorded", committed);
        container.log.set_running(false);
        container.life.send_modify(|life| {
            life.alive = false;
            life.exits += 1;
            life.exit_code = code;
        });
        None
    }

    fn report(&self, container: &Container, what: &str, outcome: Result<()>) {
        if let Err(e) = outcome {
            tracing::error!(container = %container.id, "{what}: {e}");
        }
    }
}

/// The delay after which the policy starts it again.
fn next_start(record: &Record, ending: &Ending, now: Timestamp) -> Option<Duration> {
    let end = End::of(record, now);
    let back = !ending.is_called_off() && restart::wants(&record.host_config.restart_policy, &end);
    back.then(|| ending.delay(end.lasted))
}
