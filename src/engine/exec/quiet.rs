//! An exec that the engine runs for itself: nobody is attached, its output is collected, its time is limited.

use super::{Exec, Phase, start};
use crate::base;
use crate::engine::container::{Container, explain};
use crate::engine::io::{Output, Subscription};
use crate::engine::ports::{Process, Wires};
use crate::engine::{Engine, Result};
use crate::wire::{ExecCreate, ExecStart};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;

/// How it went.
pub struct Quiet {
    /// `None`: it took too long and was killed.
    pub code: Option<i64>,
    /// What it wrote; where that was too long, its beginning and three dots.
    pub output: String,
}

/// Kills the process, and forgets the exec, of a caller that no longer waits.
struct Guard<'a> {
    engine: &'a Engine,
    exec: Arc<Exec>,
    process: Option<Arc<dyn Process>>,
}

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            process.kill();
        }
        self.engine.execs.remove(&self.exec.id);
    }
}

impl Engine {
    /// Runs it to its end. Dropping the future kills it.
    pub(in crate::engine) async fn exec_quietly(
        &self,
        container: &Arc<Container>,
        spec: ExecCreate,
        limit: Duration,
        most: usize,
    ) -> Result<Quiet> {
        let exec = Arc::new(Exec {
            id: base::id::random(),
            container: container.id.clone(),
            spec,
            state: Mutex::default(),
        });
        self.execs.insert(exec.clone());
        let mut guard = Guard {
            engine: self,
            exec: exec.clone(),
            process: None,
        };
        let id = [("execID", exec.id.clone())];
        self.tell(container, &format!("exec_create: {}", exec.command()), &id);
        self.tell(container, &format!("exec_start: {}", exec.command()), &id);
        exec.state.lock().phase = Phase::Running;
        let output = Arc::new(Output::new(self.clock.clone()));
        let written = output.subscribe(true, true);
        let wires = Wires {
            stdin: None,
            output: output.clone(),
        };
        let what = start::process_spec(&exec, &ExecStart::default());
        let process: Arc<dyn Process> = match container.running()?.exec(what, wires).await {
            Ok(process) => Arc::from(process),
            Err(e) => return Err(explain(e, start::EXEC_FAILED).0),
        };
        {
            let mut state = exec.state.lock();
            state.pid = i64::from(process.pid());
            state.process = Some(process.clone());
        }
        guard.process = Some(process.clone());
        let reading = tokio::spawn(collect(written, most));
        let code = tokio::select! {
            exit = process.finished() => Some(i64::from(exit.code)),
            () = self.clock.sleep(limit) => None,
        };
        if code.is_some() {
            guard.process = None;
        }
        output.end();
        drop(guard);
        let output = reading.await.unwrap_or_default();
        // Docker's code for one that it killed.
        self.exec_ended(&exec, container, code.unwrap_or(127));
        Ok(Quiet { code, output })
    }
}

/// Takes everything and keeps the beginning.
async fn collect(mut written: Subscription, most: usize) -> String {
    let mut kept = Vec::new();
    let mut all = 0;
    while let Some((_, piece)) = written.recv().await {
        all += piece.len();
        kept.extend_from_slice(&piece[..piece.len().min(most - kept.len())]);
    }
    let mut text = String::from_utf8_lossy(&kept).into_owned();
    if all > most {
        text.push_str("...");
    }
    text
}
