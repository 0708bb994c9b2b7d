//! The caches of `RUN --mount=type=cache`: who has which, and which can go.
//!
//! Lock order: `turn`, held on blocking threads while the disk is read and written, then `held`, a leaf.

use super::dockerfile::Sharing;
use crate::base::{glob, id};
use crate::engine::ports::{CacheRecord, CacheStore};
use crate::engine::{Engine, Error, Filters, Result, Timestamp, blocking};
use crate::vfs::Filesystem;
use crate::wire::{BuildCache, BuildPruned};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Notify;

/// Digits of a cache's id, as many as BuildKit's have.
const DIGITS: usize = 25;
/// What BuildKit calls these caches.
const KIND: &str = "exec.cachemount";

/// Every cache of the engine.
pub struct Caches {
    store: Arc<dyn CacheStore>,
    /// One choice or removal at a time.
    turn: Mutex<()>,
    held: Mutex<HashMap<String, Hold>>,
    freed: Notify,
}

/// Who has a cache.
struct Hold {
    count: usize,
    shared: bool,
}

/// What a step wants.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub key: String,
    pub sharing: Sharing,
    pub description: String,
}

/// A cache in use, until this is dropped.
pub struct Held {
    caches: Arc<Caches>,
    id: String,
    pub fs: Arc<dyn Filesystem>,
    /// It was made for this step.
    pub is_new: bool,
}

impl Drop for Held {
    fn drop(&mut self) {
        let mut held = self.caches.held.lock();
        if let Some(hold) = held.get_mut(&self.id) {
            hold.count -= 1;
            if hold.count == 0 {
                held.remove(&self.id);
            }
        }
        drop(held);
        self.caches.freed.notify_waiters();
    }
}

impl Caches {
    pub fn new(store: Arc<dyn CacheStore>) -> Arc<Self> {
        Arc::new(Caches {
            store,
            turn: Mutex::default(),
            held: Mutex::default(),
            freed: Notify::new(),
        })
    }

    /// The cache for a step; one that is locked is waited for.
    pub async fn take(self: &Arc<Self>, wanted: Wanted, now: Timestamp) -> Result<Held> {
        loop {
            let freed = self.freed.notified();
            tokio::pin!(freed);
            // Before the look, so that no end in between is missed.
            freed.as_mut().enable();
            let (caches, wanted) = (self.clone(), wanted.clone());
            if let Some(held) = blocking(move || caches.try_take(&wanted, now)).await? {
                return Ok(held);
            }
            freed.await;
        }
    }

    fn try_take(self: &Arc<Self>, wanted: &Wanted, now: Timestamp) -> Result<Option<Held>> {
        let _turn = self.turn.lock();
        let mut all = self.store.all()?;
        all.retain(|cache| cache.key == wanted.key);
        let shared = wanted.sharing == Sharing::Shared;
        let free = |cache: &&CacheRecord| match self.held.lock().get(&cache.id) {
            Some(hold) => hold.shared && shared,
            None => true,
        };
        let found = all.iter().find(free).cloned();
        if found.is_none() && wanted.sharing == Sharing::Locked && !all.is_empty() {
            return Ok(None);
        }
        let is_new = found.is_none();
        let mut cache = found.unwrap_or_else(|| {
            let id: String = id::random().chars().take(DIGITS).collect();
            CacheRecord {
                folder: id.clone(),
                id,
                key: wanted.key.clone(),
                created: now,
                ..CacheRecord::default()
            }
        });
        cache.last_used = now;
        cache.uses += 1;
        cache.description.clone_from(&wanted.description);
        self.store.put(&cache)?;
        let fs = self.store.open(&cache)?;
        let mut held = self.held.lock();
        let hold = held
            .entry(cache.id.clone())
            .or_insert(Hold { count: 0, shared });
        hold.count += 1;
        Ok(Some(Held {
            caches: self.clone(),
            id: cache.id,
            fs,
            is_new,
        }))
    }

    fn is_held(&self, id: &str) -> bool {
        self.held.lock().contains_key(id)
    }

    fn usage(&self) -> Result<Vec<BuildCache>> {
        let shown = |cache: CacheRecord| BuildCache {
            kind: KIND.to_owned(),
            in_use: self.is_held(&cache.id),
            shared: false,
            size: i64::try_from(self.store.size(&cache)).unwrap_or(i64::MAX),
            created_at: cache.created.rfc3339(),
            last_used_at: Some(cache.last_used.rfc3339()),
            usage_count: cache.uses,
            description: cache.description,
            id: cache.id,
        };
        Ok(self.store.all()?.into_iter().map(shown).collect())
    }

    /// Removes what is wanted and in nobody's use, the longest unused first, until at most `keep` bytes are left.
    fn prune(&self, wanted: impl Fn(&CacheRecord) -> bool, keep: u64) -> Result<BuildPruned> {
        let _turn = self.turn.lock();
        let mut all = self.store.all()?;
        all.sort_by_key(|cache| cache.last_used);
        let mut left: u64 = all.iter().map(|cache| self.store.size(cache)).sum();
        let mut pruned = BuildPruned::default();
        for cache in all {
            if self.is_held(&cache.id) || !wanted(&cache) || keep > 0 && left <= keep {
                continue;
            }
            let size = self.store.size(&cache);
            self.store.delete(&cache)?;
            left -= size;
            pruned.space_reclaimed += size;
            pruned.caches_deleted.get_or_insert_default().push(cache.id);
        }
        Ok(pruned)
    }
}

impl Engine {
    /// What `system df` and `buildx du` show of the build cache.
    pub async fn build_caches(&self) -> Result<Vec<BuildCache>> {
        let caches = self.caches.clone();
        blocking(move || caches.usage()).await
    }

    /// `builder prune`. Filters are Docker's; a cache of ours fits none of `parent` and `shared`.
    pub async fn build_prune(&self, filters: &Filters, keep: u64) -> Result<BuildPruned> {
        let before = match filters.get("until").first() {
            None => None,
            Some(text) => Some(unused_since(text, self.clock.now())?),
        };
        let (caches, filters) = (self.caches.clone(), filters.clone());
        blocking(move || {
            let fits = |cache: &CacheRecord| {
                let all = |key: &str, is: &dyn Fn(&str) -> bool| {
                    filters.get(key).iter().all(|text| is(text))
                };
                let like = |text: &str, whole: &str| {
                    whole == text || glob::Glob::new(text).is_ok_and(|g| g.matches(whole))
                };
                before.is_none_or(|before| cache.last_used <= before)
                    && all("id", &|text| cache.id.starts_with(text))
                    && all("type", &|text| text == KIND)
                    && all("description", &|text| like(text, &cache.description))
                    && !filters.has("parent")
                    && !filters.has("shared")
            };
            caches.prune(fits, keep)
        })
        .await
    }
}

/// `until=24h`: how long a cache has not been used.
fn unused_since(text: &str, now: Timestamp) -> Result<Timestamp> {
    let nanos = crate::base::duration::parse(text).map_err(|e| {
        Error::invalid(e.to_string()).context("\"until\" filter expects a duration (e.g., '24h')")
    })?;
    Ok(Timestamp(now.0 - nanos))
}
