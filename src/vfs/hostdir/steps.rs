//! Getting from a number to a folder or a node of the host, one component at a time.

use super::super::{Ino, Kind, Result};
use super::nodes::Key;
use super::{FOLDERS, HostDir, Seen, border, system};
use crate::base::errno::Errno;
use cap_fs_ext::DirExt;
use cap_std::fs::Dir;
use std::sync::Arc;

/// The number that stands for the folder of a bound file; no node has it.
pub(super) const BASE: Ino = 0;
/// Folders on the way from the root: a longer one could be named by no path.
const DEEPEST: usize = 4096;
/// The folder itself, seen from inside.
const HERE: &str = ".";

impl HostDir {
    /// An open folder: from the table, or walked to from the nearest one that is open.
    pub(super) fn dir(&self, ino: Ino) -> Result<Arc<Dir>> {
        let mut way = Vec::new();
        let mut at = ino;
        let mut dir = loop {
            if at == BASE || at == self.root && self.root_kind == Kind::Dir {
                break Arc::clone(&self.base);
            }
            if let Some(open) = FOLDERS.get(self.owner, at) {
                break open;
            }
            let (key, parent, name) = self.step_above(at)?;
            way.push((at, key, name));
            if way.len() > DEEPEST {
                return Err(Errno::Nametoolong);
            }
            at = parent;
        };
        while let Some((ino, key, name)) = way.pop() {
            let next = dir.open_dir_nofollow(&*name).map_err(system::errno)?;
            if system::stat_dir(&next)?.key != key {
                // Something else has taken its place.
                return Err(Errno::Noent);
            }
            dir = Arc::new(next);
            FOLDERS.keep(self.owner, ino, Arc::clone(&dir));
        }
        Ok(dir)
    }

    fn step_above(&self, ino: Ino) -> Result<(Key, Ino, Box<str>)> {
        let nodes = self.nodes.lock();
        let (key, kind) = nodes.key(ino).ok_or(Errno::Noent)?;
        if kind != Kind::Dir {
            return Err(Errno::Notdir);
        }
        let (parent, name) = nodes.home(ino).ok_or(Errno::Noent)?;
        Ok((key, parent, name))
    }

    /// A folder and a name in it that leads to the node now, and what the host says of it. `ENOENT` if none is known.
    pub(super) fn place(&self, ino: Ino) -> Result<(Arc<Dir>, Box<str>, Seen)> {
        if ino == self.root && self.root_kind == Kind::Dir {
            let seen = system::stat_dir(&self.base)?;
            return Ok((Arc::clone(&self.base), HERE.into(), seen));
        }
        let (key, names) = self.nodes.lock().find(ino).ok_or(Errno::Noent)?;
        for (parent, name) in names.into_iter().rev() {
            let found = self.dir(parent).and_then(|dir| {
                let seen = system::stat(&dir, &name)?;
                Ok((dir, seen))
            });
            match found {
                Ok((dir, seen)) if seen.key == key => return Ok((dir, name, seen)),
                Ok(_) | Err(Errno::Noent | Errno::Notdir) => {
                    self.nodes.lock().forget_name(parent, &name);
                }
                Err(error) => return Err(error),
            }
        }
        Err(Errno::Noent)
    }

    /// The node under a name, in exactly this spelling.
    pub(super) fn look_up(&self, dir: Ino, name: &str) -> Result<(Ino, Seen)> {
        border::check(name, Errno::Noent)?;
        let folder = self.dir(dir)?;
        let seen = system::stat(&folder, name)?;
        self.spelled(&folder, dir, name, &seen)?;
        let at = Some((dir, name));
        let ino = self.nodes.lock().seen(seen.key, seen.attr.kind, at);
        Ok((ino, seen))
    }

    /// `ENOENT` if the host found a name in another spelling: to a guest those are two names.
    pub(super) fn spelled(&self, folder: &Dir, dir: Ino, name: &str, seen: &Seen) -> Result<()> {
        if !self.folds {
            return Ok(());
        }
        {
            let nodes = self.nodes.lock();
            let known = nodes.named(dir, name).and_then(|ino| nodes.key(ino));
            if known.is_some_and(|(key, _)| key == seen.key) {
                return Ok(());
            }
        }
        let mut found = false;
        system::entries(folder, &mut |item| found |= item.name == name)?;
        if found { Ok(()) } else { Err(Errno::Noent) }
    }

    pub(super) fn parent_of(&self, dir: Ino) -> Result<Ino> {
        if dir == self.root {
            return Ok(dir);
        }
        let nodes = self.nodes.lock();
        match nodes.key(dir) {
            Some((_, Kind::Dir)) => Ok(nodes.home(dir).map_or(self.root, |home| home.0)),
            Some(_) => Err(Errno::Notdir),
            None => Err(Errno::Noent),
        }
    }
}
