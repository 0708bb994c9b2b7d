//! Descriptors and files: Linux's `open` flags, duplicates, pipes, attributes with mode and owner.

use crate::errno::{Errno, Result};
use crate::{Fd, Stat, StatFs, raw};

/// As `dirfd`: relative to the kernel's cwd.
pub const AT_FDCWD: Fd = -1;
/// As `flags` of `stat`, `chmod` and `chown`: the link itself.
pub const NOFOLLOW: i32 = 1;

pub const O_RDONLY: i32 = 0;
pub const O_WRONLY: i32 = 1;
pub const O_RDWR: i32 = 2;
pub const O_ACCMODE: i32 = 3;
pub const O_CREAT: i32 = 0o100;
pub const O_EXCL: i32 = 0o200;
pub const O_NOCTTY: i32 = 0o400;
pub const O_TRUNC: i32 = 0o1000;
pub const O_APPEND: i32 = 0o2000;
pub const O_NONBLOCK: i32 = 0o4000;
pub const O_DIRECTORY: i32 = 0o200000;
pub const O_NOFOLLOW: i32 = 0o400000;
pub const O_CLOEXEC: i32 = 0o2000000;

/// The one descriptor flag: closed by `execve`.
pub const FD_CLOEXEC: u32 = 1;

pub const F_OK: i32 = 0;
pub const X_OK: i32 = 1;
pub const W_OK: i32 = 2;
pub const R_OK: i32 = 4;

fn out<T: Default>(call: impl FnOnce(*mut T) -> i32) -> Result<T> {
    let mut value = T::default();
    Errno::check(call(&mut value))?;
    Ok(value)
}

/// Opens a path at the lowest free descriptor; `mode` is masked by the umask.
pub fn openat(dirfd: Fd, path: &str, flags: i32, mode: u32) -> Result<Fd> {
    out(|fd| unsafe { raw::openat(dirfd, path.as_ptr(), path.len(), flags, mode, fd) })
}

/// Opens a path relative to the cwd.
pub fn open(path: &str, flags: i32, mode: u32) -> Result<Fd> {
    openat(AT_FDCWD, path, flags, mode)
}

pub fn close(fd: Fd) -> Result<()> {
    Errno::check(unsafe { raw::fd_close(fd) })
}

pub fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize> {
    let vector = raw::IoVec {
        ptr: buffer.as_mut_ptr(),
        len: buffer.len(),
    };
    out(|done| unsafe { raw::fd_read(fd, &vector, 1, done) })
}

pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    let vector = raw::IoVec {
        ptr: bytes.as_ptr(),
        len: bytes.len(),
    };
    out(|done| unsafe { raw::fd_write(fd, &vector, 1, done) })
}

/// Writes everything, again after EINTR.
pub fn write_all(fd: Fd, mut bytes: &[u8]) -> Result<()> {
    while !bytes.is_empty() {
        match write(fd, bytes) {
            Ok(done) => bytes = &bytes[done..],
            Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
    Ok(())
}

/// A pipe: reading end, writing end.
pub fn pipe() -> Result<(Fd, Fd)> {
    let mut writer = 0;
    let reader = out(|reader| unsafe { raw::fd_pipe(reader, &mut writer) })?;
    Ok((reader, writer))
}

/// A copy at the lowest free descriptor.
pub fn dup(fd: Fd) -> Result<Fd> {
    out(|copy| unsafe { raw::fd_dup(fd, copy) })
}

/// A copy at the lowest free descriptor that is at least `min` (`F_DUPFD`, `F_DUPFD_CLOEXEC`).
pub fn dup_min(fd: Fd, min: Fd, cloexec: bool) -> Result<Fd> {
    out(|copy| unsafe { raw::dup_min(fd, min, cloexec.into(), copy) })
}

/// Makes `to` a copy of `from` without close-on-exec; nothing happens when they are equal.
pub fn dup2(from: Fd, to: Fd) -> Result<()> {
    if from == to {
        return fd_flags(from).map(|_| ());
    }
    Errno::check(unsafe { raw::dup3(from, to, 0) })
}

/// The descriptor's flags ([`FD_CLOEXEC`]).
pub fn fd_flags(fd: Fd) -> Result<u32> {
    out(|flags| unsafe { raw::fd_flags_get(fd, flags) })
}

pub fn set_fd_flags(fd: Fd, flags: u32) -> Result<()> {
    Errno::check(unsafe { raw::fd_flags_set(fd, flags) })
}

/// The description's flags: access mode, `O_APPEND`, `O_NONBLOCK`.
pub fn status_flags(fd: Fd) -> Result<i32> {
    out(|flags| unsafe { raw::status_flags_get(fd, flags) }).map(|flags| flags as i32)
}

/// Sets `O_APPEND` and `O_NONBLOCK`; other bits are left alone.
pub fn set_status_flags(fd: Fd, flags: i32) -> Result<()> {
    Errno::check(unsafe { raw::status_flags_set(fd, flags as u32) })
}

pub fn statat(dirfd: Fd, path: &str, flags: i32) -> Result<Stat> {
    out(|stat| unsafe { raw::stat(dirfd, path.as_ptr(), path.len(), flags, stat) })
}

/// A path's attributes, following a final symbolic link.
pub fn stat(path: &str) -> Result<Stat> {
    statat(AT_FDCWD, path, 0)
}

/// A path's attributes, of the link itself.
pub fn lstat(path: &str) -> Result<Stat> {
    statat(AT_FDCWD, path, NOFOLLOW)
}

pub fn fstat(fd: Fd) -> Result<Stat> {
    out(|stat| unsafe { raw::fstat(fd, stat) })
}

pub fn chmod(path: &str, mode: u32) -> Result<()> {
    Errno::check(unsafe { raw::chmod(AT_FDCWD, path.as_ptr(), path.len(), mode, 0) })
}

pub fn fchmod(fd: Fd, mode: u32) -> Result<()> {
    Errno::check(unsafe { raw::fchmod(fd, mode) })
}

/// Changes owner and group; `u32::MAX` leaves one as it is. `flags`: 0 or [`NOFOLLOW`].
pub fn chown(path: &str, uid: u32, gid: u32, flags: i32) -> Result<()> {
    Errno::check(unsafe { raw::chown(AT_FDCWD, path.as_ptr(), path.len(), uid, gid, flags) })
}

pub fn fchown(fd: Fd, uid: u32, gid: u32) -> Result<()> {
    Errno::check(unsafe { raw::fchown(fd, uid, gid) })
}

/// Makes a FIFO, a device or an empty file; `mode` holds the `S_IFMT` bits too.
pub fn mknod(path: &str, mode: u32, rdev: u64) -> Result<()> {
    Errno::check(unsafe { raw::mknod(AT_FDCWD, path.as_ptr(), path.len(), mode, rdev) })
}

/// Asks whether the effective user may; `mode` is [`F_OK`] or a sum of the others.
pub fn access(path: &str, mode: i32) -> Result<()> {
    Errno::check(unsafe { raw::access(AT_FDCWD, path.as_ptr(), path.len(), mode) })
}

pub fn statfs(path: &str) -> Result<StatFs> {
    out(|stat| unsafe { raw::statfs(path.as_ptr(), path.len(), stat) })
}
