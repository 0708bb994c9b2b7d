//! Signal numbers, names, sets and default actions, as Linux on x86-64 has them (signal(7)).
//!
//! What a process does with a signal that arrives is in `deliver.rs`.

use std::fmt;

/// A signal number, 1 to 64.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Signal(u8);

/// What happens to a process that has not said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Default {
    Terminate,
    /// Terminates; a kernel would write a core file, which we do not.
    Core,
    Ignore,
    Stop,
    Continue,
}

macro_rules! signals {
    ($($name:ident = $number:literal,)*) => {
        impl Signal {
            $(pub const $name: Signal = Signal($number);)*
        }
        const NAMES: &[(u8, &str)] = &[$(($number, stringify!($name)),)*];
    };
}

signals! {
    HUP = 1, INT = 2, QUIT = 3, ILL = 4, TRAP = 5, ABRT = 6, BUS = 7, FPE = 8, KILL = 9, USR1 = 10, SEGV = 11, USR2 = 12,
    PIPE = 13, ALRM = 14, TERM = 15, STKFLT = 16, CHLD = 17, CONT = 18, STOP = 19, TSTP = 20, TTIN = 21, TTOU = 22,
    URG = 23, XCPU = 24, XFSZ = 25, VTALRM = 26, PROF = 27, WINCH = 28, IO = 29, PWR = 30, SYS = 31,
}

/// The first real-time signal; 34 is `RTMIN` because libc keeps 32 and 33.
const RTMIN: u8 = 34;
const RTMAX: u8 = 64;

impl Signal {
    /// A signal from its number; `None` outside 1 to 64.
    pub fn new(number: i32) -> Option<Signal> {
        (1..=64).contains(&number).then_some(Signal(number as u8))
    }

    /// A signal from what Docker and kill(1) accept: `9`, `KILL`, `SIGKILL`, `sigkill`, `RTMIN+3`, `RTMAX-1`.
    pub fn parse(word: &str) -> Option<Signal> {
        if let Ok(number) = word.parse::<i32>() {
            return Signal::new(number);
        }
        let upper = word.to_ascii_uppercase();
        let name = upper.strip_prefix("SIG").unwrap_or(&upper);
        if let Some(offset) = name.strip_prefix("RTMIN") {
            let number = if offset.is_empty() {
                0
            } else {
                offset.strip_prefix('+')?.parse::<u8>().ok()?
            };
            return RTMIN
                .checked_add(number)
                .filter(|n| *n <= RTMAX)
                .map(Signal);
        }
        if let Some(offset) = name.strip_prefix("RTMAX") {
            let number = if offset.is_empty() {
                0
            } else {
                offset.strip_prefix('-')?.parse::<u8>().ok()?
            };
            return RTMAX
                .checked_sub(number)
                .filter(|n| *n >= RTMIN)
                .map(Signal);
        }
        let alias = match name {
            "IOT" => "ABRT",
            "POLL" => "IO",
            "CLD" => "CHLD",
            other => other,
        };
        NAMES
            .iter()
            .find(|(_, n)| *n == alias)
            .map(|(number, _)| Signal(*number))
    }

    /// The number.
    pub fn number(self) -> i32 {
        self.0.into()
    }

    /// The name without `SIG`; `RTMIN+n` for real-time signals.
    pub fn name(self) -> String {
        match NAMES.iter().find(|(number, _)| *number == self.0) {
            Some((_, name)) => (*name).to_owned(),
            None if self.0 >= RTMIN => format!("RTMIN+{}", self.0 - RTMIN),
            None => self.0.to_string(),
        }
    }

    /// What happens by default.
    pub fn default_action(self) -> Default {
        match self {
            Signal::CHLD | Signal::URG | Signal::WINCH => Default::Ignore,
            Signal::CONT => Default::Continue,
            Signal::STOP | Signal::TSTP | Signal::TTIN | Signal::TTOU => Default::Stop,
            Signal::QUIT
            | Signal::ILL
            | Signal::TRAP
            | Signal::ABRT
            | Signal::BUS
            | Signal::FPE
            | Signal::SEGV
            | Signal::SYS
            | Signal::XCPU
            | Signal::XFSZ => Default::Core,
            _ => Default::Terminate,
        }
    }

    /// Whether the action cannot be changed and the signal not blocked: KILL and STOP.
    pub fn is_forced(self) -> bool {
        self == Signal::KILL || self == Signal::STOP
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIG{}", self.name())
    }
}

/// A set of signals: bit n-1 stands for signal n, as in Linux's `sigset_t`.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
pub struct SigSet(pub u64);

impl SigSet {
    pub const EMPTY: SigSet = SigSet(0);
    pub const FULL: SigSet = SigSet(!0);

    /// The set of one signal.
    pub const fn of(signal: Signal) -> SigSet {
        SigSet(1 << (signal.0 - 1))
    }

    pub const fn contains(self, signal: Signal) -> bool {
        self.0 & SigSet::of(signal).0 != 0
    }

    pub fn insert(&mut self, signal: Signal) {
        self.0 |= SigSet::of(signal).0;
    }

    pub fn remove(&mut self, signal: Signal) {
        self.0 &= !SigSet::of(signal).0;
    }

    pub const fn and(self, other: SigSet) -> SigSet {
        SigSet(self.0 & other.0)
    }

    pub const fn or(self, other: SigSet) -> SigSet {
        SigSet(self.0 | other.0)
    }

    pub const fn without(self, other: SigSet) -> SigSet {
        SigSet(self.0 & !other.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The lowest-numbered signal, the one that Linux delivers first.
    pub fn first(self) -> Option<Signal> {
        Signal::new(self.0.trailing_zeros() as i32 + 1)
    }
}

/// KILL and STOP.
pub const FORCED: SigSet = SigSet::of(Signal::KILL).or(SigSet::of(Signal::STOP));
/// The four that stop a process by default.
pub const STOPPING: SigSet = SigSet::of(Signal::STOP)
    .or(SigSet::of(Signal::TSTP))
    .or(SigSet::of(Signal::TTIN))
    .or(SigSet::of(Signal::TTOU));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_docker_kill() {
        for word in ["9", "KILL", "SIGKILL", "sigkill", "Kill"] {
            assert_eq!(Signal::parse(word), Some(Signal::KILL), "{word}");
        }
        assert_eq!(Signal::parse("RTMIN+3").map(Signal::number), Some(37));
        assert_eq!(Signal::parse("SIGRTMAX-1").map(Signal::number), Some(63));
        for word in ["", "0", "65", "-1", "SIG", "NOPE", "RTMIN+31", "RTMAX-99"] {
            assert_eq!(Signal::parse(word), None, "{word}");
        }
    }

    #[test]
    fn sets_count_from_signal_one() {
        assert_eq!(SigSet::of(Signal::HUP).0, 1);
        assert_eq!(SigSet::of(Signal::KILL).0, 1 << 8);
        assert_eq!(SigSet(1 << 63).first().map(Signal::number), Some(64));
        assert_eq!(SigSet::EMPTY.first(), None);
    }
}
