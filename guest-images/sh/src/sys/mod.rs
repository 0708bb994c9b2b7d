//! The system calls: the container kernel's on wasm, the host's own in tests.
//!
//! Both halves offer the same functions with the types of `schooner_sys`, so that everything above, the shell's `System`
//! included, is the same code and can be tested natively.

#[cfg(target_os = "wasi")]
mod guest;
#[cfg(not(target_os = "wasi"))]
mod host;

#[cfg(target_os = "wasi")]
pub use guest::*;
#[cfg(not(target_os = "wasi"))]
pub use host::*;

pub use schooner_sys::{
    Action, Errno, F_OK, Fd, MaskHow, O_APPEND, O_CLOEXEC, O_CREAT, O_DIRECTORY, O_EXCL, O_NOCTTY,
    O_NOFOLLOW, O_NONBLOCK, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY, POLLIN, POLLOUT, Pid, PollFd,
    R_OK, Result, Rlimit, SIGNALS, SetWhen, SigSet, Stat, Termios, Times, W_OK, WCONTINUED,
    WNOHANG, WUNTRACED, WaitStatus, Winsize, X_OK, signal_name, signal_number,
};
