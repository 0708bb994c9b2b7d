//! `top`: the processes of a container.

use crate::engine::ports::ProcessLine;
use crate::engine::state::Phase;
use crate::engine::{Engine, Result, Timestamp};

impl Engine {
    /// The titles and the lines, in `ps -ef`'s columns.
    pub fn top(&self, id: &str) -> Result<(Vec<String>, Vec<Vec<String>>)> {
        let container = self.find(id)?;
        if container.phase() == Phase::Restarting {
            return Err(container.restarting());
        }
        let sandbox = container.running()?;
        let titles = ["UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"]
            .map(str::to_owned)
            .to_vec();
        Ok((titles, sandbox.processes().iter().map(line).collect()))
    }
}

fn line(process: &ProcessLine) -> Vec<String> {
    let seconds = process.cpu_ns / 1_000_000_000;
    let started = Timestamp(process.started_ns).rfc3339();
    vec![
        process.user.clone(),
        process.pid.to_string(),
        process.ppid.to_string(),
        "0".to_owned(),
        started.get(11..16).unwrap_or("00:00").to_owned(),
        process.tty.clone(),
        format!(
            "{:02}:{:02}:{:02}",
            seconds / 3600,
            seconds / 60 % 60,
            seconds % 60
        ),
        process.command.clone(),
    ]
}
