//! A whole tree, or what lies at one place of it, across mounts. Symbolic links are members, never followed.

use super::super::{DirEntry, Namespace, Place};
use super::{Item, Items, Pack};
use crate::base::errno::Errno;
use std::sync::Arc;

/// Names read at a time.
const NAMES: usize = 256;
/// The deepest path that is walked into, in bytes: no other can be named.
const DEEPEST: usize = super::super::PATH_MAX;

/// What lies at a place: a folder with everything in it, or one file. `name` is what the archive calls it; in a folder named
/// `.` the others are called `./NAME`, and in `/` they are called `/NAME`, as in Docker's own archives.
pub fn tree(namespace: Arc<Namespace>, place: Place, name: &str) -> Pack {
    let first = Some((name.to_owned(), place));
    Pack::new(Walk {
        namespace,
        first,
        folders: Vec::new(),
    })
}

/// A whole tree from its root, which is itself no member; names have no slash in front.
pub fn whole(namespace: Arc<Namespace>) -> super::super::Result<Pack> {
    let place = namespace.top();
    let mut walk = Walk {
        namespace,
        first: None,
        folders: Vec::new(),
    };
    walk.open(String::new(), place)?;
    Ok(Pack::new(walk))
}

struct Walk {
    namespace: Arc<Namespace>,
    first: Option<(String, Place)>,
    /// The folders on the way down.
    folders: Vec<Folder>,
}

struct Folder {
    name: String,
    place: Place,
    /// The names that are still to come, the next one last.
    rest: Vec<DirEntry>,
}

impl Walk {
    fn open(&mut self, name: String, place: Place) -> super::super::Result<()> {
        let mut rest: Vec<DirEntry> = Vec::new();
        loop {
            let cookie = rest.last().map_or(0, |entry| entry.next);
            let more = place.mount.fs.read_dir(place.ino, cookie, NAMES)?;
            if more.is_empty() {
                break;
            }
            rest.extend(more);
        }
        rest.sort_by(|a, b| b.name.cmp(&a.name));
        self.folders.push(Folder { name, place, rest });
        Ok(())
    }

    fn item(&mut self, name: String, place: Place) -> super::super::Result<Option<Item>> {
        match place.mount.fs.attr(place.ino) {
            Ok(attr) if attr.is_dir() && name.len() < DEEPEST => {
                match self.open(name.clone(), place.clone()) {
                    Ok(()) => {}
                    Err(Errno::Noent) => return Ok(None),
                    Err(e) => return Err(e),
                }
            }
            Ok(_) => {}
            Err(Errno::Noent) => return Ok(None),
            Err(e) => return Err(e),
        }
        Ok(Some(Item::Node { name, place }))
    }
}

impl Items for Walk {
    fn next(&mut self) -> super::super::Result<Option<Item>> {
        if let Some((name, place)) = self.first.take() {
            return self.item(name, place);
        }
        while let Some(folder) = self.folders.last_mut() {
            let Some(entry) = folder.rest.pop() else {
                self.folders.pop();
                continue;
            };
            let slash = match folder.name.as_str() {
                "" | "/" => "",
                _ => "/",
            };
            let name = format!("{}{slash}{}", folder.name, entry.name);
            let child = self.namespace.child(&folder.place, &entry.name);
            let place = match child {
                Ok(place) => place,
                Err(Errno::Noent) => continue,
                Err(e) => return Err(e),
            };
            if let Some(item) = self.item(name, place)? {
                return Ok(Some(item));
            }
        }
        Ok(None)
    }
}
