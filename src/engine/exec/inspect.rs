//! `GET /exec/{id}/json`.

use super::Phase;
use crate::engine::{Engine, Result};
use crate::wire::{ExecInspect, ProcessConfig};

impl Engine {
    pub fn exec_inspect(&self, id: &str) -> Result<ExecInspect> {
        let exec = self.execs.find(id)?;
        let state = exec.state.lock();
        let spec = &exec.spec;
        let words = spec.cmd.as_deref().unwrap_or_default();
        Ok(ExecInspect {
            id: exec.id.clone(),
            running: state.phase == Phase::Running,
            exit_code: state.exit_code,
            process_config: ProcessConfig {
                tty: spec.tty,
                entrypoint: words.first().cloned().unwrap_or_default(),
                arguments: words.get(1..).unwrap_or_default().to_vec(),
                privileged: Some(spec.privileged),
                user: spec.user.clone(),
            },
            open_stdin: spec.attach_stdin,
            open_stderr: spec.attach_stderr,
            open_stdout: spec.attach_stdout,
            can_remove: false,
            container_id: exec.container.clone(),
            detach_keys: spec.detach_keys.clone(),
            pid: state.pid,
        })
    }
}
