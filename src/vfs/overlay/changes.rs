//! What a container changed, as `docker diff` prints it.
//!
//! Trees are compared by path: kind, mode, owner and device for all, size and time for all but directories. A file that was
//! written to, or that is another one than the image's, has changed whatever its size and time say: layers are made of this
//! list, and archives keep times by the second. A directory with a change inside is listed as changed, the root never, and of a removed tree only its top. Here
//! only what the overlay has touched is looked at; the rest cannot differ.

use super::super::image;
use super::super::{Attr, Ino, Kind, PATH_MAX, Time};
use super::Overlay;
use super::node::Body;
use super::state::State;
use std::collections::{BTreeMap, HashSet};

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// `C`
    Modified,
    /// `A`
    Added,
    /// `D`
    Deleted,
}

/// One line of `docker diff`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What happened.
    pub kind: ChangeKind,
    /// The absolute path.
    pub path: String,
}

impl Overlay {
    /// Every difference from the image, sorted by path.
    pub fn changes(&self) -> Vec<Change> {
        let state = self.state.read();
        let mut diff = Diff {
            touched: touched(&state),
            state: &state,
            found: BTreeMap::new(),
        };
        diff.walk();
        let mut found = diff.found;
        drop(state);
        add_folders(&mut found);
        found
            .into_iter()
            .map(|(path, kind)| Change { kind, path })
            .collect()
    }
}

/// Docker lists every folder in which something changed; what is itself new or gone is listed already.
fn add_folders(found: &mut BTreeMap<String, ChangeKind>) {
    let paths: Vec<String> = found.keys().cloned().collect();
    for path in &paths {
        let mut path = path.as_str();
        while let Some((folder, _)) = path.rsplit_once('/').filter(|(f, _)| !f.is_empty()) {
            if found.contains_key(folder) {
                break;
            }
            found.insert(folder.to_owned(), ChangeKind::Modified);
            path = folder;
        }
    }
}

/// Directories in which, or below which, something may differ.
fn touched(state: &State) -> HashSet<Ino> {
    let mut found = HashSet::new();
    for (&ino, node) in &state.nodes {
        let homes = match node.meta.is_dir() {
            true => vec![ino],
            // A file of the image may be changed while no directory is.
            false => state.image.homes(ino),
        };
        for home in homes {
            let mut at = home;
            while found.insert(at) {
                at = state.parent(at).unwrap_or(at);
            }
        }
    }
    found
}

struct Diff<'a> {
    state: &'a State,
    touched: HashSet<Ino>,
    found: BTreeMap<String, ChangeKind>,
}

impl Diff<'_> {
    /// Compares folder by folder, without recursion: a guest's tree may be deeper than our stack. What lies too deep
    /// for any path to name it is left out.
    fn walk(&mut self) {
        let root = Some(image::ROOT);
        let mut todo = vec![(root, root, String::new())];
        while let Some((new, old, folder)) = todo.pop() {
            for (name, (new, old)) in self.candidates(new, old) {
                let path = format!("{folder}/{name}");
                if path.len() >= PATH_MAX {
                    continue;
                }
                let kind = match (new, old) {
                    (None, None) => continue,
                    (None, Some(_)) => Some(ChangeKind::Deleted),
                    (Some(_), None) => Some(ChangeKind::Added),
                    (Some(new), Some(old)) => self.differ(new, old).then_some(ChangeKind::Modified),
                };
                if let Some(kind) = kind {
                    self.found.insert(path.clone(), kind);
                }
                if new.is_some() {
                    todo.push((new, old, path));
                }
            }
        }
    }

    /// The names to compare, with what they lead to now and in the image.
    fn candidates(
        &self,
        new: Option<Ino>,
        old: Option<Ino>,
    ) -> BTreeMap<String, (Option<Ino>, Option<Ino>)> {
        let mut found: BTreeMap<String, (Option<Ino>, Option<Ino>)> = BTreeMap::new();
        let image = &self.state.image;
        let same = new.is_some() && new == old;
        if same && !new.is_some_and(|dir| self.touched.contains(&dir)) {
            return found;
        }
        if let Some(old) = old {
            for place in 0..image.len(old) {
                let Some((name, child)) = image.entry(old, place) else {
                    break;
                };
                let now = new.and_then(|dir| self.state.child(dir, name));
                let untouched = now == Some(child)
                    && !self.state.nodes.contains_key(&child)
                    && !self.touched.contains(&child);
                if !(same && untouched) {
                    found.insert(name.to_owned(), (now, Some(child)));
                }
            }
        }
        if let Some(new) = new.filter(|&n| self.state.is_dir(n)) {
            let names = self.state.nodes.get(&new).and_then(|n| n.names.as_deref());
            for (name, ino) in names.into_iter().flat_map(|n| n.iter()) {
                if ino.is_some() {
                    found.entry(name.to_string()).or_insert((ino, None));
                }
            }
            // A directory of the image that came here from elsewhere brings its names along.
            for place in 0..if same { 0 } else { image.len(new) } {
                let Some((name, _)) = image.entry(new, place) else {
                    break;
                };
                let ino = self.state.child(new, name);
                found.entry(name.to_owned()).or_insert((ino, None));
            }
        }
        found
    }

    fn differ(&self, new: Ino, old: Ino) -> bool {
        let now = match self.state.nodes.get(&new) {
            Some(node) => Some(node.meta.attr(&self.state.image, new)),
            None => self.state.image.attr(new),
        };
        let own = self.state.nodes.get(&new).map(|node| &node.meta.body);
        match (now, self.state.image.attr(old)) {
            (Some(now), Some(then)) => {
                let other = new != old || matches!(own, Some(Body::Own { .. }));
                other && !now.is_dir() || attrs_differ(&now, &then)
            }
            _ => true,
        }
    }
}

fn attrs_differ(now: &Attr, then: &Attr) -> bool {
    let plain = |a: &Attr| (a.kind, a.mode, a.uid, a.gid, a.rdev);
    if plain(now) != plain(then) {
        return true;
    }
    now.kind != Kind::Dir && (now.size != then.size || !same_time(now.mtime, then.mtime))
}

/// A time without nanoseconds equals any of its second: archives may not keep them.
fn same_time(a: Time, b: Time) -> bool {
    const SECOND: i64 = 1_000_000_000;
    a == b
        || (a.0.div_euclid(SECOND) == b.0.div_euclid(SECOND)
            && (a.0.rem_euclid(SECOND) == 0 || b.0.rem_euclid(SECOND) == 0))
}
