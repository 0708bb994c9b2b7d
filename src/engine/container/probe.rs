//! Runs a container's health check while it runs: one task from each start or unpause to the next end or pause.
//!
//! A probe is an exec like any other, with the same events; the container's user, folder and environment are its own.

use super::Container;
use crate::engine::clock::Timestamp;
use crate::engine::exec::Quiet;
use crate::engine::health::{Outcome, Plan, Status};
use crate::engine::{Engine, Result};
use crate::wire::ExecCreate;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::oneshot;

/// Kept while probes run; dropping it ends them.
pub type Probing = oneshot::Sender<()>;

/// Bytes of output that a result keeps, as in Docker.
const OUTPUT: usize = 4096;

impl Engine {
    /// Notes that health is to be found out anew. Called as the container starts, before its record says so.
    pub(super) fn reset_health(&self, container: &Container) {
        container.change(|r| match Plan::of(&r.config) {
            Some(_) => r.state.health.get_or_insert_default().begin(),
            None => r.state.health = None,
        });
    }

    /// Begins to probe, if there is a health check.
    pub(super) fn start_probing(self: &Arc<Self>, container: &Arc<Container>) {
        let Some(plan) = container.look(|r| Plan::of(&r.config)) else {
            return;
        };
        let (probing, over) = oneshot::channel();
        *container.probing.lock() = Some(probing);
        tokio::spawn(self.clone().probe(container.clone(), plan, over));
    }

    /// Ends probing. What nobody looks at counts as unhealthy until it is looked at again, as in Docker.
    pub(super) fn stop_probing(&self, container: &Container) {
        if container.probing.lock().take().is_some() {
            container.change(|r| {
                if let Some(health) = &mut r.state.health {
                    health.status = Status::Unhealthy;
                }
            });
        }
    }

    async fn probe(
        self: Arc<Self>,
        container: Arc<Container>,
        plan: Plan,
        mut over: oneshot::Receiver<()>,
    ) {
        loop {
            let pause = container.look(|r| {
                let status = r
                    .state
                    .health
                    .as_ref()
                    .map_or_else(Status::default, |h| h.status);
                plan.pause(status, lasted(self.clock.now(), r.state.started_at))
            });
            tokio::select! {
                // When both are due, it is over: nothing is probed after a pause.
                biased;
                _ = &mut over => return,
                () = self.clock.sleep(pause) => {}
            }
            let start = self.clock.now();
            let result = tokio::select! {
                result = self.run_probe(&container, &plan) => result,
                _ = &mut over => return,
            };
            // A probe that was killed together with the container says nothing about its health.
            if container.sandbox().is_none_or(|s| s.is_ending()) {
                return;
            }
            let end = self.clock.now();
            let (code, output) = result.unwrap_or_else(|e| (-1, e.message));
            let outcome = Outcome {
                start,
                end,
                code,
                output,
            };
            let (mut changed, mut current) = (None, true);
            container.change(|r| {
                let since = lasted(start, r.state.started_at);
                // A result that comes after the end of probing says nothing any more.
                current = matches!(over.try_recv(), Err(oneshot::error::TryRecvError::Empty));
                if let Some(health) = r.state.health.as_mut().filter(|_| current) {
                    changed = health.note(&plan, outcome, since);
                }
            });
            if !current {
                return;
            }
            if let Some(status) = changed {
                self.tell(
                    &container,
                    &format!("health_status: {}", status.word()),
                    &[],
                );
            }
        }
    }

    /// Runs one probe; answers with its exit code and the beginning of its output.
    async fn run_probe(
        self: &Arc<Self>,
        container: &Arc<Container>,
        plan: &Plan,
    ) -> Result<(i64, String)> {
        let (user, working_dir) =
            container.look(|r| (r.config.user.clone(), r.config.working_dir.clone()));
        let spec = ExecCreate {
            cmd: Some(plan.argv.clone()),
            user,
            working_dir,
            attach_stdout: true,
            attach_stderr: true,
            ..ExecCreate::default()
        };
        let Quiet { code, output } = self
            .exec_quietly(container, spec, plan.timeout, OUTPUT)
            .await?;
        Ok(match code {
            Some(code) => (code, output),
            None => {
                let limit = crate::base::duration::go(plan.timeout.as_nanos() as i64);
                let words = format!("Health check exceeded timeout ({limit})");
                let words = match output.as_str() {
                    "" => words,
                    output => format!("{words}: {output}"),
                };
                (-1, words)
            }
        })
    }
}

fn lasted(now: Timestamp, started: Timestamp) -> Duration {
    Duration::from_nanos(u64::try_from(now.since(started)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::lifecycle::{SLEEP, run};
    use crate::engine::testing::{Bench, ManualClock, bench_at};
    use crate::wire::{ContainerConfig, HealthConfig};
    use std::future::poll_fn;
    use std::task::{Context, Poll};
    use tokio::task::JoinHandle;

    /// One that hangs until it is killed.
    fn plan() -> Plan {
        let check = HealthConfig {
            test: Some(["CMD", "sleep", "100"].map(str::to_owned).to_vec()),
            ..HealthConfig::default()
        };
        let config = ContainerConfig {
            healthcheck: Some(check),
            ..ContainerConfig::default()
        };
        Plan::of(&config).unwrap()
    }

    /// Begins to probe; returns when the first probe has been at it for as long as it may.
    async fn probed(
        clock: &Arc<ManualClock>,
        bench: &Bench,
    ) -> (Probing, Arc<Container>, JoinHandle<()>) {
        run(bench, "cc", SLEEP).await;
        let container = bench.engine.find("cc").unwrap();
        let (probing, over) = oneshot::channel();
        let probe = bench.engine.clone().probe(container.clone(), plan(), over);
        let task = tokio::spawn(probe);
        clock.advance(clock.asked().await);
        let timeout = clock.asked().await;
        clock.advance(timeout);
        (probing, container, task)
    }

    #[tokio::test]
    async fn a_result_that_comes_together_with_the_end_is_the_last() {
        // At one of these moments both are there, and which is seen first is left to chance.
        for moment in 0..256 {
            let clock = ManualClock::new();
            let bench = bench_at(clock.clone(), Arc::default());
            let (probing, _, task) = probed(&clock, &bench).await;
            let mut turns = moment % 8;
            tokio::spawn(async move {
                let wait = |cx: &mut Context<'_>| match turns {
                    0 => Poll::Ready(()),
                    _ => {
                        turns -= 1;
                        cx.waker().wake_by_ref();
                        Poll::Pending
                    }
                };
                poll_fn(wait).await;
                drop(probing);
            });
            task.await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_is_killed_with_the_container_says_nothing() {
        let clock = ManualClock::new();
        let bench = bench_at(clock.clone(), Arc::default());
        let (_probing, container, task) = probed(&clock, &bench).await;
        bench.runtime.newest().end(137);
        tokio::select! {
            done = task => done.unwrap(),
            _ = clock.asked() => panic!("another probe is due"),
        }
        assert!(container.look(|r| r.state.health.is_none()));
    }
}
