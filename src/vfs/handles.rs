//! The host files that filesystems keep open, one bounded table for each kind: hosts allow as few as 256 in a process.
//!
//! A handle that is thrown out while somebody works with it lives on in their hands. The lock is a leaf, and nothing is
//! closed under it, because closing is a call to the host.

use super::Ino;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Open files or folders of the whole process, by filesystem and inode.
pub(super) struct Handles<T: Clone> {
    most: usize,
    table: LazyLock<Mutex<Table<T>>>,
}

struct Table<T> {
    open: HashMap<(u64, Ino), (T, u64)>,
    tick: u64,
}

/// A number for one filesystem's files.
pub(super) fn new_owner() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl<T: Clone> Handles<T> {
    /// A table that keeps at most `most` of them; 0 keeps none.
    pub const fn new(most: usize) -> Handles<T> {
        Handles {
            most,
            table: LazyLock::new(|| {
                Mutex::new(Table {
                    open: HashMap::new(),
                    tick: 0,
                })
            }),
        }
    }

    pub fn get(&self, owner: u64, ino: Ino) -> Option<T> {
        let mut table = self.table.lock();
        table.tick += 1;
        let tick = table.tick;
        let (file, used) = table.open.get_mut(&(owner, ino))?;
        *used = tick;
        Some(file.clone())
    }

    /// Keeps a file open; the longest unused quarter goes when there are too many.
    pub fn keep(&self, owner: u64, ino: Ino, file: T) {
        if self.most == 0 {
            return;
        }
        let mut table = self.table.lock();
        let mut closed = Vec::new();
        if table.open.len() >= self.most {
            let mut ticks: Vec<u64> = table.open.values().map(|f| f.1).collect();
            ticks.sort_unstable();
            let oldest = ticks[ticks.len() / 4];
            let gone = table.open.extract_if(|_, f| f.1 <= oldest);
            closed.extend(gone.map(|(_, f)| f.0));
        }
        table.tick += 1;
        let tick = table.tick;
        let replaced = table.open.insert((owner, ino), (file, tick));
        drop(table);
        drop((closed, replaced));
    }

    pub fn forget(&self, owner: u64, ino: Ino) {
        let gone = self.table.lock().open.remove(&(owner, ino));
        drop(gone);
    }

    pub fn forget_all(&self, owner: u64) {
        let mut table = self.table.lock();
        let gone: Vec<_> = table.open.extract_if(|key, _| key.0 == owner).collect();
        drop(table);
        drop(gone);
    }
}
