//! The same calls on the machine that runs the tests.

use super::{Stat, StatFs, Termios, Uname};
use std::ffi::CString;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::os::unix::process::CommandExt;
use std::time::Duration;

fn c_string(path: &str) -> io::Result<CString> {
    CString::new(path).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))
}

fn checked(result: i32) -> io::Result<()> {
    if result == 0 {
        Ok(())
    } else {
        Err(io::Error::last_os_error())
    }
}

pub fn start() {}

fn convert(m: &fs::Metadata) -> Stat {
    let time = |seconds: i64, nanos: i64| seconds * 1_000_000_000 + nanos;
    Stat {
        dev: m.dev(),
        ino: m.ino(),
        nlink: m.nlink(),
        mode: m.mode(),
        uid: m.uid(),
        gid: m.gid(),
        rdev: m.rdev(),
        size: m.size(),
        blocks: m.blocks(),
        atime: time(m.atime(), m.atime_nsec()),
        mtime: time(m.mtime(), m.mtime_nsec()),
        ctime: time(m.ctime(), m.ctime_nsec()),
    }
}

pub fn stat(path: &str) -> io::Result<Stat> {
    Ok(convert(&fs::metadata(path)?))
}

pub fn lstat(path: &str) -> io::Result<Stat> {
    Ok(convert(&fs::symlink_metadata(path)?))
}

pub fn fstat(fd: i32) -> io::Result<Stat> {
    use std::os::fd::BorrowedFd;
    let borrowed = unsafe { BorrowedFd::borrow_raw(fd) };
    Ok(convert(
        &File::from(borrowed.try_clone_to_owned()?).metadata()?,
    ))
}

pub fn fstat_is_dir(file: &File) -> bool {
    file.metadata().is_ok_and(|m| m.is_dir())
}

pub fn error_is_dir() -> io::Error {
    io::Error::from_raw_os_error(libc::EISDIR)
}

pub fn access(path: &str, mode: i32) -> bool {
    c_string(path).is_ok_and(|path| unsafe { libc::access(path.as_ptr(), mode) } == 0)
}

pub fn chmod(path: &str, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

pub fn chown(path: &str, uid: u32, gid: u32, follow: bool) -> io::Result<()> {
    let some = |id: u32| (id != u32::MAX).then_some(id);
    if follow {
        std::os::unix::fs::chown(path, some(uid), some(gid))
    } else {
        std::os::unix::fs::lchown(path, some(uid), some(gid))
    }
}

pub fn mknod(path: &str, mode: u32, rdev: u64) -> io::Result<()> {
    checked(unsafe { libc::mknod(c_string(path)?.as_ptr(), mode, rdev) })
}

pub fn statfs(path: &str) -> io::Result<StatFs> {
    let mut s: libc::statfs = unsafe { std::mem::zeroed() };
    checked(unsafe { libc::statfs(c_string(path)?.as_ptr(), &mut s) })?;
    Ok(StatFs {
        kind: s.f_type as u64,
        bsize: s.f_bsize as u64,
        blocks: s.f_blocks,
        bfree: s.f_bfree,
        bavail: s.f_bavail,
        files: s.f_files,
        ffree: s.f_ffree,
        name_len: s.f_namelen as u64,
    })
}

pub fn set_umask(mask: u32) -> u32 {
    unsafe { libc::umask(mask) }
}

pub fn make_symlink(target: &str, link: &str) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

pub fn set_times(
    path: &str,
    atime: Option<i64>,
    mtime: Option<i64>,
    follow: bool,
) -> io::Result<()> {
    let spec = |time: Option<i64>| match time {
        Some(ns) => libc::timespec {
            tv_sec: ns.div_euclid(1_000_000_000),
            tv_nsec: ns.rem_euclid(1_000_000_000),
        },
        None => libc::timespec {
            tv_sec: 0,
            tv_nsec: libc::UTIME_OMIT,
        },
    };
    let times = [spec(atime), spec(mtime)];
    let flags = if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW };
    checked(unsafe {
        libc::utimensat(
            libc::AT_FDCWD,
            c_string(path)?.as_ptr(),
            times.as_ptr(),
            flags,
        )
    })
}

pub fn pid() -> i32 {
    std::process::id() as i32
}
pub fn parent_pid() -> i32 {
    std::os::unix::process::parent_id() as i32
}
pub fn uid() -> u32 {
    unsafe { libc::getuid() }
}
pub fn euid() -> u32 {
    unsafe { libc::geteuid() }
}
pub fn gid() -> u32 {
    unsafe { libc::getgid() }
}
pub fn egid() -> u32 {
    unsafe { libc::getegid() }
}
pub fn group_list() -> Vec<u32> {
    let mut list = [0; 64];
    let count = unsafe { libc::getgroups(64, list.as_mut_ptr()) };
    list[..count.max(0) as usize].to_vec()
}

pub fn chdir(path: &str) -> io::Result<()> {
    std::env::set_current_dir(path)
}

pub fn uname() -> Uname {
    let mut u: libc::utsname = unsafe { std::mem::zeroed() };
    unsafe { libc::uname(&mut u) };
    let text = |field: &[libc::c_char]| {
        field
            .iter()
            .take_while(|c| **c != 0)
            .map(|c| *c as u8 as char)
            .collect()
    };
    Uname {
        sysname: text(&u.sysname),
        nodename: text(&u.nodename),
        release: text(&u.release),
        version: text(&u.version),
        machine: text(&u.machine),
    }
}

pub fn set_hostname(_name: &str) -> io::Result<()> {
    Err(io::Error::from_raw_os_error(libc::EPERM))
}

pub fn priority() -> i32 {
    unsafe { libc::getpriority(libc::PRIO_PROCESS as _, 0) }
}

pub fn set_priority(pid: i32, value: i32) -> io::Result<()> {
    checked(unsafe { libc::setpriority(libc::PRIO_PROCESS as _, pid as u32, value) })
}

pub fn kill(pid: i32, signal: i32) -> io::Result<()> {
    checked(unsafe { libc::kill(pid, signal) })
}

pub fn ignore_signal(signal: i32) {
    unsafe { libc::signal(signal, libc::SIG_IGN) };
}

pub fn catch_signal(_signal: i32) {}

pub fn caught(_signal: i32) -> bool {
    false
}

pub fn own_group() {
    unsafe { libc::setpgid(0, 0) };
}

pub fn new_session() -> io::Result<()> {
    unsafe { libc::setsid() };
    Ok(())
}

fn command(argv: &[String]) -> std::process::Command {
    crate::flush();
    let mut command = std::process::Command::new(&argv[0]);
    command.args(&argv[1..]);
    command
}

pub fn exec(argv: &[String]) -> io::Error {
    command(argv).exec()
}

pub fn spawn(argv: &[String], null_input: bool) -> io::Result<i32> {
    let mut command = command(argv);
    if null_input {
        command.stdin(std::process::Stdio::null());
    }
    // Reaped by `wait`, by number.
    command.spawn().map(|child| child.id() as i32)
}

fn status(status: i32) -> i32 {
    if libc::WIFSIGNALED(status) {
        128 + libc::WTERMSIG(status)
    } else {
        libc::WEXITSTATUS(status)
    }
}

pub fn wait(pid: i32) -> io::Result<i32> {
    let mut code = 0;
    if unsafe { libc::waitpid(pid, &mut code, 0) } < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(status(code))
    }
}

pub fn wait_for(pid: i32, time: Duration) -> io::Result<Option<i32>> {
    let end = std::time::Instant::now() + time;
    loop {
        let mut code = 0;
        match unsafe { libc::waitpid(pid, &mut code, libc::WNOHANG) } {
            0 if std::time::Instant::now() >= end => return Ok(None),
            0 => std::thread::sleep(Duration::from_millis(5)),
            found if found < 0 => return Err(io::Error::last_os_error()),
            _ => return Ok(Some(status(code))),
        }
    }
}

pub fn is_terminal(fd: i32) -> bool {
    unsafe { libc::isatty(fd) == 1 }
}

pub fn window(fd: i32) -> Option<(usize, usize)> {
    let mut size: libc::winsize = unsafe { std::mem::zeroed() };
    (unsafe { libc::ioctl(fd, libc::TIOCGWINSZ, &mut size) } == 0)
        .then_some((size.ws_row.into(), size.ws_col.into()))
}

pub fn set_window(_fd: i32, _rows: u16, _cols: u16) -> io::Result<()> {
    Ok(())
}

pub fn get_terminal(fd: i32) -> io::Result<Termios> {
    let mut t: libc::termios = unsafe { std::mem::zeroed() };
    checked(unsafe { libc::tcgetattr(fd, &mut t) })?;
    Ok(Termios {
        iflag: t.c_iflag,
        oflag: t.c_oflag,
        cflag: t.c_cflag,
        lflag: t.c_lflag,
        cc: t.c_cc,
    })
}

pub fn set_terminal(fd: i32, new: &Termios) -> io::Result<()> {
    let mut t: libc::termios = unsafe { std::mem::zeroed() };
    checked(unsafe { libc::tcgetattr(fd, &mut t) })?;
    (t.c_iflag, t.c_oflag, t.c_cflag, t.c_lflag, t.c_cc) =
        (new.iflag, new.oflag, new.cflag, new.lflag, new.cc);
    checked(unsafe { libc::tcsetattr(fd, libc::TCSADRAIN, &t) })
}

pub fn readable(fd: i32, time: Option<Duration>) -> bool {
    let mut poll = libc::pollfd {
        fd,
        events: libc::POLLIN,
        revents: 0,
    };
    unsafe { libc::poll(&mut poll, 1, time.map_or(-1, |t| t.as_millis() as i32)) > 0 }
}

pub fn read_fd(fd: i32, buffer: &mut [u8]) -> io::Result<usize> {
    let got = unsafe { libc::read(fd, buffer.as_mut_ptr().cast(), buffer.len()) };
    if got < 0 {
        Err(io::Error::last_os_error())
    } else {
        Ok(got as usize)
    }
}

pub fn open_terminal() -> io::Result<i32> {
    use std::os::fd::IntoRawFd;
    Ok(File::options()
        .read(true)
        .write(true)
        .open("/dev/tty")?
        .into_raw_fd())
}

pub fn redirect(path: &str, to: i32, append: bool) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    let file = if append {
        File::options().append(true).create(true).open(path)?
    } else {
        File::open(path)?
    };
    duplicate(file.as_raw_fd(), to)
}

pub fn duplicate(from: i32, to: i32) -> io::Result<()> {
    checked(if unsafe { libc::dup2(from, to) } < 0 {
        -1
    } else {
        0
    })
}
