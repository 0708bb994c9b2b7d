//! Trying again: five more attempts, each after a longer wait, as Docker does it. What the registry refused is not retried.

use super::error::Error;
use super::options::{Options, RESUMES, RETRIES, STEP};

/// How often something was tried, and whether it may be tried again.
#[derive(Debug, Default)]
pub struct Attempts {
    failed: u32,
    since_progress: u32,
}

impl Attempts {
    /// The last failure, with the number of attempts.
    pub fn exhausted(&self, error: Error) -> Error {
        Error::Attempts {
            attempts: self.failed,
            cause: Box::new(error),
        }
    }

    /// Notes a failure. `progress`: the attempt brought something, so the count begins anew.
    /// Comes back with the seconds to wait before the next attempt, or with nothing when this was the last.
    pub fn again(&mut self, error: &Error, progress: bool) -> Option<u32> {
        self.failed += 1;
        self.since_progress = if progress { 1 } else { self.since_progress + 1 };
        let may = error.is_passing() && self.since_progress <= RETRIES && self.failed <= RESUMES;
        may.then(|| self.since_progress * STEP)
    }
}

/// Waits, telling the seconds that are left.
pub async fn wait(options: &Options, seconds: u32, mut tell: impl FnMut(u32)) {
    for left in (1..=seconds).rev() {
        tell(left);
        tokio::time::sleep(options.second).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::refusal::{Code, Refusal};

    #[test]
    fn waits_grow_and_end() {
        let broken = Error::Network("unexpected EOF".to_owned());
        let mut attempts = Attempts::default();
        let waits: Vec<_> = (0..6).map(|_| attempts.again(&broken, false)).collect();
        assert_eq!(
            waits,
            [Some(5), Some(10), Some(15), Some(20), Some(25), None]
        );
        let mut attempts = Attempts::default();
        let waits: Vec<_> = (0..52).map(|_| attempts.again(&broken, true)).collect();
        assert!(waits[..50].iter().all(|w| *w == Some(5)) && waits[50].is_none());
        let no = Error::Refused(Refusal::standard(Code::TooManyRequests));
        assert_eq!(Attempts::default().again(&no, false), None);
    }
}
