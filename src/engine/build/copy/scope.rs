//! Paths inside a tree: symbolic links are followed, and neither they nor `..` lead out of it.

use crate::vfs::image::{ImageTree, ROOT};
use crate::vfs::{Ino, Kind};

/// Symbolic links on the way to one path, as `ELOOP` counts.
const LINKS: usize = 255;

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The path without links, `.` and `..`, and without a slash in front.
    pub path: String,
    /// What is there; `None` where the path, or its end, does not exist.
    pub ino: Option<Ino>,
}

/// Why a path leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocked {
    /// Something on the way is no folder.
    NotADirectory,
    TooManyLinks,
}

/// Follows a path from the root, its last component too.
pub fn follow(tree: &ImageTree, path: &str) -> Result<Scope, Blocked> {
    let mut todo: Vec<String> = parts(path);
    // Names of the way so far, each with what it leads to.
    let mut way: Vec<(String, Option<Ino>)> = Vec::new();
    let mut links = 0;
    while let Some(name) = todo.pop() {
        if name == ".." {
            way.pop();
            continue;
        }
        let at = match way.last() {
            None => Some(ROOT),
            Some((_, ino)) => *ino,
        };
        if let Some(dir) = at
            && tree.kind(dir) != Some(Kind::Dir)
        {
            return Err(Blocked::NotADirectory);
        }
        let next = at
            .and_then(|dir| tree.lookup(dir, &name))
            .map(|(_, ino)| ino);
        match next.and_then(|ino| tree.read_link(ino)) {
            Some(text) => {
                links += 1;
                if links > LINKS {
                    return Err(Blocked::TooManyLinks);
                }
                if text.starts_with('/') {
                    way.clear();
                }
                todo.extend(parts(text));
            }
            None => way.push((name, next)),
        }
    }
    let ino = way.last().map_or(Some(ROOT), |(_, ino)| *ino);
    let names: Vec<String> = way.into_iter().map(|(name, _)| name).collect();
    Ok(Scope {
        path: names.join("/"),
        ino,
    })
}

/// The components, the first one last.
fn parts(path: &str) -> Vec<String> {
    let names = path.split('/').rev();
    names
        .filter(|n| !n.is_empty() && *n != ".")
        .map(str::to_owned)
        .collect()
}

/// The names in a folder, in order, with what they lead to.
pub fn names(tree: &ImageTree, dir: Ino) -> impl Iterator<Item = (&str, Ino)> {
    (0..tree.len(dir)).filter_map(move |place| tree.entry(dir, place))
}
