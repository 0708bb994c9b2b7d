//! Where copied files go: the members of the new layer, with the folders above them.
//!
//! A folder is copied as its contents. New folders on the way are root's with mode 0755; those that exist keep what they are,
//! and are members too, because whoever unpacks the layer alone must not invent them. Links of the image on the way to the
//! destination are followed; below it, a folder takes the place of a link.

use super::find::{Found, Source};
use super::owner::Owner;
use super::scope::{Blocked, Scope, follow};
use crate::base::ignore::Ignore;
use crate::oci::{Entry, EntryKind};
use crate::vfs::image::{ImageTree, ROOT};
use crate::vfs::{Ino, Kind};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What a member of the layer consists of.
#[derive(Clone)]
pub enum Content {
    None,
    /// A file of a tree.
    Tree(Arc<ImageTree>, Ino),
    Bytes(Arc<[u8]>),
}

/// One member of the layer.
pub struct Placed {
    pub entry: Entry,
    pub content: Content,
}

/// A layer in the making.
pub struct Placing {
    target: Arc<ImageTree>,
    /// By path, folders before what is in them.
    members: BTreeMap<String, Placed>,
    /// Nanoseconds since the epoch, for what is new.
    now: i64,
}

/// How files are copied.
#[derive(Clone, Debug, Default)]
pub struct Manner {
    /// `None` keeps the owners.
    pub owner: Option<Owner>,
    pub mode: Option<u16>,
    /// What of folders is left out.
    pub without: Ignore,
}

impl Placing {
    /// Over the files of an image; `now` in nanoseconds since the epoch.
    pub fn new(target: Arc<ImageTree>, now: i64) -> Self {
        Placing {
            target,
            members: BTreeMap::new(),
            now: now - now.rem_euclid(1_000_000_000),
        }
    }

    /// The members in the order of the tar.
    pub fn into_members(self) -> Vec<Placed> {
        self.members.into_values().collect()
    }

    /// Makes a folder and those above it, as `WORKDIR` does. `ENOTDIR` says which path is in the way.
    pub fn folder(&mut self, path: &str) -> Result<(), String> {
        let scope = self.locate(path).map_err(|_| path.to_owned())?;
        match self.is_folder(&scope) {
            Some(false) => Err(path.to_owned()),
            Some(true) => Ok(()),
            None => {
                self.above(&format!("{}/x", scope.path), Owner::default());
                Ok(())
            }
        }
    }

    /// Copies one thing. `destination` is absolute; a slash at its end means a folder.
    pub fn copy(
        &mut self,
        source: &Source,
        found: &Found,
        destination: &str,
        manner: &Manner,
    ) -> Result<(), String> {
        let scope = self.locate(destination)?;
        if found.folder {
            return self.contents(source, found.ino, &scope, destination, manner);
        }
        let path = self.file_path(&scope, destination, &found.path);
        let path = path.trim_start_matches('/');
        self.above(path, manner.owner.unwrap_or_default());
        self.member(&source.tree, found.ino, path, manner, &mut HashMap::new());
        Ok(())
    }

    /// Writes a file whose contents stand in the Dockerfile.
    pub fn write(
        &mut self,
        name: &str,
        content: &str,
        destination: &str,
        manner: &Manner,
    ) -> Result<(), String> {
        let scope = self.locate(destination)?;
        let path = self.file_path(&scope, destination, name);
        let path = path.trim_start_matches('/').to_owned();
        let owner = manner.owner.unwrap_or_default();
        self.above(&path, owner);
        let entry = Entry {
            size: content.len() as u64,
            mode: manner.mode.unwrap_or(0o644),
            ..blank(&path, EntryKind::File, owner, self.now)
        };
        let content = Content::Bytes(content.as_bytes().into());
        self.members.insert(path, Placed { entry, content });
        Ok(())
    }

    /// Puts everything of a folder, or of an archive's root, at a place.
    pub fn contents(
        &mut self,
        source: &Source,
        ino: Ino,
        scope: &Scope,
        destination: &str,
        manner: &Manner,
    ) -> Result<(), String> {
        match self.is_folder(scope) {
            Some(true) => self.above(&format!("{}/x", scope.path), Owner::default()),
            Some(false) => {
                return Err(format!(
                    "failed to copy directory: mkdir {destination}: not a directory"
                ));
            }
            None => {
                self.above(&scope.path, Owner::default());
                let owner = manner.owner.unwrap_or_default();
                self.members
                    .insert(scope.path.clone(), folder(&scope.path, owner, self.now));
            }
        }
        let mut links = HashMap::new();
        // The last is taken first: names come in order, so that a link comes after what it names.
        let inside = |ino, path: &str| source.children(ino, path).into_iter().rev();
        let mut todo: Vec<(Ino, String)> = inside(ino, "").collect();
        while let Some((ino, relative)) = todo.pop() {
            let folder = source.tree.kind(ino) == Some(Kind::Dir);
            if manner.without.excludes(&relative)
                && !(folder && manner.without.looks_into(&relative))
            {
                continue;
            }
            let path = match scope.path.as_str() {
                "" => relative.clone(),
                above => format!("{above}/{relative}"),
            };
            self.member(&source.tree, ino, &path, manner, &mut links);
            if folder {
                todo.extend(inside(ino, &relative));
            }
        }
        Ok(())
    }

    /// Follows a destination in the image, and among what was placed already.
    pub fn locate(&self, destination: &str) -> Result<Scope, String> {
        follow(&self.target, destination).map_err(|blocked| match blocked {
            Blocked::NotADirectory => format!("lstat {destination}: not a directory"),
            Blocked::TooManyLinks => {
                format!("lstat {destination}: too many levels of symbolic links")
            }
        })
    }

    /// Into a folder goes a file under its own name.
    fn file_path(&self, scope: &Scope, destination: &str, source: &str) -> String {
        if !destination.ends_with('/') && self.is_folder(scope) != Some(true) {
            return scope.path.clone();
        }
        let name = source
            .trim_end_matches('/')
            .rsplit('/')
            .next()
            .unwrap_or(source);
        format!("{}/{name}", scope.path)
    }

    /// Whether a folder is there; `None` when nothing is.
    fn is_folder(&self, scope: &Scope) -> Option<bool> {
        if let Some(placed) = self.members.get(&scope.path) {
            return Some(placed.entry.kind == EntryKind::Dir);
        }
        Some(self.target.kind(scope.ino?)? == Kind::Dir)
    }

    /// Makes the folders above a path members.
    fn above(&mut self, path: &str, new: Owner) {
        let ends = path.match_indices('/').map(|(at, _)| at);
        for above in ends.map(|at| &path[..at]).filter(|a| !a.is_empty()) {
            if self.members.contains_key(above) {
                continue;
            }
            let there = follow(&self.target, above).ok().and_then(|s| s.ino);
            let placed = match there.and_then(|ino| self.target.attr(ino)) {
                Some(attr) if attr.is_dir() => Placed {
                    entry: Entry {
                        mode: attr.mode,
                        mtime: attr.mtime.0,
                        ..blank(
                            above,
                            EntryKind::Dir,
                            Owner {
                                uid: attr.uid,
                                gid: attr.gid,
                            },
                            0,
                        )
                    },
                    content: Content::None,
                },
                _ => folder(above, new, self.now),
            };
            self.members.insert(above.to_owned(), placed);
        }
    }

    /// One member as it is in its source. A further name of a file is a hard link.
    fn member(
        &mut self,
        tree: &Arc<ImageTree>,
        ino: Ino,
        path: &str,
        manner: &Manner,
        links: &mut HashMap<Ino, String>,
    ) {
        let Some(attr) = tree.attr(ino) else { return };
        let Some(kind) = attr.kind.member() else {
            return;
        };
        let owner = manner.owner.unwrap_or(Owner {
            uid: attr.uid,
            gid: attr.gid,
        });
        let mut entry = Entry {
            mode: manner
                .mode
                .filter(|_| kind != EntryKind::Symlink)
                .unwrap_or(attr.mode),
            size: if kind == EntryKind::File {
                attr.size
            } else {
                0
            },
            link: tree.read_link(ino).unwrap_or_default().to_owned(),
            rdev: attr.rdev,
            ..blank(path, kind, owner, attr.mtime.0)
        };
        let mut content = match kind {
            EntryKind::File => Content::Tree(Arc::clone(tree), ino),
            _ => Content::None,
        };
        if kind == EntryKind::File && attr.nlink > 1 {
            match links.get(&ino) {
                // Members are in the order of their names: a link must come after what it names.
                Some(first) if first.as_str() < path => {
                    entry.kind = EntryKind::HardLink;
                    entry.size = 0;
                    entry.link.clone_from(first);
                    content = Content::None;
                }
                Some(_) => {}
                None => drop(links.insert(ino, path.to_owned())),
            }
        }
        if kind == EntryKind::Dir && ino == ROOT {
            return;
        }
        self.members
            .insert(path.to_owned(), Placed { entry, content });
    }
}

fn folder(path: &str, owner: Owner, now: i64) -> Placed {
    Placed {
        entry: Entry {
            mode: 0o755,
            ..blank(path, EntryKind::Dir, owner, now)
        },
        content: Content::None,
    }
}

fn blank(path: &str, kind: EntryKind, owner: Owner, mtime: i64) -> Entry {
    Entry {
        path: path.to_owned(),
        kind,
        mode: 0,
        uid: owner.uid,
        gid: owner.gid,
        mtime: mtime - mtime.rem_euclid(1_000_000_000),
        size: 0,
        offset: 0,
        link: String::new(),
        rdev: (0, 0),
    }
}
