//! The life of a container as a table: which verb is allowed in which phase.
//!
//! Pure and total; the verbs ask here and nowhere else, and the test below is the whole table.

use serde::{Deserialize, Serialize};

/// Where in its life a container is. Removing and dead ones are on their way out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    #[default]
    Created,
    Running,
    Paused,
    Restarting,
    Removing,
    Exited,
    Dead,
}

/// What a verb may do now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Go,
    /// Already so; Docker answers 304.
    Nothing,
    Paused,
    /// Between two runs; it will run again.
    Restarting,
    NotPaused,
    NotRunning,
    Running,
    Leaving,
}

impl Phase {
    /// Every phase, for tables and filters.
    pub const ALL: [Phase; 7] = [
        Phase::Created,
        Phase::Running,
        Phase::Paused,
        Phase::Restarting,
        Phase::Removing,
        Phase::Exited,
        Phase::Dead,
    ];

    /// The word in `State.Status` and in the filter.
    pub fn word(self) -> &'static str {
        match self {
            Phase::Created => "created",
            Phase::Running => "running",
            Phase::Paused => "paused",
            Phase::Restarting => "restarting",
            Phase::Removing => "removing",
            Phase::Exited => "exited",
            Phase::Dead => "dead",
        }
    }

    /// Whether it runs, as Docker counts: paused, and between two runs, are running.
    pub fn is_alive(self) -> bool {
        matches!(self, Phase::Running | Phase::Paused | Phase::Restarting)
    }

    pub fn can_start(self) -> Verdict {
        match self {
            Phase::Created | Phase::Exited => Verdict::Go,
            Phase::Running | Phase::Restarting => Verdict::Nothing,
            Phase::Paused => Verdict::Paused,
            Phase::Removing | Phase::Dead => Verdict::Leaving,
        }
    }

    pub fn can_stop(self) -> Verdict {
        if self.is_alive() {
            Verdict::Go
        } else {
            Verdict::Nothing
        }
    }

    pub fn can_kill(self) -> Verdict {
        if self.is_alive() {
            Verdict::Go
        } else {
            Verdict::NotRunning
        }
    }

    pub fn can_exec(self) -> Verdict {
        match self {
            Phase::Running => Verdict::Go,
            Phase::Paused => Verdict::Paused,
            Phase::Restarting => Verdict::Restarting,
            _ => Verdict::NotRunning,
        }
    }

    pub fn can_pause(self) -> Verdict {
        match self {
            Phase::Running => Verdict::Go,
            Phase::Paused => Verdict::Paused,
            Phase::Restarting => Verdict::Restarting,
            _ => Verdict::NotRunning,
        }
    }

    pub fn can_unpause(self) -> Verdict {
        if self == Phase::Paused {
            Verdict::Go
        } else {
            Verdict::NotPaused
        }
    }

    pub fn can_remove(self, force: bool) -> Verdict {
        match self {
            Phase::Removing => Verdict::Leaving,
            Phase::Paused if !force => Verdict::Paused,
            Phase::Restarting if !force => Verdict::Restarting,
            Phase::Running if !force => Verdict::Running,
            _ => Verdict::Go,
        }
    }

    pub fn can_attach(self) -> Verdict {
        match self {
            Phase::Paused => Verdict::Paused,
            Phase::Restarting => Verdict::Restarting,
            _ => Verdict::Go,
        }
    }

    pub fn can_resize(self) -> Verdict {
        if matches!(self, Phase::Running | Phase::Paused) {
            Verdict::Go
        } else {
            Verdict::NotRunning
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict::*;
    use super::*;

    #[test]
    fn the_whole_table() {
        // start, stop, kill, exec, pause, unpause, rm, rm -f, attach, resize
        let table: [(Phase, [Verdict; 10]); 7] = [
            (
                Phase::Created,
                [
                    Go, Nothing, NotRunning, NotRunning, NotRunning, NotPaused, Go, Go, Go,
                    NotRunning,
                ],
            ),
            (
                Phase::Running,
                [Nothing, Go, Go, Go, Go, NotPaused, Running, Go, Go, Go],
            ),
            (
                Phase::Paused,
                [Paused, Go, Go, Paused, Paused, Go, Paused, Go, Paused, Go],
            ),
            (
                Phase::Restarting,
                [
                    Nothing, Go, Go, Restarting, Restarting, NotPaused, Restarting, Go, Restarting,
                    NotRunning,
                ],
            ),
            (
                Phase::Removing,
                [
                    Leaving, Nothing, NotRunning, NotRunning, NotRunning, NotPaused, Leaving,
                    Leaving, Go, NotRunning,
                ],
            ),
            (
                Phase::Exited,
                [
                    Go, Nothing, NotRunning, NotRunning, NotRunning, NotPaused, Go, Go, Go,
                    NotRunning,
                ],
            ),
            (
                Phase::Dead,
                [
                    Leaving, Nothing, NotRunning, NotRunning, NotRunning, NotPaused, Go, Go, Go,
                    NotRunning,
                ],
            ),
        ];
        for (phase, row) in table {
            let found = [
                phase.can_start(),
                phase.can_stop(),
                phase.can_kill(),
                phase.can_exec(),
                phase.can_pause(),
                phase.can_unpause(),
                phase.can_remove(false),
                phase.can_remove(true),
                phase.can_attach(),
                phase.can_resize(),
            ];
            assert_eq!(found, row, "{phase:?}");
        }
    }
}
