//! What files are: type, mode, owner, times, devices; and what may be done with them.

use super::super::guest::*;
use super::descriptors::Base;
use super::{MODULE, calls};
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::description::Description;
use crate::vfs::{Access, Attr, Kind};
use std::sync::Arc;
use wasmtime::{Linker, Result};

/// As `flags`: do not follow a symbolic link at the end.
const NOFOLLOW: i32 = 1;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker, MODULE;
        stat(dirfd: i32, path: u32, len: u32, flags: i32, out: u32);
        fstat(fd: u32, out: u32);
        chmod(dirfd: i32, path: u32, len: u32, mode: u32, flags: i32);
        fchmod(fd: u32, mode: u32);
        chown(dirfd: i32, path: u32, len: u32, uid: u32, gid: u32, flags: i32);
        fchown(fd: u32, uid: u32, gid: u32);
        mknod(dirfd: i32, path: u32, len: u32, mode: u32, rdev: u64);
        access(dirfd: i32, path: u32, len: u32, mode: i32);
        statfs(path: u32, len: u32, out: u32);
    }
    Ok(())
}

/// Linux's encoding of a device number.
pub(in super::super) fn makedev((major, minor): (u32, u32)) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    (major & 0xffff_f000) << 32 | (major & 0xfff) << 8 | (minor & 0xffff_ff00) << 12 | minor & 0xff
}

fn splitdev(dev: u64) -> (u32, u32) {
    let major = (dev >> 32 & 0xffff_f000 | dev >> 8 & 0xfff) as u32;
    let minor = (dev >> 12 & 0xffff_ff00 | dev & 0xff) as u32;
    (major, minor)
}

/// The guest's `Stat`, 88 bytes.
fn encode(attr: &Attr) -> Vec<u8> {
    let mut bytes = doubles([attr.dev, attr.ino, attr.nlink]);
    for word in [attr.st_mode(), attr.uid, attr.gid, 0] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(doubles([makedev(attr.rdev), attr.size, attr.blocks512]));
    for time in [attr.atime, attr.mtime, attr.ctime] {
        bytes.extend(time.0.to_le_bytes());
    }
    bytes
}

fn stat(guest: &mut Guest<'_>, dirfd: i32, ptr: u32, len: u32, flags: i32, out: u32) -> Answer {
    let path = path(guest, ptr, len)?;
    let process = process(guest);
    let base = Base::new(&process, dirfd, &path)?;
    let follow = flags & NOFOLLOW == 0;
    let attr = process.tree(|tree, cred| tree.stat(cred, base.at(), &path, follow))?;
    put(guest, out, &encode(&attr))
}

fn description(guest: &Guest<'_>, fd: u32) -> std::result::Result<Arc<Description>, Errno> {
    process(guest).files.lock().get(fd)
}

fn fstat(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let attr = description(guest, fd)?.attr()?;
    put(guest, out, &encode(&attr))
}

fn chmod(guest: &mut Guest<'_>, dirfd: i32, ptr: u32, len: u32, mode: u32, flags: i32) -> Answer {
    let path = path(guest, ptr, len)?;
    let process = process(guest);
    let base = Base::new(&process, dirfd, &path)?;
    let (mode, follow) = ((mode & 0o7777) as u16, flags & NOFOLLOW == 0);
    process.tree(|tree, cred| tree.chmod(cred, base.at(), &path, mode, follow))
}

fn fchmod(guest: &mut Guest<'_>, fd: u32, mode: u32) -> Answer {
    let description = description(guest, fd)?;
    // Pipes have no mode of their own to change; Linux changes that of a node nobody sees.
    let Some(node) = description.node() else {
        return Ok(());
    };
    node.chmod(&process(guest).cred(), (mode & 0o7777) as u16)
}

/// −1 leaves an owner as it is.
fn owner(id: u32) -> Option<u32> {
    (id != u32::MAX).then_some(id)
}

fn chown(
    guest: &mut Guest<'_>,
    dirfd: i32,
    ptr: u32,
    len: u32,
    uid: u32,
    gid: u32,
    flags: i32,
) -> Answer {
    let path = path(guest, ptr, len)?;
    let process = process(guest);
    let base = Base::new(&process, dirfd, &path)?;
    let follow = flags & NOFOLLOW == 0;
    process.tree(|tree, cred| tree.chown(cred, base.at(), &path, owner(uid), owner(gid), follow))
}

fn fchown(guest: &mut Guest<'_>, fd: u32, uid: u32, gid: u32) -> Answer {
    let description = description(guest, fd)?;
    let Some(node) = description.node() else {
        return Ok(());
    };
    node.chown(&process(guest).cred(), owner(uid), owner(gid))
}

fn mknod(guest: &mut Guest<'_>, dirfd: i32, ptr: u32, len: u32, mode: u32, rdev: u64) -> Answer {
    let path = path(guest, ptr, len)?;
    let process = process(guest);
    let base = Base::new(&process, dirfd, &path)?;
    let kind = match mode & 0o170000 {
        0 => Kind::File,
        bits => Kind::from_mode_bits(bits).ok_or(Errno::Inval)?,
    };
    let umask = process.paths.lock().umask;
    let bits = (mode & 0o7777) as u16 & !umask;
    let device = match kind {
        Kind::CharDevice | Kind::BlockDevice => splitdev(rdev),
        Kind::File | Kind::Fifo | Kind::Socket => (0, 0),
        Kind::Dir => return Err(Errno::Perm),
        Kind::Symlink => return Err(Errno::Inval),
    };
    process.tree(|tree, cred| tree.mknod(cred, base.at(), &path, kind, bits, device))
}

fn access(guest: &mut Guest<'_>, dirfd: i32, ptr: u32, len: u32, mode: i32) -> Answer {
    let bits = u16::try_from(mode)
        .ok()
        .filter(|bits| bits & !7 == 0)
        .ok_or(Errno::Inval)?;
    let path = path(guest, ptr, len)?;
    let process = process(guest);
    let base = Base::new(&process, dirfd, &path)?;
    process.tree(|tree, cred| tree.access(cred, base.at(), &path, Access::from_bits(bits)))
}

fn statfs(guest: &mut Guest<'_>, ptr: u32, len: u32, out: u32) -> Answer {
    let path = path(guest, ptr, len)?;
    let process = process(guest);
    let base = Base::new(&process, -1, &path)?;
    let stat = process.tree(|tree, cred| tree.statfs(cred, base.at(), &path))?;
    let fields = [
        stat.magic,
        stat.block_size,
        stat.blocks,
        stat.blocks_free,
        stat.blocks_free,
        stat.files,
        stat.files_free,
        crate::vfs::NAME_MAX as u64,
    ];
    put(guest, out, &doubles(fields))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_numbers_are_linuxs() {
        assert_eq!(makedev((1, 3)), 0x103);
        assert_eq!(makedev((136, 7)), 0x8807);
        for pair in [
            (0, 0),
            (1, 3),
            (4095, 255),
            (4096, 256),
            (u32::MAX, u32::MAX),
        ] {
            assert_eq!(splitdev(makedev(pair)), pair);
        }
    }

    #[test]
    fn the_guests_stat_has_88_bytes() {
        assert_eq!(encode(&Attr::new(1, Kind::File, 0o644)).len(), 88);
    }
}
