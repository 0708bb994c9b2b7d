//! `stop` and `restart`: the stop signal, some time, then SIGKILL.

use super::Container;
use crate::engine::options::StopOptions;
use crate::engine::state::Verdict;
use crate::engine::{Engine, Error, Result, signal};
use std::sync::Arc;
use std::time::Duration;

/// Seconds between the stop signal and SIGKILL unless told otherwise.
const TIMEOUT: i64 = 10;

impl Engine {
    /// Stops a container. Answers when it has ended; 304 when it did not run.
    pub async fn stop(self: &Arc<Self>, id: &str, options: StopOptions) -> Result<()> {
        let container = self.find(id)?;
        if container.phase().can_stop() == Verdict::Nothing {
            return Err(Error::not_modified());
        }
        self.end(&container, &options).await
    }

    /// Stops it if it runs, then starts it.
    pub async fn restart(self: &Arc<Self>, id: &str, options: StopOptions) -> Result<()> {
        let container = self.find(id)?;
        if container.phase().can_stop() == Verdict::Go {
            container.ending.keep();
            self.end(&container, &options).await?;
        }
        let _verb = container.verb.lock().await;
        if container.phase().can_start() == Verdict::Go {
            self.launch(&container).await?;
        }
        self.tell(&container, "restart", &[]);
        Ok(())
    }

    /// Ends the run and tells `stop`, as Docker does just before `die`.
    async fn end(
        self: &Arc<Self>,
        container: &Arc<Container>,
        options: &StopOptions,
    ) -> Result<()> {
        let (own_signal, own_timeout) =
            container.look(|r| (r.config.stop_signal.clone(), r.config.stop_timeout));
        let wanted = match options.signal.as_deref().filter(|s| !s.is_empty()) {
            Some(text) => signal::parse(text)?,
            None if own_signal.is_empty() => signal::TERM,
            None => signal::parse(&own_signal)?,
        };
        let timeout = options.timeout.or(own_timeout).unwrap_or(TIMEOUT);
        let mut life = container.life.subscribe();
        let exits = life.borrow().exits;
        let ended = async move {
            // The sender lives in the container, which is held here.
            let _ = life.wait_for(|l| !l.alive || l.exits > exits).await;
        };
        tokio::pin!(ended);
        container.ending.expect_stop();
        let sent = self.signal(container, wanted).await;
        match u64::try_from(timeout) {
            // An error means that it ended by itself meanwhile.
            _ if sent.is_err() => ended.await,
            Err(_) => ended.await,
            Ok(seconds) => {
                if tokio::time::timeout(Duration::from_secs(seconds), &mut ended)
                    .await
                    .is_err()
                {
                    // The error means that it ended just now.
                    let _ = self.signal(container, signal::KILL).await;
                    ended.await;
                }
            }
        }
        // The end came before it could know that somebody waits.
        if container.ending.take_stop() {
            self.tell(container, "stop", &[]);
        }
        Ok(())
    }
}
