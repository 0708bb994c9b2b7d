//! A folder or a file of the host as a filesystem: what stands behind a bind mount.
//!
//! Nothing of the host outside the folder can be reached (S18): every call to the host names one component below an open
//! folder and follows no link, so a guest that swaps folders and links meanwhile changes what is found, never where.
//! Links are read as text and resolved in the guest. `..` is answered from what was seen, never by the host.
//!
//! `nodes` knows what was seen under which names, `steps` walks to it, `owners` and `border` say what crosses. What a
//! system does in its own way is in the file of its name. Reading and writing happen through a few handles.
//!
//! Lock order: the table of nodes, what is kept of owners and the listings are leaves; none is held over a call to the host.

mod attributes;
pub mod border;
mod data;
mod list;
mod names;
mod nodes;
mod owners;
mod steps;

#[cfg(unix)]
#[path = "unix.rs"]
mod system;
#[cfg(windows)]
#[path = "windows.rs"]
mod system;

use super::handles::{Handles, new_owner};
use super::{Attr, ContentId, DirEntry, Filesystem, Ino, Kind, Make, Result, SetAttr, StatFs};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use nodes::{Key, Nodes, Open};
use owners::Memory;
pub use owners::Owners;
use parking_lot::Mutex;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// `HOSTFS_SUPER_MAGIC`: Linux's own filesystem over a host's folders (User-Mode Linux) has this number.
const MAGIC: u64 = 0x00c0_ffee;
/// Folders kept open. On Windows an open folder cannot be renamed by anybody, so there none is.
static FOLDERS: Handles<Arc<Dir>> = Handles::new(if cfg!(windows) { 0 } else { 96 });
/// Files kept open: those that some guest holds.
static FILES: Handles<Open> = Handles::new(96);

/// Looks whether a user's path leads anywhere on the host, and to what.
pub fn probe(path: &Path) -> io::Result<Kind> {
    let found = std::fs::metadata(path)?;
    Ok(if found.is_dir() {
        Kind::Dir
    } else {
        Kind::File
    })
}

/// Makes the missing folders of a user's path, as `-v` does.
pub fn make_folders(path: &Path) -> io::Result<()> {
    std::fs::create_dir_all(path)
}

/// A folder, or one file, of the host.
pub struct HostDir {
    /// The folder itself, or the one in which the file lies.
    base: Arc<Dir>,
    root: Ino,
    root_kind: Kind,
    /// Of this mount in the tables of open files.
    owner: u64,
    owners: Owners,
    /// Names may be found in another spelling.
    folds: bool,
    nodes: Mutex<Nodes>,
    kept: Mutex<Memory>,
    lists: list::Lists,
}

/// What the host says of a node.
struct Seen {
    key: Key,
    attr: Attr,
}

/// One name of a listing.
struct Item<'a> {
    name: &'a str,
    kind: Kind,
    key: Key,
}

impl HostDir {
    /// Opens what a user named. Links in the path are the user's own and are followed, once, now.
    pub fn open(path: &Path) -> io::Result<HostDir> {
        HostDir::with_owners(path, system::owners())
    }

    /// The same with another rule for owners than that of this process.
    pub fn with_owners(path: &Path, owners: Owners) -> io::Result<HostDir> {
        let path = std::fs::canonicalize(path)?;
        let error = |e| io::Error::other(format!("{}: {e}", path.display()));
        if std::fs::metadata(&path)?.is_dir() {
            let base = Dir::open_ambient_dir(&path, ambient_authority())?;
            let seen = system::stat_dir(&base).map_err(error)?;
            return Ok(HostDir::new(base, seen, None, owners));
        }
        let (Some(folder), Some(name)) = (path.parent(), path.file_name().and_then(|n| n.to_str()))
        else {
            return Err(io::ErrorKind::InvalidFilename.into());
        };
        let base = Dir::open_ambient_dir(folder, ambient_authority())?;
        let seen = system::stat(&base, name).map_err(error)?;
        let tree = HostDir::new(base, seen, Some(name), owners);
        // As with Docker, what the host puts in the file's place later is another file.
        if let Ok(open) = tree.file(tree.root, false) {
            tree.nodes.lock().pin(tree.root, open);
        }
        Ok(tree)
    }

    fn new(base: Dir, root: Seen, name: Option<&str>, owners: Owners) -> HostDir {
        let kind = root.attr.kind;
        let mut nodes = Nodes::new(root.key, kind);
        if let Some(name) = name {
            nodes.seen(root.key, kind, Some((steps::BASE, name)));
            nodes.hold(nodes.root());
        }
        HostDir {
            folds: system::may_fold(&base),
            base: Arc::new(base),
            root: nodes.root(),
            root_kind: kind,
            owner: new_owner(),
            owners,
            nodes: Mutex::new(nodes),
            kept: Mutex::default(),
            lists: list::Lists::default(),
        }
    }

    /// What the root is; only folders can be mounted over folders.
    pub fn kind(&self) -> Kind {
        self.root_kind
    }

    /// The guest's view of what the host says.
    fn shown(&self, seen: Seen, ino: Ino) -> Attr {
        let Seen { key, mut attr } = seen;
        attr.ino = ino;
        self.kept.lock().show(self.owners, key, &mut attr);
        attr
    }
}

impl Drop for HostDir {
    fn drop(&mut self) {
        FOLDERS.forget_all(self.owner);
        FILES.forget_all(self.owner);
    }
}

impl Filesystem for HostDir {
    fn type_name(&self) -> &'static str {
        "hostfs"
    }

    fn root(&self) -> Ino {
        self.root
    }

    fn lookup(&self, dir: Ino, name: &str) -> Result<Ino> {
        self.look_up(dir, name).map(|(ino, _)| ino)
    }

    fn attr(&self, ino: Ino) -> Result<Attr> {
        self.get_attr(ino)
    }

    fn set_attr(&self, ino: Ino, set: &SetAttr) -> Result<()> {
        self.change_attr(ino, set)
    }

    fn read_dir(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        self.list(dir, cookie, max)
    }

    fn parent(&self, dir: Ino) -> Result<Ino> {
        self.parent_of(dir)
    }

    fn read_link(&self, ino: Ino) -> Result<String> {
        self.link_text(ino)
    }

    fn make(&self, dir: Ino, name: &str, what: &Make) -> Result<Ino> {
        self.make_node(dir, name, what)
    }

    fn link(&self, ino: Ino, dir: Ino, name: &str) -> Result<()> {
        self.add_name(ino, dir, name)
    }

    fn unlink(&self, dir: Ino, name: &str) -> Result<()> {
        self.remove_name(dir, name)
    }

    fn rmdir(&self, dir: Ino, name: &str) -> Result<()> {
        self.remove_dir(dir, name)
    }

    fn rename(
        &self,
        old_dir: Ino,
        old_name: &str,
        new_dir: Ino,
        new_name: &str,
        noreplace: bool,
    ) -> Result<()> {
        self.move_name((old_dir, old_name), (new_dir, new_name), noreplace)
    }

    fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<usize> {
        self.read_bytes(ino, offset, buf)
    }

    fn write(&self, ino: Ino, offset: u64, buf: &[u8]) -> Result<usize> {
        self.write_bytes(ino, offset, buf)
    }

    fn append(&self, ino: Ino, buf: &[u8]) -> Result<(u64, usize)> {
        self.append_bytes(ino, buf)
    }

    fn sync(&self, ino: Ino) -> Result<()> {
        self.sync_node(ino)
    }

    fn hold(&self, ino: Ino) {
        self.take_hold(ino);
    }

    fn release(&self, ino: Ino) {
        self.let_go(ino);
    }

    fn statfs(&self) -> StatFs {
        system::stat_fs(&self.base)
    }

    fn content_id(&self, _ino: Ino) -> Option<ContentId> {
        None
    }
}
