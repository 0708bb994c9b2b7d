//! Processes: fork by `clone`, exec, wait, identities.

use super::errno::{NOT_A_PROGRAM, errno};
use super::{Kernel, number};
use crate::sys;
use std::convert::Infallible;
use std::ffi::{CStr, CString};
use std::future::{Future, ready};
use std::pin::pin;
use std::task::{Context, Waker};
use yash_env::job::{Pid, ProcessResult, ProcessState};
use yash_env::path::PathBuf;
use yash_env::semantics::ExitStatus;
use yash_env::str::UnixString;
use yash_env::system::c_string::{AsCStrArray as _, IntoCStrArray};
use yash_env::system::{
    Errno, Exec, Exit, Fork, GetPid, GetPw, GetUid, Gid, Result, SetPgid, ShellPath, Sysconf, Uid,
    Wait,
};

impl Fork for Kernel {
    fn run_in_child_process<D, F>(&self, shared_data: D, child_task: F) -> (Result<Pid>, D)
    where
        D: Clone + 'static,
        F: AsyncFnOnce(Self, D) + 'static,
    {
        let mut slot = Some((child_task, shared_data));
        let place = &raw mut slot;
        let result = sys::clone_with(move || {
            // SAFETY: the child has its own copy of this stack, on which `slot` is alive.
            if let Some((task, data)) = unsafe { (*place).take() } {
                let task = pin!(task(Kernel::default(), data));
                // Ends the process inside.
                let _ = task.poll(&mut Context::from_waker(Waker::noop()));
            }
            127
        });
        match slot {
            Some((_, data)) => (result.map(Pid).map_err(errno), data),
            // Only the child takes it.
            None => sys::exit(127),
        }
    }
}

impl Wait for Kernel {
    fn wait(&self, target: Pid) -> Result<Option<(Pid, ProcessState)>> {
        let options = sys::WNOHANG | sys::WUNTRACED | sys::WCONTINUED;
        let Some((pid, status, _)) = sys::wait4(target.0, options).map_err(errno)? else {
            return Ok(None);
        };
        let state = if let Some(code) = status.exited() {
            ProcessState::exited(code)
        } else if let Some(signal) = status.signaled() {
            // Waiting for a certain child means that it runs in the foreground.
            if target.0 > 0 {
                announce(signal);
            }
            let core_dump = status.0 & 0x80 != 0;
            ProcessState::Halted(ProcessResult::Signaled {
                signal: number(signal),
                core_dump,
            })
        } else if let Some(signal) = status.stopped() {
            if target.0 > 0 {
                let _ = sys::write(2, b"\n");
            }
            ProcessState::stopped(number(signal))
        } else {
            ProcessState::Running
        };
        Ok(Some((Pid(pid), state)))
    }
}

/// Says what ended a foreground child, as ash does.
fn announce(signal: i32) {
    let text = match signal {
        // The terminal shows `^C` already.
        sys_signal::INT => "",
        sys_signal::PIPE => return,
        other => crate::jobs::signal_words(other),
    };
    let _ = sys::write(2, format!("{text}\n").as_bytes());
}

mod sys_signal {
    pub const INT: i32 = schooner_sys::SIGINT;
    pub const PIPE: i32 = schooner_sys::SIGPIPE;
}

impl Exec for Kernel {
    fn execve<A, E>(
        &self,
        path: &CStr,
        args: A,
        envs: E,
    ) -> impl Future<Output = Result<Infallible>> + use<A, E>
    where
        A: IntoCStrArray,
        E: IntoCStrArray,
    {
        let args = args.into_c_str_array().to_vec();
        let envs = envs.into_c_str_array().to_vec();
        ready(Err(execute(path, &args, &envs)))
    }
}

fn execute(path: &CStr, args: &[CString], envs: &[CString]) -> Errno {
    let Ok(path) = path.to_str() else {
        return Errno::EILSEQ;
    };
    let args: Vec<&[u8]> = args.iter().map(|arg| arg.to_bytes()).collect();
    let envs: Vec<&[u8]> = envs.iter().map(|env| env.to_bytes()).collect();
    match errno(sys::execve(path, &args, &envs)) {
        // yash would feed any such file to a shell; a binary is none of its business.
        Errno::ENOEXEC if is_binary(path) => NOT_A_PROGRAM,
        error => error,
    }
}

/// Whether a file looks like no text: a NUL before the first line's end.
fn is_binary(path: &str) -> bool {
    let mut buffer = [0; 256];
    let Ok(fd) = sys::open(path, sys::O_RDONLY | sys::O_CLOEXEC, 0) else {
        return false;
    };
    let count = sys::read(fd, &mut buffer).unwrap_or(0);
    let _ = sys::close(fd);
    let mut first = buffer[..count].split(|byte| *byte == b'\n');
    first.next().is_some_and(|line| line.contains(&0))
}

impl Exit for Kernel {
    fn exit(&self, exit_status: ExitStatus) -> impl Future<Output = Infallible> + use<> {
        sys::exit(exit_status.0 & 0xff) as std::future::Ready<Infallible>
    }
}

impl GetPid for Kernel {
    fn getpid(&self) -> Pid {
        Pid(sys::getpid())
    }
    fn getppid(&self) -> Pid {
        Pid(sys::getppid())
    }
    fn getpgrp(&self) -> Pid {
        Pid(sys::getpgrp())
    }
    fn getsid(&self, pid: Pid) -> Result<Pid> {
        sys::getsid(pid.0).map(Pid).map_err(errno)
    }
}

impl SetPgid for Kernel {
    fn setpgid(&self, pid: Pid, pgid: Pid) -> Result<()> {
        sys::setpgid(pid.0, pgid.0).map_err(errno)
    }
}

impl GetUid for Kernel {
    fn getuid(&self) -> Uid {
        Uid(sys::getuid())
    }
    fn geteuid(&self) -> Uid {
        Uid(sys::geteuid())
    }
    fn getgid(&self) -> Gid {
        Gid(sys::getgid())
    }
    fn getegid(&self) -> Gid {
        Gid(sys::getegid())
    }
}

/// A user's line of /etc/passwd, taken apart at the colons.
pub fn passwd(matches: impl Fn(&[&str]) -> bool) -> Option<Vec<String>> {
    let text = std::fs::read_to_string("/etc/passwd").ok()?;
    let mut lines = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let found = lines.find(|fields| fields.len() >= 6 && matches(fields))?;
    Some(found.into_iter().map(str::to_owned).collect())
}

impl GetPw for Kernel {
    fn getpwnam_dir(&self, name: &CStr) -> Result<Option<PathBuf>> {
        let Ok(name) = name.to_str() else {
            return Ok(None);
        };
        let found = passwd(|fields| fields[0] == name);
        Ok(found.map(|mut fields| PathBuf::from(UnixString::from(fields.swap_remove(5)))))
    }
}

impl Sysconf for Kernel {
    fn confstr_path(&self) -> Result<UnixString> {
        Ok(UnixString::from("/bin:/usr/bin".to_owned()))
    }
}

impl ShellPath for Kernel {
    fn shell_path(&self) -> CString {
        for path in [c"/bin/sh", c"/proc/self/exe"] {
            if path
                .to_str()
                .is_ok_and(|path| sys::access(path, sys::X_OK).is_ok())
            {
                return path.to_owned();
            }
        }
        c"/bin/sh".to_owned()
    }
}
