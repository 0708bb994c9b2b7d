//! The operations on attributes, by path and by place, each in the order in which Linux checks.

use super::super::{Attr, Kind, Result, S_ISGID, S_ISUID, SetAttr, StatFs, Time};
use super::walk::Walk;
use super::{Access, At, Cred, Namespace, Place};
use crate::base::capability::Capability;
use crate::base::errno::Errno;

/// What to do with one of a node's times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetTime {
    /// Leave it (`UTIME_OMIT`).
    Omit,
    /// The present (`UTIME_NOW`).
    Now,
    /// A given moment.
    To(Time),
}

impl Namespace {
    /// `fstatat`.
    pub fn stat<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        follow: bool,
    ) -> Result<Attr> {
        let mut walk = Walk::begin(self.table(), cred, at.into(), path)?;
        walk.all(path, follow)?;
        let mut attr = walk.attr;
        attr.dev = walk.place.mount.dev;
        Ok(attr)
    }

    /// `readlinkat`.
    pub fn readlink<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<String> {
        let place = self.resolve(cred, at, path, false)?;
        if place.mount.fs.attr(place.ino)?.kind != Kind::Symlink {
            return Err(Errno::Inval);
        }
        place.mount.fs.read_link(place.ino)
    }

    /// `fchmodat`. A symlink's own mode cannot be changed (`ENOTSUP`).
    pub fn chmod<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        mode: u16,
        follow: bool,
    ) -> Result<()> {
        let place = self.resolve(cred, at, path, follow)?;
        if place.mount.fs.attr(place.ino)?.kind == Kind::Symlink {
            return Err(Errno::Notsup);
        }
        place.chmod(cred, mode)
    }

    /// `fchownat`; `None` is −1.
    pub fn chown<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        uid: Option<u32>,
        gid: Option<u32>,
        follow: bool,
    ) -> Result<()> {
        let place = self.resolve(cred, at, path, follow)?;
        place.chown(cred, uid, gid)
    }

    /// `utimensat`.
    pub fn set_times<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        atime: SetTime,
        mtime: SetTime,
        follow: bool,
    ) -> Result<()> {
        let place = self.resolve(cred, at, path, follow)?;
        place.set_times(cred, atime, mtime)
    }

    /// `truncate`.
    pub fn truncate<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        size: u64,
    ) -> Result<()> {
        let place = self.resolve(cred, at, path, true)?;
        let attr = place.mount.fs.attr(place.ino)?;
        match attr.kind {
            Kind::File => {}
            Kind::Dir => return Err(Errno::Isdir),
            _ => return Err(Errno::Inval),
        }
        place.writable()?;
        if !cred.may(&attr, Access::WRITE) {
            return Err(Errno::Acces);
        }
        place.truncate(cred, size)
    }

    /// `faccessat` with the ids given; no bits ask only whether it exists.
    pub fn access<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        want: Access,
    ) -> Result<()> {
        let mut walk = Walk::begin(self.table(), cred, at.into(), path)?;
        walk.all(path, true)?;
        let attr = &walk.attr;
        if want.exec && attr.kind == Kind::File && walk.place.mount.options().noexec {
            return Err(Errno::Acces);
        }
        walk.permitted(want)?;
        let plain = matches!(attr.kind, Kind::File | Kind::Dir | Kind::Symlink);
        if want.write && plain && !walk.magic {
            walk.place.writable()?;
        }
        Ok(())
    }

    /// `statfs`.
    pub fn statfs<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<StatFs> {
        let place = self.resolve(cred, at, path, true)?;
        Ok(place.mount.fs.statfs())
    }
}

impl Place {
    fn set(&self, set: &SetAttr) -> Result<()> {
        self.mount.fs.set_attr(self.ino, set)
    }

    pub(super) fn chmod(&self, cred: &Cred, mode: u16) -> Result<()> {
        self.writable()?;
        let attr = self.mount.fs.attr(self.ino)?;
        if !cred.owns(&attr) {
            return Err(Errno::Perm);
        }
        let mut mode = mode & 0o7777;
        if !cred.can(Capability::FSETID) && !cred.in_group(attr.gid) {
            mode &= !S_ISGID;
        }
        self.set(&SetAttr {
            mode: Some(mode),
            ..SetAttr::default()
        })
    }

    pub(super) fn chown(&self, cred: &Cred, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        self.writable()?;
        let attr = self.mount.fs.attr(self.ino)?;
        if !cred.can(Capability::CHOWN) {
            let owner = cred.uid == attr.uid;
            let same_user = uid.is_none_or(|uid| owner && uid == attr.uid);
            let own_group = gid.is_none_or(|gid| owner && (cred.in_group(gid) || gid == attr.gid));
            if !same_user || !own_group {
                return Err(Errno::Perm);
            }
        }
        // Giving a program away must not give its rights away.
        let lent = match attr.kind {
            Kind::Dir => 0,
            _ => lent_bits(cred, &attr),
        };
        self.set(&SetAttr {
            mode: (attr.mode & lent != 0).then_some(attr.mode & !lent),
            uid,
            gid,
            ..SetAttr::default()
        })
    }

    pub(super) fn set_times(&self, cred: &Cred, atime: SetTime, mtime: SetTime) -> Result<()> {
        if (atime, mtime) == (SetTime::Omit, SetTime::Omit) {
            return Ok(());
        }
        self.writable()?;
        let attr = self.mount.fs.attr(self.ino)?;
        if !cred.owns(&attr) {
            // Whoever may write may say "now" of both times; given times are the owner's.
            let both_now = (atime, mtime) == (SetTime::Now, SetTime::Now);
            if !both_now {
                return Err(Errno::Perm);
            }
            if !cred.may(&attr, Access::WRITE) {
                return Err(Errno::Acces);
            }
        }
        let now = Time::now();
        let time = |set| match set {
            SetTime::Omit => None,
            SetTime::Now => Some(now),
            SetTime::To(time) => Some(time),
        };
        self.set(&SetAttr {
            atime: time(atime),
            mtime: time(mtime),
            ..SetAttr::default()
        })
    }

    /// Cuts or extends, and takes set-id bits from what others than root change.
    pub(super) fn truncate(&self, cred: &Cred, size: u64) -> Result<()> {
        let mode = self.mode_after_write(cred)?;
        self.set(&SetAttr {
            mode,
            size: Some(size),
            ..SetAttr::default()
        })
    }

    /// The mode without the set-id bits that a write by others than root takes away; `None` if there are none.
    pub(super) fn mode_after_write(&self, cred: &Cred) -> Result<Option<u16>> {
        if cred.can(Capability::FSETID) {
            return Ok(None);
        }
        let attr = self.mount.fs.attr(self.ino)?;
        let lent = lent_bits(cred, &attr);
        let loses = attr.kind == Kind::File && attr.mode & lent != 0;
        Ok(loses.then_some(attr.mode & !lent))
    }
}

/// The set-id bits that go when a file changes hands or contents: set-gid without group execution stays for members.
fn lent_bits(cred: &Cred, attr: &Attr) -> u16 {
    let member = cred.can(Capability::FSETID) || cred.in_group(attr.gid);
    match attr.mode & 0o010 != 0 || !member {
        true => S_ISUID | S_ISGID,
        false => S_ISUID,
    }
}
