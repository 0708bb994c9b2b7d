//! The container kernel's calls.

use super::{Errno, Fd, Result};
pub use schooner_sys::{
    access, chdir, clone_with, close, dup_min, dup2, execve, exit, fd_flags, fstat, getcwd,
    getegid, geteuid, getgid, getpgrp, getpid, getppid, getrlimit, getsid, getuid, kill, open,
    pipe, ppoll, read, set_fd_flags, setpgid, setrlimit, sigaction, sigaction_get, sigcaught,
    sigpending, sigprocmask, start, stat, statat, status_flags, tcgetattr, tcgetpgrp, tcsetattr,
    tcsetpgrp, times, umask, wait4, winsize, write,
};

// preview1's own, which the system calls' crate does not repeat.
#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    fn fd_seek(fd: i32, offset: i64, whence: i32, place: *mut u64) -> i32;
}

/// Moves a descriptor's offset; `whence`: 0 start, 1 current, 2 end.
pub fn lseek(fd: Fd, offset: i64, whence: i32) -> Result<u64> {
    let mut place = 0;
    // SAFETY: `place` is a valid pointer for the call.
    match unsafe { fd_seek(fd, offset, whence, &mut place) } {
        0 => Ok(place),
        errno => Err(Errno(errno as u16)),
    }
}

/// The names in a directory, without `.` and `..`.
pub fn read_dir(path: &str) -> Result<Vec<String>> {
    let errno = |error: std::io::Error| Errno(error.raw_os_error().unwrap_or(29) as u16);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path).map_err(errno)? {
        if let Ok(name) = entry.map_err(errno)?.file_name().into_string() {
            names.push(name);
        }
    }
    Ok(names)
}
