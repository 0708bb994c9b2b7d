//! One prune of a kind at a time: while it runs another one is refused, as in Docker.

use super::{Error, Result};
use std::sync::atomic::{AtomicBool, Ordering};

/// What is being pruned. Containers and networks share a turn.
#[derive(Debug, Default)]
pub struct Prunes {
    pub containers: Turns,
    pub images: Turns,
    pub volumes: Turns,
}

/// Whose turn it is.
#[derive(Debug, Default)]
pub struct Turns(AtomicBool);

/// A prune at work; dropping it ends the turn.
#[derive(Debug)]
pub struct Turn<'t>(&'t Turns);

impl Turns {
    /// Begins a prune, or refuses it in Docker's words.
    pub fn begin(&self) -> Result<Turn<'_>> {
        match self.0.swap(true, Ordering::AcqRel) {
            true => Err(Error::conflict("a prune operation is already running")),
            false => Ok(Turn(self)),
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Kind;

    #[test]
    fn a_second_prune_is_refused_until_the_first_has_ended() {
        let prunes = Prunes::default();
        let turn = prunes.images.begin().unwrap();
        let refused = prunes.images.begin().unwrap_err();
        assert_eq!(
            (refused.kind, refused.message.as_str()),
            (Kind::Conflict, "a prune operation is already running")
        );
        assert!(prunes.volumes.begin().is_ok());
        drop(turn);
        assert!(prunes.images.begin().is_ok());
    }
}
