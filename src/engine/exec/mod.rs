//! Further processes in a running container: `exec` makes one, `start` runs it, `inspect` tells how it ended.
//!
//! Execs live as long as their container's record, are not durable, and old finished ones are forgotten.

mod create;
mod inspect;
mod quiet;
mod resize;
mod start;

pub(in crate::engine) use quiet::Quiet;
pub(in crate::engine) use start::check_environment;

use super::ports::Process;
use super::{Error, Result};
use crate::wire::ExecCreate;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Finished execs that are kept for `inspect`, of all containers together.
const KEPT: usize = 1000;

/// One exec.
pub struct Exec {
    pub id: String,
    pub container: String,
    pub spec: ExecCreate,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    phase: Phase,
    exit_code: Option<i64>,
    pid: i64,
    process: Option<Arc<dyn Process>>,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Created,
    Running,
    Ended,
}

impl Exec {
    /// It has ended, or never began.
    fn note_end(&self, code: i64) {
        let mut state = self.state.lock();
        state.phase = Phase::Ended;
        state.exit_code = Some(code);
        state.process = None;
    }

    /// `sh -c true`, as the events show it.
    fn command(&self) -> String {
        let words = self.spec.cmd.as_deref().unwrap_or_default();
        let (first, rest) = words
            .split_first()
            .map_or(("", &[][..]), |(f, r)| (f.as_str(), r));
        format!("{first} {}", rest.join(" "))
    }
}

/// The execs by id. The lock is never held across an await.
#[derive(Default)]
pub struct Execs {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    execs: HashMap<String, Arc<Exec>>,
    /// Ids in the order in which they were made.
    order: Vec<String>,
}

impl Execs {
    fn insert(&self, exec: Arc<Exec>) {
        let mut inner = self.inner.lock();
        if inner.order.len() >= KEPT {
            let Inner { execs, order } = &mut *inner;
            let ended = |id: &String| {
                execs
                    .get(id)
                    .is_none_or(|e| e.state.lock().phase == Phase::Ended)
            };
            if let Some(at) = order.iter().position(ended) {
                let oldest = order.remove(at);
                execs.remove(&oldest);
            }
        }
        inner.order.push(exec.id.clone());
        inner.execs.insert(exec.id.clone(), exec);
    }

    fn find(&self, id: &str) -> Result<Arc<Exec>> {
        let found = self.inner.lock().execs.get(id).cloned();
        found.ok_or_else(|| Error::not_found(format!("No such exec instance: {id}")))
    }

    /// The ids of a container's execs that have not ended.
    pub fn of(&self, container: &str) -> Vec<String> {
        let inner = self.inner.lock();
        let open =
            |e: &&Arc<Exec>| e.container == container && e.state.lock().phase != Phase::Ended;
        inner
            .order
            .iter()
            .filter_map(|id| inner.execs.get(id))
            .filter(open)
            .map(|e| e.id.clone())
            .collect()
    }

    fn remove(&self, id: &str) {
        let mut inner = self.inner.lock();
        inner.execs.remove(id);
        inner.order.retain(|i| i != id);
    }

    /// The container is gone.
    pub fn forget(&self, container: &str) {
        let mut inner = self.inner.lock();
        let Inner { execs, order } = &mut *inner;
        execs.retain(|_, exec| exec.container != container);
        order.retain(|id| execs.contains_key(id));
    }
}
