//! Calls that take paths.

use super::super::super::context::Context;
use super::super::super::open::{
    O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDWR, O_TRUNC, O_WRONLY, open,
};
use super::super::guest::{Answer, Guest, path, put, put_word, writable};
use super::types::*;
use super::{calls, waiting_calls};
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker;
        path_create_directory(fd: u32, path: u32, len: u32);
        path_filestat_get(fd: u32, flags: u32, path: u32, len: u32, out: u32);
        path_filestat_set_times(fd: u32, flags: u32, path: u32, len: u32, atim: u64, mtim: u64, fst: u32);
        path_link(old_fd: u32, flags: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32);
        path_readlink(fd: u32, path: u32, len: u32, buffer: u32, room: u32, out: u32);
        path_remove_directory(fd: u32, path: u32, len: u32);
        path_rename(old_fd: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32);
        path_symlink(target: u32, target_len: u32, fd: u32, path: u32, len: u32);
        path_unlink_file(fd: u32, path: u32, len: u32);
    }
    waiting_calls! { linker;
        path_open(fd: u32, lookup: u32, path: u32, len: u32, oflags: u32, base: u64, inheriting: u64, fdflags: u32, out: u32);
    }
    Ok(())
}

/// Linux's open flags for preview1's: what may be done is told by the rights that are asked for.
pub(in super::super) fn open_flags(lookup: u32, oflags: u32, rights: u64, fdflags: u32) -> u32 {
    let directory = oflags & 2 != 0;
    let write =
        rights & (RIGHT_FD_WRITE | RIGHT_FD_ALLOCATE | RIGHT_FD_SET_SIZE) != 0 && !directory;
    let read = rights & (RIGHT_FD_READ | RIGHT_FD_READDIR) != 0 || !write;
    let mut flags = match (read, write) {
        (true, true) => O_RDWR,
        (false, true) => O_WRONLY,
        _ => 0,
    };
    let mut add = |condition: bool, flag: u32| flags |= if condition { flag } else { 0 };
    add(lookup & FOLLOW == 0, O_NOFOLLOW);
    add(oflags & 1 != 0, O_CREAT);
    add(directory, O_DIRECTORY);
    add(oflags & 4 != 0, O_EXCL);
    add(oflags & 8 != 0, O_TRUNC);
    flags | status_flags(fdflags)
}

#[expect(clippy::too_many_arguments, reason = "preview1's own")]
pub(in super::super) async fn path_open(
    guest: &mut Guest<'_>,
    fd: u32,
    lookup_flags: u32,
    path: u32,
    len: u32,
    oflags: u32,
    rights: u64,
    _inheriting: u64,
    fdflags: u32,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    let (process, base, path) = lookup(guest, fd, path, len)?;
    let flags = open_flags(lookup_flags, oflags, rights, fdflags);
    let description = open(&process, base.at(), &path, flags, 0o666).await?;
    let fd = process.install(description, false)?;
    put_word(guest, out, fd)
}

fn path_create_directory(guest: &mut Guest<'_>, fd: u32, path: u32, len: u32) -> Answer {
    let (process, base, path) = lookup(guest, fd, path, len)?;
    let mode = 0o777 & !process.paths.lock().umask;
    process.tree(|tree, cred| tree.mkdir(cred, base.at(), &path, mode))
}

fn path_filestat_get(
    guest: &mut Guest<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    out: u32,
) -> Answer {
    let (process, base, path) = lookup(guest, fd, path, len)?;
    let attr = process.tree(|tree, cred| tree.stat(cred, base.at(), &path, flags & FOLLOW != 0))?;
    put(guest, out, &filestat(&attr))
}

#[expect(clippy::too_many_arguments, reason = "preview1's own")]
fn path_filestat_set_times(
    guest: &mut Guest<'_>,
    fd: u32,
    flags: u32,
    path: u32,
    len: u32,
    atim: u64,
    mtim: u64,
    fst: u32,
) -> Answer {
    let (atime, mtime) = set_times(atim, mtim, fst)?;
    let (process, base, path) = lookup(guest, fd, path, len)?;
    process.tree(|tree, cred| {
        tree.set_times(cred, base.at(), &path, atime, mtime, flags & FOLLOW != 0)
    })
}

#[expect(clippy::too_many_arguments, reason = "preview1's own")]
fn path_link(
    guest: &mut Guest<'_>,
    old_fd: u32,
    flags: u32,
    old: u32,
    old_len: u32,
    new_fd: u32,
    new: u32,
    new_len: u32,
) -> Answer {
    let (process, old_base, old) = lookup(guest, old_fd, old, old_len)?;
    let (_, new_base, new) = lookup(guest, new_fd, new, new_len)?;
    process.tree(|tree, cred| {
        tree.link(
            cred,
            old_base.at(),
            &old,
            flags & FOLLOW != 0,
            new_base.at(),
            &new,
        )
    })
}

fn path_readlink(
    guest: &mut Guest<'_>,
    fd: u32,
    path: u32,
    len: u32,
    buffer: u32,
    room: u32,
    out: u32,
) -> Answer {
    let (process, base, path) = lookup(guest, fd, path, len)?;
    let target = process.tree(|tree, cred| tree.readlink(cred, base.at(), &path))?;
    let count = target.len().min(room as usize);
    put(guest, buffer, &target.as_bytes()[..count])?;
    put_word(guest, out, count as u32)
}

fn path_remove_directory(guest: &mut Guest<'_>, fd: u32, path: u32, len: u32) -> Answer {
    let (process, base, path) = lookup(guest, fd, path, len)?;
    process.tree(|tree, cred| tree.rmdir(cred, base.at(), &path))
}

fn path_rename(
    guest: &mut Guest<'_>,
    old_fd: u32,
    old: u32,
    old_len: u32,
    new_fd: u32,
    new: u32,
    new_len: u32,
) -> Answer {
    let (process, old_base, old) = lookup(guest, old_fd, old, old_len)?;
    let (_, new_base, new) = lookup(guest, new_fd, new, new_len)?;
    process.tree(|tree, cred| tree.rename(cred, old_base.at(), &old, new_base.at(), &new, false))
}

fn path_symlink(
    guest: &mut Guest<'_>,
    target: u32,
    target_len: u32,
    fd: u32,
    at: u32,
    len: u32,
) -> Answer {
    let target = path(guest, target, target_len)?;
    let (process, base, path) = lookup(guest, fd, at, len)?;
    process.tree(|tree, cred| tree.symlink(cred, &target, base.at(), &path))
}

fn path_unlink_file(guest: &mut Guest<'_>, fd: u32, path: u32, len: u32) -> Answer {
    let (process, base, path) = lookup(guest, fd, path, len)?;
    process.tree(|tree, cred| tree.unlink(cred, base.at(), &path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_decide_about_reading_and_writing() {
        let flags = |oflags, rights| open_flags(FOLLOW, oflags, rights, 0);
        assert_eq!(flags(0, RIGHT_FD_READ | RIGHT_FD_READDIR), 0);
        assert_eq!(flags(1 | 8, RIGHT_FD_WRITE), O_WRONLY | O_CREAT | O_TRUNC);
        assert_eq!(flags(0, RIGHTS_ALL), O_RDWR);
        assert_eq!(
            flags(2, RIGHTS_ALL),
            O_DIRECTORY,
            "directories are never written"
        );
        assert_eq!(flags(0, 0), 0);
    }
}
