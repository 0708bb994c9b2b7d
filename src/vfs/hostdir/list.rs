//! Listings: a folder of the host in the order of a hash of its names.
//!
//! The place of a name depends on the name alone, so a cookie (the hash of the last name given) means the same in every
//! reading of the folder, on every host: what exists throughout a walk is given exactly once. Hashes are keyed, so that
//! nobody can make two names meet. Of a folder of any size one window of names is in memory at a time.

use super::super::{DirEntry, Ino, Result};
use super::{HostDir, system};
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

/// Names read in one pass over a folder.
const WINDOW: usize = 4096;
/// Windows kept of one mount.
const WINDOWS: usize = 8;

/// The windows of the listings under way, oldest first.
#[derive(Default)]
pub(super) struct Lists {
    hash: RandomState,
    windows: Mutex<Vec<Arc<Window>>>,
}

/// The names of a folder whose hashes follow `after`, as many as fit.
struct Window {
    dir: Ino,
    after: u64,
    /// Entries by hash, none left out up to the last.
    entries: BTreeMap<u64, DirEntry>,
    /// Nothing follows.
    complete: bool,
}

impl Window {
    fn covers(&self, dir: Ino, cookie: u64) -> bool {
        let last = self.entries.last_key_value().map_or(self.after, |e| *e.0);
        self.dir == dir && self.after <= cookie && (cookie < last || self.complete)
    }
}

impl HostDir {
    pub(super) fn list(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        let known = match cookie {
            // From the start means as it is now.
            0 => None,
            _ => {
                let windows = self.lists.windows.lock();
                windows
                    .iter()
                    .rev()
                    .find(|w| w.covers(dir, cookie))
                    .cloned()
            }
        };
        let window = match known {
            Some(window) => window,
            None => self.read_window(dir, cookie)?,
        };
        let after = cookie.saturating_add(1);
        let entries = window.entries.range(after..).take(max);
        Ok(entries.map(|(_, entry)| entry.clone()).collect())
    }

    fn read_window(&self, dir: Ino, after: u64) -> Result<Arc<Window>> {
        let folder = self.dir(dir)?;
        let mut found = BTreeMap::new();
        let mut complete = true;
        system::entries(&folder, &mut |item| {
            // Cookies are positive to every guest, and never 0.
            let hash = (self.lists.hash.hash_one(item.name) >> 1).max(1);
            if hash <= after {
                return;
            }
            let entry = DirEntry {
                name: item.name.to_owned(),
                ino: self.nodes.lock().number(item.key),
                kind: item.kind,
                next: hash,
            };
            found.insert(hash, entry);
            if found.len() > WINDOW {
                found.pop_last();
                complete = false;
            }
        })?;
        let window = Arc::new(Window {
            dir,
            after,
            entries: found,
            complete,
        });
        let mut windows = self.lists.windows.lock();
        windows.retain(|w| !(w.dir == dir && w.after == after));
        if windows.len() >= WINDOWS {
            windows.remove(0);
        }
        // A short folder is read in one call, and nobody will ask for the rest.
        if window.entries.len() > 1 {
            windows.push(Arc::clone(&window));
        }
        Ok(window)
    }
}
