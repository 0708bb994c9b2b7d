//! `top`: the processes of a container, by the options of `ps`.

use crate::engine::ps::{self, Scene, Wrong};
use crate::engine::state::Phase;
use crate::engine::{Engine, Error, Result};
use crate::wire::TopResponse;
use std::sync::LazyLock;

/// Without options Docker asks for this.
const DEFAULT: &str = "-ef";

impl Engine {
    /// The processes with the columns that `options` of ps(1) ask for; empty means `-ef`.
    pub fn top(&self, id: &str, options: &str) -> Result<TopResponse> {
        let options = match options {
            "" => DEFAULT,
            given => given,
        };
        allowed(options)?;
        let container = self.find(id)?;
        if container.phase() == Phase::Restarting {
            return Err(container.restarting());
        }
        let sandbox = container.running()?;
        let scene = Scene {
            now: self.clock.now().0,
            memory: u64::try_from(self.facts.memory).unwrap_or(0),
        };
        let wrong = |wrong| match wrong {
            Wrong::Words(line) => Error::system(format!("ps: {line}")),
            Wrong::Silent => Error::system("ps: exit status 1"),
            Wrong::Output(line) => Error::system(line),
        };
        let (titles, processes) = ps::list(options, &sandbox.processes(), scene).map_err(wrong)?;
        self.tell(&container, "top", &[]);
        Ok(TopResponse {
            processes: (!processes.is_empty()).then_some(processes),
            titles: Some(titles),
        })
    }
}

/// Docker finds the processes by the title `PID`, so no other column may be called so.
fn allowed(options: &str) -> Result<()> {
    static RENAMED: LazyLock<Option<regex::Regex>> = LazyLock::new(|| {
        regex::Regex::new(r"[ \t\n\f\r]+([^ \t\n\f\r]*)=[ \t\n\f\r]*(PID[^ \t\n\f\r]*)").ok()
    });
    let found = RENAMED.iter().flat_map(|r| r.captures_iter(options));
    for [column, title] in found.map(|c| c.extract().1) {
        if column != "pid" {
            return Err(Error::system(format!(
                "specifying \"{column}={title}\" is not allowed"
            )));
        }
    }
    Ok(())
}
