//! What a folder of the host needs of a Unix: attributes with owners, special files, Unix's error numbers.
//!
//! Every call names one component below an open folder and follows no link.

use super::super::{Attr, Kind, Result, SetAttr, StatFs, Time};
use super::nodes::Key;
use super::owners::Owners;
use super::{Item, Seen};
use crate::base::errno::Errno;
use cap_std::fs::{Dir, FileTypeExt, Metadata, MetadataExt, OpenOptions, OpenOptionsExt};
use rustix::fs::{AtFlags, DirEntryExt, Gid, Mode, OFlags, Timespec, Timestamps, Uid};
use rustix::io::Errno as Native;
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, PermissionsExt, fchown};

/// How owners cross the border for this process.
pub(super) fn owners() -> Owners {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    match uid.is_root() {
        true => Owners::Real,
        false => Owners::Mapped {
            uid: uid.as_raw(),
            gid: gid.as_raw(),
        },
    }
}

pub(super) fn errno(error: io::Error) -> Errno {
    match Native::from_io_error(&error) {
        Some(Native::PERM) => Errno::Perm,
        Some(Native::LOOP) => Errno::Loop,
        Some(Native::NAMETOOLONG) => Errno::Nametoolong,
        Some(Native::XDEV) => Errno::Xdev,
        Some(Native::BUSY) => Errno::Busy,
        Some(Native::TXTBSY) => Errno::Txtbsy,
        Some(Native::MLINK) => Errno::Mlink,
        Some(Native::MFILE) => Errno::Mfile,
        Some(Native::NFILE) => Errno::Nfile,
        Some(Native::STALE) => Errno::Stale,
        Some(Native::NXIO) => Errno::Nxio,
        Some(Native::NODEV) => Errno::Nodev,
        _ => Errno::from(error),
    }
}

fn native(error: Native) -> Errno {
    errno(error.into())
}

/// Opening must neither wait for a FIFO's other side nor take a terminal.
pub(super) fn no_waiting(options: &mut OpenOptions) {
    options.custom_flags((OFlags::NONBLOCK | OFlags::NOCTTY).bits() as i32);
}

/// A new file belongs to the engine alone until it has its own mode.
pub(super) fn private(options: &mut OpenOptions) {
    options.mode(0o600);
}

pub(super) fn stat(dir: &Dir, name: &str) -> Result<Seen> {
    seen(&dir.symlink_metadata(name).map_err(errno)?)
}

pub(super) fn stat_dir(dir: &Dir) -> Result<Seen> {
    seen(&dir.dir_metadata().map_err(errno)?)
}

pub(super) fn stat_file(file: &File) -> Result<Seen> {
    let metadata = file.metadata().map_err(errno)?;
    seen(&Metadata::from_just_metadata(metadata))
}

fn seen(m: &Metadata) -> Result<Seen> {
    let kind = Kind::from_mode_bits(m.mode()).ok_or(Errno::Io)?;
    let time = |seconds: i64, nanos: i64| {
        Time(seconds.saturating_mul(1_000_000_000).saturating_add(nanos))
    };
    let mut attr = Attr::new(0, kind, (m.mode() & 0o7777) as u16);
    (attr.uid, attr.gid) = (m.uid(), m.gid());
    (attr.nlink, attr.size, attr.blocks512) = (m.nlink(), m.size(), m.blocks());
    if matches!(kind, Kind::CharDevice | Kind::BlockDevice) {
        attr.rdev = (rustix::fs::major(m.rdev()), rustix::fs::minor(m.rdev()));
    }
    attr.atime = time(m.atime(), m.atime_nsec());
    attr.mtime = time(m.mtime(), m.mtime_nsec());
    attr.ctime = time(m.ctime(), m.ctime_nsec());
    let key = Key {
        dev: m.dev(),
        ino: m.ino(),
    };
    Ok(Seen { key, attr })
}

/// Calls back for each name that is UTF-8; others cannot be said to a guest.
pub(super) fn entries(dir: &Dir, each: &mut dyn FnMut(Item<'_>)) -> Result<()> {
    let dev = MetadataExt::dev(&dir.dir_metadata().map_err(errno)?);
    for entry in dir.entries().map_err(errno)? {
        let entry = entry.map_err(errno)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        let kind = entry.file_type().map_err(errno)?;
        let kind = match () {
            () if kind.is_file() => Kind::File,
            () if kind.is_dir() => Kind::Dir,
            () if kind.is_symlink() => Kind::Symlink,
            () if kind.is_fifo() => Kind::Fifo,
            () if kind.is_socket() => Kind::Socket,
            () if kind.is_char_device() => Kind::CharDevice,
            () if kind.is_block_device() => Kind::BlockDevice,
            // Some filesystems do not say it in listings.
            () => match stat(dir, name) {
                Ok(seen) => seen.attr.kind,
                Err(_) => continue,
            },
        };
        let key = Key {
            dev,
            ino: entry.ino(),
        };
        each(Item { name, kind, key });
    }
    Ok(())
}

/// Changes mode, owner and times of an open file.
pub(super) fn set_file(file: &File, set: &SetAttr) -> Result<()> {
    if set.uid.is_some() || set.gid.is_some() {
        fchown(file, set.uid, set.gid).map_err(errno)?;
    }
    if let Some(mode) = set.mode {
        let mode = std::fs::Permissions::from_mode(u32::from(mode));
        file.set_permissions(mode).map_err(errno)?;
    }
    match times(set) {
        Some(times) => rustix::fs::futimens(file, &times).map_err(native),
        None => Ok(()),
    }
}

/// Changes mode, owner and times of what a name leads to, if that is still this node.
pub(super) fn set_named(dir: &Dir, name: &str, key: Key, set: &SetAttr) -> Result<()> {
    let nofollow = AtFlags::SYMLINK_NOFOLLOW;
    if set.uid.is_some() || set.gid.is_some() {
        let (uid, gid) = (set.uid.map(Uid::from_raw), set.gid.map(Gid::from_raw));
        rustix::fs::chownat(dir, name, uid, gid, nofollow).map_err(native)?;
    }
    if let Some(mode) = set.mode {
        change_mode(dir, name, key, Mode::from_raw_mode(mode.into()))?;
    }
    match times(set) {
        Some(times) => rustix::fs::utimensat(dir, name, &times, nofollow).map_err(native),
        None => Ok(()),
    }
}

/// Linux cannot change a mode by name without following a link: the node is pinned first, then looked at, then changed.
#[cfg(target_os = "linux")]
fn change_mode(dir: &Dir, name: &str, key: Key, mode: Mode) -> Result<()> {
    use std::os::fd::AsRawFd;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let node = rustix::fs::openat(dir, name, flags, Mode::empty()).map_err(native)?;
    let node = File::from(node);
    let found = stat_file(&node)?;
    if found.key != key {
        return Err(Errno::Noent);
    }
    if found.attr.kind == Kind::Symlink {
        return Err(Errno::Notsup);
    }
    let own = format!("/proc/self/fd/{}", node.as_raw_fd());
    rustix::fs::chmod(own, mode).map_err(native)
}

#[cfg(not(target_os = "linux"))]
fn change_mode(dir: &Dir, name: &str, _key: Key, mode: Mode) -> Result<()> {
    rustix::fs::chmodat(dir, name, mode, AtFlags::SYMLINK_NOFOLLOW).map_err(native)
}

fn times(set: &SetAttr) -> Option<Timestamps> {
    let time = |time: Option<Time>| match time {
        None => Timespec {
            tv_sec: 0,
            tv_nsec: rustix::fs::UTIME_OMIT,
        },
        Some(Time(nanos)) => Timespec {
            tv_sec: nanos.div_euclid(1_000_000_000),
            tv_nsec: nanos.rem_euclid(1_000_000_000) as _,
        },
    };
    (set.atime.is_some() || set.mtime.is_some()).then(|| Timestamps {
        last_access: time(set.atime),
        last_modification: time(set.mtime),
    })
}

pub(super) fn symlink(dir: &Dir, name: &str, text: &str) -> Result<()> {
    dir.symlink_contents(text, name).map_err(errno)
}

#[cfg(target_os = "linux")]
pub(super) fn fifo(dir: &Dir, name: &str) -> Result<()> {
    let private = Mode::RUSR | Mode::WUSR;
    rustix::fs::mknodat(dir, name, rustix::fs::FileType::Fifo, private, 0).map_err(native)
}

#[cfg(not(target_os = "linux"))]
pub(super) fn fifo(_dir: &Dir, _name: &str) -> Result<()> {
    Err(Errno::Perm)
}

pub(super) fn rename(from: &Dir, old: &str, to: &Dir, new: &str, noreplace: bool) -> Result<()> {
    #[cfg(any(target_os = "linux", target_os = "macos"))]
    if noreplace {
        let flags = rustix::fs::RenameFlags::NOREPLACE;
        return rustix::fs::renameat_with(from, old, to, new, flags).map_err(native);
    }
    #[cfg(not(any(target_os = "linux", target_os = "macos")))]
    if noreplace && stat(to, new).is_ok() {
        return Err(Errno::Exist);
    }
    from.rename(old, to, new).map_err(errno)
}

pub(super) fn unlink(dir: &Dir, name: &str) -> Result<()> {
    dir.remove_file(name).map_err(errno)
}

pub(super) fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    file.read_at(buf, offset)
}

pub(super) fn write_at(file: &File, offset: u64, buf: &[u8]) -> io::Result<usize> {
    file.write_at(buf, offset)
}

/// Writes at the end in one step with finding it, others on the host included. Answers how many bytes.
#[cfg(target_os = "linux")]
pub(super) fn append(file: &File, buf: &[u8]) -> io::Result<usize> {
    use rustix::io::ReadWriteFlags;
    let pieces = [io::IoSlice::new(buf)];
    match rustix::io::pwritev2(file, &pieces, 0, ReadWriteFlags::APPEND) {
        Err(Native::OPNOTSUPP | Native::NOSYS) => file.write_at(buf, file.metadata()?.len()),
        done => Ok(done?),
    }
}

#[cfg(not(target_os = "linux"))]
pub(super) fn append(file: &File, buf: &[u8]) -> io::Result<usize> {
    file.write_at(buf, file.metadata()?.len())
}

/// Whether the names of a folder may be found in another spelling. Linux's filesystems rarely fold, macOS's often do.
pub(super) fn may_fold(dir: &Dir) -> bool {
    let Ok(entries) = dir.entries() else {
        return true;
    };
    let letters = |name: &str| name.bytes().any(|b| b.is_ascii_alphabetic());
    let names = entries.take(64).flatten().map(|e| e.file_name());
    let name = names
        .filter_map(|n| n.into_string().ok())
        .find(|n| letters(n));
    match name {
        Some(name) => dir.symlink_metadata(swap_case(&name)).is_ok(),
        None => cfg!(not(target_os = "linux")),
    }
}

fn swap_case(name: &str) -> String {
    let swap = |c: char| match c {
        c if c.is_ascii_lowercase() => c.to_ascii_uppercase(),
        c => c.to_ascii_lowercase(),
    };
    name.chars().map(swap).collect()
}

pub(super) fn stat_fs(dir: &Dir) -> StatFs {
    let Ok(host) = rustix::fs::fstatvfs(dir) else {
        return StatFs::default();
    };
    StatFs {
        magic: super::MAGIC,
        block_size: host.f_frsize,
        blocks: host.f_blocks,
        blocks_free: host.f_bavail,
        files: host.f_files,
        files_free: host.f_favail,
    }
}
