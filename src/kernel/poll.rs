//! Readiness of descriptions, and waiting for many at once with a timeout: `poll_oneoff`, `ppoll`.
//!
//! Nothing is locked across the wait; dropping it leaves nothing behind.

use super::deliver::MaskHow;
use super::description::Description;
use super::process::Process;
use super::signal::SigSet;
use crate::base::errno::Errno;
use std::future::{Future, poll_fn};
use std::ops::{BitOr, BitOrAssign};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

/// What a description is ready for: Linux's `poll` bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ready(pub u16);

impl Ready {
    pub const NONE: Ready = Ready(0);
    pub const IN: Ready = Ready(1);
    pub const OUT: Ready = Ready(4);
    pub const ERR: Ready = Ready(8);
    pub const HUP: Ready = Ready(16);
    /// No such descriptor.
    pub const NVAL: Ready = Ready(32);

    pub const fn intersects(self, other: Ready) -> bool {
        self.0 & other.0 != 0
    }

    /// What of this answers a question: what was asked for, and trouble, which is always told.
    pub const fn answer(self, asked: Ready) -> Ready {
        Ready(self.0 & (asked.0 | Ready::ERR.0 | Ready::HUP.0 | Ready::NVAL.0))
    }
}

impl BitOr for Ready {
    type Output = Ready;
    fn bitor(self, other: Ready) -> Ready {
        Ready(self.0 | other.0)
    }
}

impl BitOrAssign for Ready {
    fn bitor_assign(&mut self, other: Ready) {
        self.0 |= other.0;
    }
}

/// One question: is this ready for that? Without a description the answer is NVAL.
pub struct Question {
    pub description: Option<Arc<Description>>,
    pub asked: Ready,
}

/// The longest sleep that the timer takes: guests may ask for 584 years.
const LONGEST: Duration = Duration::from_secs(86_400 * 365);

/// Waits until an answer is not empty, or `timeout` is over (all answers empty), or a caught signal arrives (EINTR).
///
/// With `mask`, those signals alone are blocked meanwhile, atomically.
pub async fn poll(
    process: &Arc<Process>,
    questions: &[Question],
    timeout: Option<Duration>,
    mask: Option<SigSet>,
) -> Result<Vec<Ready>, Errno> {
    let _restore = mask.map(|set| Restore {
        process: process.clone(),
        old: process.set_mask(MaskHow::Set, set),
    });
    // A signal that the mask let in may have ended or stopped us.
    process.checkpoint().await;
    let mut terminals = Vec::new();
    let mut sleep = pin!(async {
        match timeout {
            Some(time) if time.is_zero() => {}
            Some(time) => tokio::time::sleep(time.min(LONGEST)).await,
            None => std::future::pending().await,
        }
    });
    let wait = poll_fn(|cx| {
        loop {
            // A terminal tells of changes by futures that are made before it is looked at.
            terminals.clear();
            terminals.extend(
                questions
                    .iter()
                    .filter_map(|q| Some(Box::pin(q.description.as_ref()?.terminal()?.changed()))),
            );
            let answers: Vec<Ready> = questions
                .iter()
                .map(|q| match &q.description {
                    Some(description) => description.poll_ready(cx).answer(q.asked),
                    None => Ready::NVAL,
                })
                .collect();
            if answers.iter().any(|answer| *answer != Ready::NONE)
                || sleep.as_mut().poll(cx).is_ready()
            {
                return Poll::Ready(answers);
            }
            let changed = terminals
                .iter_mut()
                .any(|change| change.as_mut().poll(cx).is_ready());
            if !changed {
                return Poll::Pending;
            }
        }
    });
    process.block(wait).await
}

/// Puts the signal mask back when the wait is over, also when it is dropped.
struct Restore {
    process: Arc<Process>,
    old: SigSet,
}

impl Drop for Restore {
    fn drop(&mut self) {
        self.process.set_mask(MaskHow::Set, self.old);
    }
}
