//! Signals: numbers, masks, dispositions.

use super::{Kernel, errno::errno};
use crate::sys;
use std::borrow::Cow;
use std::future::{Future, ready};
use std::num::NonZero;
use std::ops::RangeInclusive;
use yash_env::job::Pid;
use yash_env::signal::{Number, RawNumber};
use yash_env::system::{
    CaughtSignals, Disposition, GetSigaction, Result, SendSignal, Sigaction, Sigmask, SigmaskOp,
    Signals, Sigset,
};

/// yash's number of a signal: 256 less, see the parent module.
pub const fn number(raw: i32) -> Number {
    match NonZero::new(raw - 256) {
        Some(number) => Number::from_raw_unchecked(number),
        None => panic!("no such signal"),
    }
}

/// Linux's number of a signal.
pub const fn raw(number: Number) -> i32 {
    number.as_raw() + 256
}

macro_rules! signals {
    ($($name:ident)*; $($other:ident)*; $($none:ident)*) => {
        $(const $name: Number = number(schooner_sys::$name);)*
        $(const $other: Option<Number> = Some(number(schooner_sys::$other));)*
        $(const $none: Option<Number> = None;)*
    };
}

impl Signals for Kernel {
    signals! {
        SIGABRT SIGALRM SIGBUS SIGCHLD SIGCONT SIGFPE SIGHUP SIGILL SIGINT SIGKILL SIGPIPE SIGPROF SIGQUIT SIGSEGV SIGSTOP SIGSYS
        SIGTERM SIGTRAP SIGTSTP SIGTTIN SIGTTOU SIGURG SIGUSR1 SIGUSR2 SIGVTALRM SIGWINCH SIGXCPU SIGXFSZ;
        SIGIO SIGPWR SIGSTKFLT;
        SIGCLD SIGEMT SIGINFO SIGLOST SIGTHR
    }
    const SIGIOT: Number = number(6);
    const SIGPOLL: Option<Number> = Some(number(29));

    fn sigrt_range(&self) -> Option<RangeInclusive<Number>> {
        None
    }
    fn to_signal_number<N: Into<RawNumber>>(&self, given: N) -> Option<Number> {
        // Users give Linux's numbers, yash its own.
        let given = given.into();
        let raw = if given < 0 { given + 256 } else { given };
        sys::signal_name(raw).map(|_| number(raw))
    }
    fn sig2str<N: Into<RawNumber>>(&self, given: N) -> Option<Cow<'static, str>> {
        let given = given.into();
        sys::signal_name(if given < 0 { given + 256 } else { given }).map(Cow::Borrowed)
    }
    fn str2sig(&self, name: &str) -> Option<Number> {
        let own = match name {
            "IOT" => "ABRT",
            "POLL" => "IO",
            other => other,
        };
        sys::SIGNALS
            .iter()
            .find(|(_, short)| *short == own)
            .map(|(raw, _)| number(*raw))
    }
}

/// A set of signals.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mask(pub sys::SigSet);

impl Sigset for Mask {
    fn full() -> Self {
        Mask(sys::SigSet::FULL)
    }
    fn insert(&mut self, signal: Number) -> Result<()> {
        self.0.insert(raw(signal));
        Ok(())
    }
    fn remove(&mut self, signal: Number) -> Result<()> {
        self.0.remove(raw(signal));
        Ok(())
    }
    fn contains(&self, signal: Number) -> Result<bool> {
        Ok(self.0.contains(raw(signal)))
    }
}

impl Sigmask for Kernel {
    type Sigset = Mask;
    fn sigmask(
        &self,
        op: Option<(SigmaskOp, &Mask)>,
        old_mask: Option<&mut Mask>,
    ) -> impl Future<Output = Result<()>> + use<> {
        let (how, set) = match op {
            Some((SigmaskOp::Remove, set)) => (sys::MaskHow::Unblock, set.0),
            Some((SigmaskOp::Set, set)) => (sys::MaskHow::Set, set.0),
            Some((_, set)) => (sys::MaskHow::Block, set.0),
            None => (sys::MaskHow::Block, sys::SigSet::EMPTY),
        };
        let result = sys::sigprocmask(how, set).map_err(errno);
        ready(result.map(|old| {
            if let Some(place) = old_mask {
                place.0 = old;
            }
        }))
    }
}

fn disposition(action: sys::Action) -> Disposition {
    match action {
        sys::Action::Default => Disposition::Default,
        sys::Action::Ignore => Disposition::Ignore,
        sys::Action::Catch => Disposition::Catch,
    }
}

impl GetSigaction for Kernel {
    fn get_sigaction(&self, signal: Number) -> Result<Disposition> {
        sys::sigaction_get(raw(signal))
            .map(disposition)
            .map_err(errno)
    }
}

impl Sigaction for Kernel {
    fn sigaction(&self, signal: Number, action: Disposition) -> Result<Disposition> {
        let action = match action {
            Disposition::Default => sys::Action::Default,
            Disposition::Ignore => sys::Action::Ignore,
            Disposition::Catch => sys::Action::Catch,
        };
        sys::sigaction(raw(signal), action)
            .map(disposition)
            .map_err(errno)
    }
}

impl CaughtSignals for Kernel {
    fn caught_signals(&self) -> Vec<Number> {
        if !self.caught.replace(false) {
            return Vec::new();
        }
        let set = sys::sigcaught().unwrap_or_default();
        set.iter().map(number).collect()
    }
}

impl SendSignal for Kernel {
    fn kill(
        &self,
        target: Pid,
        signal: Option<Number>,
    ) -> impl Future<Output = Result<()>> + use<> {
        ready(sys::kill(target.0, signal.map_or(0, raw)).map_err(errno))
    }
    fn raise(&self, signal: Number) -> impl Future<Output = Result<()>> + use<> {
        ready(sys::kill(sys::getpid(), raw(signal)).map_err(errno))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use yash_env::semantics::ExitStatus;

    #[test]
    fn killed_children_have_ashs_status() {
        assert_eq!(ExitStatus::from(Kernel::SIGTERM), ExitStatus(143));
        let kernel = Kernel::default();
        assert_eq!(kernel.sig2str(Kernel::SIGTERM).as_deref(), Some("TERM"));
        assert_eq!(kernel.to_signal_number(15), Some(Kernel::SIGTERM));
        assert_eq!(kernel.str2sig("TERM"), Some(Kernel::SIGTERM));
        assert_eq!(raw(Kernel::SIGTERM), 15);
    }
}
