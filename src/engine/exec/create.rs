//! `POST /containers/{id}/exec`: notes what is to run, after the checks that Docker makes at this point.

use super::Exec;
use crate::base;
use crate::engine::io::EscapeKeys;
use crate::engine::state::Verdict;
use crate::engine::{Engine, Error, Result, blocking};
use crate::wire::{ExecCreate, IdResponse};
use parking_lot::Mutex;
use std::sync::Arc;

impl Engine {
    pub async fn exec_create(&self, id: &str, spec: ExecCreate) -> Result<IdResponse> {
        if spec.cmd.as_ref().is_none_or(Vec::is_empty) {
            return Err(Error::invalid("No exec command specified"));
        }
        let container = self.find(id)?;
        match container.phase().can_exec() {
            Verdict::Go => {}
            Verdict::Paused => {
                return Err(Error::conflict(format!(
                    "Container {id} is paused, unpause the container before exec"
                )));
            }
            Verdict::Restarting => return Err(container.restarting()),
            _ => {
                return Err(Error::conflict(format!(
                    "container {} is not running",
                    container.id
                )));
            }
        }
        if !spec.detach_keys.is_empty() {
            EscapeKeys::parse(&spec.detach_keys)?;
        }
        if !spec.user.is_empty() {
            let (runtime, record, user) = (
                self.runtime.clone(),
                container.look(Clone::clone),
                spec.user.clone(),
            );
            blocking(move || runtime.check_user(&record, &user)).await?;
        }
        let exec = Exec {
            id: base::id::random(),
            container: container.id.clone(),
            spec,
            state: Mutex::default(),
        };
        let created = IdResponse {
            id: exec.id.clone(),
        };
        let action = format!("exec_create: {}", exec.command());
        self.execs.insert(Arc::new(exec));
        self.tell(&container, &action, &[("execID", created.id.clone())]);
        Ok(created)
    }
}
