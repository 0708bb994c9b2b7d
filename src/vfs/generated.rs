//! Read-only trees whose nodes are made when somebody looks: what /proc is, without saying what is in it.
//!
//! The kernel implements `Source`; `Generated` makes a filesystem of it. A file's text is made anew whenever it is read
//! from the start and kept while the file is open, so a reader in small steps sees one whole text.

use super::{
    Attr, ContentId, DirEntry, Filesystem, Follow, Ino, Kind, Make, Result, SetAttr, StatFs,
};
use crate::base::errno::Errno;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;

/// Makes the nodes of a generated tree. Numbers are the source's own; they must mean the same node while it exists.
/// Calls come on the caller's thread, so a source can know who asks (`/proc/self`).
pub trait Source: Send + Sync {
    /// The type in `/proc/mounts`.
    fn type_name(&self) -> &'static str;

    /// The root directory.
    fn root(&self) -> Ino;

    /// The node under a name.
    fn lookup(&self, dir: Ino, name: &str) -> Result<Ino>;

    /// What is known of a node. Files say 0 as their size, as in Linux's /proc.
    fn attr(&self, ino: Ino) -> Result<Attr>;

    /// Up to `max` entries after a cookie, without `.` and `..`.
    fn read_dir(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>>;

    /// The directory that holds a directory.
    fn parent(&self, dir: Ino) -> Result<Ino>;

    /// A symlink's text.
    fn read_link(&self, ino: Ino) -> Result<String>;

    /// Where following a symlink leads.
    fn follow(&self, ino: Ino) -> Result<Follow> {
        self.read_link(ino).map(Follow::Text)
    }

    /// The attributes of what stands behind a link that is `Follow::Itself`.
    fn followed_attr(&self, ino: Ino) -> Result<Attr> {
        self.attr(ino)
    }

    /// A file's whole text.
    fn text(&self, ino: Ino) -> Result<Vec<u8>>;

    /// Takes what is written to a file, all of it at once.
    fn write(&self, _ino: Ino, _bytes: &[u8]) -> Result<usize> {
        Err(Errno::Acces)
    }

    /// Linux's magic number of the type.
    fn magic(&self) -> u64 {
        0x9fa0
    }
}

/// The filesystem of a `Source`.
pub struct Generated {
    source: Arc<dyn Source>,
    open: Mutex<HashMap<Ino, Open>>,
}

#[derive(Default)]
struct Open {
    count: u32,
    text: Option<Arc<[u8]>>,
}

impl Generated {
    /// Wraps a source.
    pub fn new(source: Arc<dyn Source>) -> Generated {
        Generated {
            source,
            open: Mutex::default(),
        }
    }

    fn text(&self, ino: Ino, offset: u64) -> Result<Arc<[u8]>> {
        if offset > 0 {
            let kept = self.open.lock().get(&ino).and_then(|o| o.text.clone());
            if let Some(text) = kept {
                return Ok(text);
            }
        }
        let text: Arc<[u8]> = self.source.text(ino)?.into();
        if let Some(open) = self.open.lock().get_mut(&ino) {
            open.text = Some(Arc::clone(&text));
        }
        Ok(text)
    }
}

impl Filesystem for Generated {
    fn type_name(&self) -> &'static str {
        self.source.type_name()
    }

    fn root(&self) -> Ino {
        self.source.root()
    }

    fn lookup(&self, dir: Ino, name: &str) -> Result<Ino> {
        self.source.lookup(dir, name)
    }

    fn attr(&self, ino: Ino) -> Result<Attr> {
        self.source.attr(ino)
    }

    fn set_attr(&self, ino: Ino, set: &SetAttr) -> Result<()> {
        // Opening for writing may empty a file; there is nothing to empty.
        let only_size = SetAttr {
            size: set.size,
            ..SetAttr::default()
        };
        let is_file = self.source.attr(ino)?.kind == Kind::File;
        if *set == only_size && is_file {
            return Ok(());
        }
        Err(Errno::Perm)
    }

    fn read_dir(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        self.source.read_dir(dir, cookie, max)
    }

    fn parent(&self, dir: Ino) -> Result<Ino> {
        self.source.parent(dir)
    }

    fn read_link(&self, ino: Ino) -> Result<String> {
        self.source.read_link(ino)
    }

    fn follow(&self, ino: Ino) -> Result<Follow> {
        self.source.follow(ino)
    }

    fn followed_attr(&self, ino: Ino) -> Result<Attr> {
        self.source.followed_attr(ino)
    }

    fn make(&self, dir: Ino, name: &str, _what: &Make) -> Result<Ino> {
        // Linux's /proc has no way to make anything: the name does not come into being.
        match self.source.lookup(dir, name) {
            Ok(_) => Err(Errno::Exist),
            Err(_) => Err(Errno::Noent),
        }
    }

    fn link(&self, _ino: Ino, _dir: Ino, _name: &str) -> Result<()> {
        Err(Errno::Perm)
    }

    fn unlink(&self, _dir: Ino, _name: &str) -> Result<()> {
        Err(Errno::Perm)
    }

    fn rmdir(&self, _dir: Ino, _name: &str) -> Result<()> {
        Err(Errno::Perm)
    }

    fn rename(&self, _: Ino, _: &str, _: Ino, _: &str, _: bool) -> Result<()> {
        Err(Errno::Perm)
    }

    fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let text = self.text(ino, offset)?;
        let from = usize::try_from(offset)
            .unwrap_or(usize::MAX)
            .min(text.len());
        let len = buf.len().min(text.len() - from);
        buf[..len].copy_from_slice(&text[from..from + len]);
        Ok(len)
    }

    fn write(&self, ino: Ino, _offset: u64, buf: &[u8]) -> Result<usize> {
        self.source.write(ino, buf)
    }

    fn append(&self, ino: Ino, buf: &[u8]) -> Result<(u64, usize)> {
        Ok((0, self.source.write(ino, buf)?))
    }

    fn sync(&self, _ino: Ino) -> Result<()> {
        Ok(())
    }

    fn hold(&self, ino: Ino) {
        self.open.lock().entry(ino).or_default().count += 1;
    }

    fn release(&self, ino: Ino) {
        let mut open = self.open.lock();
        if let Some(entry) = open.get_mut(&ino) {
            entry.count -= 1;
            if entry.count == 0 {
                open.remove(&ino);
            }
        }
    }

    fn statfs(&self) -> StatFs {
        StatFs {
            magic: self.source.magic(),
            block_size: 4096,
            ..StatFs::default()
        }
    }

    fn content_id(&self, _ino: Ino) -> Option<ContentId> {
        None
    }
}
