//! The operations on names: making, linking, removing, renaming, each in the order in which Linux checks.

use super::super::{Attr, Kind, Make, Result, S_ISGID, S_ISUID, S_ISVTX};
use super::walk::{Last, Walk, check_path};
use super::{Access, At, Cred, Namespace, Place};
use crate::base::capability::Capability;
use crate::base::errno::Errno;
use std::sync::Arc;

impl Namespace {
    /// `mkdirat`; `mode` is already masked.
    pub fn mkdir<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        mode: u16,
    ) -> Result<()> {
        // Set-id bits of a directory come from its parent, as on Linux.
        let make = Make::new(Kind::Dir, mode & 0o1777);
        self.create(cred, at.into(), path, make)
    }

    /// `mknodat`; `mode` is already masked. Devices are root's to make.
    pub fn mknod<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        kind: Kind,
        mode: u16,
        rdev: (u32, u32),
    ) -> Result<()> {
        match kind {
            Kind::Dir => return Err(Errno::Perm),
            Kind::Symlink => return Err(Errno::Inval),
            _ => {}
        }
        let mut make = Make::new(kind, mode);
        if matches!(kind, Kind::CharDevice | Kind::BlockDevice) {
            make.rdev = rdev;
        }
        self.create(cred, at.into(), path, make)
    }

    /// `symlinkat`.
    pub fn symlink<'a>(
        &self,
        cred: &Cred,
        target: &str,
        at: impl Into<At<'a>>,
        path: &str,
    ) -> Result<()> {
        check_path(target)?;
        let mut make = Make::new(Kind::Symlink, 0o777);
        make.target = Some(target.to_owned());
        self.create(cred, at.into(), path, make)
    }

    fn create(&self, cred: &Cred, at: At<'_>, path: &str, make: Make) -> Result<()> {
        let mut walk = Walk::begin(self.table(), cred, at, path)?;
        let name = free_name(&mut walk, path, make.kind == Kind::Dir)?;
        if matches!(make.kind, Kind::CharDevice | Kind::BlockDevice) && !cred.can(Capability::MKNOD)
        {
            return Err(Errno::Perm);
        }
        let make = owned(cred, &walk.attr, make);
        let Place { mount, ino } = &walk.place;
        mount.fs.make(*ino, name, &make).map(|_| ())
    }

    /// `linkat`.
    pub fn link<'a, 'b>(
        &self,
        cred: &Cred,
        old_at: impl Into<At<'a>>,
        old: &str,
        follow: bool,
        new_at: impl Into<At<'b>>,
        new: &str,
    ) -> Result<()> {
        let mut from = Walk::begin(self.table(), cred, old_at.into(), old)?;
        from.all(old, follow)?;
        let mut to = Walk::begin(self.table(), cred, new_at.into(), new)?;
        let name = free_name_unchecked(&mut to, new, false)?;
        if !Arc::ptr_eq(&from.place.mount, &to.place.mount) || from.magic {
            return Err(Errno::Xdev);
        }
        if !may_link(cred, &from.attr) {
            return Err(Errno::Perm);
        }
        to.permitted(Access::CHANGE_DIR)?;
        if from.attr.is_dir() {
            return Err(Errno::Perm);
        }
        let fs = &to.place.mount.fs;
        fs.link(from.place.ino, to.place.ino, name)
    }

    /// `unlinkat` without `AT_REMOVEDIR`.
    pub fn unlink<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<()> {
        let mut walk = Walk::begin(self.table(), cred, at.into(), path)?;
        let (last, slash) = walk.parent(path)?;
        let Last::Name(name) = last else {
            return Err(Errno::Isdir);
        };
        walk.place.writable()?;
        let victim = Victim::find(&walk, name)?;
        if slash {
            return Err(if victim.attr.is_dir() {
                Errno::Isdir
            } else {
                Errno::Notdir
            });
        }
        victim.may_go(&walk)?;
        if victim.attr.is_dir() {
            return Err(Errno::Isdir);
        }
        victim.not_busy(&walk)?;
        walk.place.mount.fs.unlink(walk.place.ino, name)
    }

    /// `unlinkat` with `AT_REMOVEDIR`.
    pub fn rmdir<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<()> {
        let mut walk = Walk::begin(self.table(), cred, at.into(), path)?;
        let (last, _) = walk.parent(path)?;
        let name = match last {
            Last::Name(name) => name,
            Last::Dot => return Err(Errno::Inval),
            Last::DotDot => return Err(Errno::Notempty),
            Last::Root => return Err(Errno::Busy),
        };
        walk.place.writable()?;
        let victim = Victim::find(&walk, name)?;
        victim.may_go(&walk)?;
        if !victim.attr.is_dir() {
            return Err(Errno::Notdir);
        }
        victim.not_busy(&walk)?;
        walk.place.mount.fs.rmdir(walk.place.ino, name)
    }

    /// `renameat2`, with `RENAME_NOREPLACE` if `noreplace`.
    pub fn rename<'a, 'b>(
        &self,
        cred: &Cred,
        old_at: impl Into<At<'a>>,
        old: &str,
        new_at: impl Into<At<'b>>,
        new: &str,
        noreplace: bool,
    ) -> Result<()> {
        let mut from = Walk::begin(self.table(), cred, old_at.into(), old)?;
        let (old_last, old_slash) = from.parent(old)?;
        let mut to = Walk::begin(self.table(), cred, new_at.into(), new)?;
        let (new_last, new_slash) = to.parent(new)?;
        if !Arc::ptr_eq(&from.place.mount, &to.place.mount) {
            return Err(Errno::Xdev);
        }
        let Last::Name(old_name) = old_last else {
            return Err(Errno::Busy);
        };
        let Last::Name(new_name) = new_last else {
            return Err(if noreplace { Errno::Exist } else { Errno::Busy });
        };
        from.place.writable()?;
        let source = Victim::find(&from, old_name)?;
        let target = match Victim::find(&to, new_name) {
            Ok(_) if noreplace => return Err(Errno::Exist),
            Ok(target) => Some(target),
            Err(Errno::Noent) => None,
            Err(error) => return Err(error),
        };
        let is_dir = source.attr.is_dir();
        if !is_dir && (old_slash || new_slash) {
            return Err(Errno::Notdir);
        }
        if target.as_ref().is_some_and(|t| t.place.is(&source.place)) {
            return Ok(());
        }
        source.may_go(&from)?;
        match &target {
            Some(target) => target.may_go(&to)?,
            None => to.permitted(Access::CHANGE_DIR)?,
        }
        if is_dir && !from.place.is(&to.place) && !cred.may(&source.attr, Access::WRITE) {
            // Moving a directory changes its own `..`.
            return Err(Errno::Acces);
        }
        source.not_busy(&from)?;
        if let Some(target) = &target {
            target.not_busy(&to)?;
        }
        let fs = &from.place.mount.fs;
        let (old_dir, new_dir) = (from.place.ino, to.place.ino);
        fs.rename(old_dir, old_name, new_dir, new_name, noreplace)
    }
}

/// A name that is to be taken away, with the node below any mount.
struct Victim {
    place: Place,
    attr: Attr,
}

impl Victim {
    fn find(walk: &Walk<'_>, name: &str) -> Result<Victim> {
        let mount = &walk.place.mount;
        let ino = mount.fs.lookup(walk.place.ino, name)?;
        Ok(Victim {
            attr: mount.fs.attr(ino)?,
            place: Place {
                mount: Arc::clone(mount),
                ino,
            },
        })
    }

    /// The directory may be changed and its sticky bit does not forbid it.
    fn may_go(&self, walk: &Walk<'_>) -> Result<()> {
        walk.permitted(Access::CHANGE_DIR)?;
        match walk.cred.passes_sticky(&walk.attr, &self.attr) {
            true => Ok(()),
            false => Err(Errno::Perm),
        }
    }

    fn not_busy(&self, walk: &Walk<'_>) -> Result<()> {
        match walk.table.mounted_on(&self.place) {
            Some(_) => Err(Errno::Busy),
            None => Ok(()),
        }
    }
}

/// The name of something to be made: not in use, in a directory that may be changed.
fn free_name<'p>(walk: &mut Walk<'_>, path: &'p str, is_dir: bool) -> Result<&'p str> {
    let name = free_name_unchecked(walk, path, is_dir)?;
    walk.permitted(Access::CHANGE_DIR)?;
    Ok(name)
}

fn free_name_unchecked<'p>(walk: &mut Walk<'_>, path: &'p str, is_dir: bool) -> Result<&'p str> {
    let (last, slash) = walk.parent(path)?;
    let Last::Name(name) = last else {
        return Err(Errno::Exist);
    };
    match walk.place.mount.fs.lookup(walk.place.ino, name) {
        Ok(_) => return Err(Errno::Exist),
        Err(Errno::Noent) => {}
        Err(error) => return Err(error),
    }
    if slash && !is_dir {
        return Err(Errno::Noent);
    }
    walk.place.writable()?;
    Ok(name)
}

/// Owner, group and set-gid of a new node: in a set-gid directory the group is the directory's, and so is the bit.
pub(super) fn owned(cred: &Cred, dir: &Attr, mut make: Make) -> Make {
    make.uid = cred.uid;
    make.gid = cred.gid;
    if dir.mode & S_ISGID != 0 {
        make.gid = dir.gid;
        if make.kind == Kind::Dir {
            make.mode |= S_ISGID;
        } else if make.mode & (S_ISGID | 0o010) == S_ISGID | 0o010
            && !cred.can(Capability::FSETID)
            && !cred.in_group(dir.gid)
        {
            make.mode &= !S_ISGID;
        }
    }
    make.mode &= 0o777 | S_ISUID | S_ISGID | S_ISVTX;
    make
}

/// Linux's `protected_hardlinks`: others' files only if they could be read and written anyway and lend no rights.
fn may_link(cred: &Cred, attr: &Attr) -> bool {
    let lends = attr.mode & S_ISUID != 0 || attr.mode & (S_ISGID | 0o010) == S_ISGID | 0o010;
    let safe = attr.kind == Kind::File && !lends && cred.may(attr, Access::from_bits(6));
    safe || cred.owns(attr)
}
