//! Puts the members of a tar into a tree: what `cp` sends into a container.
//!
//! Nothing ever leaves the folder that is unpacked into: names are cleaned, and links among the parents of a member, also
//! those that the tar or a guest makes meanwhile, are followed inside it alone, an absolute one from that folder. The last
//! part of a name is never followed. Names are taken from nodes that are in hand, so a tree that changes under the work
//! changes where bytes go inside that folder, and nothing else.
//!
//! What is in the way is replaced, as Docker does: only a folder over a folder stays.

use super::{Cred, Kind, Namespace, PATH_MAX, Place, SetTime, Time};
use crate::base::errno::Errno;
use crate::oci::compress;
use crate::oci::layer::{Entry, EntryKind, members};
use crate::oci::{self, limits};
use std::io::{self, Read};

/// Bytes moved at a time.
const STEP: usize = 64 << 10;
/// Names read at a time.
const NAMES: usize = 256;
/// Links followed on the way to one member.
const SYMLINKS: u32 = 40;
/// Names that are taken away for one member; a guest that makes more of them meanwhile is not waited for.
const REMOVED: usize = 1 << 20;

/// How to unpack.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct UnpackOptions {
    /// Refuse to put a folder in the place of something else, or the other way round.
    pub keep_kinds: bool,
    /// Whom everything belongs to, instead of what the tar says.
    pub owner: Option<(u32, u32)>,
}

/// Why unpacking stopped. What came before stays.
#[derive(Debug, thiserror::Error)]
pub enum UnpackError {
    /// The tar cannot be read, or asks for what is refused.
    #[error(transparent)]
    Tar(#[from] oci::Error),
    /// A call on the tree failed.
    #[error("{call} {path}: {}", .error.words().to_lowercase())]
    Call {
        call: &'static str,
        path: String,
        error: Errno,
    },
    /// Something of another kind is in the way, or a link leads out.
    #[error("{0}")]
    Refused(String),
}

type Result<T> = std::result::Result<T, UnpackError>;

/// Unpacks a tar, plain or compressed, into a folder; `dest` is what messages call it. Reads the tar to its end.
pub fn unpack(
    tree: &Namespace,
    to: &Place,
    dest: &str,
    tar: &mut dyn Read,
    options: UnpackOptions,
) -> Result<()> {
    let mut plain = compress::Reader::new(tar).map_err(oci::Error::from)?;
    let mut work = Unpacking {
        tree,
        to,
        dest,
        options,
        folders: Vec::new(),
        count: 0,
    };
    members(&mut plain, |entry, contents| work.member(&entry, contents))?;
    // A folder's time is set when nothing more comes into it.
    for (dir, name, mtime) in std::mem::take(&mut work.folders) {
        work.set_time(&dir, &name, mtime)?;
    }
    Ok(())
}

struct Unpacking<'a> {
    tree: &'a Namespace,
    to: &'a Place,
    dest: &'a str,
    options: UnpackOptions,
    folders: Vec<(Place, String, i64)>,
    count: usize,
}

/// Gives a failed call its name and what it was about.
fn call(call: &'static str, path: &str) -> impl FnOnce(Errno) -> UnpackError {
    move |error| UnpackError::Call {
        call,
        path: path.to_owned(),
        error,
    }
}

impl Unpacking<'_> {
    fn member(&mut self, entry: &Entry, contents: &mut dyn Read) -> Result<()> {
        self.count += 1;
        if self.count > limits::ENTRIES {
            return Err(UnpackError::Tar(oci::Error::Limit {
                what: "number of files in an archive",
                limit: limits::ENTRIES.to_string(),
            }));
        }
        if entry.path.is_empty() {
            // The folder itself is there.
            return Ok(());
        }
        let path = entry.path.as_str();
        let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
        let dir = self.folder(parent)?;
        let stays = self.make_way(entry, &dir, name)?;
        if !stays {
            self.make(entry, &dir, name, contents)?;
        }
        if entry.kind != EntryKind::HardLink {
            self.dress(entry, &dir, name)?;
        }
        Ok(())
    }

    /// Takes away what is in the way; true if it is a folder that stays.
    fn make_way(&self, entry: &Entry, dir: &Place, name: &str) -> Result<bool> {
        let root = Cred::root();
        let found = match self.tree.stat(&root, dir, name, false) {
            Ok(found) => found,
            Err(Errno::Noent) => return Ok(false),
            Err(e) => return Err(call("lstat", &entry.path)(e)),
        };
        let (was, will) = (found.is_dir(), entry.kind == EntryKind::Dir);
        if was && will {
            return Ok(true);
        }
        if self.options.keep_kinds && was != will {
            let kind = |dir| if dir { "directory" } else { "non-directory" };
            return Err(UnpackError::Refused(format!(
                "cannot overwrite {} {:?} with {} {:?}",
                kind(was),
                entry.path,
                kind(will),
                self.dest
            )));
        }
        remove_all(self.tree, dir, name).map_err(call("unlinkat", &entry.path))?;
        Ok(false)
    }

    fn make(&self, entry: &Entry, dir: &Place, name: &str, contents: &mut dyn Read) -> Result<()> {
        let (tree, root, path) = (self.tree, Cred::root(), entry.path.as_str());
        let node = |kind, rdev| {
            tree.mknod(&root, dir, name, kind, entry.mode, rdev)
                .map_err(call("mknod", path))
        };
        match entry.kind {
            EntryKind::Dir => tree
                .mkdir(&root, dir, name, entry.mode)
                .map_err(call("mkdir", path)),
            EntryKind::File => {
                tree.mknod(&root, dir, name, Kind::File, entry.mode & 0o777, (0, 0))
                    .map_err(call("open", path))?;
                self.fill(entry, dir, name, contents)
            }
            EntryKind::Symlink => tree
                .symlink(&root, &entry.link, dir, name)
                .map_err(call("symlink", path)),
            EntryKind::HardLink => {
                let link = entry.link.as_str();
                let (parent, old) = link.rsplit_once('/').unwrap_or(("", link));
                let from = self.folder(parent)?;
                tree.link(&root, &from, old, false, dir, name)
                    .map_err(call("link", path))
            }
            EntryKind::CharDevice => node(Kind::CharDevice, entry.rdev),
            EntryKind::BlockDevice => node(Kind::BlockDevice, entry.rdev),
            EntryKind::Fifo => node(Kind::Fifo, (0, 0)),
        }
    }

    fn fill(&self, entry: &Entry, dir: &Place, name: &str, contents: &mut dyn Read) -> Result<()> {
        let place = self.tree.child(dir, name);
        let place = place.map_err(call("open", &entry.path))?;
        let fs = &place.mount.fs;
        fs.hold(place.ino);
        let written = copy(entry, &place, contents);
        fs.release(place.ino);
        written
    }

    /// Owner, mode and time.
    fn dress(&mut self, entry: &Entry, dir: &Place, name: &str) -> Result<()> {
        let (root, path) = (Cred::root(), entry.path.as_str());
        let (uid, gid) = self.options.owner.unwrap_or((entry.uid, entry.gid));
        self.tree
            .chown(&root, dir, name, Some(uid), Some(gid), false)
            .map_err(call("lchown", path))?;
        if entry.kind != EntryKind::Symlink {
            // After the owner: changing hands takes set-id bits away.
            self.tree
                .chmod(&root, dir, name, entry.mode, false)
                .map_err(call("chmod", path))?;
        }
        if entry.kind == EntryKind::Dir {
            let later = (dir.clone(), name.to_owned(), entry.mtime);
            self.folders.push(later);
            return Ok(());
        }
        self.set_time(dir, name, entry.mtime)
    }

    fn set_time(&self, dir: &Place, name: &str, mtime: i64) -> Result<()> {
        let time = SetTime::To(Time(mtime));
        let set = self
            .tree
            .set_times(&Cred::root(), dir, name, time, time, false);
        match set {
            // A guest may have taken it away since.
            Ok(()) | Err(Errno::Noent) => Ok(()),
            Err(e) => Err(call("utimensat", name)(e)),
        }
    }

    /// The folder of a member, made where it is missing.
    fn folder(&self, path: &str) -> Result<Place> {
        let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
        // Every folder on the way, so that going up needs nobody's word.
        let mut way: Vec<Place> = Vec::new();
        let mut links = 0;
        while let Some(name) = todo.pop() {
            match name.as_str() {
                "" | "." => continue,
                ".." => {
                    if way.pop().is_none() {
                        return Err(UnpackError::Refused(format!(
                            "statat {path}: path escapes from parent"
                        )));
                    }
                    continue;
                }
                _ => {}
            }
            let here = way.last().unwrap_or(self.to);
            let child = self.child(here, &name).map_err(call("mkdir", path))?;
            let attr = child.mount.fs.attr(child.ino);
            match attr.map_err(call("stat", path))?.kind {
                Kind::Dir => way.push(child),
                Kind::Symlink => {
                    links += 1;
                    let text = child.mount.fs.read_link(child.ino);
                    let text = text.map_err(call("readlink", path))?;
                    if links > SYMLINKS || text.len() >= PATH_MAX {
                        return Err(call("statat", path)(Errno::Loop));
                    }
                    if text.starts_with('/') {
                        way.clear();
                    }
                    todo.extend(text.split('/').rev().map(str::to_owned));
                }
                _ => return Err(call("mkdir", path)(Errno::Notdir)),
            }
        }
        Ok(way.pop().unwrap_or_else(|| self.to.clone()))
    }

    fn child(&self, dir: &Place, name: &str) -> super::Result<Place> {
        match self.tree.child(dir, name) {
            Err(Errno::Noent) => {}
            found => return found,
        }
        let root = Cred::root();
        match self.tree.mkdir(&root, dir, name, 0o755) {
            Ok(()) => {
                let (uid, gid) = self.options.owner.unwrap_or((0, 0));
                self.tree
                    .chown(&root, dir, name, Some(uid), Some(gid), false)?;
            }
            // Somebody else made it in between.
            Err(Errno::Exist) => {}
            Err(e) => return Err(e),
        }
        self.tree.child(dir, name)
    }
}

fn copy(entry: &Entry, place: &Place, contents: &mut dyn Read) -> Result<()> {
    let mut buffer = vec![0; STEP];
    let mut at = 0;
    loop {
        let count = match contents.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(UnpackError::Tar(e.into())),
        };
        let mut done = 0;
        while done < count {
            let fs = &place.mount.fs;
            let written = fs.write(place.ino, at + done as u64, &buffer[done..count]);
            done += match written {
                Ok(0) => return Err(call("write", &entry.path)(Errno::Nospc)),
                written => written.map_err(call("write", &entry.path))?,
            };
        }
        at += count as u64;
    }
}

/// Removes whatever a name leads to, with everything in it, and follows nothing. Not recursive: a guest's tree may be deep.
fn remove_all(tree: &Namespace, dir: &Place, name: &str) -> super::Result<()> {
    let root = Cred::root();
    let mut todo = vec![(dir.clone(), name.to_owned())];
    for _ in 0..REMOVED {
        let Some((dir, name)) = todo.last().cloned() else {
            return Ok(());
        };
        match tree.unlink(&root, &dir, &name) {
            Ok(()) | Err(Errno::Noent) => {
                todo.pop();
                continue;
            }
            Err(Errno::Isdir) => {}
            Err(e) => return Err(e),
        }
        match tree.rmdir(&root, &dir, &name) {
            Ok(()) | Err(Errno::Noent) => {
                todo.pop();
            }
            Err(Errno::Notempty) => {
                let inside = tree.child(&dir, &name)?;
                let names = inside.mount.fs.read_dir(inside.ino, 0, NAMES)?;
                todo.extend(names.into_iter().map(|e| (inside.clone(), e.name)));
            }
            Err(e) => return Err(e),
        }
    }
    Err(Errno::Notempty)
}
