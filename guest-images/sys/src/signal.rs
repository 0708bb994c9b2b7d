//! Signals. There are no handlers in WebAssembly: a caught signal interrupts a blocking call (EINTR) and is fetched by [`sigcaught`].

use crate::errno::{Errno, Result};
use crate::{Pid, raw};

macro_rules! signals {
    ($($name:ident $number:literal $short:literal;)*) => {
        $(pub const $name: i32 = $number;)*

        /// Every signal: number and name without `SIG`.
        pub const SIGNALS: &[(i32, &str)] = &[$(($number, $short)),*];
    };
}
signals! {
    SIGHUP 1 "HUP"; SIGINT 2 "INT"; SIGQUIT 3 "QUIT"; SIGILL 4 "ILL"; SIGTRAP 5 "TRAP"; SIGABRT 6 "ABRT"; SIGBUS 7 "BUS"; SIGFPE 8 "FPE";
    SIGKILL 9 "KILL"; SIGUSR1 10 "USR1"; SIGSEGV 11 "SEGV"; SIGUSR2 12 "USR2"; SIGPIPE 13 "PIPE"; SIGALRM 14 "ALRM"; SIGTERM 15 "TERM";
    SIGSTKFLT 16 "STKFLT"; SIGCHLD 17 "CHLD"; SIGCONT 18 "CONT"; SIGSTOP 19 "STOP"; SIGTSTP 20 "TSTP"; SIGTTIN 21 "TTIN"; SIGTTOU 22 "TTOU";
    SIGURG 23 "URG"; SIGXCPU 24 "XCPU"; SIGXFSZ 25 "XFSZ"; SIGVTALRM 26 "VTALRM"; SIGPROF 27 "PROF"; SIGWINCH 28 "WINCH"; SIGIO 29 "IO";
    SIGPWR 30 "PWR"; SIGSYS 31 "SYS";
}

/// A set of signals: bit n-1 is signal n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SigSet(pub u64);

impl SigSet {
    pub const EMPTY: SigSet = SigSet(0);
    pub const FULL: SigSet = SigSet(!0);

    fn bit(sig: i32) -> u64 {
        if (1..=64).contains(&sig) {
            1 << (sig - 1)
        } else {
            0
        }
    }
    pub fn contains(self, sig: i32) -> bool {
        self.0 & Self::bit(sig) != 0
    }
    pub fn insert(&mut self, sig: i32) {
        self.0 |= Self::bit(sig);
    }
    pub fn remove(&mut self, sig: i32) {
        self.0 &= !Self::bit(sig);
    }
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
    pub fn iter(self) -> impl Iterator<Item = i32> {
        (1..=64).filter(move |sig| self.contains(*sig))
    }
}

/// What a process does on a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Action {
    Default = 0,
    Ignore = 1,
    /// Remember it for [`sigcaught`] and interrupt blocking calls.
    Catch = 2,
}

/// Sets what happens on a signal and gives what happened before; EINVAL for SIGKILL, SIGSTOP and bad numbers.
pub fn sigaction(sig: i32, action: Action) -> Result<Action> {
    action_call(sig, action as i32)
}

/// What happens on a signal now.
pub fn sigaction_get(sig: i32) -> Result<Action> {
    action_call(sig, -1)
}

fn action_call(sig: i32, action: i32) -> Result<Action> {
    let mut old = 0;
    Errno::check(unsafe { raw::sigaction(sig, action, &mut old) })?;
    Ok(match old {
        1 => Action::Ignore,
        2 => Action::Catch,
        _ => Action::Default,
    })
}

/// How [`sigprocmask`] uses its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum MaskHow {
    Block = 0,
    Unblock = 1,
    Set = 2,
}

/// Changes the blocked signals and gives the set before.
pub fn sigprocmask(how: MaskHow, set: SigSet) -> Result<SigSet> {
    let mut old = 0;
    Errno::check(unsafe { raw::sigprocmask(how as i32, &set.0, &mut old) })?;
    Ok(SigSet(old))
}

/// The blocked signals.
pub fn sigmask() -> Result<SigSet> {
    let mut old = 0;
    Errno::check(unsafe { raw::sigprocmask(0, core::ptr::null(), &mut old) })?;
    Ok(SigSet(old))
}

/// Signals that arrived while blocked.
pub fn sigpending() -> Result<SigSet> {
    let mut set = 0;
    Errno::check(unsafe { raw::sigpending(&mut set) })?;
    Ok(SigSet(set))
}

/// Takes (and clears) the caught signals that arrived since the last call.
pub fn sigcaught() -> Result<SigSet> {
    let mut set = 0;
    Errno::check(unsafe { raw::sigcaught(&mut set) })?;
    Ok(SigSet(set))
}

/// Sends a signal: `pid` > 0 that process, 0 own group, -1 all, < -1 that group; signal 0 only checks.
pub fn kill(pid: Pid, sig: i32) -> Result<()> {
    Errno::check(unsafe { raw::kill(pid, sig) })
}

/// The name of a signal without `SIG`, such as `TERM`.
pub fn signal_name(sig: i32) -> Option<&'static str> {
    SIGNALS
        .iter()
        .find(|(number, _)| *number == sig)
        .map(|(_, name)| *name)
}

/// The number of a signal from `TERM`, `SIGTERM`, `sigterm` or `15`.
pub fn signal_number(word: &str) -> Option<i32> {
    if let Ok(number) = word.parse::<i32>() {
        return (0..=64).contains(&number).then_some(number);
    }
    let name = match word.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("SIG") => &word[3..],
        _ => word,
    };
    SIGNALS
        .iter()
        .find(|(_, short)| short.eq_ignore_ascii_case(name))
        .map(|(number, _)| *number)
}
