//! A disk whose n-th call fails, for tests: each call counts, those of files too.
//!
//! A write that fails has written its first half, as a real one may.

use super::{Disk, DiskFile, HeldLock, Item, Open};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Passes calls on to another disk until one is to fail.
#[derive(Debug)]
pub struct FailingDisk {
    inner: Arc<dyn Disk>,
    plan: Arc<Plan>,
}

#[derive(Debug)]
struct Plan {
    calls: AtomicU64,
    /// The number of the first call that fails.
    from: AtomicU64,
    /// How many calls fail from there on.
    count: AtomicU64,
    kind: io::ErrorKind,
}

impl Plan {
    fn fails(&self) -> bool {
        let call = self.calls.fetch_add(1, Ordering::AcqRel) + 1;
        let from = self.from.load(Ordering::Acquire);
        call >= from && call - from < self.count.load(Ordering::Acquire)
    }

    fn call<T>(&self, run: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        if self.fails() { self.error() } else { run() }
    }

    fn error<T>(&self) -> io::Result<T> {
        Err(io::Error::new(self.kind, "the test lets this call fail"))
    }
}

impl FailingDisk {
    /// Nothing fails yet; what will fail, fails with `kind`.
    pub fn new(inner: Arc<dyn Disk>, kind: io::ErrorKind) -> FailingDisk {
        let plan = Plan {
            calls: AtomicU64::new(0),
            from: AtomicU64::new(u64::MAX),
            count: AtomicU64::new(0),
            kind,
        };
        FailingDisk {
            inner,
            plan: Arc::new(plan),
        }
    }

    /// How many calls there have been.
    pub fn calls(&self) -> u64 {
        self.plan.calls.load(Ordering::Acquire)
    }

    /// Lets `count` calls fail, beginning with the `nth` from now (1 is the next one).
    pub fn fail(&self, nth: u64, count: u64) {
        self.plan.count.store(count, Ordering::Release);
        self.plan
            .from
            .store(self.calls().saturating_add(nth), Ordering::Release);
    }

    /// Nothing fails any more.
    pub fn heal(&self) {
        self.plan.from.store(u64::MAX, Ordering::Release);
    }

    /// Whether the call that was to fail has come.
    pub fn has_failed(&self) -> bool {
        self.calls() >= self.plan.from.load(Ordering::Acquire)
    }
}

impl Disk for FailingDisk {
    fn open(&self, path: &str, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let inner = self.plan.call(|| self.inner.open(path, how))?;
        let plan = self.plan.clone();
        Ok(Arc::new(FailingFile { inner, plan }))
    }

    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.plan.call(|| self.inner.create_dir(path))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<Item>> {
        self.plan.call(|| self.inner.list(dir))
    }

    fn stat(&self, path: &str) -> io::Result<Option<Item>> {
        self.plan.call(|| self.inner.stat(path))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.plan.call(|| self.inner.rename(from, to))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.plan.call(|| self.inner.remove(path))
    }

    fn remove_dir(&self, path: &str) -> io::Result<()> {
        self.plan.call(|| self.inner.remove_dir(path))
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.plan.call(|| self.inner.sync_dir(dir))
    }

    fn lock(&self, path: &str) -> io::Result<Option<Box<dyn HeldLock>>> {
        self.plan.call(|| self.inner.lock(path))
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[derive(Debug)]
struct FailingFile {
    inner: Arc<dyn DiskFile>,
    plan: Arc<Plan>,
}

impl DiskFile for FailingFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.plan.call(|| self.inner.read_at(offset, buffer))
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        if self.plan.fails() {
            self.inner.write_at(offset, &bytes[..bytes.len() / 2])?;
            return self.plan.error();
        }
        self.inner.write_at(offset, bytes)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        self.plan.call(|| self.inner.append(bytes))
    }

    fn len(&self) -> io::Result<u64> {
        self.plan.call(|| self.inner.len())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.plan.call(|| self.inner.set_len(len))
    }

    fn sync(&self) -> io::Result<()> {
        self.plan.call(|| self.inner.sync())
    }
}
