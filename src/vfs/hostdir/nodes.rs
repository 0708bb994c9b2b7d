//! Which nodes of the host the guest has seen, under which names.
//!
//! A node is what the host calls (device, inode). Its names are hints: whoever uses one looks again whether it still
//! leads to the same node, because the host, another container or the guest itself may have changed it meanwhile. So
//! nothing here can lead anywhere that the one-component steps of `HostDir` do not.
//!
//! Numbers are the host's where they can be, so that listings show the same ones as `stat` without any table. What
//! nobody holds and nobody has asked for lately is forgotten: memory does not grow with the host's folder.

use super::super::{Ino, Kind};
use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

/// Nodes kept before the oldest are forgotten.
const MOST: usize = 64 << 10;
/// Names kept of one node; a file with more hard links is found through these.
const NAMES: usize = 8;
/// Numbers of nodes on other devices than the root's begin here.
const ELSEWHERE: u64 = 1 << 63;

/// What the host calls a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub dev: u64,
    pub ino: u64,
}

/// An open file of the host.
#[derive(Clone)]
pub(super) struct Open {
    pub file: Arc<File>,
    pub writable: bool,
}

/// A folder and a name in it.
pub(super) type Hint = (Ino, Box<str>);

struct Node {
    key: Key,
    kind: Kind,
    names: Vec<Hint>,
    /// Names below it in this table.
    children: u32,
    /// Open files and mounts that need it.
    held: u32,
    /// Kept open because it lost its name while somebody held it.
    pinned: Option<Open>,
    seen: u64,
}

pub(super) struct Nodes {
    dev: u64,
    root: Ino,
    nodes: HashMap<Ino, Node>,
    names: HashMap<Hint, Ino>,
    tick: u64,
    sweep_at: usize,
}

impl Nodes {
    /// A table that knows the root.
    pub fn new(root: Key, kind: Kind) -> Nodes {
        let mut nodes = Nodes {
            dev: root.dev,
            root: 0,
            nodes: HashMap::new(),
            names: HashMap::new(),
            tick: 0,
            sweep_at: MOST,
        };
        nodes.root = nodes.seen(root, kind, None);
        nodes
    }

    pub fn root(&self) -> Ino {
        self.root
    }

    /// The number of a node, known or not.
    pub fn number(&self, key: Key) -> Ino {
        let mut ino = match key.dev == self.dev && key.ino != 0 {
            true => key.ino,
            false => mix(key) | ELSEWHERE,
        };
        // Two nodes never share a number while both are known.
        while self.nodes.get(&ino).is_some_and(|n| n.key != key) {
            ino = ino.wrapping_add(1);
        }
        ino
    }

    /// Notes that a node is there, under this name of this folder. Answers its number.
    pub fn seen(&mut self, key: Key, kind: Kind, at: Option<(Ino, &str)>) -> Ino {
        self.tick += 1;
        let (ino, tick) = (self.number(key), self.tick);
        let node = self.nodes.entry(ino).or_insert_with(|| Node {
            key,
            kind,
            names: Vec::new(),
            children: 0,
            held: 0,
            pinned: None,
            seen: tick,
        });
        node.seen = tick;
        node.kind = kind;
        if let Some((dir, name)) = at {
            self.name(ino, dir, name);
        }
        if self.nodes.len() > self.sweep_at {
            self.sweep();
        }
        ino
    }

    fn name(&mut self, ino: Ino, dir: Ino, name: &str) {
        let key = (dir, Box::from(name));
        match self.names.get(&key) {
            Some(&known) if known == ino => return,
            Some(_) => self.forget_name(dir, name),
            None => {}
        }
        let Some(node) = self.nodes.get_mut(&ino) else {
            return;
        };
        // A folder has one name; of a file the oldest hint goes.
        let stale = match node.kind {
            Kind::Dir => std::mem::take(&mut node.names),
            _ if node.names.len() >= NAMES => vec![node.names.remove(0)],
            _ => Vec::new(),
        };
        node.names.push((dir, Box::from(name)));
        for old in stale {
            self.names.remove(&old);
            self.child(old.0, false);
        }
        self.names.insert(key, ino);
        self.child(dir, true);
    }

    fn child(&mut self, dir: Ino, more: bool) {
        if let Some(node) = self.nodes.get_mut(&dir) {
            node.children = match more {
                true => node.children + 1,
                false => node.children.saturating_sub(1),
            };
        }
    }

    /// The name leads nowhere any more, or elsewhere.
    pub fn forget_name(&mut self, dir: Ino, name: &str) {
        let Some(ino) = self.names.remove(&(dir, Box::from(name))) else {
            return;
        };
        self.child(dir, false);
        if let Some(node) = self.nodes.get_mut(&ino) {
            node.names.retain(|n| !(n.0 == dir && *n.1 == *name));
        }
    }

    /// The name has moved, with whatever it leads to.
    pub fn renamed(&mut self, old: (Ino, &str), new: (Ino, &str)) {
        let moved = self.named(old.0, old.1);
        self.forget_name(old.0, old.1);
        self.forget_name(new.0, new.1);
        if let Some(ino) = moved {
            self.name(ino, new.0, new.1);
        }
    }

    /// The node that a name led to when somebody last looked.
    pub fn named(&self, dir: Ino, name: &str) -> Option<Ino> {
        self.names.get(&(dir, Box::from(name))).copied()
    }

    /// What the host calls it, and under which names to look for it.
    pub fn find(&self, ino: Ino) -> Option<(Key, Vec<Hint>)> {
        let node = self.nodes.get(&ino)?;
        Some((node.key, node.names.clone()))
    }

    pub fn key(&self, ino: Ino) -> Option<(Key, Kind)> {
        self.nodes.get(&ino).map(|n| (n.key, n.kind))
    }

    /// The folder in which it was last seen, and its name there.
    pub fn home(&self, ino: Ino) -> Option<Hint> {
        self.nodes.get(&ino)?.names.last().cloned()
    }

    pub fn pinned(&self, ino: Ino) -> Option<Open> {
        self.nodes.get(&ino)?.pinned.clone()
    }

    /// Keeps the handle until the last release, if anybody holds the node.
    pub fn pin(&mut self, ino: Ino, open: Open) {
        if let Some(node) = self.nodes.get_mut(&ino).filter(|n| n.held > 0) {
            node.pinned = Some(open);
        }
    }

    pub fn is_held(&self, ino: Ino) -> bool {
        self.nodes.get(&ino).is_some_and(|n| n.held > 0)
    }

    /// One more holder. Answers what is held.
    pub fn hold(&mut self, ino: Ino) -> Option<Kind> {
        let node = self.nodes.get_mut(&ino)?;
        node.held += 1;
        Some(node.kind)
    }

    /// One holder less. `Some` if it was the last, with the handle that was kept for it.
    pub fn release(&mut self, ino: Ino) -> Option<Option<Open>> {
        let node = self.nodes.get_mut(&ino).filter(|n| n.held > 0)?;
        node.held -= 1;
        if node.held > 0 {
            return None;
        }
        // The root of a bound file stays open for as long as the mount.
        if ino == self.root {
            return Some(None);
        }
        let pinned = node.pinned.take();
        if node.names.is_empty() && node.children == 0 {
            self.nodes.remove(&ino);
        }
        Some(pinned)
    }

    /// Forgets what nobody holds, has children of, or has asked for in a long while.
    fn sweep(&mut self) {
        let (root, horizon) = (self.root, self.tick.saturating_sub(MOST as u64 / 2));
        let old =
            |ino: Ino, n: &Node| ino != root && n.held == 0 && n.children == 0 && n.seen < horizon;
        let gone: Vec<Ino> = self
            .nodes
            .iter()
            .filter(|(ino, n)| old(**ino, n))
            .map(|(ino, _)| *ino)
            .collect();
        for ino in gone {
            for (dir, name) in self.nodes.remove(&ino).map(|n| n.names).unwrap_or_default() {
                self.names.remove(&(dir, name));
                self.child(dir, false);
            }
        }
        self.sweep_at = MOST.max(self.nodes.len() + MOST / 4);
    }
}

/// Spreads a key over 63 bits.
fn mix(key: Key) -> u64 {
    let spread = |n: u64| (n ^ (n >> 31)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    spread(spread(key.dev) ^ key.ino) & !ELSEWHERE
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(ino: u64) -> Key {
        Key { dev: 1, ino }
    }

    #[test]
    fn names_follow_what_was_seen_last() {
        let mut nodes = Nodes::new(key(2), Kind::Dir);
        let root = nodes.root();
        let d = nodes.seen(key(3), Kind::Dir, Some((root, "d")));
        let f = nodes.seen(key(4), Kind::File, Some((d, "f")));
        assert_eq!((root, d, f), (2, 3, 4));
        nodes.seen(key(4), Kind::File, Some((root, "g")));
        assert_eq!(nodes.find(f).unwrap().1.len(), 2);
        nodes.renamed((root, "d"), (root, "e"));
        assert_eq!(nodes.home(d), Some((root, "e".into())));
        // Another node under a known name takes the name away.
        nodes.seen(key(9), Kind::File, Some((d, "f")));
        assert_eq!(nodes.find(f).unwrap().1, vec![(root, Box::from("g"))]);
        // A folder that is seen elsewhere has left its old place.
        nodes.seen(key(3), Kind::Dir, Some((root, "z")));
        assert_eq!(nodes.named(root, "e"), None);
    }

    #[test]
    fn numbers_are_the_hosts_and_never_shared() {
        let mut nodes = Nodes::new(key(2), Kind::Dir);
        let root = nodes.root();
        let other = nodes.seen(Key { dev: 7, ino: 2 }, Kind::File, Some((root, "other")));
        assert!(other >= ELSEWHERE);
        assert_eq!(nodes.number(Key { dev: 7, ino: 2 }), other);
        assert_eq!(nodes.number(key(77)), 77);
    }

    #[test]
    fn memory_is_bounded_and_what_is_needed_stays() {
        let mut nodes = Nodes::new(key(2), Kind::Dir);
        let root = nodes.root();
        let dir = nodes.seen(key(3), Kind::Dir, Some((root, "d")));
        let held = nodes.seen(key(4), Kind::File, Some((dir, "held")));
        nodes.hold(held);
        for n in 0..3 * MOST as u64 {
            nodes.seen(key(100 + n), Kind::File, Some((root, &n.to_string())));
        }
        assert!(nodes.nodes.len() <= MOST + MOST / 4 + 1 && nodes.names.len() <= nodes.nodes.len());
        assert!(nodes.find(held).is_some() && nodes.find(dir).is_some());
        assert!(nodes.release(held).is_some());
    }
}
