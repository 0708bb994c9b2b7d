//! Records: JSON documents in named tables, changed together in transactions.
//!
//! One file holds them (`state.redb`). A `Commit::Durable` transaction is on the medium when the call returns; callers
//! that commit at the same time share one sync. Each document carries a checksum, so a damaged one is named and the
//! others are still read. After a failed disk call the database is opened again, which takes it back to its last durable
//! commit; the failed call's changes are then there completely or not at all, and a retry is safe.
//!
//! Locks: `barrier` → `database` → redb's own writer. A transaction's closure must not call `Records` again.

use super::database::{Counters, Database, Fault};
use super::disk::Disk;
use super::error::{Error, Result};
use super::pending::Pending;
use super::reserve::Reserve;
use parking_lot::{Mutex, RwLock};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub use super::database::{Changes, Table};

/// When a transaction's changes have to be on the medium.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Commit {
    /// Before the call returns.
    Durable,
    /// Before the call returns, and on a full disk too: for deletions and for state that must not be lost.
    Urgent,
    /// With the next durable commit of anyone. A crash before that takes the changes back as a whole, in order. For
    /// state that a restart corrects anyway, such as "running".
    Later,
}

/// The tables of the state folder.
#[derive(Debug)]
pub struct Records {
    disk: Arc<dyn Disk>,
    reserve: Reserve,
    /// Blobs that every durable commit takes to the medium first.
    pending: Arc<Pending>,
    barrier: Mutex<Barrier>,
    database: RwLock<Option<Database>>,
    counters: Counters,
    /// Transactions under way; one alone commits durably itself.
    active: AtomicU64,
}

#[derive(Debug)]
struct Barrier {
    /// Number of the last transaction that is on the medium.
    durable: u64,
    /// Goes up when the database is opened again: waiting transactions of an older generation were taken back.
    generation: u64,
    /// The last opening again came of a full disk.
    was_full: bool,
}

impl Records {
    /// Opens the tables, repairing what a crash left.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        reserve: Reserve,
        pending: Arc<Pending>,
    ) -> Result<Records> {
        let database = match Database::open(&*disk) {
            Err(Fault::Error(Error::Full)) if reserve.release(&*disk) => Database::open(&*disk),
            other => other,
        };
        Ok(Records {
            database: RwLock::new(Some(database.map_err(Fault::into_error)?)),
            disk,
            reserve,
            pending,
            barrier: Mutex::new(Barrier {
                durable: 0,
                generation: 0,
                was_full: false,
            }),
            counters: Counters::default(),
            active: AtomicU64::new(0),
        })
    }

    /// One document.
    pub fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Result<Option<T>> {
        self.read(|database| database.get(table, key))
    }

    /// Every document of a table in the order of keys. Damaged ones are left out and logged; `check` names them.
    pub fn list<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>> {
        let all = self.read(|database| database.list(table))?;
        let mut good = Vec::with_capacity(all.len());
        for (key, document) in all {
            match document {
                Ok(document) => good.push((key, document)),
                Err(error) => tracing::error!("{error}"),
            }
        }
        Ok(good)
    }

    /// Every key of a table with its document, or with what is wrong with it.
    pub(super) fn list_all<T: DeserializeOwned>(
        &self,
        table: Table,
    ) -> Result<Vec<(String, Result<T>)>> {
        self.read(|database| database.list(table))
    }

    /// Makes several changes as one. An error of the closure takes them all back and is returned.
    ///
    /// The closure may run twice (after a full disk gave room for an `Urgent` commit), so it must only read and write
    /// through `Changes`.
    pub fn transaction<R>(
        &self,
        commit: Commit,
        mut change: impl FnMut(&mut Changes) -> Result<R>,
    ) -> Result<R> {
        match self.attempt(commit, &mut change) {
            Err(Error::Full) if commit == Commit::Urgent => {
                // Somebody else may have released it a moment ago, so its absence is no reason to give up.
                self.reserve.release(&*self.disk);
                self.attempt(commit, &mut change)
            }
            other => other,
        }
    }

    /// Writes one document.
    pub fn put<T: Serialize>(
        &self,
        commit: Commit,
        table: Table,
        key: &str,
        document: &T,
    ) -> Result<()> {
        self.transaction(commit, |changes| changes.put(table, key, document))
    }

    /// Puts everything that was committed with `Later` on the medium.
    pub fn flush(&self) -> Result<()> {
        self.flush_until(self.last())
    }

    /// Number of the last transaction.
    pub(super) fn last(&self) -> u64 {
        self.counters.last.load(Ordering::Acquire)
    }

    /// Another number than before means that the images may have changed.
    pub(super) fn images_version(&self) -> u64 {
        self.counters.images.load(Ordering::Acquire)
    }

    /// Puts the transactions up to this number on the medium; does nothing when they are there.
    pub(super) fn flush_until(&self, last: u64) -> Result<()> {
        let generation = self.barrier.lock().generation;
        self.wait_durable(last, generation)
    }

    /// Reads every page and verifies redb's own checksums.
    pub(super) fn check_integrity(&self) -> Result<()> {
        self.flush()?;
        let mut database = self.database.write();
        let Some(open) = database.as_mut() else {
            return Ok(());
        };
        let generation = open.generation;
        let checked = open.check_integrity();
        drop(database);
        if let Err(error) = &checked {
            self.reopen(generation, error);
        }
        checked
    }

    fn attempt<R>(
        &self,
        commit: Commit,
        change: &mut impl FnMut(&mut Changes) -> Result<R>,
    ) -> Result<R> {
        self.ensure_open()?;
        let alone = self.active.fetch_add(1, Ordering::AcqRel) == 0;
        let _leave = Leave(&self.active);
        // One alone needs one commit; several commit in memory and share the sync that follows.
        let immediate = commit != Commit::Later && alone;
        let generation;
        let outcome = {
            let database = self.database.read();
            generation = self.generation_while(&database);
            let Some(open) = database.as_ref() else {
                return Err(Error::damaged("the record file", "it could not be opened"));
            };
            let settle = immediate.then_some(&*self.pending);
            open.transaction(settle, &self.counters, |changes| change(changes))
        };
        match outcome {
            Ok((result, _)) if commit == Commit::Later => Ok(result),
            Ok((result, number)) if immediate => {
                let mut barrier = self.barrier.lock();
                if barrier.generation == generation {
                    barrier.durable = barrier.durable.max(number);
                }
                Ok(result)
            }
            Ok((result, number)) => self.wait_durable(number, generation).map(|()| result),
            Err(Fault::Refused(error)) => Err(error),
            Err(Fault::Error(error)) => {
                self.reopen(generation, &error);
                Err(error)
            }
        }
    }

    /// Returns when transaction `number` is on the medium: somebody's commit did it, or ours does it for all.
    fn wait_durable(&self, number: u64, generation: u64) -> Result<()> {
        let mut barrier = self.barrier.lock();
        if barrier.generation != generation {
            return Err(match barrier.was_full {
                true => Error::Full,
                false => Error::Other("the disk failed, so the change was taken back".to_owned()),
            });
        }
        if barrier.durable >= number {
            return Ok(());
        }
        let outcome = match self.database.read().as_ref() {
            Some(open) => open.transaction(Some(&self.pending), &self.counters, |_| Ok(())),
            None => Err(Fault::Error(Error::damaged(
                "the record file",
                "it could not be opened",
            ))),
        };
        match outcome {
            Ok((_, last)) => {
                barrier.durable = last;
                Ok(())
            }
            Err(fault) => {
                let error = fault.into_error();
                self.reopen_locked(&mut barrier, matches!(error, Error::Full));
                Err(error)
            }
        }
    }

    fn read<R>(&self, get: impl Fn(&Database) -> std::result::Result<R, Fault>) -> Result<R> {
        for last_try in [false, true] {
            self.ensure_open()?;
            let database = self.database.read();
            let generation = self.generation_while(&database);
            let Some(open) = database.as_ref() else {
                continue;
            };
            match get(open) {
                Ok(found) => return Ok(found),
                Err(Fault::Refused(error)) => return Err(error),
                Err(Fault::Error(error)) if last_try => return Err(error),
                Err(Fault::Error(error)) => {
                    drop(database);
                    self.reopen(generation, &error);
                }
            }
        }
        Err(Error::damaged("the record file", "it could not be opened"))
    }

    /// The generation cannot change while the database is held.
    fn generation_while(&self, database: &Option<Database>) -> u64 {
        database.as_ref().map_or(u64::MAX, |open| open.generation)
    }

    fn ensure_open(&self) -> Result<()> {
        if self.database.read().is_some() {
            return Ok(());
        }
        let mut barrier = self.barrier.lock();
        if self.database.read().is_none() {
            self.reopen_locked(&mut barrier, false);
        }
        if self.database.read().is_some() {
            return Ok(());
        }
        Database::open(&*self.disk)
            .map(drop)
            .map_err(Fault::into_error)
    }

    fn reopen(&self, generation: u64, why: &Error) {
        let mut barrier = self.barrier.lock();
        if barrier.generation == generation {
            self.reopen_locked(&mut barrier, matches!(why, Error::Full));
        }
    }

    /// Goes back to the last durable commit.
    fn reopen_locked(&self, barrier: &mut Barrier, was_full: bool) {
        let mut database = self.database.write();
        if let Some(open) = database.as_ref() {
            open.abandon();
        }
        *database = None;
        barrier.generation += 1;
        barrier.was_full = was_full;
        self.counters.images.fetch_add(1, Ordering::AcqRel);
        barrier.durable = self.counters.last.load(Ordering::Acquire);
        let again = match Database::open(&*self.disk) {
            Err(Fault::Error(Error::Full)) if self.reserve.release(&*self.disk) => {
                Database::open(&*self.disk)
            }
            other => other,
        };
        match again {
            Ok(mut open) => {
                open.generation = barrier.generation;
                *database = Some(open);
            }
            Err(fault) => tracing::error!("the record file stays closed: {}", fault.into_error()),
        }
    }
}

impl Drop for Records {
    fn drop(&mut self) {
        if let Err(error) = self.flush() {
            tracing::error!("the last changes were not written: {error}");
        }
    }
}

struct Leave<'a>(&'a AtomicU64);

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
