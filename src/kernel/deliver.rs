//! What a signal does to a process: actions, mask, pending set, caught signals, stop and continue.
//!
//! `SignalState` is pure: it answers with an `Effect`, which `Process::send` and its friends carry out after the lock is gone.
//! A caught signal is remembered until the guest asks (`sigcaught`); it interrupts one blocking call (EINTR).

use super::process::Process;
use super::signal::{Default as Standard, FORCED, STOPPING, SigSet, Signal};
use super::status::{Change, ExitStatus};
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use parking_lot::Mutex;
use std::sync::Arc;
use std::task::Context;

/// What a process has asked for on a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Default,
    Ignore,
    Catch,
}

/// Who sends a signal. Only what comes from outside the sandbox (or from the kernel itself) can kill or stop pid 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    Inside,
    Outside,
}

/// How `sigprocmask` uses its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaskHow {
    Block,
    Unblock,
    Set,
}

/// What must happen after a change of the signal state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Nothing,
    /// A caught signal arrived: blocked calls return EINTR.
    Interrupt,
    End(Signal),
    Stop(Signal),
    /// Continued; the signals that waited may have a further effect.
    Continue,
}

#[derive(Clone, Default)]
pub(super) struct SignalState {
    pending: SigSet,
    blocked: SigSet,
    ignored: SigSet,
    caught: SigSet,
    /// Caught signals that the guest has not fetched yet.
    arrived: SigSet,
    /// A caught signal has arrived and no call has been interrupted for it yet.
    interrupt: bool,
    stopped: bool,
    /// pid 1: signals without a handler do nothing.
    init: bool,
}

impl SignalState {
    fn action(&self, signal: Signal) -> Action {
        match (self.caught.contains(signal), self.ignored.contains(signal)) {
            (true, _) => Action::Catch,
            (_, true) => Action::Ignore,
            _ => Action::Default,
        }
    }

    fn post(&mut self, signal: Signal, sender: Sender, orphaned: bool) -> Effect {
        if self.init && sender == Sender::Inside && FORCED.contains(signal) {
            return Effect::Nothing;
        }
        if signal == Signal::KILL {
            return Effect::End(signal);
        }
        let mut continued = false;
        if signal == Signal::CONT {
            self.pending = self.pending.without(STOPPING);
            continued = std::mem::take(&mut self.stopped);
        } else if STOPPING.contains(signal) {
            self.pending.remove(Signal::CONT);
        }
        let blocked = self.blocked.contains(signal) && !signal.is_forced();
        let dropped = match self.action(signal) {
            Action::Catch => false,
            Action::Ignore => true,
            Action::Default => {
                let idle = matches!(
                    signal.default_action(),
                    Standard::Ignore | Standard::Continue
                );
                idle || (self.init && !signal.is_forced())
            }
        };
        // A blocked signal waits even if it is ignored now: the action may change before it is unblocked.
        if blocked || !dropped {
            self.pending.insert(signal);
        }
        if continued {
            return Effect::Continue;
        }
        self.settle(orphaned)
    }

    /// Acts on what is pending and not blocked.
    fn settle(&mut self, orphaned: bool) -> Effect {
        let mut effect = Effect::Nothing;
        if self.stopped {
            return effect;
        }
        while let Some(signal) = self.pending.without(self.blocked.without(FORCED)).first() {
            self.pending.remove(signal);
            match (self.action(signal), signal.default_action()) {
                (Action::Catch, _) => {
                    self.arrived.insert(signal);
                    self.interrupt = true;
                    effect = Effect::Interrupt;
                }
                (Action::Ignore, _) | (_, Standard::Ignore | Standard::Continue) => {}
                _ if self.init && !signal.is_forced() => {}
                (_, Standard::Stop) => {
                    // Nobody could continue a member of an orphaned group (POSIX 2.4.3).
                    if signal == Signal::STOP || !orphaned {
                        self.stopped = true;
                        return Effect::Stop(signal);
                    }
                }
                (_, Standard::Terminate | Standard::Core) => return Effect::End(signal),
            }
        }
        effect
    }
}

/// A process's signals and who waits for them.
pub struct Signals {
    state: Mutex<SignalState>,
    waiters: Waiters,
}

impl Signals {
    /// The state of a first process.
    pub fn new(init: bool) -> Signals {
        Signals {
            state: Mutex::new(SignalState {
                init,
                ..SignalState::default()
            }),
            waiters: Waiters::default(),
        }
    }

    /// What a child inherits: actions and mask; nothing pending.
    pub fn inherited(&self) -> Signals {
        let state = self.state.lock();
        let child = SignalState {
            blocked: state.blocked,
            ignored: state.ignored,
            caught: state.caught,
            ..SignalState::default()
        };
        Signals {
            state: Mutex::new(child),
            waiters: Waiters::default(),
        }
    }

    /// What a new program starts with: caught signals are back to their defaults, the rest stays (POSIX exec).
    pub fn reset_for_exec(&self) {
        let mut state = self.state.lock();
        state.caught = SigSet::EMPTY;
        state.arrived = SigSet::EMPTY;
        state.interrupt = false;
    }

    /// The action of a signal.
    pub fn action(&self, signal: Signal) -> Action {
        self.state.lock().action(signal)
    }

    /// Sets an action and gives the one before; EINVAL for KILL and STOP.
    pub fn set_action(&self, signal: Signal, action: Action) -> Result<Action, Errno> {
        if signal.is_forced() {
            return Err(Errno::Inval);
        }
        let mut state = self.state.lock();
        let old = state.action(signal);
        state.caught.remove(signal);
        state.ignored.remove(signal);
        match action {
            Action::Catch => state.caught.insert(signal),
            Action::Ignore => state.ignored.insert(signal),
            Action::Default => {}
        }
        if state.action(signal) != Action::Catch {
            state.arrived.remove(signal);
        }
        if action == Action::Ignore {
            state.pending.remove(signal);
        }
        Ok(old)
    }

    /// The blocked signals.
    pub fn mask(&self) -> SigSet {
        self.state.lock().blocked
    }

    /// What arrived while blocked.
    pub fn pending(&self) -> SigSet {
        let state = self.state.lock();
        state.pending.and(state.blocked)
    }

    /// Takes the caught signals that arrived since the last time.
    pub fn take_caught(&self) -> SigSet {
        let mut state = self.state.lock();
        state.interrupt = false;
        std::mem::take(&mut state.arrived)
    }

    /// The sets that /proc shows: pending, blocked, ignored, caught.
    pub fn sets(&self) -> [SigSet; 4] {
        let state = self.state.lock();
        [state.pending, state.blocked, state.ignored, state.caught]
    }

    /// Whether a blocking call must end with EINTR now; true once for each arrival. Registers for the next.
    pub(super) fn poll_interrupt(&self, cx: &Context<'_>) -> bool {
        self.waiters.register(cx);
        std::mem::take(&mut self.state.lock().interrupt)
    }
}

impl Process {
    /// Sends a signal to this process.
    pub fn send(self: &Arc<Process>, signal: Signal, sender: Sender) {
        // Asked before the signal lock is taken: the table's lock comes first.
        let orphaned = STOPPING.contains(signal) && self.sandbox.table.is_orphaned(self.pid);
        let effect = self.signals.state.lock().post(signal, sender, orphaned);
        self.carry_out(effect);
    }

    /// Changes the blocked signals and gives the set before.
    pub fn set_mask(self: &Arc<Process>, how: MaskHow, set: SigSet) -> SigSet {
        let set = set.without(FORCED);
        let orphaned = self.sandbox.table.is_orphaned(self.pid);
        let (old, effect) = {
            let mut state = self.signals.state.lock();
            let old = state.blocked;
            state.blocked = match how {
                MaskHow::Block => old.or(set),
                MaskHow::Unblock => old.without(set),
                MaskHow::Set => set,
            };
            (old, state.settle(orphaned))
        };
        self.carry_out(effect);
        old
    }

    fn carry_out(self: &Arc<Process>, effect: Effect) {
        match effect {
            Effect::Nothing => {}
            Effect::Interrupt => self.signals.waiters.wake(),
            Effect::End(signal) => self.end(ExitStatus::signalled(signal)),
            Effect::Stop(signal) => {
                self.gate.set_stopped(true);
                self.sandbox
                    .table
                    .changed(self.pid, Change::Stopped(signal));
            }
            Effect::Continue => {
                self.gate.set_stopped(false);
                self.sandbox.table.changed(self.pid, Change::Continued);
                let orphaned = self.sandbox.table.is_orphaned(self.pid);
                let next = self.signals.state.lock().settle(orphaned);
                self.carry_out(next);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Sender::{Inside, Outside};

    fn post(state: &mut SignalState, signal: Signal) -> Effect {
        state.post(signal, Inside, false)
    }

    #[test]
    fn defaults() {
        let mut state = SignalState::default();
        assert_eq!(post(&mut state, Signal::CHLD), Effect::Nothing);
        assert_eq!(post(&mut state, Signal::TERM), Effect::End(Signal::TERM));
        assert_eq!(post(&mut state, Signal::TSTP), Effect::Stop(Signal::TSTP));
        assert_eq!(
            post(&mut state, Signal::TERM),
            Effect::Nothing,
            "waits while stopped"
        );
        assert_eq!(post(&mut state, Signal::CONT), Effect::Continue);
        assert_eq!(state.settle(false), Effect::End(Signal::TERM));
        assert_eq!(
            state.post(Signal::TTIN, Inside, true),
            Effect::Nothing,
            "orphaned group"
        );
    }

    #[test]
    fn blocked_signals_wait() {
        let mut state = SignalState {
            blocked: SigSet::of(Signal::TERM).or(FORCED),
            ..SignalState::default()
        };
        assert_eq!(post(&mut state, Signal::TERM), Effect::Nothing);
        assert_eq!(post(&mut state, Signal::STOP), Effect::Stop(Signal::STOP));
        assert_eq!(post(&mut state, Signal::KILL), Effect::End(Signal::KILL));
        state.stopped = false;
        state.blocked = SigSet::EMPTY;
        assert_eq!(state.settle(false), Effect::End(Signal::TERM));
    }

    #[test]
    fn the_first_process_is_deaf_to_what_it_does_not_catch() {
        let mut state = SignalState {
            init: true,
            ..SignalState::default()
        };
        for signal in [
            Signal::TERM,
            Signal::KILL,
            Signal::STOP,
            Signal::INT,
            Signal::TSTP,
        ] {
            assert_eq!(post(&mut state, signal), Effect::Nothing, "{signal:?}");
        }
        assert_eq!(state.post(Signal::TERM, Outside, false), Effect::Nothing);
        state.caught.insert(Signal::TERM);
        assert_eq!(post(&mut state, Signal::TERM), Effect::Interrupt);
        assert_eq!(
            state.post(Signal::STOP, Outside, false),
            Effect::Stop(Signal::STOP)
        );
        assert_eq!(
            state.post(Signal::KILL, Outside, false),
            Effect::End(Signal::KILL)
        );
    }
}
