//! Restart policies: whether a container that has ended starts again, and after which delay.
//!
//! Pure: it is told how a run ended and answers; `container/supervise.rs` waits and starts. The rules and figures are those of
//! Docker's restart manager.

use super::clock::Timestamp;
use super::record::Record;
use super::state::Phase;
use crate::wire::RestartPolicy;
use std::time::Duration;

/// The first delay.
const FIRST: Duration = Duration::from_millis(100);
/// The longest delay.
const LONGEST: Duration = Duration::from_secs(60);
/// A run of this length makes the next delay the first one again.
const GOOD_RUN: Duration = Duration::from_secs(10);

/// How one run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct End {
    pub code: i64,
    /// A person has sent it a signal, whatever it did with it.
    pub by_hand: bool,
    pub lasted: Duration,
    /// How often the policy has started it since a person did.
    pub restarts: i64,
}

impl End {
    /// What a record says about the run that ended at `finished`.
    pub fn of(record: &Record, finished: Timestamp) -> End {
        let nanos = finished.since(record.state.started_at);
        End {
            code: record.state.exit_code,
            by_hand: record.state.manually_stopped,
            lasted: Duration::from_nanos(u64::try_from(nanos).unwrap_or(0)),
            restarts: record.restart_count,
        }
    }
}

/// Whether the policy wants the container back.
pub fn wants(policy: &RestartPolicy, end: &End) -> bool {
    match policy.name.as_str() {
        "always" => true,
        "unless-stopped" => !end.by_hand,
        "on-failure" => {
            let most = policy.maximum_retry_count;
            end.code != 0 && (most == 0 || end.restarts < most)
        }
        _ => false,
    }
}

/// Whether a container comes back when an engine starts. One that never ran does not.
pub fn comes_back(record: &Record) -> bool {
    let finished = record.state.finished_at;
    record.state.phase == Phase::Exited
        && record.state.started_at != Timestamp::NEVER
        && wants(
            &record.host_config.restart_policy,
            &End::of(record, finished),
        )
}

/// The delay grows while a container keeps failing; a person's `start` begins with a new one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backoff(Option<Duration>);

impl Backoff {
    /// The delay before the next start.
    pub fn next(&mut self, lasted: Duration) -> Duration {
        let before = self.0.filter(|_| lasted < GOOD_RUN);
        let delay = before.map_or(FIRST, |d| (d * 2).min(LONGEST));
        self.0 = Some(delay);
        delay
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(name: &str, most: i64) -> RestartPolicy {
        RestartPolicy {
            name: name.to_owned(),
            maximum_retry_count: most,
        }
    }

    #[test]
    fn the_whole_table() {
        let ends = [(0, false), (0, true), (1, false), (1, true)];
        let row = |name: &str, most, restarts| {
            ends.map(|(code, by_hand)| {
                let end = End {
                    code,
                    by_hand,
                    restarts,
                    ..End::default()
                };
                wants(&policy(name, most), &end)
            })
        };
        for (name, most, restarts, expected) in [
            ("", 0, 0, [false, false, false, false]),
            ("no", 0, 0, [false, false, false, false]),
            ("always", 0, 9, [true, true, true, true]),
            ("unless-stopped", 0, 9, [true, false, true, false]),
            ("on-failure", 0, 9, [false, false, true, true]),
            ("on-failure", 3, 2, [false, false, true, true]),
            ("on-failure", 3, 3, [false, false, false, false]),
        ] {
            assert_eq!(
                row(name, most, restarts),
                expected,
                "{name}:{most} after {restarts}"
            );
        }
    }

    #[test]
    fn delays_double_up_to_a_minute_and_begin_anew_after_ten_seconds() {
        let mut backoff = Backoff::default();
        let short = Duration::from_millis(9_999);
        let delays: Vec<u128> = (0..12).map(|_| backoff.next(short).as_millis()).collect();
        assert_eq!(
            delays,
            [
                100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 51200, 60000, 60000
            ]
        );
        assert_eq!(backoff.next(GOOD_RUN), FIRST);
        assert_eq!(backoff.next(Duration::ZERO), FIRST * 2);
    }
}
