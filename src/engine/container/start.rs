//! `start`: from a record to a running pid 1.
//!
//! The path of a container: `create` made its record and files; here its streams are wired, the runtime starts pid 1, the record
//! says running and is committed, and `supervise` waits for the end. A start that fails leaves the container as it was, with the
//! reason in its record.

use super::Container;
use crate::engine::ports::{LaunchError, Sandbox, TtySize, Wires};
use crate::engine::record::Record;
use crate::engine::state::{Phase, Verdict};
use crate::engine::{Engine, Error, Result, logs};
use std::sync::Arc;

/// The words that Docker puts in front of a failed start.
pub(in crate::engine) const START_FAILED: &str = "failed to create task for container: failed to create shim task: OCI runtime create failed: \
     runc create failed: unable to start container process: error during container init";

/// The words in front of what a log driver says.
const LOG_FAILED: &str = "failed to create task for container: failed to initialize logging driver";

/// What Docker adds when something is not a directory, whatever it was.
const NOT_A_DIRECTORY: &str = ": Are you trying to mount a directory onto a file (or vice-versa)? \
     Check if the specified host path exists and is the expected type";

impl Engine {
    /// Starts a container. Answers when pid 1 runs and the record says so.
    pub async fn start(self: &Arc<Self>, id: &str) -> Result<()> {
        let container = self.find(id)?;
        let _verb = container.verb.lock().await;
        match container.phase().can_start() {
            Verdict::Go => {}
            Verdict::Nothing => return Err(Error::not_modified()),
            Verdict::Paused => {
                return Err(Error::conflict(
                    "cannot start a paused container, try unpause instead",
                ));
            }
            _ => {
                return Err(Error::conflict(
                    "container is marked for removal and cannot be started",
                ));
            }
        }
        self.launch(&container).await
    }

    /// Starts it for a person; the caller holds `verb` and has asked the table.
    pub(super) async fn launch(self: &Arc<Self>, container: &Arc<Container>) -> Result<()> {
        container.ending.reset();
        container.change(|r| {
            r.restart_count = 0;
            r.state.manually_stopped = false;
        });
        let sandbox = self.begin(container).await?;
        // A container that goes with its end is removed at the next engine start whether the record says running or not.
        let lazily = container.look(|r| r.host_config.auto_remove);
        let recorded = self.begun(container, lazily).await;
        tokio::spawn(self.clone().supervise(container.clone(), sandbox));
        recorded
    }

    /// Commits and tells that it runs.
    pub(super) async fn begun(
        self: &Arc<Self>,
        container: &Arc<Container>,
        lazily: bool,
    ) -> Result<()> {
        let recorded = self.commit(container, lazily).await;
        self.tell_mounts(container, true);
        self.tell(container, "start", &[]);
        self.start_probing(container);
        recorded
    }

    /// One run's beginning, in memory; the caller holds `verb`.
    pub(super) async fn begin(
        self: &Arc<Self>,
        container: &Arc<Container>,
    ) -> Result<Arc<dyn Sandbox>> {
        let net = match self.enter_networks(container).await {
            Ok(net) => net,
            Err(e) => return Err(self.start_failed(container, e.into()).await),
        };
        let record = container.look(Clone::clone);
        let log = match logs::open(&record, &container.log).await {
            Ok(log) => log,
            Err(words) => {
                let error = Error::system(format!("{LOG_FAILED}: {words}"));
                return Err(self.start_failed(container, error.into()).await);
            }
        };
        container.output.log_to(log);
        let wires = Wires {
            stdin: record
                .config
                .open_stdin
                .then(|| container.stdin.source())
                .flatten(),
            output: container.output.clone(),
        };
        let [rows, cols] = record
            .host_config
            .console_size
            .map(|n| u16::try_from(n).unwrap_or(u16::MAX));
        let sandbox = match self
            .runtime
            .launch(&record, TtySize { rows, cols }, wires, net)
            .await
        {
            Ok(sandbox) => sandbox,
            Err(e) => return Err(self.start_failed(container, e).await),
        };
        let pid = i64::from(sandbox.pid());
        let now = self.clock.now();
        container.change(|r| {
            r.state.phase = Phase::Running;
            r.state.pid = pid;
            r.state.exit_code = 0;
            r.state.error.clear();
            r.state.oom_killed = false;
            r.state.started_at = now;
        });
        self.reset_health(container);
        container.set_sandbox(Some(sandbox.clone()));
        container.log.set_running(true);
        container.life.send_modify(|life| life.alive = true);
        Ok(sandbox)
    }

    /// Notes why it did not start, and removes it if it goes with its end.
    async fn start_failed(
        self: &Arc<Self>,
        container: &Arc<Container>,
        error: LaunchError,
    ) -> Error {
        // What failed before there was a program leaves the code of the last run.
        let early = matches!(error, LaunchError::Other(_));
        let (error, mut code) = explain(error, START_FAILED);
        let record = container.change(|r: &mut Record| {
            if early && r.state.exit_code != 0 {
                code = r.state.exit_code;
            }
            r.state.exit_code = code;
            r.state.error.clone_from(&error.message);
        });
        self.leave_networks(container).await;
        container.output.end();
        container.stdin.reset();
        container.life.send_modify(|life| life.exit_code = code);
        let auto_remove = record.host_config.auto_remove;
        let noted = if auto_remove {
            self.destroy(container, true).await
        } else {
            self.commit(container, false).await
        };
        if let Err(e) = noted {
            tracing::warn!(container = %container.id, "a failed start was not recorded: {e}");
        }
        error
    }
}

/// Docker's error and exit code for a program that did not start: 127 not found, 126 not executable, 128 otherwise.
pub(in crate::engine) fn explain(error: LaunchError, before: &str) -> (Error, i64) {
    let words = match error {
        LaunchError::Program(words) => words,
        LaunchError::Other(error) => return (error, 128),
    };
    let has = |text: &str| words.contains(text);
    let code = if has("executable file not found")
        || has("no such file or directory")
        || has("not a directory")
    {
        127
    } else if has("permission denied") || has("is a directory") {
        126
    } else {
        128
    };
    let mut message = format!("{before}: {words}");
    if has("not a directory") {
        message.push_str(NOT_A_DIRECTORY);
    }
    let error = if code == 128 {
        Error::system(message)
    } else {
        Error::invalid(message)
    };
    (hinted(error, &words), code)
}

/// The learner's line for the two classic mistakes.
fn hinted(error: Error, words: &str) -> Error {
    let Some(program) = words
        .strip_prefix("exec: \"")
        .and_then(|rest| rest.split('"').next())
    else {
        return error;
    };
    if program.starts_with('-') {
        return error
            .with_hint("options of `run` stand before the image; what follows it is the command");
    }
    if matches!(program, "bash" | "/bin/bash") {
        return error.with_hint("this image has no bash; try sh");
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_follow_the_words() {
        let code = |words: &str| explain(LaunchError::Program(words.to_owned()), "x").1;
        assert_eq!(
            code("exec: \"nosuch\": executable file not found in $PATH"),
            127
        );
        assert_eq!(
            code("exec: \"/x\": stat /x: no such file or directory"),
            127
        );
        assert_eq!(
            code("exec: \"/etc\": is a directory: permission denied"),
            126
        );
        assert_eq!(
            code("invalid environment variable: name cannot be empty"),
            128
        );
    }

    #[test]
    fn options_after_the_image_get_a_hint() {
        let (error, _) = explain(
            LaunchError::Program("exec: \"-p\": executable file not found in $PATH".to_owned()),
            START_FAILED,
        );
        assert!(error.message.ends_with(
            "error during container init: exec: \"-p\": executable file not found in $PATH"
        ));
        assert!(error.hint.unwrap().contains("before the image"));
    }
}
