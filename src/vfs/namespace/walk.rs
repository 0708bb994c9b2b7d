//! Resolving a path, one component at a time, as Linux's `namei` does.
//!
//! For each component: the place must be a directory (`ENOTDIR`) that may be searched (`EACCES`), then the name is
//! looked up, mounts are crossed and symlinks followed. The physical path is kept beside it when somebody needs it.

use super::super::{Attr, Follow, Ino, Kind, PATH_MAX, Result};
use super::{Access, At, Cred, Place, Table};
use crate::base::errno::Errno;
use std::sync::Arc;

/// Symlinks followed in one resolution.
const SYMLINKS: u32 = 40;
/// Names looked at in one step of the search for a directory's own name.
const STEP: usize = 256;

/// The last component of a path, not looked up yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Last<'p> {
    Name(&'p str),
    Dot,
    DotDot,
    /// The path was nothing but slashes.
    Root,
}

/// A resolution on its way.
pub(super) struct Walk<'c> {
    pub table: Arc<Table>,
    pub cred: &'c Cred,
    pub place: Place,
    /// Of `place`; of what stands behind it at a magic link.
    pub attr: Attr,
    /// The place is a link behind which something nameless stands.
    pub magic: bool,
    path: Option<String>,
    links: u32,
}

/// `EINVAL`, `ENOENT` or `ENAMETOOLONG` for a text that is no path at all.
pub(super) fn check_path(path: &str) -> Result<()> {
    if path.is_empty() {
        return Err(Errno::Noent);
    }
    if path.len() >= PATH_MAX {
        return Err(Errno::Nametoolong);
    }
    if path.contains('\0') {
        return Err(Errno::Inval);
    }
    Ok(())
}

impl<'c> Walk<'c> {
    /// Starts where `path` starts.
    pub fn begin(table: Arc<Table>, cred: &'c Cred, at: At<'_>, path: &str) -> Result<Self> {
        Walk::start(table, cred, at, path, false)
    }

    /// Starts, keeping the physical path.
    pub fn begin_named(table: Arc<Table>, cred: &'c Cred, at: At<'_>, path: &str) -> Result<Self> {
        Walk::start(table, cred, at, path, true)
    }

    fn start(
        table: Arc<Table>,
        cred: &'c Cred,
        at: At<'_>,
        path: &str,
        named: bool,
    ) -> Result<Self> {
        check_path(path)?;
        let root = table.root();
        let attr = root.mount.fs.attr(root.ino)?;
        let mut walk = Walk {
            table,
            cred,
            place: root,
            attr,
            magic: false,
            path: named.then(String::new),
            links: 0,
        };
        if path.starts_with('/') {
            return Ok(walk);
        }
        match at {
            At::Path(cwd) => {
                // The process is there already: nobody asks again whether it may be.
                for name in cwd.split('/').filter(|n| !n.is_empty()) {
                    walk.child(name)?;
                }
            }
            At::Place(place) => {
                if named {
                    walk.path = Some(walk.find_path(place)?);
                }
                walk.go(place.clone())?;
            }
            At::File(file) => {
                if named {
                    walk.path = Some(file.path().trim_end_matches('/').to_owned());
                }
                walk.go(file.place().clone())?;
            }
        }
        Ok(walk)
    }

    /// Resolves a whole path.
    pub fn all(&mut self, path: &str, follow: bool) -> Result<()> {
        let (last, slash) = self.parent(path)?;
        self.finish(last, slash, follow)
    }

    /// Resolves all but the last component; the place is then the directory that holds it. Answers the component and
    /// whether a slash follows it.
    pub fn parent<'p>(&mut self, path: &'p str) -> Result<(Last<'p>, bool)> {
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.starts_with('/') {
            self.go(self.table.root())?;
            self.path = self.path.as_ref().map(|_| String::new());
        }
        let mut parts = path.split('/').filter(|p| !p.is_empty()).peekable();
        let last = loop {
            let Some(part) = parts.next() else {
                break Last::Root;
            };
            if parts.peek().is_none() {
                // Linux asks this of the directory before it looks at the last component.
                self.searchable()?;
                break match part {
                    "." => Last::Dot,
                    ".." => Last::DotDot,
                    name => Last::Name(name),
                };
            }
            self.step(part, true)?;
        };
        Ok((last, path.ends_with('/')))
    }

    /// Resolves the last component too.
    pub fn finish(&mut self, last: Last<'_>, slash: bool, follow: bool) -> Result<()> {
        match last {
            Last::Root => {}
            Last::Dot => self.step(".", true)?,
            Last::DotDot => self.step("..", true)?,
            Last::Name(name) => self.step(name, follow || slash)?,
        }
        if slash && !self.attr.is_dir() {
            return Err(Errno::Notdir);
        }
        Ok(())
    }

    /// The place must be a directory that may be searched.
    pub fn searchable(&self) -> Result<()> {
        if !self.attr.is_dir() {
            return Err(Errno::Notdir);
        }
        self.permitted(Access::EXEC)
    }

    pub fn permitted(&self, access: Access) -> Result<()> {
        match self.cred.may(&self.attr, access) {
            true => Ok(()),
            false => Err(Errno::Acces),
        }
    }

    /// The node under a name of the place, with mounts crossed and symlinks as they are.
    pub fn peek(&self, name: &str) -> Result<(Place, Attr)> {
        self.searchable()?;
        let ino = self.place.mount.fs.lookup(self.place.ino, name)?;
        let child = self.table.cross(Place {
            mount: Arc::clone(&self.place.mount),
            ino,
        });
        let attr = child.mount.fs.attr(child.ino)?;
        Ok((child, attr))
    }

    /// Moves on to a node that `peek` found. `ENAMETOOLONG` where the physical path, if it is kept, would be longer
    /// than a path can be: so no chain of directories makes the engine keep endless paths.
    pub fn enter(&mut self, name: &str, (place, attr): (Place, Attr)) -> Result<()> {
        if let Some(path) = &mut self.path {
            if path.len() + name.len() + 1 >= PATH_MAX {
                return Err(Errno::Nametoolong);
            }
            path.push('/');
            path.push_str(name);
        }
        self.place = place;
        self.attr = attr;
        Ok(())
    }

    fn step(&mut self, part: &str, follow: bool) -> Result<()> {
        if part == "." || part == ".." {
            self.searchable()?;
            return if part == ".." { self.up() } else { Ok(()) };
        }
        let (child, attr) = self.peek(part)?;
        if attr.kind != Kind::Symlink || !follow {
            return self.enter(part, (child, attr));
        }
        match self.read_link(&child)? {
            Follow::Text(text) => self.all(&text, true),
            Follow::Itself => {
                let attr = child.mount.fs.followed_attr(child.ino)?;
                self.enter(part, (child, attr))?;
                self.magic = true;
                Ok(())
            }
        }
    }

    /// Counts a symlink and tells where it leads.
    pub fn read_link(&mut self, link: &Place) -> Result<Follow> {
        self.links += 1;
        if self.links > SYMLINKS {
            return Err(Errno::Loop);
        }
        link.mount.fs.follow(link.ino)
    }

    /// To the directory above, out of a mount where the place is its root. Above the root is the root.
    fn up(&mut self) -> Result<()> {
        let Some(above) = above(&self.place)? else {
            return Ok(());
        };
        if let Some(path) = &mut self.path {
            path.truncate(path.rfind('/').unwrap_or(0));
        }
        let above = self.table.cross(above);
        self.go(above)
    }

    /// One step without asking for permission.
    fn child(&mut self, name: &str) -> Result<()> {
        let ino = self.place.mount.fs.lookup(self.place.ino, name)?;
        let child = self.table.cross(Place {
            mount: Arc::clone(&self.place.mount),
            ino,
        });
        let attr = child.mount.fs.attr(child.ino)?;
        self.enter(name, (child, attr))
    }

    fn go(&mut self, place: Place) -> Result<()> {
        self.attr = place.mount.fs.attr(place.ino)?;
        self.place = place;
        Ok(())
    }

    pub fn into_place(self) -> Place {
        self.place
    }

    /// The physical path of the place; begun with `begin_named`.
    pub fn path(&self) -> String {
        match self.path.as_deref() {
            None | Some("") => "/".to_owned(),
            Some(path) => path.to_owned(),
        }
    }

    /// The path of a directory, by looking for its name in each directory above it.
    fn find_path(&self, place: &Place) -> Result<String> {
        let mut names = Vec::new();
        let mut at = place.clone();
        while let Some(up) = above(&at)? {
            let covered = covered(&at);
            names.push(name_of(&up, covered)?);
            at = up;
        }
        let named = names.iter().rev().map(|n| format!("/{n}"));
        Ok(named.collect())
    }
}

/// The directory above a directory, seen through its own mount; `None` above the root.
pub(super) fn above(place: &Place) -> Result<Option<Place>> {
    let mut at = place;
    while at.ino == at.mount.root {
        match &at.mount.on {
            Some(on) => at = on,
            None => return Ok(None),
        }
    }
    Ok(Some(Place {
        mount: Arc::clone(&at.mount),
        ino: at.mount.fs.parent(at.ino)?,
    }))
}

/// The node that carries the place's name: the one covered, for the root of a mount.
fn covered(place: &Place) -> Ino {
    let mut at = place;
    while let (true, Some(on)) = (at.ino == at.mount.root, &at.mount.on) {
        at = on;
    }
    at.ino
}

fn name_of(dir: &Place, ino: Ino) -> Result<String> {
    let mut cookie = 0;
    loop {
        let entries = dir.mount.fs.read_dir(dir.ino, cookie, STEP)?;
        let Some(last) = entries.last() else {
            return Err(Errno::Noent);
        };
        cookie = last.next;
        if let Some(found) = entries.into_iter().find(|e| e.ino == ino) {
            return Ok(found.name);
        }
    }
}
