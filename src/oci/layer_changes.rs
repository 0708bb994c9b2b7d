//! What each layer of an image does to the files below it: adds, changes, removes, and how many bytes that hides.
//!
//! Bytes below that nobody can see any more are wasted: every pull brings them. Folders count when they are new or go,
//! not when a layer only names them on the way to a file.

use super::layer::{Entry, EntryKind, LayerIndex};
use std::collections::BTreeMap;

/// What happened to a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Added,
    Changed,
    Removed,
}

/// One path of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: String,
    pub action: Action,
    /// Bytes that the layer brings for it.
    pub size: u64,
    /// Bytes of lower layers that it hides.
    pub hidden: u64,
}

/// The files that the layers so far make together.
#[derive(Debug, Default)]
pub struct Tree {
    known: BTreeMap<String, Known>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    kind: EntryKind,
    size: u64,
}

impl Tree {
    /// Puts the next layer on top; what it does comes back in the order of paths.
    pub fn apply(&mut self, layer: &LayerIndex) -> Vec<Change> {
        let below = self.known.clone();
        let mut gone: BTreeMap<String, Known> = BTreeMap::new();
        for whiteout in &layer.whiteouts {
            if !whiteout.opaque {
                gone.extend(self.known.remove_entry(&whiteout.path));
            }
            gone.extend(self.take_inside(&whiteout.path));
        }
        for entry in &layer.entries {
            if entry.kind != EntryKind::Dir {
                // A file where a folder was hides all that was in it.
                gone.extend(self.take_inside(&entry.path));
            }
            let known = Known {
                kind: entry.kind,
                size: entry.size,
            };
            self.known.insert(entry.path.clone(), known);
        }
        let mut changes: BTreeMap<String, Change> = BTreeMap::new();
        for entry in &layer.entries {
            if let Some(change) = change(entry, &below, &gone) {
                changes.insert(entry.path.clone(), change);
            }
        }
        for (path, was) in gone {
            let change = Change {
                path: path.clone(),
                action: Action::Removed,
                size: 0,
                hidden: was.size,
            };
            changes.entry(path).or_insert(change);
        }
        changes.into_values().collect()
    }

    /// Takes everything out that lies below a folder.
    fn take_inside(&mut self, folder: &str) -> Vec<(String, Known)> {
        let prefix = match folder {
            "" => String::new(),
            folder => format!("{folder}/"),
        };
        let inside = self.known.range(prefix.clone()..);
        let inside = inside.take_while(|(path, _)| path.starts_with(&prefix));
        let paths: Vec<String> = inside.map(|(path, _)| path.clone()).collect();
        let taken = paths.into_iter();
        taken
            .filter_map(|path| self.known.remove_entry(&path))
            .collect()
    }
}

/// What an entry is to the tree below; nothing for a folder that was there.
fn change(
    entry: &Entry,
    below: &BTreeMap<String, Known>,
    gone: &BTreeMap<String, Known>,
) -> Option<Change> {
    let was = below.get(&entry.path);
    let again = was.is_some_and(|w| w.kind == EntryKind::Dir && entry.kind == EntryKind::Dir);
    if entry.path.is_empty() || again && !gone.contains_key(&entry.path) {
        return None;
    }
    Some(Change {
        path: entry.path.clone(),
        action: if was.is_some() {
            Action::Changed
        } else {
            Action::Added
        },
        size: entry.size,
        hidden: was.map_or(0, |w| w.size),
    })
}

#[cfg(test)]
mod tests {
    use super::super::layer::Whiteout;
    use super::*;

    fn entry(path: &str, kind: EntryKind, size: u64) -> Entry {
        Entry {
            path: path.to_owned(),
            kind,
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime: 0,
            size,
            offset: 0,
            link: String::new(),
            rdev: (0, 0),
        }
    }

    fn layer(entries: &[(&str, EntryKind, u64)], whiteouts: &[(&str, bool)]) -> LayerIndex {
        LayerIndex {
            entries: entries.iter().map(|(p, k, s)| entry(p, *k, *s)).collect(),
            whiteouts: whiteouts
                .iter()
                .map(|(path, opaque)| Whiteout {
                    path: (*path).to_owned(),
                    opaque: *opaque,
                })
                .collect(),
            tar_size: 0,
        }
    }

    fn told(changes: &[Change]) -> Vec<String> {
        let one = |c: &Change| format!("{:?} {} {} {}", c.action, c.path, c.size, c.hidden);
        changes.iter().map(one).collect()
    }

    #[test]
    fn files_come_change_and_go() {
        use EntryKind::{Dir, File, Symlink};
        let mut tree = Tree::default();
        let base = layer(
            &[
                ("etc", Dir, 0),
                ("etc/a", File, 10),
                ("etc/b", File, 20),
                ("lib", Dir, 0),
                ("lib/x", File, 5),
            ],
            &[],
        );
        assert_eq!(tree.apply(&base).len(), 5);
        let second = layer(
            &[
                ("etc", Dir, 0),
                ("etc/a", File, 11),
                ("etc/c", Symlink, 0),
                ("lib", File, 1),
            ],
            &[("etc/b", false)],
        );
        assert_eq!(
            told(&tree.apply(&second)),
            [
                "Changed etc/a 11 10",
                "Removed etc/b 0 20",
                "Added etc/c 0 0",
                "Changed lib 1 0",
                "Removed lib/x 0 5",
            ]
        );
        let third = layer(&[("etc", Dir, 0), ("etc/d", File, 3)], &[("etc", true)]);
        assert_eq!(
            told(&tree.apply(&third)),
            ["Removed etc/a 0 11", "Removed etc/c 0 0", "Added etc/d 3 0"]
        );
    }

    #[test]
    fn a_name_that_only_begins_alike_stays() {
        use EntryKind::{Dir, File};
        let mut tree = Tree::default();
        tree.apply(&layer(
            &[("a", Dir, 0), ("a/x", File, 1), ("a.b", File, 2)],
            &[],
        ));
        let changes = tree.apply(&layer(&[], &[("a", false)]));
        assert_eq!(told(&changes), ["Removed a 0 0", "Removed a/x 0 1"]);
    }
}
