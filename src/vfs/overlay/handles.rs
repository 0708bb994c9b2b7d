//! The host files that overlays keep open, for the whole process: bounded, because hosts allow as few as 256.
//!
//! A handle that is thrown out while somebody reads through it lives on in their hands.

use super::super::Ino;
use crate::store::disk::DiskFile;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Most files kept open.
const MOST: usize = 96;

#[derive(Default)]
struct Table {
    files: HashMap<(u64, Ino), (Arc<dyn DiskFile>, u64)>,
    tick: u64,
}

static TABLE: LazyLock<Mutex<Table>> = LazyLock::new(Mutex::default);

/// A number for one overlay's files.
pub(super) fn new_owner() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

pub(super) fn get(owner: u64, ino: Ino) -> Option<Arc<dyn DiskFile>> {
    let mut table = TABLE.lock();
    table.tick += 1;
    let tick = table.tick;
    let (file, used) = table.files.get_mut(&(owner, ino))?;
    *used = tick;
    Some(Arc::clone(file))
}

/// Keeps a file open; the longest unused quarter goes when there are too many.
pub(super) fn keep(owner: u64, ino: Ino, file: Arc<dyn DiskFile>) {
    let mut table = TABLE.lock();
    let mut closed = Vec::new();
    if table.files.len() >= MOST {
        let mut ticks: Vec<u64> = table.files.values().map(|f| f.1).collect();
        ticks.sort_unstable();
        let oldest = ticks[ticks.len() / 4];
        let gone = table.files.extract_if(|_, f| f.1 <= oldest);
        closed = gone.map(|(_, f)| f.0).collect();
    }
    table.tick += 1;
    let tick = table.tick;
    table.files.insert((owner, ino), (file, tick));
    drop(table);
    // Closing is a call to the host.
    drop(closed);
}

pub(super) fn forget(owner: u64, ino: Ino) {
    let gone = TABLE.lock().files.remove(&(owner, ino));
    drop(gone);
}

pub(super) fn forget_all(owner: u64) {
    let mut table = TABLE.lock();
    let gone: Vec<_> = table.files.extract_if(|key, _| key.0 == owner).collect();
    drop(table);
    drop(gone);
}
