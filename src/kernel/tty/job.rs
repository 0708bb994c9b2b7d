//! Job control: which group a terminal belongs to, and what happens to those in the background who use it.
//!
//! The decisions are here; the kernel delivers the signals (through [`TtySignals`]) and restarts what was stopped.

use super::line::signal;
use super::pty::Pty;
use super::termios::lflag;
use crate::base::errno::Errno;

/// Where a terminal sends its signals. Called without any lock of the terminal's.
pub trait TtySignals: Send + Sync {
    /// To every process of a group.
    fn signal_group(&self, pgrp: u32, signal: u8);
    /// To the leader of a session.
    fn signal_leader(&self, session: u32, signal: u8);
}

/// What the terminal must know of a process that uses it.
#[derive(Clone, Copy, Debug)]
pub struct Caller {
    pub pgrp: u32,
    pub session: u32,
    /// SIGTTIN (for reading) or SIGTTOU (for writing and changing) is blocked or ignored.
    pub deaf: bool,
    /// No parent outside the group but in the session could continue it.
    pub orphaned: bool,
}

/// What a process wants of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
    /// `tcsetattr`, `tcsetpgrp`.
    Change,
}

/// Whether it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Background {
    Go,
    /// Send this to the caller's group, then try again.
    Stop(u8),
    Refuse(Errno),
}

impl Pty {
    /// Decides what a background process gets (POSIX 11.1.4): nothing is sent from here.
    pub fn background(&self, caller: &Caller, access: Access) -> Background {
        let state = self.state.lock();
        let ours = state.session == Some(caller.session);
        let foreground = state.foreground.is_none_or(|group| group == caller.pgrp);
        if !ours || foreground {
            return Background::Go;
        }
        if access == Access::Write && !state.line.termios().l(lflag::TOSTOP) {
            return Background::Go;
        }
        match access {
            Access::Read if caller.deaf || caller.orphaned => Background::Refuse(Errno::Io),
            Access::Read => Background::Stop(signal::SIGTTIN),
            _ if caller.deaf => Background::Go,
            _ if caller.orphaned => Background::Refuse(Errno::Io),
            _ => Background::Stop(signal::SIGTTOU),
        }
    }

    /// Makes this the controlling terminal of a session whose leader has none; EPERM when another session has it.
    pub fn acquire(&self, session: u32, pgrp: u32) -> Result<(), Errno> {
        let mut state = self.state.lock();
        match state.session {
            Some(owner) if owner != session => Err(Errno::Perm),
            _ => {
                state.session = Some(session);
                state.foreground = Some(pgrp);
                Ok(())
            }
        }
    }

    /// The session whose controlling terminal this is.
    pub fn session(&self) -> Option<u32> {
        self.state.lock().session
    }

    /// The foreground process group.
    pub fn foreground(&self) -> Option<u32> {
        self.state.lock().foreground
    }

    /// Sets the foreground group. That it belongs to the session is the caller's to check.
    pub fn set_foreground(&self, pgrp: u32) {
        self.state.lock().foreground = Some(pgrp);
    }

    /// The session's leader has ended: the foreground group gets SIGHUP, the terminal is free.
    pub fn leader_exited(&self, session: u32) {
        let group = {
            let mut state = self.state.lock();
            if state.session != Some(session) {
                return;
            }
            state.session = None;
            state.foreground.take()
        };
        self.signal_groups(group, &[signal::SIGHUP]);
    }
}
