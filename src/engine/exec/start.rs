//! `POST /exec/{id}/start`: runs it, with the client on its streams or without.
//!
//! A program that cannot be started is told in the stream, not as an HTTP error: the client has its connection already.

use super::{Exec, Phase};
use crate::engine::container::{Container, explain, follow};
use crate::engine::io::{AtEnd, Escape, EscapeKeys, Output, Stdin, StdinWriter};
use crate::engine::options::AttachStreams;
use crate::engine::ports::{ExecSpec, LaunchError, Process, TtySize, Wires};
use crate::engine::state::Verdict;
use crate::engine::{Engine, Error, Result};
use crate::wire::{ExecStart, frame::Stream};
use bytes::Bytes;
use std::sync::Arc;

pub(super) const EXEC_FAILED: &str =
    "OCI runtime exec failed: exec failed: unable to start container process";

impl Engine {
    /// Starts an exec. `None` when it was started detached.
    pub async fn exec_start(
        self: &Arc<Self>,
        id: &str,
        start: ExecStart,
    ) -> Result<Option<AttachStreams>> {
        let exec = self.execs.find(id)?;
        let container = self
            .find(&exec.container)
            .map_err(|_| Error::not_found(format!("No such exec instance: {id}")))?;
        match container.phase().can_exec() {
            Verdict::Go => {}
            Verdict::Paused => {
                let name = container.look(|r| r.name.clone());
                return Err(Error::conflict(format!(
                    "Container {name} is paused, unpause the container before exec"
                )));
            }
            _ => {
                return Err(Error::conflict(format!(
                    "container {} is not running",
                    container.id
                )));
            }
        }
        {
            let mut state = exec.state.lock();
            match state.phase {
                Phase::Created => state.phase = Phase::Running,
                Phase::Running => {
                    return Err(Error::conflict(format!(
                        "exec command {id} is already running"
                    )));
                }
                Phase::Ended => {
                    return Err(Error::conflict(format!(
                        "exec command {id} has already run"
                    )));
                }
            }
        }
        let spec = &exec.spec;
        let output = Arc::new(Output::new(self.clock.clone()));
        let stdin = Arc::new(Stdin::default());
        let streams = if start.detach {
            None
        } else {
            Some(self.streams(&exec, &container, &output, &stdin, start.tty))
        };
        let wires = Wires {
            stdin: (spec.attach_stdin && !start.detach)
                .then(|| stdin.source())
                .flatten(),
            output: output.clone(),
        };
        self.tell(
            &container,
            &format!("exec_start: {}", exec.command()),
            &[("execID", exec.id.clone())],
        );
        let what = process_spec(&exec, &start);
        let sandbox = container.running()?;
        match sandbox.exec(what, wires).await {
            Ok(process) => {
                let process: Arc<dyn Process> = Arc::from(process);
                {
                    let mut state = exec.state.lock();
                    state.pid = i64::from(process.pid());
                    state.process = Some(process.clone());
                }
                tokio::spawn(
                    self.clone()
                        .watch_exec(exec, container, process, output, stdin),
                );
                Ok(streams)
            }
            Err(e) => {
                let (error, code) = explain(e, EXEC_FAILED);
                // What never ran has not died: Docker tells no event.
                exec.note_end(code);
                if start.detach {
                    return Err(error);
                }
                output
                    .publish(
                        Stream::Stdout,
                        Bytes::from(format!("{}\r\n", error.message)),
                    )
                    .await;
                output.end();
                Ok(streams)
            }
        }
    }

    /// `raw` is what the client said when it started the exec: a terminal's output comes framed to one that said nothing.
    fn streams(
        self: &Arc<Self>,
        exec: &Exec,
        container: &Arc<Container>,
        output: &Arc<Output>,
        stdin: &Arc<Stdin>,
        raw: bool,
    ) -> AttachStreams {
        let spec = &exec.spec;
        // Whatever was asked for, the words of a failed start must arrive.
        let live = output.subscribe(true, spec.attach_stderr);
        let (writer, end) = if spec.attach_stdin {
            let keys = EscapeKeys::parse(&spec.detach_keys).unwrap_or_default();
            let at_end = if spec.tty {
                AtEnd::EndOutput
            } else {
                AtEnd::CloseStdin
            };
            let (writer, end) =
                StdinWriter::new(stdin.clone(), spec.tty.then(|| Escape::new(keys)), at_end);
            (Some(writer), Some(end))
        } else {
            (None, None)
        };
        let (engine, container, id) = (self.clone(), container.clone(), exec.id.clone());
        let detached = move || engine.tell(&container, "exec_detach", &[("execID", id)]);
        AttachStreams {
            tty: raw,
            stdin: writer,
            output: follow(live, raw, end, detached),
        }
    }

    async fn watch_exec(
        self: Arc<Self>,
        exec: Arc<Exec>,
        container: Arc<Container>,
        process: Arc<dyn Process>,
        output: Arc<Output>,
        stdin: Arc<Stdin>,
    ) {
        let exit = process.finished().await;
        // The code is there before the stream ends: clients ask for it right then.
        self.exec_ended(&exec, &container, i64::from(exit.code));
        stdin.close();
        output.end();
    }

    /// Notes the end of a process and tells of it.
    pub(super) fn exec_ended(&self, exec: &Exec, container: &Container, code: i64) {
        exec.note_end(code);
        let attributes = [("execID", exec.id.clone()), ("exitCode", code.to_string())];
        self.tell(container, "exec_die", &attributes);
    }
}

pub(super) fn process_spec(exec: &Exec, start: &ExecStart) -> ExecSpec {
    let spec = &exec.spec;
    let [rows, cols] = start
        .console_size
        .or(spec.console_size)
        .unwrap_or_default()
        .map(|n| u16::try_from(n).unwrap_or(u16::MAX));
    ExecSpec {
        argv: spec.cmd.clone().unwrap_or_default(),
        env: spec.env.clone().unwrap_or_default(),
        user: spec.user.clone(),
        working_dir: spec.working_dir.clone(),
        tty: spec.tty,
        size: TtySize { rows, cols },
    }
}

/// What runc says about an environment that it refuses; the runtime checks with it.
pub(in crate::engine) fn check_environment(env: &[String]) -> Result<(), LaunchError> {
    match env.iter().any(|e| e.starts_with('=')) {
        true => Err(LaunchError::Program(
            "invalid environment variable: name cannot be empty".to_owned(),
        )),
        false => Ok(()),
    }
}
