//! A disk in memory that remembers each change, for tests: any moment can be played back as a power cut.
//!
//! What the cut leaves: everything that was synced; of a file's later writes some, perhaps torn between sectors; of
//! the later names an initial part, since every filesystem of today orders them.

use super::memory::MemoryDisk;
use super::{Disk, DiskFile, HeldLock, Item, Open};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io;
use std::sync::Arc;

/// Passes calls on to a memory disk and logs the changes.
#[derive(Debug, Default)]
pub struct RecordingDisk {
    inner: MemoryDisk,
    log: Arc<Mutex<Log>>,
}

#[derive(Debug, Default)]
struct Log {
    changes: Vec<Change>,
    /// Which file a path names now.
    names: HashMap<String, u64>,
    files: u64,
}

#[derive(Clone, Debug)]
enum Change {
    Create(String, u64),
    CreateDir(String),
    Rename(String, String),
    Remove(String),
    SyncDir,
    Write(u64, u64, Vec<u8>),
    SetLen(u64, u64),
    Sync(u64),
}

impl RecordingDisk {
    /// How many changes there have been; a moment to cut at.
    pub fn moment(&self) -> usize {
        self.log.lock().changes.len()
    }

    /// What a power cut after the first `moment` changes leaves; `seed` decides what chance decides.
    pub fn cut(&self, moment: usize, seed: u64) -> MemoryDisk {
        let log = self.log.lock();
        let changes = &log.changes[..moment.min(log.changes.len())];
        let mut chance = Chance(seed);
        let names = surviving_names(changes, &mut chance);
        let contents = surviving_contents(changes, &mut chance);
        let disk = MemoryDisk::default();
        for dir in names.dirs {
            disk.place_dir(&dir);
        }
        for (path, file) in names.files {
            disk.place(&path, contents.get(&file).cloned().unwrap_or_default());
        }
        disk
    }

    fn note(&self, change: Change) {
        self.log.lock().changes.push(change);
    }
}

#[derive(Default)]
struct Names {
    dirs: BTreeSet<String>,
    files: BTreeMap<String, u64>,
}

fn surviving_names(changes: &[Change], chance: &mut Chance) -> Names {
    let synced = changes.iter().rposition(|c| matches!(c, Change::SyncDir));
    let synced = synced.unwrap_or(0);
    let cut = synced + chance.below(changes.len() - synced + 1);
    let mut names = Names::default();
    for change in &changes[..cut] {
        match change {
            Change::Create(path, file) => drop(names.files.insert(path.clone(), *file)),
            Change::CreateDir(path) => drop(names.dirs.insert(path.clone())),
            Change::Rename(from, to) => {
                if let Some(file) = names.files.remove(from) {
                    names.files.insert(to.clone(), file);
                } else if names.dirs.remove(from) {
                    names.dirs.insert(to.clone());
                    rename_below(&mut names, &format!("{from}/"), to);
                }
            }
            Change::Remove(path) => {
                names.files.remove(path);
                names.dirs.remove(path);
            }
            _ => {}
        }
    }
    names
}

fn rename_below(names: &mut Names, below: &str, to: &str) {
    let moved = |path: &String| match path.strip_prefix(below) {
        Some(rest) => format!("{to}/{rest}"),
        None => path.clone(),
    };
    names.dirs = names.dirs.iter().map(moved).collect();
    names.files = names.files.iter().map(|(p, f)| (moved(p), *f)).collect();
}

fn surviving_contents(changes: &[Change], chance: &mut Chance) -> HashMap<u64, Vec<u8>> {
    let mut synced: HashMap<u64, usize> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        if let Change::Sync(file) = change {
            synced.insert(*file, at);
        }
    }
    let mut contents: HashMap<u64, Vec<u8>> = HashMap::new();
    for (at, change) in changes.iter().enumerate() {
        let (Change::Write(file, ..) | Change::SetLen(file, _)) = change else {
            continue;
        };
        let certain = synced.get(file).is_some_and(|last| at < *last);
        if !certain && chance.below(2) == 0 {
            continue;
        }
        let bytes = contents.entry(*file).or_default();
        match change {
            Change::SetLen(_, len) => bytes.resize(*len as usize, 0),
            Change::Write(_, offset, data) => {
                let sectors = data.len().div_ceil(512);
                let torn = !certain && chance.below(4) == 0;
                let kept = if torn {
                    chance.below(sectors + 1) * 512
                } else {
                    data.len()
                };
                let data = &data[..kept.min(data.len())];
                let (start, end) = (*offset as usize, *offset as usize + data.len());
                if end > bytes.len() {
                    bytes.resize(end, 0);
                }
                bytes[start..end].copy_from_slice(data);
            }
            _ => {}
        }
    }
    contents
}

/// Numbers that depend on the seed alone (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % end.max(1) as u64) as usize
    }
}

impl Disk for RecordingDisk {
    fn open(&self, path: &str, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        let existed = self.inner.stat(path)?.is_some();
        let inner = self.inner.open(path, how)?;
        let mut log = self.log.lock();
        if !existed {
            log.files += 1;
            let id = log.files;
            log.names.insert(path.to_owned(), id);
            log.changes.push(Change::Create(path.to_owned(), id));
        }
        let id = log.names.get(path).copied().unwrap_or_default();
        Ok(Arc::new(RecordingFile {
            inner,
            id,
            log: self.log.clone(),
        }))
    }

    fn create_dir(&self, path: &str) -> io::Result<()> {
        self.inner.create_dir(path)?;
        self.note(Change::CreateDir(path.to_owned()));
        Ok(())
    }

    fn list(&self, dir: &str) -> io::Result<Vec<Item>> {
        self.inner.list(dir)
    }

    fn stat(&self, path: &str) -> io::Result<Option<Item>> {
        self.inner.stat(path)
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.inner.rename(from, to)?;
        let mut log = self.log.lock();
        let below = format!("{from}/");
        let moved: Vec<(String, u64)> = log
            .names
            .iter()
            .filter(|(path, _)| *path == from || path.starts_with(&below))
            .map(|(path, id)| (path.clone(), *id))
            .collect();
        for (path, id) in moved {
            log.names.remove(&path);
            log.names.insert(format!("{to}{}", &path[from.len()..]), id);
        }
        log.changes
            .push(Change::Rename(from.to_owned(), to.to_owned()));
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        self.inner.remove(path)?;
        self.log.lock().names.remove(path);
        self.note(Change::Remove(path.to_owned()));
        Ok(())
    }

    fn remove_dir(&self, path: &str) -> io::Result<()> {
        self.inner.remove_dir(path)?;
        self.note(Change::Remove(path.to_owned()));
        Ok(())
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        self.inner.sync_dir(dir)?;
        self.note(Change::SyncDir);
        Ok(())
    }

    fn lock(&self, path: &str) -> io::Result<Option<Box<dyn HeldLock>>> {
        self.inner.lock(path)
    }

    fn describe(&self) -> String {
        self.inner.describe()
    }
}

#[derive(Debug)]
struct RecordingFile {
    inner: Arc<dyn DiskFile>,
    id: u64,
    log: Arc<Mutex<Log>>,
}

impl RecordingFile {
    /// The log is held over the call, so that changes are logged in the order in which they happened.
    fn logged<T>(&self, run: impl FnOnce() -> io::Result<(T, Change)>) -> io::Result<T> {
        let mut log = self.log.lock();
        let (result, change) = run()?;
        log.changes.push(change);
        Ok(result)
    }
}

impl DiskFile for RecordingFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read_at(offset, buffer)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.logged(|| {
            self.inner.write_at(offset, bytes)?;
            Ok(((), Change::Write(self.id, offset, bytes.to_vec())))
        })
    }

    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        self.logged(|| {
            let at = self.inner.append(bytes)?;
            Ok((at, Change::Write(self.id, at, bytes.to_vec())))
        })
    }

    fn len(&self) -> io::Result<u64> {
        self.inner.len()
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.logged(|| {
            self.inner.set_len(len)?;
            Ok(((), Change::SetLen(self.id, len)))
        })
    }

    fn sync(&self) -> io::Result<()> {
        self.logged(|| {
            self.inner.sync()?;
            Ok(((), Change::Sync(self.id)))
        })
    }
}
