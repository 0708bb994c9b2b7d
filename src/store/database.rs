//! redb under our `Disk`: one file, typed tables, a checksum before each document.
//!
//! redb is told of no other process: the state folder's lock has seen to that.

use super::disk::{Disk, DiskFile, Open, read_exact_at};
use super::error::{Error, Result};
use super::paths;
use super::pending::Pending;
use crate::base::digest::Digest;
use redb::{
    Durability, ReadableDatabase, ReadableTable, StorageBackend, TableDefinition, TableError,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// A table of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// By container id; the document is the engine's.
    Containers,
    /// By image id (`sha256:…`); [`super::ImageRecord`].
    Images,
    /// By canonical reference (`docker.io/library/alpine:latest`, or with `@sha256:…`); [`super::TagRecord`].
    Tags,
    /// By holder (such as a container's id): the list of image ids that must stay. See [`Changes::hold`].
    Holds,
    /// The engine's networks, by id.
    Networks,
    /// The engine's volumes, by name.
    Volumes,
    /// The caches of builds, by id; the document is the engine's, but for the name of its folder.
    Caches,
    /// By a layer's diff id: its compressed forms; [`super::Packed`].
    Packed,
    /// Single documents: `schema` belongs to the store, other keys to whoever names them.
    Meta,
}

impl Table {
    /// Every table.
    pub const ALL: [Table; 9] = [
        Table::Containers,
        Table::Images,
        Table::Tags,
        Table::Holds,
        Table::Networks,
        Table::Volumes,
        Table::Caches,
        Table::Packed,
        Table::Meta,
    ];

    /// The table's name in the file.
    pub const fn name(self) -> &'static str {
        match self {
            Table::Containers => "containers",
            Table::Images => "images",
            Table::Tags => "tags",
            Table::Holds => "holds",
            Table::Networks => "networks",
            Table::Volumes => "volumes",
            Table::Caches => "caches",
            Table::Packed => "packed",
            Table::Meta => "meta",
        }
    }

    const fn definition(self) -> TableDefinition<'static, &'static str, &'static [u8]> {
        TableDefinition::new(self.name())
    }
}

/// How an attempt ended when it did not succeed.
#[derive(Debug)]
pub(super) enum Fault {
    /// The caller's own refusal, or one damaged document: the database is as good as before.
    Refused(Error),
    /// The database has to be opened again.
    Error(Error),
}

impl Fault {
    pub fn into_error(self) -> Error {
        match self {
            Fault::Refused(error) | Fault::Error(error) => error,
        }
    }
}

type Outcome<T> = std::result::Result<T, Fault>;

fn fault(error: impl Into<redb::Error>) -> Fault {
    Fault::Error(match error.into() {
        redb::Error::Io(source) => Error::io("the record file", source),
        redb::Error::Corrupted(why) => Error::damaged("the record file", why),
        other => Error::Io {
            what: "the record file".to_owned(),
            source: io::Error::other(other),
        },
    })
}

/// redb asserts on some damage in debug builds; to us damage is an error in every build.
fn no_panic<T>(run: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
        Err(Fault::Error(Error::damaged(
            "the record file",
            "its pages contradict each other",
        )))
    })
}

/// What is counted across openings.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Number of the last transaction that was committed in memory.
    pub last: AtomicU64,
    /// Goes up after each change of the images, so that a list of them can be kept.
    pub images: AtomicU64,
}

/// The open record file.
#[derive(Debug)]
pub(super) struct Database {
    /// `None` only while it is dropped.
    redb: Option<redb::Database>,
    /// See `Records`: which opening this is.
    pub generation: u64,
    /// Nothing more is written.
    abandoned: Arc<AtomicBool>,
}

/// Pages kept in memory; a school's records are far smaller.
const CACHE_BYTES: usize = 8 << 20;

impl Database {
    /// Opens the file; a new one gets its name only when it is complete, so a crash leaves none or a good one.
    pub fn open(disk: &dyn Disk) -> Outcome<Database> {
        let at = |source| Fault::Error(Error::io("the record file", source));
        if disk.stat(paths::RECORDS).map_err(at)?.is_none() {
            if disk.stat(paths::NEW_RECORDS).map_err(at)?.is_some() {
                disk.remove(paths::NEW_RECORDS).map_err(at)?;
            }
            Database::open_file(disk, paths::NEW_RECORDS)?.create_tables()?;
            let renamed = disk.rename(paths::NEW_RECORDS, paths::RECORDS);
            renamed.and_then(|()| disk.sync_dir("")).map_err(at)?;
        }
        Database::open_file(disk, paths::RECORDS)
    }

    fn open_file(disk: &dyn Disk, path: &str) -> Outcome<Database> {
        let file = disk.open(path, Open::Create);
        let file = file.map_err(|e| Fault::Error(Error::io("the record file", e)))?;
        let abandoned = Arc::new(AtomicBool::new(false));
        let backend = Backend {
            file,
            abandoned: abandoned.clone(),
        };
        let redb = no_panic(|| {
            redb::Database::builder()
                .set_cache_size(CACHE_BYTES)
                .create_with_backend(backend)
                .map_err(fault)
        })?;
        Ok(Database {
            redb: Some(redb),
            generation: 0,
            abandoned,
        })
    }

    /// Stops all writing: closing would make durable what was committed in memory alone.
    pub fn abandon(&self) {
        self.abandoned.store(true, Ordering::Release);
    }

    fn redb(&self) -> Outcome<&redb::Database> {
        self.redb
            .as_ref()
            .ok_or_else(|| fault(redb::Error::DatabaseClosed))
    }

    /// All tables from the start: readers then never meet a missing one. Consumes the database, which closes it.
    fn create_tables(self) -> Outcome<()> {
        let write = self.redb()?.begin_write().map_err(fault)?;
        for table in Table::ALL {
            write.open_table(table.definition()).map_err(fault)?;
        }
        write.commit().map_err(fault)
    }

    pub fn get<T: DeserializeOwned>(&self, table: Table, key: &str) -> Outcome<Option<T>> {
        no_panic(|| {
            let read = self.redb()?.begin_read().map_err(fault)?;
            let open = match read.open_table(table.definition()) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(None),
                other => other.map_err(fault)?,
            };
            let found = open.get(key).map_err(fault)?;
            found
                .map(|value| decode(table, key, value.value()))
                .transpose()
                .map_err(Fault::Refused)
        })
    }

    pub fn list<T: DeserializeOwned>(&self, table: Table) -> Outcome<Vec<(String, Result<T>)>> {
        no_panic(|| {
            let read = self.redb()?.begin_read().map_err(fault)?;
            let open = match read.open_table(table.definition()) {
                Err(TableError::TableDoesNotExist(_)) => return Ok(Vec::new()),
                other => other.map_err(fault)?,
            };
            let mut all = Vec::new();
            for row in open.iter().map_err(fault)? {
                let (key, value) = row.map_err(fault)?;
                let document = decode(table, key.value(), value.value());
                all.push((key.value().to_owned(), document));
            }
            Ok(all)
        })
    }

    /// Runs `change` in a transaction; returns its result and the transaction's number. With `settle` it is durable, and
    /// the blobs that earlier ones may refer to go first.
    pub fn transaction<R>(
        &self,
        settle: Option<&Pending>,
        counters: &Counters,
        change: impl FnOnce(&mut Changes) -> Result<R>,
    ) -> Outcome<(R, u64)> {
        no_panic(|| {
            let mut write = self.redb()?.begin_write().map_err(fault)?;
            if settle.is_none() {
                write.set_durability(Durability::None).map_err(fault)?;
            }
            let mut changes = Changes {
                write: &write,
                broken: false,
                images: false,
            };
            let result = change(&mut changes);
            let (broken, images) = (changes.broken, changes.images);
            match result {
                Ok(result) => {
                    // Nobody else commits now, so what waits is all that records can refer to. Records of what cannot be
                    // synced have to go, as when the commit itself fails.
                    if let Some(pending) = settle {
                        pending.settle().map_err(Fault::Error)?;
                    }
                    // Numbered while redb's writer is ours, so numbers and commits have one order.
                    let number = counters.last.fetch_add(1, Ordering::AcqRel) + 1;
                    write.commit().map_err(fault)?;
                    if images {
                        counters.images.fetch_add(1, Ordering::AcqRel);
                    }
                    Ok((result, number))
                }
                Err(error) if broken => Err(Fault::Error(error)),
                Err(error) => {
                    write.abort().map_err(fault)?;
                    Err(Fault::Refused(error))
                }
            }
        })
    }

    pub fn check_integrity(&mut self) -> Result<()> {
        let sound = no_panic(|| match self.redb.as_mut() {
            Some(redb) => redb.check_integrity().map_err(fault),
            None => Err(fault(redb::Error::DatabaseClosed)),
        });
        match sound.map_err(Fault::into_error)? {
            true => Ok(()),
            false => Err(Error::damaged(
                "the record file",
                "its checksums were wrong; it was repaired",
            )),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Closing writes, and so it too may meet damage.
        let redb = self.redb.take();
        let _ = no_panic(|| {
            drop(redb);
            Ok(())
        });
    }
}

/// The changes of one transaction; reads see what was written before.
pub struct Changes<'a> {
    write: &'a redb::WriteTransaction,
    /// A disk call failed, so the database has to be opened again.
    broken: bool,
    /// The table of images was written.
    images: bool,
}

impl Changes<'_> {
    /// One document, as this transaction sees it.
    pub fn get<T: DeserializeOwned>(&mut self, table: Table, key: &str) -> Result<Option<T>> {
        let outcome = (|| {
            let open = self.write.open_table(table.definition()).map_err(fault)?;
            let found = open.get(key).map_err(fault)?;
            found
                .map(|value| decode(table, key, value.value()))
                .transpose()
                .map_err(Fault::Refused)
        })();
        self.settle(outcome)
    }

    /// Every sound document of a table in the order of keys.
    pub fn list<T: DeserializeOwned>(&mut self, table: Table) -> Result<Vec<(String, T)>> {
        let outcome = (|| {
            let open = self.write.open_table(table.definition()).map_err(fault)?;
            let mut all = Vec::new();
            for row in open.iter().map_err(fault)? {
                let (key, value) = row.map_err(fault)?;
                if let Ok(document) = decode(table, key.value(), value.value()) {
                    all.push((key.value().to_owned(), document));
                }
            }
            Ok(all)
        })();
        self.settle(outcome)
    }

    /// Writes or replaces a document.
    pub fn put<T: Serialize>(&mut self, table: Table, key: &str, document: &T) -> Result<()> {
        self.images |= table == Table::Images;
        let outcome = (|| {
            let bytes = encode(document).map_err(Fault::Refused)?;
            let mut open = self.write.open_table(table.definition()).map_err(fault)?;
            open.insert(key, bytes.as_slice()).map_err(fault)?;
            Ok(())
        })();
        self.settle(outcome)
    }

    /// Deletes a document; false when there was none.
    pub fn delete(&mut self, table: Table, key: &str) -> Result<bool> {
        self.images |= table == Table::Images;
        let outcome = (|| {
            let mut open = self.write.open_table(table.definition()).map_err(fault)?;
            let existed = open.remove(key).map_err(fault)?.is_some();
            Ok(existed)
        })();
        self.settle(outcome)
    }

    /// Keeps the blobs of images for a holder (a container's id) even when the images are removed.
    pub fn hold(&mut self, holder: &str, images: &[super::ImageRecord]) -> Result<()> {
        self.put(Table::Holds, holder, &images)
    }

    /// Ends a hold.
    pub fn release(&mut self, holder: &str) -> Result<bool> {
        self.delete(Table::Holds, holder)
    }

    fn settle<T>(&mut self, outcome: Outcome<T>) -> Result<T> {
        outcome.map_err(|fault| {
            self.broken |= matches!(fault, Fault::Error(_));
            fault.into_error()
        })
    }
}

/// Bytes of the checksum before a document.
const CHECKSUM: usize = 8;

fn encode<T: Serialize>(document: &T) -> Result<Vec<u8>> {
    let mut bytes = vec![0; CHECKSUM];
    serde_json::to_writer(&mut bytes, document).map_err(|e| Error::Other(e.to_string()))?;
    let sum = Digest::of(&bytes[CHECKSUM..]);
    bytes[..CHECKSUM].copy_from_slice(&sum.as_bytes()[..CHECKSUM]);
    Ok(bytes)
}

fn decode<T: DeserializeOwned>(table: Table, key: &str, bytes: &[u8]) -> Result<T> {
    let damaged = |why: &str| Error::damaged(format!("record {}/{key}", table.name()), why);
    let (sum, document) = bytes
        .split_at_checked(CHECKSUM)
        .ok_or_else(|| damaged("it is too short"))?;
    if Digest::of(document).as_bytes()[..CHECKSUM] != *sum {
        return Err(damaged("its checksum is wrong"));
    }
    serde_json::from_slice(document).map_err(|e| damaged(&e.to_string()))
}

#[derive(Debug)]
struct Backend {
    file: Arc<dyn DiskFile>,
    abandoned: Arc<AtomicBool>,
}

impl Backend {
    fn writable(&self) -> io::Result<&dyn DiskFile> {
        match self.abandoned.load(Ordering::Acquire) {
            true => Err(io::Error::other("the record file is being opened again")),
            false => Ok(&*self.file),
        }
    }
}

impl StorageBackend for Backend {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        read_exact_at(&*self.file, offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.writable()?.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.writable()?.sync()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.writable()?.write_at(offset, data)
    }
}
