//! The STATUS column: `Up 3 seconds`, `Exited (0) 2 minutes ago`, `Created`.

use crate::base::duration;
use crate::engine::clock::Timestamp;
use crate::engine::health::Status;
use crate::engine::record::Record;
use crate::engine::state::Phase;

/// The text of `Status` in the list.
pub fn status_text(record: &Record, now: Timestamp) -> String {
    let state = &record.state;
    let up = || duration::human(now.since(state.started_at));
    let ended = || duration::human(now.since(state.finished_at));
    match state.phase {
        Phase::Running => match &state.health {
            None => format!("Up {}", up()),
            Some(health) => format!("Up {} ({})", up(), health_text(health.status)),
        },
        Phase::Paused => format!("Up {} (Paused)", up()),
        Phase::Restarting => format!("Restarting ({}) {} ago", state.exit_code, ended()),
        Phase::Removing => "Removal In Progress".to_owned(),
        Phase::Dead => "Dead".to_owned(),
        Phase::Created => "Created".to_owned(),
        Phase::Exited if state.finished_at == Timestamp::NEVER => String::new(),
        Phase::Exited => format!("Exited ({}) {} ago", state.exit_code, ended()),
    }
}

fn health_text(status: Status) -> &'static str {
    match status {
        Status::Starting => "health: starting",
        known => known.word(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_phase_has_its_text() {
        let mut record = Record::default();
        let now = Timestamp(1_000_000_000_000);
        record.state.started_at = Timestamp(997_000_000_000);
        record.state.finished_at = Timestamp(998_000_000_000);
        record.state.exit_code = 137;
        let mut text = |phase| {
            record.state.phase = phase;
            status_text(&record, now)
        };
        assert_eq!(text(Phase::Created), "Created");
        assert_eq!(text(Phase::Running), "Up 3 seconds");
        assert_eq!(text(Phase::Paused), "Up 3 seconds (Paused)");
        assert_eq!(text(Phase::Exited), "Exited (137) 2 seconds ago");
    }
}
