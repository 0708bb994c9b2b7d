//! The calls on Schooner's kernel.

use super::{Stat, StatFs, Termios, Uname};
use schooner_sys as sys;
use std::ffi::{CString, c_char, c_int};
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::time::Duration;

#[repr(C)]
struct TimeSpec {
    seconds: i64,
    nanos: i32,
}

unsafe extern "C" {
    fn symlink(target: *const c_char, link: *const c_char) -> c_int;
    fn utimensat(dir: c_int, path: *const c_char, times: *const TimeSpec, flags: c_int) -> c_int;
}

fn c_string(path: &str) -> io::Result<CString> {
    CString::new(path).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

fn checked(result: c_int) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

/// First thing in `main`: takes over the inherited cwd.
pub fn start() {
    sys::start();
}

fn convert(stat: sys::Stat) -> Stat {
    Stat {
        dev: stat.dev,
        ino: stat.ino,
        nlink: stat.nlink,
        mode: stat.mode,
        uid: stat.uid,
        gid: stat.gid,
        rdev: stat.rdev,
        size: stat.size,
        blocks: stat.blocks,
        atime: stat.atime,
        mtime: stat.mtime,
        ctime: stat.ctime,
    }
}

pub fn stat(path: &str) -> io::Result<Stat> {
    Ok(convert(sys::stat(path)?))
}

pub fn lstat(path: &str) -> io::Result<Stat> {
    Ok(convert(sys::lstat(path)?))
}

pub fn fstat(fd: i32) -> io::Result<Stat> {
    Ok(convert(sys::fstat(fd)?))
}

pub fn fstat_is_dir(file: &File) -> bool {
    fstat(file.as_raw_fd()).is_ok_and(|stat| stat.is_dir())
}

pub fn error_is_dir() -> io::Error {
    sys::Errno::EISDIR.into()
}

pub fn access(path: &str, mode: i32) -> bool {
    sys::access(path, mode).is_ok()
}

pub fn chmod(path: &str, mode: u32) -> io::Result<()> {
    Ok(sys::chmod(path, mode)?)
}

/// `u32::MAX` leaves one as it is.
pub fn chown(path: &str, uid: u32, gid: u32, follow: bool) -> io::Result<()> {
    Ok(sys::chown(
        path,
        uid,
        gid,
        if follow { 0 } else { sys::NOFOLLOW },
    )?)
}

pub fn mknod(path: &str, mode: u32, rdev: u64) -> io::Result<()> {
    Ok(sys::mknod(path, mode, rdev)?)
}

pub fn statfs(path: &str) -> io::Result<StatFs> {
    let s = sys::statfs(path)?;
    Ok(StatFs {
        kind: s.kind,
        bsize: s.bsize,
        blocks: s.blocks,
        bfree: s.bfree,
        bavail: s.bavail,
        files: s.files,
        ffree: s.ffree,
        name_len: s.name_len,
    })
}

/// Sets the mask and gives the old one.
pub fn set_umask(mask: u32) -> u32 {
    sys::umask(mask).unwrap_or(0o22)
}

pub fn make_symlink(target: &str, link: &str) -> io::Result<()> {
    let (target, link) = (c_string(target)?, c_string(link)?);
    // SAFETY-free zone of libc: both strings live until the call returns.
    checked(unsafe { symlink(target.as_ptr(), link.as_ptr()) })
}

/// Sets the times in nanoseconds; `None` leaves one as it is.
pub fn set_times(
    path: &str,
    atime: Option<i64>,
    mtime: Option<i64>,
    follow: bool,
) -> io::Result<()> {
    const OMIT: i32 = 0x3fff_fffe;
    const FDCWD: c_int = -2;
    const NOFOLLOW: c_int = 1;
    let spec = |time: Option<i64>| match time {
        Some(ns) => TimeSpec {
            seconds: ns.div_euclid(1_000_000_000),
            nanos: ns.rem_euclid(1_000_000_000) as i32,
        },
        None => TimeSpec {
            seconds: 0,
            nanos: OMIT,
        },
    };
    let times = [spec(atime), spec(mtime)];
    let path = c_string(path)?;
    checked(unsafe {
        utimensat(
            FDCWD,
            path.as_ptr(),
            times.as_ptr(),
            if follow { 0 } else { NOFOLLOW },
        )
    })
}

pub fn pid() -> i32 {
    sys::getpid()
}
pub fn parent_pid() -> i32 {
    sys::getppid()
}
pub fn uid() -> u32 {
    sys::getuid()
}
pub fn euid() -> u32 {
    sys::geteuid()
}
pub fn gid() -> u32 {
    sys::getgid()
}
pub fn egid() -> u32 {
    sys::getegid()
}
pub fn group_list() -> Vec<u32> {
    sys::getgroups().unwrap_or_default()
}

pub fn chdir(path: &str) -> io::Result<()> {
    Ok(sys::chdir(path)?)
}

pub fn uname() -> Uname {
    let u = sys::uname().unwrap_or_default();
    Uname {
        sysname: u.sysname,
        nodename: u.nodename,
        release: u.release,
        version: u.version,
        machine: u.machine,
    }
}

pub fn set_hostname(name: &str) -> io::Result<()> {
    Ok(sys::sethostname(name)?)
}

pub fn priority() -> i32 {
    sys::getpriority(sys::PRIO_PROCESS, 0).unwrap_or(0)
}

pub fn set_priority(pid: i32, value: i32) -> io::Result<()> {
    Ok(sys::setpriority(sys::PRIO_PROCESS, pid, value)?)
}

pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    Ok(sys::kill(pid, signal)?)
}

pub fn ignore_signal(signal: i32) {
    let _ = sys::sigaction(signal, sys::Action::Ignore);
}

/// Remembers these signals instead of dying of them; blocking calls are interrupted. See [`caught`].
pub fn catch_signal(signal: i32) {
    let _ = sys::sigaction(signal, sys::Action::Catch);
}

/// Whether that caught signal arrived. Others that arrived are forgotten.
pub fn caught(signal: i32) -> bool {
    sys::sigcaught().is_ok_and(|set| set.contains(signal))
}

/// Puts the process into its own group (`timeout` does).
pub fn own_group() {
    let _ = sys::setpgid(0, 0);
}

pub fn new_session() -> io::Result<()> {
    sys::setsid()?;
    Ok(())
}

fn environment() -> Vec<Vec<u8>> {
    use std::os::wasi::ffi::OsStrExt;
    std::env::vars_os()
        .map(|(name, value)| {
            [
                name.as_os_str().as_bytes(),
                b"=",
                value.as_os_str().as_bytes(),
            ]
            .concat()
        })
        .collect()
}

/// Replaces this program with the one that the first word names, environment included. Returns only on failure.
pub fn exec(argv: &[String]) -> io::Error {
    crate::flush();
    match super::find_program(&argv[0]) {
        Some(path) => sys::execve(&path, argv, &environment()).into(),
        None => sys::Errno::ENOENT.into(),
    }
}

/// Starts a program; with `null_input` its standard input is `/dev/null`.
pub fn spawn(argv: &[String], null_input: bool) -> io::Result<i32> {
    crate::flush();
    let path = super::find_program(&argv[0]).ok_or(sys::Errno::ENOENT)?;
    // What exec would complain about is asked first, so that the caller hears of it.
    sys::stat(&path)?;
    sys::access(&path, sys::X_OK)?;
    let environment = environment();
    Ok(sys::clone_with(|| {
        if null_input {
            if let Ok(fd) = sys::open("/dev/null", sys::O_RDONLY, 0) {
                let _ = sys::dup2(fd, 0);
            }
        }
        let error = sys::execve(&path, argv, &environment);
        let _ = sys::write_all(
            2,
            format!("{}: {path}: {}\n", crate::name(), error.words()).as_bytes(),
        );
        126
    })?)
}

/// Waits for a child; its exit code, or 128 + the signal.
pub fn wait(pid: i32) -> io::Result<i32> {
    Ok(sys::wait(pid)?.shell_status())
}

/// Waits until the child ends or the time is over (`None`).
pub fn wait_for(pid: i32, time: Duration) -> io::Result<Option<i32>> {
    // SIGCHLD interrupts the sleep; blocked meanwhile, so that it cannot come between the look and the sleep.
    let _ = sys::sigaction(sys::SIGCHLD, sys::Action::Catch);
    let mut set = sys::SigSet::EMPTY;
    set.insert(sys::SIGCHLD);
    let old = sys::sigprocmask(sys::MaskHow::Block, set)?;
    let end = std::time::Instant::now() + time;
    let result = loop {
        match sys::wait4(pid, sys::WNOHANG) {
            Ok(Some((_, status, _))) => break Ok(Some(status.shell_status())),
            Ok(None) => {}
            Err(errno) => break Err(errno.into()),
        }
        let left = end.saturating_duration_since(std::time::Instant::now());
        if left.is_zero() {
            break Ok(None);
        }
        let mut open = old;
        open.remove(sys::SIGCHLD);
        let _ = sys::ppoll(&mut [], Some(left), Some(open));
        let _ = sys::sigcaught();
    };
    let _ = sys::sigprocmask(sys::MaskHow::Set, old);
    result
}

pub fn is_terminal(fd: i32) -> bool {
    sys::isatty(fd)
}

/// Rows and columns.
pub fn window(fd: i32) -> Option<(usize, usize)> {
    sys::winsize(fd)
        .ok()
        .map(|size| (size.rows.into(), size.cols.into()))
}

pub fn set_window(fd: i32, rows: u16, cols: u16) -> io::Result<()> {
    Ok(sys::set_winsize(
        fd,
        &sys::Winsize {
            rows,
            cols,
            xpix: 0,
            ypix: 0,
        },
    )?)
}

pub fn get_terminal(fd: i32) -> io::Result<Termios> {
    let t = sys::tcgetattr(fd)?;
    Ok(Termios {
        iflag: t.iflag,
        oflag: t.oflag,
        cflag: t.cflag,
        lflag: t.lflag,
        cc: t.cc,
    })
}

pub fn set_terminal(fd: i32, t: &Termios) -> io::Result<()> {
    let raw = sys::Termios {
        iflag: t.iflag,
        oflag: t.oflag,
        cflag: t.cflag,
        lflag: t.lflag,
        cc: t.cc,
    };
    Ok(sys::tcsetattr(fd, sys::SetWhen::Drain, &raw)?)
}

/// Waits for input; `false` when the time was over or a signal came.
pub fn readable(fd: i32, time: Option<Duration>) -> bool {
    let mut fds = [sys::PollFd {
        fd,
        events: sys::POLLIN,
        revents: 0,
    }];
    sys::ppoll(&mut fds, time, None).is_ok_and(|ready| ready > 0)
}

pub fn read_fd(fd: i32, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(sys::read(fd, buffer)?)
}

/// Opens the terminal itself, for programs whose standard input is a pipe.
pub fn open_terminal() -> io::Result<i32> {
    Ok(sys::open("/dev/tty", sys::O_RDWR, 0)?)
}

/// Opens a path for a redirection (`nohup.out`) and puts it at that descriptor.
pub fn redirect(path: &str, to: i32, append: bool) -> io::Result<()> {
    let mode = if append {
        sys::O_WRONLY | sys::O_CREAT | sys::O_APPEND
    } else {
        sys::O_RDONLY
    };
    let fd = sys::open(path, mode, 0o600)?;
    sys::dup2(fd, to)?;
    Ok(sys::close(fd)?)
}

pub fn duplicate(from: i32, to: i32) -> io::Result<()> {
    Ok(sys::dup2(from, to)?)
}
