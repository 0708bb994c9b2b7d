//! The STATUS column: `Up 3 seconds`, `Exited (0) 2 minutes ago`, `Created`.

use crate::engine::clock::Timestamp;
use crate::engine::record::Record;
use crate::engine::state::Phase;

/// Docker's words for a length of time in nanoseconds (go-units `HumanDuration`).
pub fn duration_words(nanos: i64) -> String {
    let seconds = nanos / 1_000_000_000;
    let (minutes, hours) = (seconds / 60, (seconds + 1800) / 3600);
    match (seconds, minutes, hours) {
        (..1, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (2..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, 2..60, _) => format!("{minutes} minutes"),
        (_, _, 1) => "About an hour".to_owned(),
        (_, _, 2..48) => format!("{hours} hours"),
        (_, _, 48..336) => format!("{} days", hours / 24),
        (_, _, 336..1440) => format!("{} weeks", hours / 24 / 7),
        (_, _, 1440..17520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", hours / 24 / 365),
    }
}

/// The text of `Status` in the list.
pub fn status_text(record: &Record, now: Timestamp) -> String {
    let state = &record.state;
    let up = || duration_words(now.since(state.started_at));
    let ended = || duration_words(now.since(state.finished_at));
    match state.phase {
        Phase::Running => format!("Up {}", up()),
        Phase::Paused => format!("Up {} (Paused)", up()),
        Phase::Restarting => format!("Restarting ({}) {} ago", state.exit_code, ended()),
        Phase::Removing => "Removal In Progress".to_owned(),
        Phase::Dead => "Dead".to_owned(),
        Phase::Created => "Created".to_owned(),
        Phase::Exited if state.finished_at == Timestamp::NEVER => String::new(),
        Phase::Exited => format!("Exited ({}) {} ago", state.exit_code, ended()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_go_units() {
        let words = |seconds: i64| duration_words(seconds * 1_000_000_000);
        for (seconds, expected) in [
            (0, "Less than a second"),
            (1, "1 second"),
            (59, "59 seconds"),
            (60, "About a minute"),
            (119, "About a minute"),
            (120, "2 minutes"),
            (3599, "59 minutes"),
            (3600, "About an hour"),
            (5399, "About an hour"),
            (5400, "2 hours"),
            (47 * 3600, "47 hours"),
            (48 * 3600, "2 days"),
            (14 * 86400, "2 weeks"),
            (60 * 86400, "2 months"),
            (730 * 86400, "2 years"),
        ] {
            assert_eq!(words(seconds), expected, "{seconds} s");
        }
    }

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
