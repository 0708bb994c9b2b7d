//! The host's calls, for running the shell natively in its tests.
//!
//! Same functions as the guest's half. Thin: each calls libc and turns errno into preview1's numbers.

use super::*;
use std::ffi::CString;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn last() -> Errno {
    let number = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    let pairs = [
        (libc::EACCES, Errno::EACCES),
        (libc::EAGAIN, Errno::EAGAIN),
        (libc::EBADF, Errno::EBADF),
        (libc::ECHILD, Errno::ECHILD),
        (libc::EEXIST, Errno::EEXIST),
        (libc::EINTR, Errno::EINTR),
        (libc::EINVAL, Errno::EINVAL),
        (libc::EIO, Errno::EIO),
        (libc::EISDIR, Errno::EISDIR),
        (libc::ELOOP, Errno::ELOOP),
        (libc::EMFILE, Errno::EMFILE),
        (libc::ENOENT, Errno::ENOENT),
        (libc::ENOEXEC, Errno::ENOEXEC),
        (libc::ENOSPC, Errno::ENOSPC),
        (libc::ENOTDIR, Errno::ENOTDIR),
        (libc::ENOTTY, Errno::ENOTTY),
        (libc::EPERM, Errno::EPERM),
        (libc::EPIPE, Errno::EPIPE),
        (libc::EROFS, Errno::EROFS),
        (libc::ESPIPE, Errno::ESPIPE),
        (libc::ESRCH, Errno::ESRCH),
        (libc::ENAMETOOLONG, Errno::ENAMETOOLONG),
        (libc::E2BIG, Errno::E2BIG),
        (libc::ETXTBSY, Errno::ETXTBSY),
    ];
    let found = pairs.iter().find(|(libc, _)| *libc == number);
    found.map_or(Errno::EIO, |(_, errno)| *errno)
}
fn check(result: i32) -> Result<i32> {
    if result == -1 {
        Err(last())
    } else {
        Ok(result)
    }
}
fn c(path: &str) -> Result<CString> {
    CString::new(path).map_err(|_| Errno::EINVAL)
}

pub fn start() {}
pub fn open(path: &str, flags: i32, mode: u32) -> Result<Fd> {
    check(unsafe { libc::open(c(path)?.as_ptr(), flags, mode) })
}
pub fn close(fd: Fd) -> Result<()> {
    check(unsafe { libc::close(fd) }).map(drop)
}
pub fn read(fd: Fd, buffer: &mut [u8]) -> Result<usize> {
    check(unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) } as i32)
        .map(|n| n as usize)
}
pub fn write(fd: Fd, bytes: &[u8]) -> Result<usize> {
    check(unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) } as i32).map(|n| n as usize)
}
pub fn lseek(fd: Fd, offset: i64, whence: i32) -> Result<u64> {
    match unsafe { libc::lseek(fd, offset, whence) } {
        -1 => Err(last()),
        place => Ok(place as u64),
    }
}
pub fn pipe() -> Result<(Fd, Fd)> {
    let mut fds = [0; 2];
    check(unsafe { libc::pipe(fds.as_mut_ptr()) })?;
    Ok((fds[0], fds[1]))
}
pub fn dup_min(fd: Fd, min: Fd, cloexec: bool) -> Result<Fd> {
    let command = if cloexec {
        libc::F_DUPFD_CLOEXEC
    } else {
        libc::F_DUPFD
    };
    check(unsafe { libc::fcntl(fd, command, min) })
}
pub fn dup2(from: Fd, to: Fd) -> Result<()> {
    check(unsafe { libc::dup2(from, to) }).map(drop)
}
pub fn fd_flags(fd: Fd) -> Result<u32> {
    check(unsafe { libc::fcntl(fd, libc::F_GETFD) }).map(|flags| flags as u32)
}
pub fn set_fd_flags(fd: Fd, flags: u32) -> Result<()> {
    check(unsafe { libc::fcntl(fd, libc::F_SETFD, flags) }).map(drop)
}
pub fn status_flags(fd: Fd) -> Result<i32> {
    check(unsafe { libc::fcntl(fd, libc::F_GETFL) })
}
fn convert(stat: &libc::stat) -> Stat {
    Stat {
        dev: stat.st_dev,
        ino: stat.st_ino,
        nlink: stat.st_nlink as u64,
        mode: stat.st_mode,
        uid: stat.st_uid,
        gid: stat.st_gid,
        pad: 0,
        rdev: stat.st_rdev,
        size: stat.st_size as u64,
        blocks: stat.st_blocks as u64,
        atime: stat.st_atime * 1_000_000_000 + stat.st_atime_nsec,
        mtime: stat.st_mtime * 1_000_000_000 + stat.st_mtime_nsec,
        ctime: stat.st_ctime * 1_000_000_000 + stat.st_ctime_nsec,
    }
}
pub fn statat(dirfd: Fd, path: &str, flags: i32) -> Result<Stat> {
    let mut stat = unsafe { std::mem::zeroed() };
    let dirfd = if dirfd == -1 { libc::AT_FDCWD } else { dirfd };
    let flags = if flags == 1 {
        libc::AT_SYMLINK_NOFOLLOW
    } else {
        0
    };
    check(unsafe { libc::fstatat(dirfd, c(path)?.as_ptr(), &mut stat, flags) })?;
    Ok(convert(&stat))
}
pub fn stat(path: &str) -> Result<Stat> {
    statat(-1, path, 0)
}
pub fn fstat(fd: Fd) -> Result<Stat> {
    let mut stat = unsafe { std::mem::zeroed() };
    check(unsafe { libc::fstat(fd, &mut stat) })?;
    Ok(convert(&stat))
}
pub fn access(path: &str, mode: i32) -> Result<()> {
    check(unsafe { libc::faccessat(libc::AT_FDCWD, c(path)?.as_ptr(), mode, libc::AT_EACCESS) })
        .map(drop)
}
pub fn read_dir(path: &str) -> Result<Vec<String>> {
    let list = std::fs::read_dir(path).map_err(|_| Errno::ENOENT)?;
    Ok(list
        .flatten()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect())
}
pub fn clone_with<F: FnOnce() -> i32>(child: F) -> Result<Pid> {
    match check(unsafe { libc::fork() })? {
        0 => exit(child()),
        pid => Ok(pid),
    }
}
pub fn exit(code: i32) -> ! {
    unsafe { libc::_exit(code) }
}
pub fn execve<S: AsRef<[u8]>, T: AsRef<[u8]>>(path: &str, argv: &[S], envp: &[T]) -> Errno {
    fn list<S: AsRef<[u8]>>(list: &[S]) -> Vec<CString> {
        list.iter()
            .filter_map(|s| CString::new(s.as_ref()).ok())
            .collect()
    }
    fn pointers(list: &[CString]) -> Vec<*const libc::c_char> {
        list.iter()
            .map(|s| s.as_ptr())
            .chain([std::ptr::null()])
            .collect()
    }
    let (argv, envp) = (list(argv), list(envp));
    match c(path) {
        Err(errno) => errno,
        Ok(path) => {
            unsafe {
                libc::execve(
                    path.as_ptr(),
                    pointers(&argv).as_ptr(),
                    pointers(&envp).as_ptr(),
                )
            };
            last()
        }
    }
}
pub fn wait4(pid: Pid, options: i32) -> Result<Option<(Pid, WaitStatus, schooner_sys::Rusage)>> {
    let mut status = 0;
    let who = check(unsafe { libc::waitpid(pid, &mut status, options) })?;
    Ok((who != 0).then_some((who, WaitStatus(status), schooner_sys::Rusage::default())))
}
pub fn getpid() -> Pid {
    unsafe { libc::getpid() }
}
pub fn getppid() -> Pid {
    unsafe { libc::getppid() }
}
pub fn getpgrp() -> Pid {
    unsafe { libc::getpgrp() }
}
pub fn getuid() -> u32 {
    unsafe { libc::getuid() }
}
pub fn geteuid() -> u32 {
    unsafe { libc::geteuid() }
}
pub fn getgid() -> u32 {
    unsafe { libc::getgid() }
}
pub fn getegid() -> u32 {
    unsafe { libc::getegid() }
}
pub fn setpgid(pid: Pid, pgid: Pid) -> Result<()> {
    check(unsafe { libc::setpgid(pid, pgid) }).map(drop)
}
pub fn getsid(pid: Pid) -> Result<Pid> {
    check(unsafe { libc::getsid(pid) })
}
pub fn tcgetpgrp(fd: Fd) -> Result<Pid> {
    check(unsafe { libc::tcgetpgrp(fd) })
}
pub fn tcsetpgrp(fd: Fd, pgid: Pid) -> Result<()> {
    check(unsafe { libc::tcsetpgrp(fd, pgid) }).map(drop)
}
pub fn tcgetattr(fd: Fd) -> Result<Termios> {
    let mut own: libc::termios = unsafe { std::mem::zeroed() };
    check(unsafe { libc::tcgetattr(fd, &mut own) })?;
    Ok(Termios {
        iflag: own.c_iflag,
        oflag: own.c_oflag,
        cflag: own.c_cflag,
        lflag: own.c_lflag,
        cc: own.c_cc,
    })
}
pub fn tcsetattr(fd: Fd, when: SetWhen, new: &Termios) -> Result<()> {
    let mut own: libc::termios = unsafe { std::mem::zeroed() };
    check(unsafe { libc::tcgetattr(fd, &mut own) })?;
    (own.c_iflag, own.c_oflag, own.c_cflag, own.c_lflag) =
        (new.iflag, new.oflag, new.cflag, new.lflag);
    own.c_cc = new.cc;
    check(unsafe { libc::tcsetattr(fd, when as i32, &own) }).map(drop)
}
pub fn winsize(fd: Fd) -> Result<Winsize> {
    let mut own: libc::winsize = unsafe { std::mem::zeroed() };
    check(unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut own) })?;
    Ok(Winsize {
        rows: own.ws_row,
        cols: own.ws_col,
        xpix: 0,
        ypix: 0,
    })
}

static CAUGHT: AtomicU64 = AtomicU64::new(0);

extern "C" fn catch(signal: libc::c_int) {
    CAUGHT.fetch_or(1 << (signal - 1), Ordering::Relaxed);
}
fn action(sig: i32, new: Option<Action>) -> Result<Action> {
    unsafe {
        let mut own: libc::sigaction = std::mem::zeroed();
        own.sa_sigaction = match new {
            Some(Action::Ignore) => libc::SIG_IGN,
            Some(Action::Catch) => catch as *const () as usize,
            _ => libc::SIG_DFL,
        };
        let mut old: libc::sigaction = std::mem::zeroed();
        let new = if new.is_some() {
            &raw const own
        } else {
            std::ptr::null()
        };
        check(libc::sigaction(sig, new, &mut old))?;
        Ok(match old.sa_sigaction {
            libc::SIG_DFL => Action::Default,
            libc::SIG_IGN => Action::Ignore,
            _ => Action::Catch,
        })
    }
}
pub fn sigaction(sig: i32, new: Action) -> Result<Action> {
    action(sig, Some(new))
}
pub fn sigaction_get(sig: i32) -> Result<Action> {
    action(sig, None)
}
pub fn sigcaught() -> Result<SigSet> {
    Ok(SigSet(CAUGHT.swap(0, Ordering::Relaxed)))
}
fn to_set(set: SigSet) -> libc::sigset_t {
    unsafe {
        let mut own = std::mem::zeroed();
        libc::sigemptyset(&mut own);
        set.iter().for_each(|sig| {
            libc::sigaddset(&mut own, sig);
        });
        own
    }
}
fn from_set(own: &libc::sigset_t) -> SigSet {
    let mut set = SigSet::EMPTY;
    for sig in 1..=64 {
        if unsafe { libc::sigismember(own, sig) } == 1 {
            set.insert(sig);
        }
    }
    set
}
pub fn sigprocmask(how: MaskHow, set: SigSet) -> Result<SigSet> {
    let mut old = to_set(SigSet::EMPTY);
    check(unsafe { libc::sigprocmask(how as i32, &to_set(set), &mut old) })?;
    Ok(from_set(&old))
}
pub fn sigpending() -> Result<SigSet> {
    let mut own = to_set(SigSet::EMPTY);
    check(unsafe { libc::sigpending(&mut own) })?;
    Ok(from_set(&own))
}
pub fn kill(pid: Pid, sig: i32) -> Result<()> {
    check(unsafe { libc::kill(pid, sig) }).map(drop)
}
pub fn ppoll(fds: &mut [PollFd], timeout: Option<Duration>, mask: Option<SigSet>) -> Result<usize> {
    let mut own: Vec<libc::pollfd> = fds
        .iter()
        .map(|f| libc::pollfd {
            fd: f.fd,
            events: f.events as i16,
            revents: 0,
        })
        .collect();
    let time = timeout.map(|time| libc::timespec {
        tv_sec: time.as_secs() as i64,
        tv_nsec: time.subsec_nanos().into(),
    });
    let set = mask.map(to_set);
    let count = check(unsafe {
        libc::ppoll(
            own.as_mut_ptr(),
            own.len() as u64,
            time.as_ref().map_or(std::ptr::null(), |time| time),
            set.as_ref().map_or(std::ptr::null(), |set| set),
        )
    })?;
    for (to, from) in fds.iter_mut().zip(own) {
        to.revents = from.revents as u16;
    }
    Ok(count as usize)
}
pub fn umask(mask: u32) -> Result<u32> {
    Ok(unsafe { libc::umask(mask) })
}
pub fn getrlimit(resource: i32) -> Result<Rlimit> {
    let mut own = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    check(unsafe { libc::getrlimit(resource as u32, &mut own) })?;
    Ok(Rlimit {
        cur: own.rlim_cur,
        max: own.rlim_max,
    })
}
pub fn setrlimit(resource: i32, new: &Rlimit) -> Result<()> {
    let own = libc::rlimit {
        rlim_cur: new.cur,
        rlim_max: new.max,
    };
    check(unsafe { libc::setrlimit(resource as u32, &own) }).map(drop)
}
pub fn times() -> Result<Times> {
    let mut own: libc::tms = unsafe { std::mem::zeroed() };
    unsafe { libc::times(&mut own) };
    let ns = |ticks: libc::clock_t| ticks as u64 * 10_000_000;
    Ok(Times {
        user: ns(own.tms_utime),
        sys: ns(own.tms_stime),
        child_user: ns(own.tms_cutime),
        child_sys: ns(own.tms_cstime),
    })
}
pub fn getcwd() -> Result<String> {
    let path = std::env::current_dir().map_err(|_| Errno::ENOENT)?;
    path.into_os_string()
        .into_string()
        .map_err(|_| Errno::EILSEQ)
}
pub fn chdir(path: &str) -> Result<()> {
    check(unsafe { libc::chdir(c(path)?.as_ptr()) }).map(drop)
}
