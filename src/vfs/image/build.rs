//! Merging layers into one tree, as the OCI image specification and Docker's overlay2 do.
//!
//! Per layer, whiteouts first (they hide only what lies below), then the entries in order. A directory over a
//! directory changes its attributes and keeps its names; anything else replaces what stood there. A parent that is a
//! symlink of the same layer is followed inside the tree; one of a lower layer gives way to a directory, because
//! overlay2 unpacks each layer by itself. Nodes are numbered as they are made and never renumbered.

use super::super::{Kind, LINK_MAX, NAME_MAX, Time};
use super::{Dir, ImageTree, InitKind, InitLayer, Name, ROOT, Record};
use crate::oci::{Entry, EntryKind, Error, LayerData, LayerIndex, Result};
use std::borrow::Borrow;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Names of one image, and bytes of names and symlink texts: far above real ones, a bound on what a hostile one costs.
const NAMES: usize = 2_000_000;
const TEXT: usize = 256 << 20;
/// Symlinks followed on the way to one entry, as `ELOOP` counts.
const SYMLINKS: usize = 40;
/// Part of the fingerprint: raise it when nodes come to be numbered otherwise.
const NUMBERING: u64 = 1;

impl ImageTree {
    /// Merges layers, lowest first, and puts the init layer above them.
    pub fn build<I: Borrow<LayerIndex>>(
        layers: &[(Arc<dyn LayerData>, I)],
        init: &InitLayer,
    ) -> Result<ImageTree> {
        let mut builder = Builder::new();
        for (number, (_, index)) in layers.iter().enumerate() {
            builder.layer = u16::try_from(number).map_err(|_| Error::Limit {
                what: "the number of layers",
                limit: u16::MAX.to_string(),
            })?;
            let index = index.borrow();
            for whiteout in &index.whiteouts {
                builder.whiteout(&whiteout.path, whiteout.opaque);
            }
            for entry in &index.entries {
                builder.add(entry)?;
            }
        }
        builder.layer = layers.len() as u16;
        builder.init(init)?;
        Ok(builder.finish(layers.iter().map(|(data, _)| Arc::clone(data)).collect()))
    }
}

/// A tree under construction.
pub(super) struct Builder {
    nodes: Vec<Node>,
    layer: u16,
    /// Names and bytes of text so far; what was removed again still counts.
    names: usize,
    text: usize,
}

struct Node {
    kind: Kind,
    mode: u16,
    uid: u32,
    gid: u32,
    mtime: i64,
    size: u64,
    offset: u64,
    rdev: (u32, u32),
    link: Box<str>,
    nlink: u32,
    parent: u32,
    /// Whose bytes these are.
    layer: u16,
    names: BTreeMap<Box<str>, u32>,
}

impl Node {
    fn dir(mode: u16, mtime: i64, layer: u16) -> Node {
        Node {
            kind: Kind::Dir,
            mode,
            uid: 0,
            gid: 0,
            mtime,
            size: 4096,
            offset: 0,
            rdev: (0, 0),
            link: "".into(),
            nlink: 2,
            parent: 0,
            layer,
            names: BTreeMap::new(),
        }
    }
}

/// The place of the root among the nodes.
const TOP: u32 = 0;

impl Builder {
    pub(super) fn new() -> Builder {
        Builder {
            nodes: vec![Node::dir(0o755, 0, 0)],
            layer: 0,
            names: 0,
            text: 0,
        }
    }

    fn node(&self, at: u32) -> &Node {
        &self.nodes[at as usize]
    }

    fn node_mut(&mut self, at: u32) -> &mut Node {
        &mut self.nodes[at as usize]
    }

    /// Hides a path of the layers below; what is not there needs no hiding.
    fn whiteout(&mut self, path: &str, opaque: bool) {
        let mut at = TOP;
        let (parent, name) = match path.rsplit_once('/') {
            _ if opaque => (path, ""),
            Some((parent, name)) => (parent, name),
            None => ("", path),
        };
        for part in parent.split('/').filter(|p| !p.is_empty()) {
            match self.node(at).names.get(part) {
                Some(&next) if self.node(next).kind == Kind::Dir => at = next,
                _ => return,
            }
        }
        if opaque {
            for name in self.node(at).names.keys().cloned().collect::<Vec<_>>() {
                self.remove(at, &name);
            }
        } else if !name.is_empty() {
            self.remove(at, name);
        }
    }

    fn add(&mut self, entry: &Entry) -> Result<()> {
        if entry.path.is_empty() {
            if entry.kind == EntryKind::Dir {
                self.restate(TOP, entry);
            }
            return Ok(());
        }
        let (parent, name) = entry.path.rsplit_once('/').unwrap_or(("", &entry.path));
        if name.len() > NAME_MAX || name == "." || name == ".." || name.contains('\0') {
            return Err(refuse(entry, "not a name that a root filesystem can hold"));
        }
        let dir = self.directory(parent, entry)?;
        let standing = self.node(dir).names.get(name).copied();
        let kind = match entry.kind {
            EntryKind::File => Kind::File,
            EntryKind::Dir => Kind::Dir,
            EntryKind::Symlink => Kind::Symlink,
            EntryKind::CharDevice => Kind::CharDevice,
            EntryKind::BlockDevice => Kind::BlockDevice,
            EntryKind::Fifo => Kind::Fifo,
            EntryKind::HardLink => return self.hard_link(dir, name, standing, entry),
        };
        if let Some(at) = standing {
            if kind == Kind::Dir && self.node(at).kind == Kind::Dir {
                self.restate(at, entry);
                return Ok(());
            }
            self.remove(dir, name);
        }
        if entry.link.len() >= super::super::PATH_MAX {
            return Err(refuse(entry, "the symlink's text is too long"));
        }
        let mut node = Node::dir(entry.mode & 0o7777, entry.mtime, self.layer);
        node.kind = kind;
        node.uid = entry.uid;
        node.gid = entry.gid;
        match kind {
            Kind::File => (node.size, node.offset) = (entry.size, entry.offset),
            Kind::Symlink => {
                node.mode = 0o777;
                node.size = entry.link.len() as u64;
                node.link = entry.link.as_str().into();
            }
            Kind::Dir => {}
            _ => (node.size, node.rdev) = (0, entry.rdev),
        }
        self.insert(dir, name, node).map(|_| ())
    }

    fn hard_link(
        &mut self,
        dir: u32,
        name: &str,
        standing: Option<u32>,
        entry: &Entry,
    ) -> Result<()> {
        // S02: the target is looked for inside the tree and no symlink at its end is followed.
        let (parent, last) = entry.link.rsplit_once('/').unwrap_or(("", &entry.link));
        let target = self
            .walk(parent, entry, false)?
            .and_then(|home| self.node(home).names.get(last).copied())
            .ok_or_else(|| refuse(entry, "hard link to something that is not there"))?;
        if standing == Some(target) {
            return Ok(());
        }
        if self.node(target).kind == Kind::Dir {
            return Err(refuse(entry, "hard link to a directory"));
        }
        if u64::from(self.node(target).nlink) >= LINK_MAX {
            return Err(refuse(entry, "too many hard links"));
        }
        if standing.is_some() {
            self.remove(dir, name);
        }
        self.count(name.len())?;
        self.node_mut(target).nlink += 1;
        self.node_mut(dir).names.insert(name.into(), target);
        Ok(())
    }

    /// A directory that is stated again takes the later layer's attributes.
    fn restate(&mut self, at: u32, entry: &Entry) {
        let node = self.node_mut(at);
        node.mode = entry.mode & 0o7777;
        (node.uid, node.gid, node.mtime) = (entry.uid, entry.gid, entry.mtime);
    }

    fn insert(&mut self, dir: u32, name: &str, mut node: Node) -> Result<u32> {
        self.count(name.len() + node.link.len())?;
        let at = self.nodes.len() as u32;
        node.parent = dir;
        if node.kind == Kind::Dir {
            self.node_mut(dir).nlink += 1;
        } else {
            node.nlink = 1;
        }
        self.nodes.push(node);
        self.node_mut(dir).names.insert(name.into(), at);
        Ok(at)
    }

    fn count(&mut self, text: usize) -> Result<()> {
        self.names += 1;
        self.text += text;
        if self.names > NAMES {
            return Err(Error::Limit {
                what: "the number of files in an image",
                limit: NAMES.to_string(),
            });
        }
        if self.text > TEXT {
            return Err(Error::Limit {
                what: "the length of all names in an image",
                limit: TEXT.to_string(),
            });
        }
        Ok(())
    }

    /// Takes a name away, with everything below it.
    fn remove(&mut self, dir: u32, name: &str) {
        let Some(at) = self.node_mut(dir).names.remove(name) else {
            return;
        };
        if self.node(at).kind == Kind::Dir {
            self.node_mut(dir).nlink -= 1;
        }
        let mut doomed = vec![at];
        while let Some(at) = doomed.pop() {
            let node = self.node_mut(at);
            if node.kind == Kind::Dir {
                node.nlink = 0;
                doomed.extend(std::mem::take(&mut node.names).into_values());
            } else {
                node.nlink -= 1;
            }
        }
    }

    /// The directory at a path, made where it is missing.
    fn directory(&mut self, path: &str, entry: &Entry) -> Result<u32> {
        let found = self.walk(path, entry, true)?;
        found.ok_or_else(|| refuse(entry, "its folder cannot be made"))
    }

    fn walk(&mut self, path: &str, entry: &Entry, make: bool) -> Result<Option<u32>> {
        let mut at = TOP;
        let mut links = 0;
        let mut rest: VecDeque<Box<str>> = parts(path).collect();
        while let Some(part) = rest.pop_front() {
            if &*part == ".." {
                at = self.node(at).parent;
                continue;
            }
            let next = self.node(at).names.get(&part).copied();
            let kind = next.map(|n| self.node(n).kind);
            at = match (next, kind) {
                (Some(next), Some(Kind::Dir)) => next,
                (Some(next), Some(Kind::Symlink))
                    if !make || self.node(next).layer == self.layer =>
                {
                    links += 1;
                    if links > SYMLINKS {
                        return Err(refuse(entry, "too many levels of symbolic links"));
                    }
                    let text = self.node(next).link.clone();
                    for part in parts(&text).collect::<Vec<_>>().into_iter().rev() {
                        rest.push_front(part);
                    }
                    if text.starts_with('/') { TOP } else { at }
                }
                _ if !make => return Ok(None),
                (Some(next), _) if self.node(next).layer == self.layer => {
                    return Err(refuse(entry, "its folder is not a directory"));
                }
                (standing, _) => {
                    if part.len() > NAME_MAX {
                        return Err(refuse(entry, "a name is too long"));
                    }
                    if standing.is_some() {
                        self.remove(at, &part);
                    }
                    self.insert(at, &part, Node::dir(0o755, entry.mtime, self.layer))?
                }
            };
        }
        Ok(Some(at))
    }

    fn init(&mut self, init: &InitLayer) -> Result<()> {
        let Time(mtime) = init.time;
        for (path, kind) in &init.entries {
            let parts: Vec<Box<str>> = parts(path).collect();
            let mut at = TOP;
            for (depth, part) in parts.iter().enumerate() {
                let standing = self.node(at).names.get(part).copied();
                if let Some(next) = standing {
                    if self.node(next).kind == Kind::Dir {
                        at = next;
                        continue;
                    }
                    self.remove(at, part);
                }
                let mut node = Node::dir(0o755, mtime, self.layer);
                if depth + 1 == parts.len() {
                    match kind {
                        InitKind::Dir => {}
                        InitKind::File => (node.kind, node.size) = (Kind::File, 0),
                        InitKind::Symlink(text) => {
                            node.kind = Kind::Symlink;
                            node.mode = 0o777;
                            node.size = text.len() as u64;
                            node.link = text.as_str().into();
                        }
                    }
                }
                at = self.insert(at, part, node)?;
            }
        }
        Ok(())
    }

    /// Packs the tree into its arrays.
    pub(super) fn finish(self, layers: Vec<Arc<dyn LayerData>>) -> ImageTree {
        let mut tree = ImageTree {
            nodes: Vec::with_capacity(self.nodes.len()),
            dirs: Vec::new(),
            entries: Vec::new(),
            text: String::new(),
            more_names: Vec::new(),
            fingerprint: fingerprint(&layers),
            layers,
        };
        let mut named = vec![u32::MAX; self.nodes.len()];
        for (index, node) in self.nodes.iter().enumerate() {
            let extra = match node.kind {
                Kind::Dir if node.nlink > 0 => {
                    let first = tree.entries.len() as u32;
                    for (name, &at) in &node.names {
                        let entry = tree.entries.len() as u32;
                        tree.entries.push(Name {
                            at: tree.text.len() as u32,
                            len: name.len() as u8,
                            ino: at + 1,
                        });
                        tree.text.push_str(name);
                        match &mut named[at as usize] {
                            free @ &mut u32::MAX => *free = entry,
                            _ => tree.more_names.push((at + 1, entry)),
                        }
                    }
                    tree.dirs.push(Dir {
                        ino: index as u32 + 1,
                        parent: node.parent + 1,
                        first,
                        count: tree.entries.len() as u32 - first,
                    });
                    tree.dirs.len() as u32 - 1
                }
                Kind::Dir => u32::MAX,
                Kind::Symlink => {
                    tree.text.push_str(&node.link);
                    (tree.text.len() - node.link.len()) as u32
                }
                _ => node.rdev.1,
            };
            tree.nodes.push(Record {
                mtime: node.mtime,
                size: node.size,
                offset: node.offset,
                uid: node.uid,
                gid: node.gid,
                nlink: node.nlink,
                extra,
                entry: 0,
                major: node.rdev.0,
                mode: node.mode,
                layer: node.layer,
                kind: node.kind,
            });
        }
        for (node, entry) in tree.nodes.iter_mut().zip(named) {
            node.entry = entry;
        }
        tree.more_names.sort_unstable();
        debug_assert_eq!(tree.nodes.len() as u64, tree.last());
        debug_assert!(tree.attr(ROOT).is_some());
        tree
    }
}

fn parts(path: &str) -> impl Iterator<Item = Box<str>> + '_ {
    path.split('/')
        .filter(|p| !p.is_empty() && *p != ".")
        .map(Box::from)
}

fn refuse(entry: &Entry, what: &str) -> Error {
    Error::Entry {
        entry: entry.path.clone(),
        what: what.to_owned(),
    }
}

/// FNV-1a over what the numbering depends on.
fn fingerprint(layers: &[Arc<dyn LayerData>]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    eat(&NUMBERING.to_le_bytes());
    for layer in layers {
        eat(layer.digest().as_bytes());
    }
    hash
}
