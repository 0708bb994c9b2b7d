//! Names and attributes: looking up, listing, making, linking, removing, moving.
//!
//! Every operation reads and commits under one write lock of the state, so two of them never interleave. The checks
//! are of structure alone and in Linux's order; permissions are the namespace's.

use super::super::{Attr, DirEntry, Ino, Kind, LINK_MAX, Make, NAME_MAX, Result, StatFs};
use super::Overlay;
use super::node::{Body, Meta};
use super::state::{Batch, Gone, OWN_COOKIES, State};
use crate::base::errno::Errno;

impl Overlay {
    pub(super) fn look_up(&self, dir: Ino, name: &str) -> Result<Ino> {
        let state = self.state.read();
        if let Some(ino) = state.child(dir, name) {
            return Ok(ino);
        }
        if !state.is_dir(dir) {
            return Err(Errno::Notdir);
        }
        if name.len() > NAME_MAX {
            return Err(Errno::Nametoolong);
        }
        Err(Errno::Noent)
    }

    pub(super) fn get_attr(&self, ino: Ino) -> Result<Attr> {
        let mut attr = {
            let state = self.state.read();
            match state.nodes.get(&ino) {
                None => return self.image.attr(ino).ok_or(Errno::Noent),
                Some(node) => {
                    let attr = node.meta.attr(&self.image, ino);
                    if !matches!(node.meta.body, Body::Own { .. }) {
                        return Ok(attr);
                    }
                    attr
                }
            }
        };
        attr.blocks512 = self.contents.blocks512(ino, attr.size);
        Ok(attr)
    }

    pub(super) fn parent_of(&self, dir: Ino) -> Result<Ino> {
        self.state.read().parent(dir).ok_or(Errno::Notdir)
    }

    pub(super) fn link_text(&self, ino: Ino) -> Result<String> {
        let state = self.state.read();
        match state.nodes.get(&ino).map(|n| &n.meta.body) {
            Some(Body::Symlink(text)) => Ok(text.to_string()),
            Some(_) => Err(Errno::Inval),
            None => self
                .image
                .read_link(ino)
                .map(str::to_owned)
                .ok_or(Errno::Inval),
        }
    }

    /// First the image's names in their order, then own ones in the order in which they were made.
    pub(super) fn list(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        let state = self.state.read();
        if !state.is_dir(dir) {
            return Err(Errno::Notdir);
        }
        let node = state.nodes.get(&dir);
        let mut found = Vec::new();
        if node.is_some_and(|n| n.meta.nlink == 0) {
            return Ok(found);
        }
        let names = node.and_then(|n| n.names.as_deref());
        let entry = |name: &str, ino: Ino, next: u64| DirEntry {
            name: name.to_owned(),
            ino,
            kind: state.kind(ino),
            next,
        };
        for place in cookie..self.image.len(dir) {
            if found.len() == max {
                return Ok(found);
            }
            let Some((name, ino)) = self.image.entry(dir, place) else {
                break;
            };
            let ino = names.and_then(|n| n.get(name)).unwrap_or(Some(ino));
            found.extend(ino.map(|ino| entry(name, ino, place + 1)));
        }
        let rest = max - found.len();
        if let Some(names) = names {
            let own = names.after(cookie.max(OWN_COOKIES)).take(rest);
            found.extend(own.map(|(cookie, name, ino)| entry(name, ino, cookie)));
        }
        Ok(found)
    }

    pub(super) fn make_node(&self, dir: Ino, name: &str, what: &Make) -> Result<Ino> {
        let body = match what.kind {
            Kind::File => Body::Own { size: 0 },
            Kind::Dir => Body::Dir { parent: dir },
            Kind::Symlink => Body::Symlink(what.target.as_deref().ok_or(Errno::Inval)?.into()),
            kind => Body::Special {
                kind,
                rdev: what.rdev,
            },
        };
        let now = (self.clock)();
        let meta = Meta {
            mode: what.mode & 0o7777,
            uid: what.uid,
            gid: what.gid,
            nlink: if what.kind == Kind::Dir { 2 } else { 1 },
            atime: now,
            mtime: now,
            ctime: now,
            body,
        };
        let mut state = self.state.write();
        state.check_free(dir, name)?;
        state.has_room(meta.weight() + 1)?;
        let ino = state.next;
        let mut batch = Batch::default();
        let parent = state.edit(&mut batch, dir)?;
        parent.touch(now);
        parent.nlink += u64::from(what.kind == Kind::Dir);
        batch.put(ino, meta);
        batch.name(dir, name, ino);
        state.commit(batch)?;
        Ok(ino)
    }

    pub(super) fn add_name(&self, ino: Ino, dir: Ino, name: &str) -> Result<()> {
        let now = (self.clock)();
        let mut state = self.state.write();
        state.check_free(dir, name)?;
        state.has_room(1)?;
        let mut batch = Batch::default();
        let meta = state.edit(&mut batch, ino)?;
        if meta.is_dir() {
            return Err(Errno::Perm);
        }
        if meta.nlink == 0 {
            return Err(Errno::Noent);
        }
        if meta.nlink >= LINK_MAX {
            return Err(Errno::Mlink);
        }
        meta.nlink += 1;
        meta.ctime = now;
        state.edit(&mut batch, dir)?.touch(now);
        batch.name(dir, name, ino);
        state.commit(batch)
    }

    pub(super) fn remove_name(&self, dir: Ino, name: &str) -> Result<()> {
        let now = (self.clock)();
        let mut state = self.state.write();
        let victim = state.victim(dir, name)?;
        if state.is_dir(victim) {
            return Err(Errno::Isdir);
        }
        let mut batch = Batch::default();
        state.edit(&mut batch, dir)?.touch(now);
        state.unname(&mut batch, dir, name);
        let gone = state.lose(&mut batch, victim, now)?;
        state.commit(batch)?;
        drop(state);
        self.bury(gone);
        Ok(())
    }

    pub(super) fn remove_dir(&self, dir: Ino, name: &str) -> Result<()> {
        let now = (self.clock)();
        let mut state = self.state.write();
        let victim = state.victim(dir, name)?;
        if !state.is_dir(victim) {
            return Err(Errno::Notdir);
        }
        if !state.is_empty(victim) {
            return Err(Errno::Notempty);
        }
        let mut batch = Batch::default();
        let parent = state.edit(&mut batch, dir)?;
        parent.touch(now);
        parent.nlink = parent.nlink.saturating_sub(1);
        state.unname(&mut batch, dir, name);
        state.lose(&mut batch, victim, now)?;
        state.commit(batch)
    }

    pub(super) fn move_name(
        &self,
        (old_dir, old_name): (Ino, &str),
        (new_dir, new_name): (Ino, &str),
        noreplace: bool,
    ) -> Result<()> {
        let now = (self.clock)();
        let mut state = self.state.write();
        let ino = state.victim(old_dir, old_name)?;
        state.live_dir(new_dir)?;
        if new_name.len() > NAME_MAX {
            return Err(Errno::Nametoolong);
        }
        let victim = state.child(new_dir, new_name);
        if noreplace && victim.is_some() {
            return Err(Errno::Exist);
        }
        let is_dir = state.is_dir(ino);
        if is_dir && state.is_within(new_dir, ino) {
            return Err(Errno::Inval);
        }
        if victim == Some(ino) {
            // Two names of one file: nothing to do, POSIX says.
            return Ok(());
        }
        if let Some(victim) = victim {
            match (is_dir, state.is_dir(victim)) {
                _ if state.is_within(old_dir, victim) => return Err(Errno::Notempty),
                (true, false) => return Err(Errno::Notdir),
                (false, true) => return Err(Errno::Isdir),
                (true, true) if !state.is_empty(victim) => return Err(Errno::Notempty),
                _ => {}
            }
        } else {
            state.has_room(1)?;
        }
        let mut batch = Batch::default();
        let mut gone = None;
        state.unname(&mut batch, old_dir, old_name);
        let from = state.edit(&mut batch, old_dir)?;
        from.touch(now);
        from.nlink = from.nlink.saturating_sub(u64::from(is_dir));
        let to = state.edit(&mut batch, new_dir)?;
        to.touch(now);
        to.nlink += u64::from(is_dir);
        if let Some(victim) = victim {
            to.nlink = to.nlink.saturating_sub(u64::from(is_dir));
            gone = state.lose(&mut batch, victim, now)?;
        }
        let moved = state.edit(&mut batch, ino)?;
        moved.ctime = now;
        if let Body::Dir { parent } = &mut moved.body {
            *parent = new_dir;
        }
        batch.name(new_dir, new_name, ino);
        state.commit(batch)?;
        drop(state);
        self.bury(gone);
        Ok(())
    }

    /// One open file less.
    pub(super) fn let_go(&self, ino: Ino) {
        let mut state = self.state.write();
        match state.held.get_mut(&ino) {
            Some(count) if *count > 1 => {
                *count -= 1;
                return;
            }
            Some(_) => state.held.remove(&ino),
            None => return,
        };
        let Some(meta) = state.nodes.get(&ino).map(|n| &n.meta) else {
            return;
        };
        if meta.nlink > 0 {
            if state.dirty.contains(&ino) {
                state.tell(ino);
            }
            return;
        }
        let size = match meta.body {
            Body::Own { size } => Some(size),
            _ => None,
        };
        // The journal has it without a name; opening drops such nodes.
        state.apply(super::change::Change::Drop(ino));
        drop(state);
        self.bury(Some(Gone { ino, size }));
    }

    /// Removes the bytes of a node that is gone.
    fn bury(&self, gone: Option<Gone>) {
        if let Some(Gone {
            ino,
            size: Some(size),
        }) = gone
        {
            let _writers = self.writer(ino).lock();
            self.contents.remove(ino, size);
        }
    }

    pub(super) fn stat_fs(&self) -> StatFs {
        const BLOCK: u64 = 4096;
        let (total, used) = self.contents.space();
        let (files, weight) = {
            let state = self.state.read();
            (state.limit / 2, state.weight / 2)
        };
        let magic = match self.type_name {
            "overlay" => 0x794c_7630,
            _ => 0x0102_1994,
        };
        StatFs {
            magic,
            block_size: BLOCK,
            blocks: total / BLOCK,
            blocks_free: total.saturating_sub(used) / BLOCK,
            files: files + self.image.last(),
            files_free: files.saturating_sub(weight),
        }
    }
}

impl State {
    fn kind(&self, ino: Ino) -> Kind {
        match self.nodes.get(&ino) {
            Some(node) => node.meta.kind(),
            None => self.image.kind(ino).unwrap_or(Kind::File),
        }
    }

    /// A live directory without this name.
    fn check_free(&self, dir: Ino, name: &str) -> Result<()> {
        self.live_dir(dir)?;
        if name.len() > NAME_MAX {
            return Err(Errno::Nametoolong);
        }
        match self.child(dir, name) {
            Some(_) => Err(Errno::Exist),
            None => Ok(()),
        }
    }

    /// What a name that is to go leads to.
    fn victim(&self, dir: Ino, name: &str) -> Result<Ino> {
        self.live_dir(dir)?;
        self.child(dir, name).ok_or(if name.len() > NAME_MAX {
            Errno::Nametoolong
        } else {
            Errno::Noent
        })
    }
}
