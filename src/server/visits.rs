//! Who is here and since when nobody is: what the idle exit looks at.
//!
//! Lock order: the one lock here is a leaf.

use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Counts open connections and hijacked streams.
#[derive(Clone)]
pub struct Visits(Arc<Mutex<State>>);

struct State {
    open: usize,
    empty_since: Instant,
}

impl Visits {
    /// Begins with nobody here.
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(State {
            open: 0,
            empty_since: Instant::now(),
        })))
    }

    /// Notes an arrival; the guest leaves when the result is dropped.
    pub fn enter(&self) -> Visit {
        self.0.lock().open += 1;
        Visit(self.clone())
    }

    /// Returns how long nobody has been here, zero while somebody is.
    pub fn quiet_for(&self) -> Duration {
        let state = self.0.lock();
        if state.open > 0 {
            Duration::ZERO
        } else {
            state.empty_since.elapsed()
        }
    }
}

/// One connection's presence.
pub struct Visit(Visits);

impl Drop for Visit {
    fn drop(&mut self) {
        let mut state = self.0.0.lock();
        state.open -= 1;
        state.empty_since = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_only_when_the_last_one_has_left() {
        let visits = Visits::new();
        let (a, b) = (visits.enter(), visits.enter());
        drop(a);
        assert_eq!(visits.quiet_for(), Duration::ZERO);
        drop(b);
        let first = visits.quiet_for();
        assert!(visits.quiet_for() >= first);
    }
}
