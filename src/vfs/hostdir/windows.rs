//! What a folder of the host needs of Windows: there are no owners and no modes, names fold, and folders that are open
//! cannot be renamed or removed.
//!
//! cap-std opens relative to a handle; where Windows offers no such call it uses the handle's path, which cannot change
//! while the handle is open.

use super::super::{Attr, Kind, Result, SetAttr, StatFs, Time};
use super::nodes::Key;
use super::owners::Owners;
use super::{Item, Seen};
use crate::base::errno::Errno;
use cap_fs_ext::{DirEntryExt, DirExt, MetadataExt};
use cap_std::fs::{Dir, Metadata, OpenOptions};
use std::fs::{File, FileTimes};
use std::io;
use std::os::windows::fs::FileExt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const ERROR_SHARING_VIOLATION: i32 = 32;
const ERROR_INVALID_NAME: i32 = 123;
const ERROR_STOPPED_ON_SYMLINK: i32 = 681;
const ERROR_PRIVILEGE_NOT_HELD: i32 = 1314;

pub(super) fn owners() -> Owners {
    Owners::None
}

pub(super) fn errno(error: io::Error) -> Errno {
    match error.raw_os_error() {
        Some(ERROR_SHARING_VIOLATION) => Errno::Busy,
        Some(ERROR_INVALID_NAME) => Errno::Inval,
        Some(ERROR_STOPPED_ON_SYMLINK) => Errno::Loop,
        Some(ERROR_PRIVILEGE_NOT_HELD) => Errno::Perm,
        _ => Errno::from(error),
    }
}

pub(super) fn no_waiting(_options: &mut OpenOptions) {}

pub(super) fn private(_options: &mut OpenOptions) {}

pub(super) fn stat(dir: &Dir, name: &str) -> Result<Seen> {
    Ok(seen(&dir.symlink_metadata(name).map_err(errno)?))
}

pub(super) fn stat_dir(dir: &Dir) -> Result<Seen> {
    Ok(seen(&dir.dir_metadata().map_err(errno)?))
}

pub(super) fn stat_file(file: &File) -> Result<Seen> {
    Ok(seen(&Metadata::from_file(file).map_err(errno)?))
}

/// Everything is root's and everybody's, as Docker Desktop shows it, until a guest says otherwise.
fn seen(m: &Metadata) -> Seen {
    let kind = kind(m.file_type());
    let time = |time: io::Result<SystemTime>| match time.map(|t| t.duration_since(UNIX_EPOCH)) {
        Ok(Ok(since)) => Time(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)),
        _ => Time(0),
    };
    let mut attr = Attr::new(0, kind, 0o777);
    (attr.nlink, attr.size) = (m.nlink(), m.len());
    attr.blocks512 = attr.size.div_ceil(4096) * 8;
    attr.atime = time(m.accessed().map(cap_std_time));
    attr.mtime = time(m.modified().map(cap_std_time));
    attr.ctime = attr.mtime;
    let key = Key {
        dev: m.dev(),
        ino: m.ino(),
    };
    Seen { key, attr }
}

fn cap_std_time(time: cap_std::time::SystemTime) -> SystemTime {
    time.into_std()
}

fn kind(kind: cap_std::fs::FileType) -> Kind {
    match () {
        () if kind.is_symlink() => Kind::Symlink,
        () if kind.is_dir() => Kind::Dir,
        () => Kind::File,
    }
}

pub(super) fn entries(dir: &Dir, each: &mut dyn FnMut(Item<'_>)) -> Result<()> {
    for entry in dir.entries().map_err(errno)? {
        let entry = entry.map_err(errno)?;
        let name = entry.file_name();
        let Some(name) = name.to_str() else { continue };
        // Listings of Windows say no numbers; what cannot be opened even for that is left out.
        let Ok(metadata) = entry.full_metadata() else {
            continue;
        };
        let Seen { key, attr } = seen(&metadata);
        let kind = attr.kind;
        each(Item { name, kind, key });
    }
    Ok(())
}

pub(super) fn set_file(file: &File, set: &SetAttr) -> Result<()> {
    let mut times = FileTimes::new();
    if let Some(time) = set.atime {
        times = times.set_accessed(system_time(time));
    }
    if let Some(time) = set.mtime {
        times = times.set_modified(system_time(time));
    }
    match set.atime.is_some() || set.mtime.is_some() {
        true => file.set_times(times).map_err(errno),
        false => Ok(()),
    }
}

pub(super) fn set_named(dir: &Dir, name: &str, _key: Key, set: &SetAttr) -> Result<()> {
    let time = |time: Option<Time>| {
        let time = system_time(time?);
        Some(cap_fs_ext::SystemTimeSpec::Absolute(
            cap_std::time::SystemTime::from_std(time),
        ))
    };
    match (time(set.atime), time(set.mtime)) {
        (None, None) => Ok(()),
        (atime, mtime) => dir.set_symlink_times(name, atime, mtime).map_err(errno),
    }
}

fn system_time(Time(nanos): Time) -> SystemTime {
    let span = Duration::from_nanos(nanos.unsigned_abs());
    let time = match nanos < 0 {
        true => UNIX_EPOCH.checked_sub(span),
        false => UNIX_EPOCH.checked_add(span),
    };
    time.unwrap_or(UNIX_EPOCH)
}

/// Windows has two kinds of links, and wants a privilege for both.
pub(super) fn symlink(dir: &Dir, name: &str, text: &str) -> Result<()> {
    dir.symlink_file(text.replace('/', "\\"), name)
        .map_err(errno)
}

pub(super) fn fifo(_dir: &Dir, _name: &str) -> Result<()> {
    Err(Errno::Perm)
}

pub(super) fn rename(from: &Dir, old: &str, to: &Dir, new: &str, noreplace: bool) -> Result<()> {
    if let Ok(victim) = stat(to, new) {
        if noreplace {
            return Err(Errno::Exist);
        }
        // Windows replaces files alone; an empty folder has to go first.
        let moved = stat(from, old)?;
        match (moved.attr.kind == Kind::Dir, victim.attr.kind == Kind::Dir) {
            (true, false) => return Err(Errno::Notdir),
            (false, true) => return Err(Errno::Isdir),
            (true, true) if moved.key != victim.key => to.remove_dir(new).map_err(errno)?,
            _ => {}
        }
    }
    from.rename(old, to, new).map_err(errno)
}

/// Links to folders are removed as folders there.
pub(super) fn unlink(dir: &Dir, name: &str) -> Result<()> {
    dir.remove_file_or_symlink(name).map_err(errno)
}

pub(super) fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    file.seek_read(buf, offset)
}

pub(super) fn write_at(file: &File, offset: u64, buf: &[u8]) -> io::Result<usize> {
    file.seek_write(buf, offset)
}

pub(super) fn append(file: &File, buf: &[u8]) -> io::Result<usize> {
    file.seek_write(buf, file.metadata()?.len())
}

pub(super) fn may_fold(_dir: &Dir) -> bool {
    true
}

/// How full the host's disk is, Windows tells by path alone; guests are told nothing.
pub(super) fn stat_fs(_dir: &Dir) -> StatFs {
    StatFs {
        magic: super::MAGIC,
        block_size: 4096,
        ..StatFs::default()
    }
}
