//! The imports themselves. Results are error numbers (0 is success) unless said otherwise; pointers are to this program's memory.

/// A string or buffer as `execve` takes it: pointer and length.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Str {
    pub ptr: *const u8,
    pub len: usize,
}

#[link(wasm_import_module = "schooner")]
unsafe extern "C" {
    pub fn clone(entry: usize, arg: usize, pid_out: *mut u32) -> i32;
    /// Gives the value itself, not an error number.
    pub fn getid(which: i32) -> i32;
    pub fn getpgid(pid: i32, out: *mut u32) -> i32;
    pub fn setpgid(pid: i32, pgid: i32) -> i32;
    pub fn getsid(pid: i32, out: *mut u32) -> i32;
    pub fn setsid(out: *mut u32) -> i32;
    pub fn setuid(uid: u32) -> i32;
    pub fn setgid(gid: u32) -> i32;
    pub fn getgroups(list: *mut u32, max: usize, count_out: *mut u32) -> i32;
    pub fn setgroups(list: *const u32, count: usize) -> i32;

    pub fn tcgetpgrp(fd: i32, out: *mut u32) -> i32;
    pub fn tcsetpgrp(fd: i32, pgid: i32) -> i32;
    pub fn tcgetattr(fd: i32, out: *mut crate::Termios) -> i32;
    pub fn tcsetattr(fd: i32, action: i32, new: *const crate::Termios) -> i32;
    pub fn winsize_get(fd: i32, out: *mut crate::Winsize) -> i32;
    pub fn winsize_set(fd: i32, new: *const crate::Winsize) -> i32;

    pub fn sigaction(sig: i32, action: i32, old_out: *mut i32) -> i32;
    pub fn sigprocmask(how: i32, set: *const u64, old: *mut u64) -> i32;
    pub fn sigpending(out: *mut u64) -> i32;
    pub fn sigcaught(out: *mut u64) -> i32;
    pub fn kill(pid: i32, sig: i32) -> i32;
    pub fn wait4(
        pid: i32,
        options: i32,
        status: *mut i32,
        pid_out: *mut u32,
        usage: *mut crate::Rusage,
    ) -> i32;
    pub fn ppoll(
        fds: *mut crate::PollFd,
        count: usize,
        timeout_ns: i64,
        mask: *const u64,
        ready: *mut u32,
    ) -> i32;

    pub fn openat(
        dirfd: i32,
        path: *const u8,
        len: usize,
        flags: i32,
        mode: u32,
        fd_out: *mut i32,
    ) -> i32;
    pub fn dup_min(fd: i32, min: i32, cloexec: i32, out: *mut i32) -> i32;
    /// As Linux's `dup3`: `to` becomes a copy of `from`, closing what it was; EINVAL when they are equal.
    pub fn dup3(from: i32, to: i32, cloexec: i32) -> i32;
    pub fn fd_flags_get(fd: i32, out: *mut u32) -> i32;
    pub fn fd_flags_set(fd: i32, flags: u32) -> i32;
    pub fn status_flags_get(fd: i32, out: *mut u32) -> i32;
    pub fn status_flags_set(fd: i32, flags: u32) -> i32;
    pub fn stat(dirfd: i32, path: *const u8, len: usize, flags: i32, out: *mut crate::Stat) -> i32;
    pub fn fstat(fd: i32, out: *mut crate::Stat) -> i32;
    pub fn chmod(dirfd: i32, path: *const u8, len: usize, mode: u32, flags: i32) -> i32;
    pub fn fchmod(fd: i32, mode: u32) -> i32;
    pub fn chown(dirfd: i32, path: *const u8, len: usize, uid: u32, gid: u32, flags: i32) -> i32;
    pub fn fchown(fd: i32, uid: u32, gid: u32) -> i32;
    pub fn mknod(dirfd: i32, path: *const u8, len: usize, mode: u32, rdev: u64) -> i32;
    pub fn access(dirfd: i32, path: *const u8, len: usize, mode: i32) -> i32;
    pub fn statfs(path: *const u8, len: usize, out: *mut crate::StatFs) -> i32;

    pub fn umask(mask: u32, old: *mut u32) -> i32;
    pub fn getrlimit(resource: i32, out: *mut crate::Rlimit) -> i32;
    pub fn setrlimit(resource: i32, new: *const crate::Rlimit) -> i32;
    pub fn times(out: *mut crate::Times) -> i32;
    pub fn uname(buf: *mut u8, len: usize, needed: *mut u32) -> i32;
    pub fn sethostname(name: *const u8, len: usize) -> i32;
    pub fn setpriority(which: i32, who: i32, priority: i32) -> i32;
    pub fn getpriority(which: i32, who: i32, out: *mut i32) -> i32;
    pub fn execve(
        path: *const u8,
        len: usize,
        argv: *const Str,
        argc: usize,
        envp: *const Str,
        envc: usize,
    ) -> i32;
}

#[link(wasm_import_module = "wasix_32v1")]
unsafe extern "C" {
    pub fn fd_dup(fd: i32, out: *mut i32) -> i32;
    /// `cloexec` 1 sets close-on-exec on the copy.
    pub fn fd_dup2(fd: i32, min: i32, cloexec: i32, out: *mut i32) -> i32;
    pub fn fd_pipe(read_out: *mut i32, write_out: *mut i32) -> i32;
    pub fn getcwd(buf: *mut u8, len: *mut usize) -> i32;
    pub fn chdir(path: *const u8, len: usize) -> i32;

    /// Addresses are 20 bytes with a port and 18 without: see `socket`.
    pub fn sock_open(family: i32, kind: i32, protocol: i32, out: *mut i32) -> i32;
    pub fn sock_bind(fd: i32, address: *const u8) -> i32;
    pub fn sock_listen(fd: i32, backlog: u32) -> i32;
    pub fn sock_accept_v2(fd: i32, flags: i32, out: *mut i32, from: *mut u8) -> i32;
    pub fn sock_connect(fd: i32, address: *const u8) -> i32;
    pub fn sock_addr_local(fd: i32, out: *mut u8) -> i32;
    pub fn sock_set_opt_flag(fd: i32, option: u32, on: u32) -> i32;
    pub fn sock_set_opt_time(fd: i32, option: u32, time: *const u64) -> i32;
    pub fn sock_get_opt_size(fd: i32, option: u32, out: *mut u64) -> i32;
    pub fn sock_recv_from(
        fd: i32,
        vectors: *const IoVec,
        count: usize,
        flags: u32,
        done: *mut usize,
        out_flags: *mut u16,
        from: *mut u8,
    ) -> i32;
    pub fn sock_send_to(
        fd: i32,
        vectors: *const IoVec,
        count: usize,
        flags: u32,
        to: *const u8,
        done: *mut usize,
    ) -> i32;
    pub fn resolve(
        name: *const u8,
        len: usize,
        port: u32,
        out: *mut u8,
        room: usize,
        count: *mut usize,
    ) -> i32;
}

/// An `iovec` of preview1.
#[repr(C)]
pub struct IoVec {
    pub ptr: *const u8,
    pub len: usize,
}

#[link(wasm_import_module = "wasi_snapshot_preview1")]
unsafe extern "C" {
    pub fn fd_read(fd: i32, vectors: *const IoVec, count: usize, done: *mut usize) -> i32;
    pub fn fd_write(fd: i32, vectors: *const IoVec, count: usize, done: *mut usize) -> i32;
    pub fn sock_recv(
        fd: i32,
        vectors: *const IoVec,
        count: usize,
        flags: u32,
        done: *mut usize,
        out_flags: *mut u16,
    ) -> i32;
    pub fn sock_send(
        fd: i32,
        vectors: *const IoVec,
        count: usize,
        flags: u32,
        done: *mut usize,
    ) -> i32;
    pub fn sock_shutdown(fd: i32, how: i32) -> i32;
    pub fn fd_close(fd: i32) -> i32;
    pub fn fd_renumber(from: i32, to: i32) -> i32;
    pub fn proc_exit(code: i32) -> !;
}
