//! What the verbs have asked for the end of a run, and what a restart policy remembers between two runs.
//!
//! Written by `kill`, `stop`, `restart` and `rm`, read by `supervise`; a `start` by hand begins anew. Lives in memory: what an
//! engine must know after its own restart is in the record. The locks here are leaves.

use crate::engine::restart::Backoff;
use parking_lot::Mutex;
use tokio::sync::watch;

/// The wishes for one container.
#[derive(Default)]
pub struct Ending {
    wishes: Mutex<Wishes>,
    /// The next end is the last one, whatever the policy says.
    called_off: watch::Sender<bool>,
}

#[derive(Default)]
struct Wishes {
    backoff: Backoff,
    /// `stop` events that are still to be told.
    stops: u32,
    /// `restart` is at work: a container that goes with its end stays.
    keep: bool,
}

impl Ending {
    /// The policy's delay before the next start.
    pub fn delay(&self, lasted: std::time::Duration) -> std::time::Duration {
        self.wishes.lock().backoff.next(lasted)
    }

    /// No further restart until somebody starts it.
    pub fn call_off(&self) {
        self.called_off.send_replace(true);
    }

    pub fn is_called_off(&self) -> bool {
        *self.called_off.borrow()
    }

    /// Ends when restarts are called off.
    pub async fn called_off(&self) {
        // The sender lives as long as `self`.
        let _ = self.called_off.subscribe().wait_for(|off| *off).await;
    }

    /// `stop` waits for the end; its event is to stand before `die`.
    pub fn expect_stop(&self) {
        self.wishes.lock().stops += 1;
    }

    /// Takes one `stop` event that nobody has told yet.
    pub fn take_stop(&self) -> bool {
        let mut wishes = self.wishes.lock();
        let some = wishes.stops > 0;
        wishes.stops = wishes.stops.saturating_sub(1);
        some
    }

    /// The container survives its next end, `--rm` or not.
    pub fn keep(&self) {
        self.wishes.lock().keep = true;
    }

    pub fn is_kept(&self) -> bool {
        self.wishes.lock().keep
    }

    /// A person starts it.
    pub fn reset(&self) {
        let mut wishes = self.wishes.lock();
        wishes.backoff = Backoff::default();
        wishes.keep = false;
        self.called_off.send_replace(false);
    }
}
