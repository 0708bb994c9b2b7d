//! Processes: identity, `clone`, `execve`, waiting, the cwd.

use crate::errno::{Errno, Result};
use crate::{Pid, Rusage, raw};
use alloc::{string::String, vec, vec::Vec};

/// The child's first function after [`clone`]; the kernel calls it in the copied memory.
///
/// # Safety
/// For the kernel only: `entry` is a table index and `arg` what [`clone`] was given.
#[unsafe(no_mangle)]
pub extern "C" fn __clone_entry(entry: extern "C" fn(usize) -> !, arg: usize) {
    entry(arg)
}

/// Starts a child process with a copy of this one's memory, running `entry(arg)`, and gives its pid.
///
/// Descriptors are shared as after `fork`; cwd, environment and signal state are copied. The parent's stack is intact in the
/// child's copy, so `arg` may point to a local. `entry` ends with [`exit`] or [`execve`].
pub fn clone(entry: extern "C" fn(usize) -> !, arg: usize) -> Result<Pid> {
    // Named here so that the linker keeps the export in every program that clones.
    core::hint::black_box(__clone_entry as *const ());
    let mut pid = 0;
    Errno::check(unsafe { raw::clone(entry as usize, arg, &mut pid) })?;
    Ok(pid as Pid)
}

/// As [`clone`], with a closure. What the closure returns is the child's exit status.
pub fn clone_with<F: FnOnce() -> i32>(child: F) -> Result<Pid> {
    extern "C" fn run<F: FnOnce() -> i32>(arg: usize) -> ! {
        // SAFETY: `arg` points to the `Option` below, in this child's own copy of the parent's stack.
        let child = unsafe { (*(arg as *mut Option<F>)).take() };
        exit(child.map_or(127, |child| child()))
    }
    let mut slot = Some(child);
    // The child owns a bitwise copy of the closure, so dropping it here too is what `fork` would do.
    clone(run::<F>, &raw mut slot as usize)
}

/// Ends this process at once. Nothing is flushed; use `std::process::exit` for that.
pub fn exit(code: i32) -> ! {
    unsafe { raw::proc_exit(code) }
}

/// Replaces this program. Returns only on failure. `#!` scripts run their interpreter; ENOEXEC for other non-programs.
pub fn execve<S: AsRef<[u8]>, T: AsRef<[u8]>>(path: &str, argv: &[S], envp: &[T]) -> Errno {
    fn strings<S: AsRef<[u8]>>(list: &[S]) -> Vec<raw::Str> {
        list.iter()
            .map(|s| raw::Str {
                ptr: s.as_ref().as_ptr(),
                len: s.as_ref().len(),
            })
            .collect()
    }
    let (argv, envp) = (strings(argv), strings(envp));
    let result = unsafe {
        raw::execve(
            path.as_ptr(),
            path.len(),
            argv.as_ptr(),
            argv.len(),
            envp.as_ptr(),
            envp.len(),
        )
    };
    Errno(result as u16)
}

/// Return at once when nothing has changed.
pub const WNOHANG: i32 = 1;
/// Report stopped children too.
pub const WUNTRACED: i32 = 2;
/// Report continued children too.
pub const WCONTINUED: i32 = 8;

/// A child's change of state, in Linux's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitStatus(pub i32);

impl WaitStatus {
    /// The exit status, if the child exited by itself.
    pub fn exited(self) -> Option<i32> {
        (self.0 & 0x7f == 0).then_some((self.0 >> 8) & 0xff)
    }
    /// The signal that ended the child.
    pub fn signaled(self) -> Option<i32> {
        let signal = self.0 & 0x7f;
        (signal != 0 && signal != 0x7f).then_some(signal)
    }
    /// The signal that stopped the child.
    pub fn stopped(self) -> Option<i32> {
        (self.0 & 0xff == 0x7f).then_some((self.0 >> 8) & 0xff)
    }
    /// Whether the child was continued.
    pub fn continued(self) -> bool {
        self.0 == 0xffff
    }
    /// `$?`: the exit status, or 128 + the signal.
    pub fn shell_status(self) -> i32 {
        self.exited()
            .or(self.signaled().map(|n| 128 + n))
            .or(self.stopped().map(|n| 128 + n))
            .unwrap_or(0)
    }
}

/// Waits for a child: `pid` > 0 that one, -1 any, 0 own group, < -1 that group. `None` is WNOHANG's "nothing yet".
pub fn wait4(pid: Pid, options: i32) -> Result<Option<(Pid, WaitStatus, Rusage)>> {
    let (mut status, mut who, mut usage) = (0, 0, Rusage::default());
    Errno::check(unsafe { raw::wait4(pid, options, &mut status, &mut who, &mut usage) })?;
    Ok((who != 0).then_some((who as Pid, WaitStatus(status), usage)))
}

/// Waits for one child to end, again after EINTR.
pub fn wait(pid: Pid) -> Result<WaitStatus> {
    loop {
        match wait4(pid, 0) {
            Ok(Some((_, status, _))) => return Ok(status),
            Ok(None) | Err(Errno::EINTR) => {}
            Err(errno) => return Err(errno),
        }
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident $which:literal $type:ty;)*) => {
        $($(#[$doc])* pub fn $name() -> $type { unsafe { raw::getid($which) as $type } })*
    };
}
ids! {
    /// This process.
    getpid 0 Pid;
    /// Its parent; 0 for pid 1 and for what `exec` started.
    getppid 1 Pid;
    /// The real user.
    getuid 2 u32;
    /// The effective user.
    geteuid 3 u32;
    /// The real group.
    getgid 4 u32;
    /// The effective group.
    getegid 5 u32;
    /// The process group.
    getpgrp 6 Pid;
    /// The session.
    getsid_self 7 Pid;
}

fn out_u32(call: impl FnOnce(*mut u32) -> i32) -> Result<u32> {
    let mut value = 0;
    Errno::check(call(&mut value))?;
    Ok(value)
}

/// The process group of a process (0: this one).
pub fn getpgid(pid: Pid) -> Result<Pid> {
    out_u32(|out| unsafe { raw::getpgid(pid, out) }).map(|id| id as Pid)
}

/// Moves a process to a group; 0 means "this process" and "a group named after it".
pub fn setpgid(pid: Pid, pgid: Pid) -> Result<()> {
    Errno::check(unsafe { raw::setpgid(pid, pgid) })
}

/// The session of a process (0: this one).
pub fn getsid(pid: Pid) -> Result<Pid> {
    out_u32(|out| unsafe { raw::getsid(pid, out) }).map(|id| id as Pid)
}

/// Makes a new session without a terminal; EPERM for a group leader.
pub fn setsid() -> Result<Pid> {
    out_u32(|out| unsafe { raw::setsid(out) }).map(|id| id as Pid)
}

/// Sets the real, effective and saved user.
pub fn setuid(uid: u32) -> Result<()> {
    Errno::check(unsafe { raw::setuid(uid) })
}

/// Sets the real, effective and saved group.
pub fn setgid(gid: u32) -> Result<()> {
    Errno::check(unsafe { raw::setgid(gid) })
}

/// The supplementary groups.
pub fn getgroups() -> Result<Vec<u32>> {
    let count = out_u32(|out| unsafe { raw::getgroups(core::ptr::null_mut(), 0, out) })? as usize;
    let mut list = vec![0; count];
    let count = out_u32(|out| unsafe { raw::getgroups(list.as_mut_ptr(), count, out) })? as usize;
    list.truncate(count);
    Ok(list)
}

/// Replaces the supplementary groups; root only.
pub fn setgroups(list: &[u32]) -> Result<()> {
    Errno::check(unsafe { raw::setgroups(list.as_ptr(), list.len()) })
}

/// The kernel's cwd of this process.
pub fn getcwd() -> Result<String> {
    let mut buffer = vec![0u8; 4096];
    let mut len = buffer.len();
    Errno::check(unsafe { raw::getcwd(buffer.as_mut_ptr(), &mut len) })?;
    buffer.truncate(len);
    String::from_utf8(buffer).map_err(|_| Errno::EILSEQ)
}

/// Changes the kernel's cwd only. Programs with std use [`chdir`].
pub fn chdir_kernel(path: &str) -> Result<()> {
    Errno::check(unsafe { raw::chdir(path.as_ptr(), path.len()) })
}

/// Changes the cwd in the kernel and in wasi-libc, so that `std::fs` agrees with what children inherit.
#[cfg(feature = "std")]
pub fn chdir(path: &str) -> Result<()> {
    chdir_kernel(path)?;
    libc_chdir()
}

/// To be called first in `main`: gives wasi-libc (hence std) the inherited cwd.
#[cfg(feature = "std")]
pub fn start() {
    // A cwd that was removed or became unreadable leaves libc at `/`, as it would be without this call.
    let _ = libc_chdir();
}

#[cfg(feature = "std")]
fn libc_chdir() -> Result<()> {
    unsafe extern "C" {
        fn chdir(path: *const core::ffi::c_char) -> i32;
    }
    let path = std::ffi::CString::new(getcwd()?).map_err(|_| Errno::EINVAL)?;
    match unsafe { chdir(path.as_ptr()) } {
        0 => Ok(()),
        _ => Err(Errno(
            std::io::Error::last_os_error().raw_os_error().unwrap_or(28) as u16,
        )),
    }
}
