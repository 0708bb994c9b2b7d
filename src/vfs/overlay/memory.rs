//! Contents in memory, for tmpfs: pages of 4 KiB, holes cost nothing, every page is charged to the sandbox.

use super::super::{Ino, Result};
use super::contents::Contents;
use crate::base::errno::Errno;
use parking_lot::Mutex;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

const PAGE: usize = 4096;

/// Asks the sandbox for memory, or gives it back (negative). `false` refuses; giving back never fails.
/// It is called while a file's writer is locked and must not call back into the file tree.
pub type Charge = Arc<dyn Fn(i64) -> bool + Send + Sync>;

/// A charge that is never refused.
pub fn uncharged() -> Charge {
    Arc::new(|_| true)
}

type Page = Box<[u8; PAGE]>;
type Pages = BTreeMap<u64, Page>;

pub(super) struct MemContents {
    limit: u64,
    charge: Charge,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    files: HashMap<Ino, Pages>,
    pages: u64,
}

impl MemContents {
    pub fn new(limit: u64, charge: Charge) -> MemContents {
        MemContents {
            limit,
            charge,
            held: Mutex::default(),
        }
    }

    /// Takes one page of the limit and of the sandbox's memory.
    fn take(&self, held: &mut Held) -> bool {
        let fits = (held.pages + 1) * PAGE as u64 <= self.limit;
        let taken = fits && (self.charge)(PAGE as i64);
        held.pages += u64::from(taken);
        taken
    }

    fn give_back(&self, held: &mut Held, pages: usize) {
        if pages > 0 {
            held.pages -= pages as u64;
            (self.charge)(-((pages * PAGE) as i64));
        }
    }
}

/// Splits a range into (page, offset in it, place in the buffer).
fn spans(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, std::ops::Range<usize>)> {
    let mut done = 0;
    std::iter::from_fn(move || {
        if done == len {
            return None;
        }
        let at = offset + done as u64;
        let inside = (at % PAGE as u64) as usize;
        let step = (PAGE - inside).min(len - done);
        let span = (at / PAGE as u64, inside, done..done + step);
        done += step;
        Some(span)
    })
}

impl Contents for MemContents {
    fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<()> {
        let held = self.held.lock();
        let pages = held.files.get(&ino);
        for (page, inside, part) in spans(offset, buf.len()) {
            let out = &mut buf[part];
            match pages.and_then(|p| p.get(&page)) {
                Some(bytes) => out.copy_from_slice(&bytes[inside..inside + out.len()]),
                None => out.fill(0),
            }
        }
        Ok(())
    }

    fn write(&self, ino: Ino, _size: u64, offset: u64, buf: &[u8]) -> Result<usize> {
        let mut held = self.held.lock();
        let mut done = 0;
        for (page, inside, part) in spans(offset, buf.len()) {
            let known = held.files.get(&ino).is_some_and(|p| p.contains_key(&page));
            if !known && !self.take(&mut held) {
                break;
            }
            let pages = held.files.entry(ino).or_default();
            let bytes = pages.entry(page).or_insert_with(|| Box::new([0; PAGE]));
            bytes[inside..inside + part.len()].copy_from_slice(&buf[part.clone()]);
            done = part.end;
        }
        if done == 0 && !buf.is_empty() {
            return Err(Errno::Nospc);
        }
        Ok(done)
    }

    fn resize(&self, ino: Ino, size: u64, new: u64) -> Result<()> {
        if new >= size {
            return Ok(());
        }
        let mut held = self.held.lock();
        let Some(pages) = held.files.get_mut(&ino) else {
            return Ok(());
        };
        let cut = pages.split_off(&new.div_ceil(PAGE as u64));
        let rest = (new % PAGE as u64) as usize;
        if rest > 0
            && let Some(page) = pages.get_mut(&(new / PAGE as u64))
        {
            // What is cut off must read as zeroes when the file grows again.
            page[rest..].fill(0);
        }
        self.give_back(&mut held, cut.len());
        Ok(())
    }

    fn remove(&self, ino: Ino, _size: u64) {
        let mut held = self.held.lock();
        let pages = held.files.remove(&ino).map_or(0, |p| p.len());
        self.give_back(&mut held, pages);
    }

    fn blocks512(&self, ino: Ino, _size: u64) -> u64 {
        let held = self.held.lock();
        held.files.get(&ino).map_or(0, |p| p.len() as u64 * 8)
    }

    fn sync(&self, _ino: Ino) -> Result<()> {
        Ok(())
    }

    fn space(&self) -> (u64, u64) {
        (self.limit, self.held.lock().pages * PAGE as u64)
    }
}

impl Drop for MemContents {
    fn drop(&mut self) {
        let held = std::mem::take(self.held.get_mut());
        if held.pages > 0 {
            (self.charge)(-((held.pages * PAGE as u64) as i64));
        }
    }
}
