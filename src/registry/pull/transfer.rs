//! Layers on their way in, shared by everyone who wants the same one at the same time.
//!
//! A transfer lives as long as somebody waits for it: the last one to leave ends it. Lock: `running` is a leaf.

use super::super::error::{Error, Result};
use super::super::options::DOWNLOADS;
use crate::base::digest::Digest;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Weak};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::AbortHandle;

/// How far a transfer is. Watchers see the latest state, and may miss others.
#[derive(Clone, Debug, Default)]
pub enum State {
    #[default]
    Begun,
    /// For others to finish.
    Waiting,
    Downloading {
        done: u64,
        total: Option<u64>,
    },
    Retrying(u32),
    /// Bytes of the layer as it came.
    Done(u64),
    Failed(Arc<Error>),
}

/// A layer: its plain digest and that of the bytes that come.
pub type Key = (Digest, Digest);

/// Every transfer of an engine.
pub struct Transfers {
    running: Mutex<HashMap<Key, Weak<Transfer>>>,
    turns: Arc<Semaphore>,
}

/// Leave to run, at once or when another transfer has ended.
pub struct Turn {
    now: Option<OwnedSemaphorePermit>,
    turns: Arc<Semaphore>,
}

impl Turn {
    /// Waits for the turn. It is given back when what this returns is dropped.
    pub async fn come(self) -> Option<OwnedSemaphorePermit> {
        match self.now {
            Some(now) => Some(now),
            // Nobody closes the semaphore.
            None => self.turns.acquire_owned().await.ok(),
        }
    }
}

impl Default for Transfers {
    fn default() -> Self {
        Transfers {
            running: Mutex::default(),
            turns: Arc::new(Semaphore::new(DOWNLOADS)),
        }
    }
}

/// One transfer under way.
pub struct Transfer {
    state: watch::Receiver<State>,
    task: AbortHandle,
    busy: watch::Receiver<()>,
}

/// Says that work goes on, in threads that cannot be ended too.
pub type Busy = Arc<watch::Sender<()>>;

impl Transfers {
    /// Joins the transfer of a layer, or begins it. `work` tells its progress and comes back with the bytes that came.
    pub fn join<F>(
        &self,
        key: Key,
        work: impl FnOnce(watch::Sender<State>, Turn, Busy) -> F,
    ) -> Arc<Transfer>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let mut running = self.running.lock();
        if let Some(transfer) = running.get(&key).and_then(Weak::upgrade) {
            return transfer;
        }
        let turns = self.turns.clone();
        let now = turns.clone().try_acquire_owned().ok();
        let first = match now {
            Some(_) => State::Begun,
            None => State::Waiting,
        };
        let (sender, state) = watch::channel(first);
        let (holder, busy) = watch::channel(());
        let task = tokio::spawn(work(sender, Turn { now, turns }, Arc::new(holder)));
        let transfer = Arc::new(Transfer {
            state,
            task: task.abort_handle(),
            busy,
        });
        running.retain(|_, known| known.strong_count() > 0);
        running.insert(key, Arc::downgrade(&transfer));
        transfer
    }
}

impl Transfer {
    /// Leaves the transfer. Whoever leaves last ends it, and comes back when nothing works on it any more.
    pub async fn leave(self: Arc<Self>) {
        if let Some(last) = Arc::into_inner(self) {
            let mut busy = last.busy.clone();
            drop(last);
            // An error is the end of its last holder, which is what is waited for.
            while busy.changed().await.is_ok() {}
        }
    }

    /// Follows the transfer from where it is now.
    pub fn watch(&self) -> Watch {
        Watch {
            state: self.state.clone(),
            first: true,
        }
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One watcher of a transfer.
pub struct Watch {
    state: watch::Receiver<State>,
    first: bool,
}

impl Watch {
    /// The next state, `Done` and `Failed` being the last ones.
    pub async fn next(&mut self) -> Result<State> {
        if !std::mem::take(&mut self.first) && self.state.changed().await.is_err() {
            // The task has gone without a last word: it panicked.
            return Err(Error::Other("the transfer of a layer failed".to_owned()));
        }
        Ok(self.state.borrow_and_update().clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn one_transfer_for_all_and_the_last_to_leave_ends_it() {
        struct Ended(Arc<AtomicUsize>);
        impl Drop for Ended {
            fn drop(&mut self) {
                self.0.fetch_add(1, Ordering::SeqCst);
            }
        }
        let (transfers, ended) = (Transfers::default(), Arc::new(AtomicUsize::new(0)));
        let begun = Arc::new(AtomicUsize::new(0));
        let key = (Digest::of(b"a"), Digest::of(b"b"));
        let join = || {
            let (begun, ended) = (begun.clone(), Ended(ended.clone()));
            transfers.join(key, move |state, _, _| {
                begun.fetch_add(1, Ordering::SeqCst);
                async move {
                    let _ended = ended;
                    state.send_replace(State::Waiting);
                    std::future::pending::<()>().await;
                }
            })
        };
        let (one, two) = (join(), join());
        assert_eq!(begun.load(Ordering::SeqCst), 1);
        let mut watch = two.watch();
        while !matches!(watch.next().await.unwrap(), State::Waiting) {}
        let unused = ended.load(Ordering::SeqCst);
        drop(one);
        tokio::task::yield_now().await;
        assert_eq!(ended.load(Ordering::SeqCst), unused);
        drop(two);
        while ended.load(Ordering::SeqCst) == unused {
            tokio::task::yield_now().await;
        }
        let third = join();
        assert_eq!(begun.load(Ordering::SeqCst), 2, "a new transfer");
        drop(third);
    }
}
