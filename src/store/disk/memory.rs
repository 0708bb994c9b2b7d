//! A disk in memory, for tests: quick, with a size that can be used up.

use super::{Disk, DiskFile, HeldLock, Item, Open, check_path};
use parking_lot::Mutex;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;

/// A state folder that is gone when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryDisk {
    tree: Mutex<BTreeMap<String, Node>>,
    space: Arc<Mutex<Space>>,
    locks: Arc<Mutex<BTreeSet<String>>>,
}

#[derive(Clone, Debug)]
enum Node {
    Dir,
    File(Arc<MemoryFile>),
}

#[derive(Debug)]
struct Space {
    used: u64,
    limit: u64,
}

impl Default for Space {
    fn default() -> Space {
        let (used, limit) = (0, u64::MAX);
        Space { used, limit }
    }
}

impl Space {
    fn change(&mut self, from: usize, to: usize) -> io::Result<()> {
        let used = self.used - from as u64 + to as u64;
        if to > from && used > self.limit {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.used = used;
        Ok(())
    }
}

impl MemoryDisk {
    /// From now on the files together can have this many bytes; more is `StorageFull`.
    pub fn set_limit(&self, bytes: u64) {
        self.space.lock().limit = bytes;
    }

    /// Bytes of all files.
    pub fn used(&self) -> u64 {
        self.space.lock().used
    }

    /// Every path that is there, in order.
    pub fn paths(&self) -> Vec<String> {
        self.tree.lock().keys().cloned().collect()
    }

    /// Makes a file with contents, and the folders above it; for building what a crash left.
    pub fn place(&self, path: &str, bytes: Vec<u8>) {
        let mut tree = self.tree.lock();
        for (at, _) in path.match_indices('/') {
            tree.entry(path[..at].to_owned()).or_insert(Node::Dir);
        }
        self.space.lock().used += bytes.len() as u64;
        tree.insert(path.to_owned(), Node::File(self.file(bytes)));
    }

    /// Makes a folder and those above it.
    pub fn place_dir(&self, path: &str) {
        let mut tree = self.tree.lock();
        for (at, _) in path.match_indices('/') {
            tree.entry(path[..at].to_owned()).or_insert(Node::Dir);
        }
        tree.insert(path.to_owned(), Node::Dir);
    }

    fn file(&self, bytes: Vec<u8>) -> Arc<MemoryFile> {
        Arc::new(MemoryFile {
            bytes: Mutex::new(bytes),
            space: self.space.clone(),
        })
    }
}

fn not_found<T>() -> io::Result<T> {
    Err(io::ErrorKind::NotFound.into())
}

/// The folder that a path lies in must be there.
fn check_parent(tree: &BTreeMap<String, Node>, path: &str) -> io::Result<()> {
    match path.rsplit_once('/').map(|(parent, _)| tree.get(parent)) {
        None | Some(Some(Node::Dir)) => Ok(()),
        Some(Some(Node::File(_))) => Err(io::ErrorKind::NotADirectory.into()),
        Some(None) => not_found(),
    }
}

impl Disk for MemoryDisk {
    fn open(&self, path: &str, how: Open) -> io::Result<Arc<dyn DiskFile>> {
        check_path(path)?;
        let mut tree = self.tree.lock();
        match (tree.get(path), how) {
            (Some(Node::Dir), _) => Err(io::ErrorKind::IsADirectory.into()),
            (Some(Node::File(_)), Open::New) => Err(io::ErrorKind::AlreadyExists.into()),
            (Some(Node::File(file)), _) => Ok(file.clone()),
            (None, Open::Read | Open::Write) => not_found(),
            (None, Open::Create | Open::New) => {
                check_parent(&tree, path)?;
                let file = self.file(Vec::new());
                tree.insert(path.to_owned(), Node::File(file.clone()));
                Ok(file)
            }
        }
    }

    fn create_dir(&self, path: &str) -> io::Result<()> {
        check_path(path)?;
        let mut tree = self.tree.lock();
        check_parent(&tree, path)?;
        if tree.contains_key(path) {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        tree.insert(path.to_owned(), Node::Dir);
        Ok(())
    }

    fn list(&self, dir: &str) -> io::Result<Vec<Item>> {
        let tree = self.tree.lock();
        if !dir.is_empty() && !matches!(tree.get(dir), Some(Node::Dir)) {
            return not_found();
        }
        let inside = |path: &str| -> Option<String> {
            let rest = match dir {
                "" => path,
                _ => path.strip_prefix(dir)?.strip_prefix('/')?,
            };
            (!rest.contains('/')).then(|| rest.to_owned())
        };
        Ok(tree
            .iter()
            .filter_map(|(path, node)| Some(item(inside(path)?, node)))
            .collect())
    }

    fn stat(&self, path: &str) -> io::Result<Option<Item>> {
        check_path(path)?;
        let name = path.rsplit('/').next().unwrap_or_default();
        Ok(self
            .tree
            .lock()
            .get(path)
            .map(|node| item(name.to_owned(), node)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        check_path(to)?;
        let mut tree = self.tree.lock();
        check_parent(&tree, to)?;
        let Some(node) = tree.remove(from) else {
            return not_found();
        };
        if let Node::Dir = node {
            let below = format!("{from}/");
            let moved: Vec<String> = tree
                .range(below.clone()..)
                .map(|(path, _)| path.clone())
                .take_while(|path| path.starts_with(&below))
                .collect();
            for path in moved {
                if let Some(inner) = tree.remove(&path) {
                    tree.insert(format!("{to}/{}", &path[below.len()..]), inner);
                }
            }
        }
        tree.insert(to.to_owned(), node);
        Ok(())
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let mut tree = self.tree.lock();
        match tree.get(path) {
            Some(Node::File(_)) => drop(tree.remove(path)),
            Some(Node::Dir) => return Err(io::ErrorKind::IsADirectory.into()),
            None => return not_found(),
        }
        Ok(())
    }

    fn remove_dir(&self, path: &str) -> io::Result<()> {
        if !self.list(path)?.is_empty() {
            return Err(io::ErrorKind::DirectoryNotEmpty.into());
        }
        self.tree.lock().remove(path);
        Ok(())
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        if dir.is_empty() || matches!(self.tree.lock().get(dir), Some(Node::Dir)) {
            return Ok(());
        }
        not_found()
    }

    fn lock(&self, path: &str) -> io::Result<Option<Box<dyn HeldLock>>> {
        if !self.locks.lock().insert(path.to_owned()) {
            return Ok(None);
        }
        Ok(Some(Box::new(MemoryLock {
            path: path.to_owned(),
            locks: self.locks.clone(),
        })))
    }

    fn describe(&self) -> String {
        "memory".to_owned()
    }
}

fn item(name: String, node: &Node) -> Item {
    let (is_dir, len) = match node {
        Node::Dir => (true, 0),
        Node::File(file) => (false, file.bytes.lock().len() as u64),
    };
    Item { name, is_dir, len }
}

/// The space of a removed file is free again when its last handle is dropped.
#[derive(Debug)]
struct MemoryFile {
    bytes: Mutex<Vec<u8>>,
    space: Arc<Mutex<Space>>,
}

impl MemoryFile {
    fn write(&self, held: &mut Vec<u8>, offset: usize, bytes: &[u8]) -> io::Result<()> {
        let end = offset + bytes.len();
        if end > held.len() {
            self.space.lock().change(held.len(), end)?;
            held.resize(end, 0);
        }
        held[offset..end].copy_from_slice(bytes);
        Ok(())
    }
}

impl DiskFile for MemoryFile {
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes = self.bytes.lock();
        let rest = usize::try_from(offset)
            .ok()
            .and_then(|at| bytes.get(at..))
            .unwrap_or_default();
        let n = rest.len().min(buffer.len());
        buffer[..n].copy_from_slice(&rest[..n]);
        Ok(n)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        self.write(&mut self.bytes.lock(), offset as usize, bytes)
    }

    fn append(&self, bytes: &[u8]) -> io::Result<u64> {
        let mut held = self.bytes.lock();
        let at = held.len();
        self.write(&mut held, at, bytes)?;
        Ok(at as u64)
    }

    fn len(&self) -> io::Result<u64> {
        Ok(self.bytes.lock().len() as u64)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut held = self.bytes.lock();
        self.space.lock().change(held.len(), len as usize)?;
        held.resize(len as usize, 0);
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for MemoryFile {
    fn drop(&mut self) {
        self.space.lock().used -= self.bytes.get_mut().len() as u64;
    }
}

#[derive(Debug)]
struct MemoryLock {
    path: String,
    locks: Arc<Mutex<BTreeSet<String>>>,
}

impl HeldLock for MemoryLock {}

impl Drop for MemoryLock {
    fn drop(&mut self) {
        self.locks.lock().remove(&self.path);
    }
}
