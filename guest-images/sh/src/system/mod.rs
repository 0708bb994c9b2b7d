//! `Kernel`: what yash-env asks of an operating system, over the container kernel's calls.
//!
//! Decisions that the rest of the shell builds on:
//! * Signal numbers inside yash are `n - 256`: yash makes `$?` of a killed child by adding 384, and so gets 128 + n.
//! * "Non-blocking" is a note of ours per descriptor, never the description's flag, which children share: a read that is
//!   so marked asks `ppoll` first. Writes simply block.
//! * A foreground child that a signal ended is announced here (`Killed`), where its status arrives.

pub mod errno;
mod file;
mod process;
mod signal;

use crate::sys;
use errno::errno;
use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use yash_env::io::Fd;
use yash_env::system::concurrency::{RunLoop, Select as _};
use yash_env::system::resource::{GetRlimit, LimitPair, Resource, SetRlimit};
use yash_env::system::{
    Clock, Concurrent, CpuTimes, Errno, FdSet, Isatty, Read, Result, Select, TcGetPgrp, TcSetPgrp,
    Times, Write,
};

pub use process::passwd as process_passwd;
pub use signal::{Mask, number, raw};

/// The operating system as yash sees it.
#[derive(Debug, Default)]
pub struct Kernel {
    /// Descriptors to be read without blocking.
    nonblocking: RefCell<Vec<c_int>>,
    /// Whether the last `select` may have caught signals.
    caught: Cell<bool>,
}

thread_local! {
    static LIMITS_MAY_CHANGE: Cell<bool> = const { Cell::new(false) };
}

/// Says whether `ulimit` is at work.
pub fn allow_limits(allow: bool) {
    LIMITS_MAY_CHANGE.set(allow);
}

/// Runs a task to its end, waiting for events whenever it is stuck.
pub fn run<T>(system: &Concurrent<Kernel>, task: impl Future<Output = T>) -> T {
    let mut task = pin!(task);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(result) = task.as_mut().poll(&mut context) {
            return result;
        }
        // `Kernel::select` is ready at once, so this future is, too.
        let _ = pin!(system.select()).poll(&mut context);
    }
}

impl RunLoop for Kernel {
    async fn run_loop<F: Future<Output = ()>>(concurrent: &Concurrent<Self>, task: F) {
        run(concurrent, task)
    }
}

impl Read for Kernel {
    fn read<'a>(
        &self,
        fd: Fd,
        buffer: &'a mut [u8],
    ) -> impl Future<Output = Result<usize>> + use<'a> {
        let wait = self.nonblocking.borrow().contains(&fd.0);
        ready((|| {
            if wait {
                let mut list = [sys::PollFd {
                    fd: fd.0,
                    events: sys::POLLIN,
                    revents: 0,
                }];
                match sys::ppoll(&mut list, Some(Duration::ZERO), None) {
                    Ok(0) | Err(sys::Errno::EINTR) => return Err(Errno::EAGAIN),
                    _ => {}
                }
            }
            sys::read(fd.0, buffer).map_err(errno)
        })())
    }
}

impl Write for Kernel {
    fn write<'a>(&self, fd: Fd, buffer: &'a [u8]) -> impl Future<Output = Result<usize>> + use<'a> {
        ready(
            if fd.0 == 2 && is_job_number_report(buffer) && !crate::mode::is_bash() {
                Ok(buffer.len())
            } else {
                loop {
                    match sys::write(fd.0, buffer) {
                        Err(sys::Errno::EINTR) => {}
                        result => break result.map_err(errno),
                    }
                }
            },
        )
    }
}

/// yash announces `[1] 123` for `&` as bash does; ash says nothing.
fn is_job_number_report(text: &[u8]) -> bool {
    let Some(text) = text
        .strip_prefix(b"[")
        .and_then(|text| text.strip_suffix(b"\n"))
    else {
        return false;
    };
    let mut parts = text.splitn(2, |byte| *byte == b']');
    let (number, pid) = (parts.next().unwrap_or(b""), parts.next().unwrap_or(b""));
    let digits = |text: &[u8]| !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits(number) && pid.strip_prefix(b" ").is_some_and(digits)
}

/// A set of descriptors for `select`.
#[derive(Clone, Debug, Default)]
pub struct Fds(Vec<c_int>);

impl FdSet for Fds {
    const MAX_FD: Fd = Fd(65535);
    fn insert(&mut self, fd: Fd) {
        if !self.0.contains(&fd.0) {
            self.0.push(fd.0);
        }
    }
    fn remove(&mut self, fd: Fd) {
        self.0.retain(|own| *own != fd.0);
    }
    fn contains(&self, fd: Fd) -> bool {
        self.0.contains(&fd.0)
    }
}

impl Kernel {
    fn select_now(
        &self,
        readers: &mut Fds,
        writers: &mut Fds,
        timeout: Option<Duration>,
        mask: Option<sys::SigSet>,
    ) -> Result<c_int> {
        self.caught.set(false);
        if readers.0.is_empty() && writers.0.is_empty() && timeout == Some(Duration::ZERO) {
            // The look before each command: one cheap call instead of three.
            let pending = sys::sigpending().map_err(errno)?;
            if mask.is_none_or(|mask| pending.0 & !mask.0 == 0) {
                return Ok(0);
            }
        }
        self.caught.set(true);
        let entry = |fd: &c_int, events| sys::PollFd {
            fd: *fd,
            events,
            revents: 0,
        };
        let mut list: Vec<sys::PollFd> =
            readers.0.iter().map(|fd| entry(fd, sys::POLLIN)).collect();
        list.extend(writers.0.iter().map(|fd| entry(fd, sys::POLLOUT)));
        sys::ppoll(&mut list, timeout, mask).map_err(errno)?;
        let split = readers.0.len();
        let ready = |list: &[sys::PollFd]| {
            let ready = list.iter().filter(|entry| entry.revents != 0);
            ready.map(|entry| entry.fd).collect()
        };
        readers.0 = ready(&list[..split]);
        writers.0 = ready(&list[split..]);
        Ok((readers.0.len() + writers.0.len()) as c_int)
    }
}

impl Select for Kernel {
    type FdSet = Fds;
    fn select<'a>(
        &self,
        readers: &'a mut Fds,
        writers: &'a mut Fds,
        timeout: Option<Duration>,
        signal_mask: Option<&Mask>,
    ) -> impl Future<Output = Result<c_int>> + use<'a> {
        ready(self.select_now(readers, writers, timeout, signal_mask.map(|mask| mask.0)))
    }
}

impl Clock for Kernel {
    fn now(&self) -> Instant {
        Instant::now()
    }
}

impl Times for Kernel {
    fn times(&self) -> Result<CpuTimes> {
        let times = sys::times().map_err(errno)?;
        let seconds = |ns: u64| ns as f64 / 1e9;
        Ok(CpuTimes {
            self_user: seconds(times.user),
            self_system: seconds(times.sys),
            children_user: seconds(times.child_user),
            children_system: seconds(times.child_sys),
        })
    }
}

impl Isatty for Kernel {
    fn isatty(&self, fd: Fd) -> bool {
        sys::tcgetattr(fd.0).is_ok()
    }
}

impl TcGetPgrp for Kernel {
    fn tcgetpgrp(&self, fd: Fd) -> Result<yash_env::job::Pid> {
        sys::tcgetpgrp(fd.0).map(yash_env::job::Pid).map_err(errno)
    }
}

impl TcSetPgrp for Kernel {
    fn tcsetpgrp(
        &self,
        fd: Fd,
        pgid: yash_env::job::Pid,
    ) -> impl Future<Output = Result<()>> + use<> {
        ready(sys::tcsetpgrp(fd.0, pgid.0).map_err(errno))
    }
}

/// Linux's number of a limit.
fn resource(resource: Resource) -> Result<i32> {
    Ok(match resource {
        Resource::CPU => 0,
        Resource::FSIZE => 1,
        Resource::DATA => 2,
        Resource::STACK => 3,
        Resource::CORE => 4,
        Resource::RSS => 5,
        Resource::NPROC => 6,
        Resource::NOFILE => 7,
        Resource::MEMLOCK => 8,
        Resource::AS => 9,
        _ => return Err(Errno::EINVAL),
    })
}

impl GetRlimit for Kernel {
    fn getrlimit(&self, which: Resource) -> Result<LimitPair> {
        let limit = sys::getrlimit(resource(which)?).map_err(errno)?;
        Ok(LimitPair {
            soft: limit.cur,
            hard: limit.max,
        })
    }
}

impl SetRlimit for Kernel {
    fn setrlimit(&self, which: Resource, limits: LimitPair) -> Result<()> {
        // yash ends a subshell whose last child was killed by killing itself with the same signal, after setting this
        // limit. ash exits with 128 + n instead; refusing here makes yash do so.
        if !LIMITS_MAY_CHANGE.get() {
            return Err(Errno::EPERM);
        }
        let new = sys::Rlimit {
            cur: limits.soft,
            max: limits.hard,
        };
        sys::setrlimit(resource(which)?, &new).map_err(errno)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn job_number_reports() {
        for (text, yes) in [
            ("[1] 23\n", true),
            ("[1]  Done\n", false),
            ("[] 1\n", false),
            ("[1] 23", false),
        ] {
            assert_eq!(
                super::is_job_number_report(text.as_bytes()),
                yes,
                "{text:?}"
            );
        }
    }
}
