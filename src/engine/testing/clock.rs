//! A clock that stands still until a test moves it.

use crate::engine::clock::{Clock, Timestamp};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, mpsc, watch};

/// Time in a test's hands. Starts at one second after 1970.
pub struct ManualClock {
    now: watch::Sender<i64>,
    asked: mpsc::UnboundedSender<Duration>,
    sleeps: Mutex<mpsc::UnboundedReceiver<Duration>>,
}

impl Default for ManualClock {
    fn default() -> Self {
        let (asked, sleeps) = mpsc::unbounded_channel();
        ManualClock {
            now: watch::Sender::new(1_000_000_000),
            asked,
            sleeps: Mutex::new(sleeps),
        }
    }
}

impl ManualClock {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// The next sleep that somebody begins, in the order in which they begin.
    pub async fn asked(&self) -> Duration {
        self.sleeps.lock().await.recv().await.unwrap()
    }

    /// Lets time pass; who has slept enough wakes.
    pub fn advance(&self, time: Duration) {
        self.now
            .send_modify(|now| *now += i64::try_from(time.as_nanos()).unwrap());
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(*self.now.borrow())
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        let due = *self.now.borrow() + i64::try_from(time.as_nanos()).unwrap();
        let mut now = self.now.subscribe();
        let _ = self.asked.send(time);
        async move {
            let _ = now.wait_for(|now| *now >= due).await;
        }
        .boxed()
    }
}
