//! What a namespace may hold in the buffers of all its sockets together, so that many sockets do not become much memory.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes for one namespace.
const LIMIT: usize = 64 << 20;

/// Bytes that are still to be had.
#[derive(Debug)]
pub struct Budget(AtomicUsize);

impl Default for Budget {
    fn default() -> Budget {
        Budget(AtomicUsize::new(LIMIT))
    }
}

impl Budget {
    /// Takes so many bytes, or what is left.
    pub fn take(&self, wanted: usize) -> usize {
        let mut granted = 0;
        let take = |left: usize| {
            granted = wanted.min(left);
            Some(left - granted)
        };
        // The closure always agrees.
        let _ = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, take);
        granted
    }

    /// Takes so many bytes or none.
    pub fn take_all(&self, wanted: usize) -> bool {
        let granted = self.take(wanted);
        if granted < wanted {
            self.give(granted);
        }
        granted == wanted
    }

    /// Gives bytes back.
    pub fn give(&self, bytes: usize) {
        self.0.fetch_add(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_can_be_had_again() {
        let budget = Budget::default();
        assert_eq!(budget.take(LIMIT - 10), LIMIT - 10);
        assert!(!budget.take_all(11));
        assert_eq!(budget.take(100), 10);
        assert_eq!(budget.take(1), 0);
        budget.give(LIMIT);
        assert!(budget.take_all(LIMIT));
    }
}
