//! How a process ended, and Linux's encoding of it for `wait`.

use super::signal::Signal;

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStatus {
    /// What Docker and a shell show: the code, or 128 + the signal's number.
    pub code: i32,
    /// The signal that ended it, if one did.
    pub signal: Option<Signal>,
    /// Whether the memory limit was the reason.
    pub oom: bool,
}

impl ExitStatus {
    /// An ordinary end. Only the low eight bits count, as on Linux.
    pub fn exited(code: i32) -> ExitStatus {
        ExitStatus {
            code: code & 0xff,
            signal: None,
            oom: false,
        }
    }

    /// An end by a signal.
    pub fn signalled(signal: Signal) -> ExitStatus {
        ExitStatus {
            code: 128 + signal.number(),
            signal: Some(signal),
            oom: false,
        }
    }

    /// An end by the memory limit: SIGKILL, and said so.
    pub fn out_of_memory() -> ExitStatus {
        ExitStatus {
            oom: true,
            ..ExitStatus::signalled(Signal::KILL)
        }
    }
}

/// A change that `wait` reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Ended(ExitStatus),
    Stopped(Signal),
    Continued,
}

impl Change {
    /// The `wstatus` word of Linux's `wait4`.
    pub fn wstatus(self) -> i32 {
        match self {
            Change::Ended(ExitStatus {
                signal: Some(signal),
                ..
            }) => {
                let core = signal.default_action() == super::signal::Default::Core;
                signal.number() | if core { 0x80 } else { 0 }
            }
            Change::Ended(status) => (status.code & 0xff) << 8,
            Change::Stopped(signal) => signal.number() << 8 | 0x7f,
            Change::Continued => 0xffff,
        }
    }
}
