//! The read-only tree of an image: its layers merged once, shared by all its containers.
//!
//! Nodes, names and directories are plain arrays, so an image of 30,000 files costs about 3 MiB and no allocation
//! per file. A file's bytes stay in its layer's tar. Inode numbers follow from the layers alone (see `build`): the
//! journals of overlays hold them, so the way of numbering is part of the format on disk.

mod build;
mod init;

pub use init::{InitKind, InitLayer};

use super::{Attr, ContentId, Ino, Kind, Result, Time};
use crate::base::errno::Errno;
use crate::oci::LayerData;
use std::sync::{Arc, OnceLock};

/// The root directory's number.
pub const ROOT: Ino = 1;

/// The merged tree of an image.
pub struct ImageTree {
    /// Node `ino` is at `ino - 1`; nodes that a later layer removed stay as holes.
    nodes: Vec<Record>,
    /// In the order in which their entries lie.
    dirs: Vec<Dir>,
    /// Each directory's names in one run, sorted.
    entries: Vec<Name>,
    /// All names and symlink texts.
    text: String,
    /// Second and further names of hard-linked files: (node, entry), sorted.
    more_names: Vec<(u32, u32)>,
    layers: Vec<Arc<dyn LayerData>>,
    fingerprint: u64,
}

/// One node.
struct Record {
    mtime: i64,
    size: u64,
    /// Of a file's bytes in its layer.
    offset: u64,
    uid: u32,
    gid: u32,
    nlink: u32,
    /// A directory's place in `dirs`; a symlink's text in `text`; a device's minor.
    extra: u32,
    /// The first entry that names it.
    entry: u32,
    /// A device's major.
    major: u32,
    mode: u16,
    layer: u16,
    kind: Kind,
}

struct Dir {
    ino: u32,
    parent: u32,
    first: u32,
    count: u32,
}

struct Name {
    at: u32,
    len: u8,
    ino: u32,
}

impl ImageTree {
    /// A tree of nothing but the root, for tmpfs and volumes.
    pub fn empty() -> Arc<ImageTree> {
        static EMPTY: OnceLock<Arc<ImageTree>> = OnceLock::new();
        Arc::clone(EMPTY.get_or_init(|| Arc::new(build::Builder::new().finish(Vec::new()))))
    }

    /// The highest inode number; an overlay's own nodes come after it.
    pub fn last(&self) -> Ino {
        self.nodes.len() as Ino
    }

    /// Changes whenever the numbering may have changed: journals name it.
    pub fn fingerprint(&self) -> u64 {
        self.fingerprint
    }

    /// Number of nodes that exist.
    pub fn count(&self) -> u64 {
        self.nodes.iter().filter(|n| n.nlink > 0).count() as u64
    }

    fn record(&self, ino: Ino) -> Option<&Record> {
        let index = usize::try_from(ino.checked_sub(1)?).ok()?;
        self.nodes.get(index)
    }

    fn dir(&self, ino: Ino) -> Option<&Dir> {
        let record = self.record(ino)?;
        if record.kind != Kind::Dir {
            return None;
        }
        self.dirs.get(record.extra as usize)
    }

    /// What is known of a node.
    pub fn attr(&self, ino: Ino) -> Option<Attr> {
        let node = self.record(ino)?;
        let mut attr = Attr::new(ino, node.kind, node.mode);
        attr.uid = node.uid;
        attr.gid = node.gid;
        attr.nlink = u64::from(node.nlink);
        attr.size = node.size;
        attr.blocks512 = match node.kind {
            Kind::File => node.size.div_ceil(4096) * 8,
            Kind::Dir => 8,
            _ => 0,
        };
        if matches!(node.kind, Kind::CharDevice | Kind::BlockDevice) {
            attr.rdev = (node.major, node.extra);
        }
        let time = Time(node.mtime);
        (attr.atime, attr.mtime, attr.ctime) = (time, time, time);
        Some(attr)
    }

    /// What a node is.
    pub fn kind(&self, ino: Ino) -> Option<Kind> {
        self.record(ino).map(|n| n.kind)
    }

    /// A name's place in its directory and its node.
    pub fn lookup(&self, dir: Ino, name: &str) -> Option<(u64, Ino)> {
        let names = self.names(dir);
        let place = names.binary_search_by(|n| self.name(n).cmp(name)).ok()?;
        Some((place as u64, Ino::from(names[place].ino)))
    }

    /// The entry at a place in a directory.
    pub fn entry(&self, dir: Ino, place: u64) -> Option<(&str, Ino)> {
        let name = self.names(dir).get(usize::try_from(place).ok()?)?;
        Some((self.name(name), Ino::from(name.ino)))
    }

    /// How many names a directory has.
    pub fn len(&self, dir: Ino) -> u64 {
        self.dir(dir).map_or(0, |d| u64::from(d.count))
    }

    /// The directory that holds a directory.
    pub fn parent(&self, dir: Ino) -> Option<Ino> {
        self.dir(dir).map(|d| Ino::from(d.parent))
    }

    /// The directories in which a node is named, one for each name.
    pub fn homes(&self, ino: Ino) -> Vec<Ino> {
        let Some(record) = self.record(ino).filter(|r| r.nlink > 0 && ino != ROOT) else {
            return Vec::new();
        };
        let begin = self.more_names.partition_point(|m| Ino::from(m.0) < ino);
        let more = self.more_names[begin..]
            .iter()
            .take_while(|m| Ino::from(m.0) == ino)
            .map(|m| m.1);
        std::iter::once(record.entry)
            .chain(more)
            .map(|entry| {
                let after = self.dirs.partition_point(|d| d.first <= entry);
                Ino::from(self.dirs[after - 1].ino)
            })
            .collect()
    }

    /// A symlink's text.
    pub fn read_link(&self, ino: Ino) -> Option<&str> {
        let node = self.record(ino).filter(|n| n.kind == Kind::Symlink)?;
        let at = node.extra as usize;
        self.text.get(at..at + node.size as usize)
    }

    /// Reads a file's bytes from its layer.
    pub fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let node = self
            .record(ino)
            .filter(|n| n.kind == Kind::File)
            .ok_or(Errno::Inval)?;
        let left = node.size.saturating_sub(offset);
        let want = usize::try_from(left).unwrap_or(usize::MAX).min(buf.len());
        if want == 0 {
            return Ok(0);
        }
        let layer = self.layers.get(usize::from(node.layer)).ok_or(Errno::Io)?;
        let mut done = 0;
        while done < want {
            let at = node.offset + offset + done as u64;
            match layer.read_at(at, &mut buf[done..want]) {
                // The blob is shorter than its index says: damaged, not the end of the file.
                Ok(0) => return Err(Errno::Io),
                Ok(n) => done += n,
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Errno::Io),
            }
        }
        Ok(done)
    }

    /// Names a file's bytes.
    pub fn content_id(&self, ino: Ino) -> Option<ContentId> {
        let node = self.record(ino).filter(|n| n.kind == Kind::File)?;
        Some(ContentId {
            layer: self.layers.get(usize::from(node.layer))?.digest(),
            offset: node.offset,
            len: node.size,
        })
    }

    fn names(&self, dir: Ino) -> &[Name] {
        self.dir(dir).map_or(&[], |d| {
            &self.entries[d.first as usize..(d.first + d.count) as usize]
        })
    }

    fn name(&self, name: &Name) -> &str {
        let at = name.at as usize;
        &self.text[at..at + usize::from(name.len)]
    }
}
