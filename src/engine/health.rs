//! Health checks as values: what is to be run and when, and what a result means.
//!
//! Pure; `container/probe.rs` runs the probes. Rules and figures are those of Docker's health monitor.

use crate::wire::{ContainerConfig, HealthLog, Healthcheck};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Results that are kept.
const KEPT: usize = 5;
/// Between two probes, and for one of them, unless told otherwise.
const INTERVAL: Duration = Duration::from_secs(30);
/// Between two probes while the container may still be starting.
const START_INTERVAL: Duration = Duration::from_secs(5);
/// Failures in a row that make it unhealthy.
const RETRIES: i64 = 3;

/// What is known of a container's health.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    #[default]
    Starting,
    Healthy,
    Unhealthy,
}

impl Status {
    /// The word in inspect, in the filter, and in the event.
    pub fn word(self) -> &'static str {
        match self {
            Status::Starting => "starting",
            Status::Healthy => "healthy",
            Status::Unhealthy => "unhealthy",
        }
    }
}

/// One probe's outcome.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub start: super::Timestamp,
    pub end: super::Timestamp,
    /// 0 is healthy; -1 for a probe that did not run to its end.
    pub code: i64,
    pub output: String,
}

/// A container's health, with the last results. It outlives the container's end.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    pub status: Status,
    pub failing_streak: i64,
    pub log: Vec<Outcome>,
}

impl Health {
    /// The container starts; old results stay to be read.
    pub fn begin(&mut self) {
        self.status = Status::Starting;
        self.failing_streak = 0;
    }

    /// Takes a result in; tells the new status if it has changed.
    pub fn note(&mut self, plan: &Plan, outcome: Outcome, since_start: Duration) -> Option<Status> {
        let before = self.status;
        let failed = outcome.code != 0;
        let excused = before == Status::Starting && since_start < plan.start_period;
        if self.log.len() >= KEPT {
            self.log.drain(..=self.log.len() - KEPT);
        }
        self.log.push(outcome);
        if !failed {
            self.failing_streak = 0;
            self.status = Status::Healthy;
        } else if !excused {
            self.failing_streak += 1;
            if self.failing_streak >= plan.retries {
                self.status = Status::Unhealthy;
            }
        }
        (self.status != before).then_some(self.status)
    }

    /// As inspect shows it.
    pub fn shown(&self) -> Healthcheck {
        Healthcheck {
            status: self.status.word().to_owned(),
            failing_streak: self.failing_streak,
            log: self
                .log
                .iter()
                .map(|o| HealthLog {
                    start: o.start.rfc3339(),
                    end: o.end.rfc3339(),
                    exit_code: o.code,
                    output: o.output.clone(),
                })
                .collect(),
        }
    }
}

/// A container's health check with every default filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub argv: Vec<String>,
    pub timeout: Duration,
    interval: Duration,
    start_period: Duration,
    start_interval: Duration,
    retries: i64,
}

impl Plan {
    /// `None` where there is none, or it was switched off, or it names no command.
    pub fn of(config: &ContainerConfig) -> Option<Plan> {
        let check = config.healthcheck.as_ref()?;
        let (kind, words) = check.test.as_deref()?.split_first()?;
        let shell = || match config.shell.as_deref() {
            None | Some([]) => vec!["/bin/sh".to_owned(), "-c".to_owned()],
            Some(shell) => shell.to_vec(),
        };
        let argv = match kind.as_str() {
            "CMD" => words.to_vec(),
            "CMD-SHELL" => [&shell(), words].concat(),
            _ => return None,
        };
        if argv.is_empty() {
            return None;
        }
        let or = |nanos: i64, default| match u64::try_from(nanos) {
            Ok(0) | Err(_) => default,
            Ok(nanos) => Duration::from_nanos(nanos),
        };
        Some(Plan {
            argv,
            timeout: or(check.timeout, INTERVAL),
            interval: or(check.interval, INTERVAL),
            start_period: or(check.start_period, Duration::ZERO),
            start_interval: or(check.start_interval, START_INTERVAL),
            retries: if check.retries > 0 {
                check.retries
            } else {
                RETRIES
            },
        })
    }

    /// The time until the next probe.
    pub fn pause(&self, status: Status, since_start: Duration) -> Duration {
        if status == Status::Starting && since_start < self.start_period {
            self.start_interval
        } else {
            self.interval
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::HealthConfig;

    fn plan(test: &[&str], check: HealthConfig) -> Option<Plan> {
        Plan::of(&ContainerConfig {
            healthcheck: Some(HealthConfig {
                test: Some(test.iter().map(|w| (*w).to_owned()).collect()),
                ..check
            }),
            ..ContainerConfig::default()
        })
    }

    fn outcome(code: i64) -> Outcome {
        Outcome {
            code,
            ..Outcome::default()
        }
    }

    #[test]
    fn each_form_of_a_test_leads_to_a_command_or_to_none() {
        let argv = |test: &[&str]| plan(test, HealthConfig::default()).map(|p| p.argv.join("|"));
        assert_eq!(argv(&["CMD", "a", "b c"]).unwrap(), "a|b c");
        assert_eq!(argv(&["CMD-SHELL", "a b"]).unwrap(), "/bin/sh|-c|a b");
        for none in [&["NONE"][..], &["CMD"], &[], &["BOGUS", "x"]] {
            assert_eq!(argv(none), None);
        }
    }

    #[test]
    fn defaults_are_dockers() {
        let plan = plan(&["CMD", "a"], HealthConfig::default()).unwrap();
        assert_eq!(
            (plan.interval, plan.timeout, plan.retries),
            (INTERVAL, INTERVAL, 3)
        );
        assert_eq!(plan.pause(Status::Starting, Duration::ZERO), INTERVAL);
    }

    #[test]
    fn failures_count_after_the_start_period_and_success_ends_them() {
        let check = HealthConfig {
            start_period: 10_000_000_000,
            start_interval: 1_000_000_000,
            retries: 2,
            ..HealthConfig::default()
        };
        let plan = plan(&["CMD", "a"], check).unwrap();
        let (early, late) = (Duration::from_secs(9), Duration::from_secs(10));
        assert_eq!(plan.pause(Status::Starting, early), Duration::from_secs(1));
        assert_eq!(plan.pause(Status::Starting, late), INTERVAL);
        assert_eq!(plan.pause(Status::Healthy, early), INTERVAL);
        let mut health = Health::default();
        assert_eq!(health.note(&plan, outcome(1), early), None);
        assert_eq!(health.failing_streak, 0);
        assert_eq!(health.note(&plan, outcome(1), late), None);
        assert_eq!(
            health.note(&plan, outcome(-1), late),
            Some(Status::Unhealthy)
        );
        assert_eq!(health.note(&plan, outcome(0), late), Some(Status::Healthy));
        // Once healthy, the start period excuses nothing.
        assert_eq!(health.note(&plan, outcome(1), early), None);
        assert_eq!((health.failing_streak, health.log.len()), (1, 5));
        health.note(&plan, outcome(7), late);
        assert_eq!((health.log.len(), health.log[4].code), (5, 7));
        health.begin();
        assert_eq!(
            (health.status, health.failing_streak, health.log.len()),
            (Status::Starting, 0, 5)
        );
    }
}
