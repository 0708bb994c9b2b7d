//! The operations on paths, each in the order in which Linux checks.

use super::super::{Attr, Kind, Result, StatFs, Time};
use super::{Access, At, Cred, Namespace};

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
        let _ = (cred, at.into(), path, follow);
        todo!()
    }

    /// `mkdirat`; `mode` is already masked.
    pub fn mkdir<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        mode: u16,
    ) -> Result<()> {
        let _ = (cred, at.into(), path, mode);
        todo!()
    }

    /// `mknodat`; `mode` is already masked.
    pub fn mknod<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        kind: Kind,
        mode: u16,
        rdev: (u32, u32),
    ) -> Result<()> {
        let _ = (cred, at.into(), path, kind, mode, rdev);
        todo!()
    }

    /// `symlinkat`.
    pub fn symlink<'a>(
        &self,
        cred: &Cred,
        target: &str,
        at: impl Into<At<'a>>,
        path: &str,
    ) -> Result<()> {
        let _ = (cred, target, at.into(), path);
        todo!()
    }

    /// `linkat`.
    pub fn link<'a>(
        &self,
        cred: &Cred,
        old_at: impl Into<At<'a>>,
        old: &str,
        follow: bool,
        new_at: impl Into<At<'a>>,
        new: &str,
    ) -> Result<()> {
        let _ = (cred, old_at.into(), old, follow, new_at.into(), new);
        todo!()
    }

    /// `unlinkat` without `AT_REMOVEDIR`.
    pub fn unlink<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<()> {
        let _ = (cred, at.into(), path);
        todo!()
    }

    /// `unlinkat` with `AT_REMOVEDIR`.
    pub fn rmdir<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<()> {
        let _ = (cred, at.into(), path);
        todo!()
    }

    /// `renameat2`.
    pub fn rename<'a>(
        &self,
        cred: &Cred,
        old_at: impl Into<At<'a>>,
        old: &str,
        new_at: impl Into<At<'a>>,
        new: &str,
        noreplace: bool,
    ) -> Result<()> {
        let _ = (cred, old_at.into(), old, new_at.into(), new, noreplace);
        todo!()
    }

    /// `readlinkat`.
    pub fn readlink<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<String> {
        let _ = (cred, at.into(), path);
        todo!()
    }

    /// `fchmodat`.
    pub fn chmod<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        mode: u16,
        follow: bool,
    ) -> Result<()> {
        let _ = (cred, at.into(), path, mode, follow);
        todo!()
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
        let _ = (cred, at.into(), path, uid, gid, follow);
        todo!()
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
        let _ = (cred, at.into(), path, atime, mtime, follow);
        todo!()
    }

    /// `truncate`.
    pub fn truncate<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        size: u64,
    ) -> Result<()> {
        let _ = (cred, at.into(), path, size);
        todo!()
    }

    /// `faccessat` with the ids given; no bits ask only whether it exists.
    pub fn access<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        want: Access,
    ) -> Result<()> {
        let _ = (cred, at.into(), path, want);
        todo!()
    }

    /// `statfs`.
    pub fn statfs<'a>(&self, cred: &Cred, at: impl Into<At<'a>>, path: &str) -> Result<StatFs> {
        let _ = (cred, at.into(), path);
        todo!()
    }
}
