//! The nodes of an overlay in memory, and the one way to change them.
//!
//! An operation reads, fills a `Batch`, and commits it: first to the journal, then here. If the journal fails, nothing
//! has happened. Everything here runs under the overlay's state lock.

use super::super::image::ImageTree;
use super::super::{Ino, Result, Time};
use super::change::Change;
use super::journal::Journal;
use super::node::{Body, Meta, Names};
use crate::base::errno::Errno;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// Cookies below are places in the image's directory, above numbers of own names.
pub(super) const OWN_COOKIES: u64 = 1 << 32;

/// One shadowing or own node.
pub(super) struct Node {
    pub meta: Meta,
    /// The `mtime` that the journal knows.
    pub told: Time,
    pub names: Option<Box<Names>>,
}

pub(super) struct State {
    pub image: Arc<ImageTree>,
    pub nodes: HashMap<Ino, Node>,
    /// Open files of each node.
    pub held: HashMap<Ino, u32>,
    /// Nodes whose times the journal does not know yet.
    pub dirty: HashSet<Ino>,
    pub journal: Option<Journal>,
    /// The number of the next node.
    pub next: Ino,
    next_cookie: u64,
    /// Nodes, names, and long symlinks again: what memory they cost.
    pub weight: u64,
    pub limit: u64,
}

impl State {
    pub fn new(image: Arc<ImageTree>, limit: u64) -> State {
        State {
            next: image.last() + 1,
            image,
            nodes: HashMap::new(),
            held: HashMap::new(),
            dirty: HashSet::new(),
            journal: None,
            next_cookie: OWN_COOKIES,
            weight: 0,
            limit,
        }
    }

    /// The node as it is now.
    pub fn meta(&self, ino: Ino) -> Option<Meta> {
        match self.nodes.get(&ino) {
            Some(node) => Some(node.meta.clone()),
            None => Meta::of_image(&self.image, ino),
        }
    }

    /// The node, which must be a directory that still has a name.
    pub fn live_dir(&self, ino: Ino) -> Result<Meta> {
        let meta = self.meta(ino).ok_or(Errno::Noent)?;
        match meta.body {
            Body::Dir { .. } if meta.nlink == 0 => Err(Errno::Noent),
            Body::Dir { .. } => Ok(meta),
            _ => Err(Errno::Notdir),
        }
    }

    pub fn is_dir(&self, ino: Ino) -> bool {
        match self.nodes.get(&ino) {
            Some(node) => node.meta.is_dir(),
            None => self.image.kind(ino) == Some(super::super::Kind::Dir),
        }
    }

    /// The node under a name.
    pub fn child(&self, dir: Ino, name: &str) -> Option<Ino> {
        if let Some(node) = self.nodes.get(&dir) {
            if node.meta.nlink == 0 {
                return None;
            }
            if let Some(child) = node.names.as_ref().and_then(|n| n.get(name)) {
                return child;
            }
        }
        self.image.lookup(dir, name).map(|(_, ino)| ino)
    }

    pub fn parent(&self, dir: Ino) -> Option<Ino> {
        match self.nodes.get(&dir) {
            Some(node) => match node.meta.body {
                Body::Dir { parent } => Some(parent),
                _ => None,
            },
            None => self.image.parent(dir),
        }
    }

    pub fn is_empty(&self, dir: Ino) -> bool {
        let names = self.nodes.get(&dir).and_then(|n| n.names.as_deref());
        if names.is_some_and(Names::any) {
            return false;
        }
        (0..self.image.len(dir)).all(|place| {
            let name = self.image.entry(dir, place).map_or("", |e| e.0);
            names.is_some_and(|n| n.get(name) == Some(None))
        })
    }

    /// Whether `below` is `above` or lies under it.
    pub fn is_within(&self, below: Ino, above: Ino) -> bool {
        let mut at = below;
        loop {
            if at == above {
                return true;
            }
            match self.parent(at) {
                Some(parent) if parent != at => at = parent,
                _ => return false,
            }
        }
    }

    /// Room for a new node or name.
    pub fn has_room(&self, weight: u64) -> Result<()> {
        if self.weight + weight > self.limit {
            return Err(Errno::Nospc);
        }
        Ok(())
    }

    /// The journal first, then memory.
    pub fn commit(&mut self, batch: Batch) -> Result<()> {
        let changes = batch.into_changes();
        if changes.is_empty() {
            return Ok(());
        }
        if let Some(journal) = &mut self.journal {
            journal.append(&changes)?;
        }
        for change in changes {
            self.apply(change);
        }
        if let Some(mut journal) = self.journal.take_if(|j| j.wants_compaction()) {
            // A failure leaves the old journal, which is complete.
            let _ = journal.compact(self.snapshot());
            self.journal = Some(journal);
        }
        Ok(())
    }

    /// The one way in which nodes change, live and when the journal is replayed.
    pub fn apply(&mut self, change: Change) {
        match change {
            Change::Put(ino, mut meta) => {
                self.dirty.remove(&ino);
                self.next = self.next.max(ino.saturating_add(1));
                self.weight += meta.weight();
                match self.nodes.get_mut(&ino) {
                    Some(node) => {
                        self.weight -= node.meta.weight();
                        // The size of own bytes is known here, not in the journal.
                        if let (Body::Own { size }, Body::Own { size: kept }) =
                            (&mut meta.body, &node.meta.body)
                        {
                            *size = *kept;
                        }
                        node.told = meta.mtime;
                        node.meta = meta;
                    }
                    None => {
                        let told = meta.mtime;
                        let names = None;
                        self.nodes.insert(ino, Node { meta, told, names });
                    }
                }
            }
            Change::Name { dir, name, ino } => {
                let in_image = self.image.lookup(dir, &name).is_some();
                let next = &mut self.next_cookie;
                if let Some(node) = self.nodes.get_mut(&dir) {
                    let names = node.names.get_or_insert_default();
                    let before = names.len();
                    names.set(&name, ino, || {
                        *next += 1;
                        (!in_image).then_some(*next)
                    });
                    self.weight += (names.len() - before) as u64;
                }
            }
            Change::Forget { dir, name } => {
                if let Some(names) = self.nodes.get_mut(&dir).and_then(|n| n.names.as_mut()) {
                    let before = names.len();
                    names.forget(&name);
                    self.weight -= (before - names.len()) as u64;
                }
            }
            Change::Drop(ino) => {
                self.dirty.remove(&ino);
                if let Some(node) = self.nodes.remove(&ino) {
                    let names = node.names.map_or(0, |n| n.len() as u64);
                    self.weight -= node.meta.weight() + names;
                }
            }
        }
    }

    /// The changes that lead from the bare image to here.
    fn snapshot(&self) -> impl Iterator<Item = Change> {
        let puts = self
            .nodes
            .iter()
            .map(|(&ino, node)| Change::Put(ino, node.meta.clone()));
        let names = self.nodes.iter().flat_map(|(&dir, node)| {
            let names = node.names.iter().flat_map(|names| names.iter());
            names.map(move |(name, ino)| Change::Name {
                dir,
                name: (&**name).into(),
                ino,
            })
        });
        puts.chain(names)
    }

    /// The batch's view of a node, taken up into it if it is not there yet.
    pub fn edit<'b>(&self, batch: &'b mut Batch, ino: Ino) -> Result<&'b mut Meta> {
        let place = match batch.puts.iter().position(|p| p.0 == ino) {
            Some(place) => place,
            None => {
                batch.puts.push((ino, self.meta(ino).ok_or(Errno::Noent)?));
                batch.puts.len() - 1
            }
        };
        Ok(&mut batch.puts[place].1)
    }

    /// Takes a name away: a whiteout where the image has one, nothing otherwise.
    pub fn unname(&self, batch: &mut Batch, dir: Ino, name: &str) {
        let name: Box<str> = name.into();
        batch
            .names
            .push(match self.image.lookup(dir, &name).is_some() {
                true => Change::Name {
                    dir,
                    name,
                    ino: None,
                },
                false => Change::Forget { dir, name },
            });
    }

    /// Tells the journal a node's times. They stay dirty if it fails, and the next flush tries again.
    pub fn tell(&mut self, ino: Ino) {
        let mut batch = Batch::default();
        if self.edit(&mut batch, ino).is_ok() {
            let _ = self.commit(batch);
        }
    }

    /// One name less for a node (all of a directory's). Answers the node if nothing keeps it alive any more.
    pub fn lose(&self, batch: &mut Batch, ino: Ino, now: Time) -> Result<Option<Gone>> {
        let held = self.held.contains_key(&ino);
        let meta = self.edit(batch, ino)?;
        meta.nlink = match meta.is_dir() {
            true => 0,
            false => meta.nlink.saturating_sub(1),
        };
        meta.ctime = now;
        if meta.nlink > 0 || held {
            return Ok(None);
        }
        let size = match meta.body {
            Body::Own { size } => Some(size),
            _ => None,
        };
        batch.puts.retain(|p| p.0 != ino);
        batch.drops.push(ino);
        Ok(Some(Gone { ino, size }))
    }
}

/// A node that is gone; `size` if it had bytes of its own to be removed after the lock.
pub(super) struct Gone {
    pub ino: Ino,
    pub size: Option<u64>,
}

/// What one operation changes.
#[derive(Default)]
pub(super) struct Batch {
    puts: Vec<(Ino, Meta)>,
    names: Vec<Change>,
    drops: Vec<Ino>,
}

impl Batch {
    pub fn put(&mut self, ino: Ino, meta: Meta) {
        self.puts.push((ino, meta));
    }

    pub fn name(&mut self, dir: Ino, name: &str, ino: Ino) {
        self.names.push(Change::Name {
            dir,
            name: name.into(),
            ino: Some(ino),
        });
    }

    /// Nodes before the names that lead to them.
    fn into_changes(self) -> Vec<Change> {
        let puts = self
            .puts
            .into_iter()
            .map(|(ino, meta)| Change::Put(ino, meta));
        let drops = self.drops.into_iter().map(Change::Drop);
        puts.chain(self.names).chain(drops).collect()
    }
}
