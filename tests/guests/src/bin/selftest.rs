//! Uses every call once and says what came out otherwise than on Linux. Exit status: the number of surprises.
//!
//! Run it as pid 1 of a container with /tmp and /proc; with `-t` it looks at the terminal too.
use schooner_sys::{self as sys, Action, Errno, MaskHow, SigSet};
use std::time::{Duration, Instant};

unsafe extern "C" {
    fn symlink(target: *const std::ffi::c_char, link: *const std::ffi::c_char) -> i32;
}

struct Report {
    failures: i32,
}

impl Report {
    fn check<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, got: T, expected: T) {
        if got != expected {
            println!("FAIL {name}: {got:?}, expected {expected:?}");
            self.failures += 1;
        }
    }
}

fn child_exit(code: i32) -> i32 {
    sys::clone_with(move || code).expect("clone")
}

fn processes(r: &mut Report) {
    let me = sys::getpid();
    r.check("ppid", sys::getppid(), 0);
    r.check("sid", sys::getsid(0), Ok(sys::getsid_self()));
    r.check("pgid", sys::getpgid(0), Ok(sys::getpgrp()));
    r.check("setsid of a leader", sys::setsid(), Err(Errno::EPERM));
    let child = child_exit(7);
    r.check("wait", sys::wait(child).map(|s| s.exited()), Ok(Some(7)));
    r.check(
        "wait without children",
        sys::wait4(-1, 0).map(|_| ()),
        Err(Errno::ECHILD),
    );
    let child = sys::clone_with(|| {
        if sys::setsid() == Ok(sys::getpid()) && sys::getpgrp() == sys::getpid() {
            0
        } else {
            1
        }
    })
    .expect("clone");
    r.check("setsid", sys::wait(child).map(|s| s.shell_status()), Ok(0));
    let (reader, writer) = sys::pipe().expect("pipe");
    let child = sys::clone_with(|| {
        let mut byte = [0];
        sys::close(writer).map_or(1, |()| {
            sys::read(reader, &mut byte).map_or(2, |n| 10 + n as i32)
        })
    })
    .expect("clone");
    r.check(
        "nohang",
        sys::wait4(child, sys::WNOHANG).map(|w| w.is_none()),
        Ok(true),
    );
    r.check("setpgid of a child", sys::setpgid(child, 0), Ok(()));
    r.check("getpgid of a child", sys::getpgid(child), Ok(child));
    r.check("stop", sys::kill(child, sys::SIGSTOP), Ok(()));
    let news = sys::wait4(child, sys::WUNTRACED).map(|w| w.and_then(|(_, s, _)| s.stopped()));
    r.check("stopped", news, Ok(Some(sys::SIGSTOP)));
    r.check(
        "continue the group",
        sys::kill(-child, sys::SIGCONT),
        Ok(()),
    );
    let news =
        sys::wait4(-child, sys::WCONTINUED).map(|w| w.is_some_and(|(_, s, _)| s.continued()));
    r.check("continued", news, Ok(true));
    sys::close(reader).expect("close");
    sys::close(writer).expect("close");
    r.check(
        "end of file in the child",
        sys::wait(child).map(|s| s.exited()),
        Ok(Some(10)),
    );
    r.check("kill nobody", sys::kill(99_999, 0), Err(Errno::ESRCH));
    r.check("kill 0", sys::kill(me, 0), Ok(()));
    r.check("bad signal", sys::kill(me, 65), Err(Errno::EINVAL));
    r.check("cwd", sys::getcwd(), Ok("/".to_owned()));
    r.check("chdir", sys::chdir("/tmp/../tmp"), Ok(()));
    r.check("cwd after", sys::getcwd(), Ok("/tmp".to_owned()));
    r.check(
        "std agrees",
        std::env::current_dir().ok(),
        Some("/tmp".into()),
    );
    r.check(
        "chdir to nothing",
        sys::chdir("nowhere"),
        Err(Errno::ENOENT),
    );
    r.check(
        "groups",
        sys::setgroups(&[5, 6]).and_then(|()| sys::getgroups()),
        Ok(vec![5, 6]),
    );
    let child = sys::clone_with(|| {
        let steps = [
            sys::setgid(10).is_ok(),
            sys::setuid(10).is_ok(),
            sys::setuid(0) == Err(Errno::EPERM),
            sys::getuid() == 10,
            sys::geteuid() == 10,
        ];
        steps
            .iter()
            .position(|ok| !ok)
            .map_or(0, |at| at as i32 + 1)
    })
    .expect("clone");
    r.check("setuid", sys::wait(child).map(|s| s.shell_status()), Ok(0));
    r.check(
        "execve of nothing",
        sys::execve("/nope", &["x"], &[""; 0]),
        Errno::ENOENT,
    );
    std::fs::write("/tmp/text", "no program").expect("write");
    sys::chmod("/tmp/text", 0o755).expect("chmod");
    r.check(
        "execve of text",
        sys::execve("/tmp/text", &["x"], &[""; 0]),
        Errno::ENOEXEC,
    );
}

fn signals(r: &mut Report) {
    r.check(
        "default",
        sys::sigaction_get(sys::SIGTERM),
        Ok(Action::Default),
    );
    r.check(
        "catch",
        sys::sigaction(sys::SIGUSR1, Action::Catch),
        Ok(Action::Default),
    );
    r.check(
        "no catching of KILL",
        sys::sigaction(sys::SIGKILL, Action::Catch),
        Err(Errno::EINVAL),
    );
    let me = sys::getpid();
    let mut set = SigSet::EMPTY;
    set.insert(sys::SIGUSR1);
    r.check(
        "block",
        sys::sigprocmask(MaskHow::Block, set),
        Ok(SigSet::EMPTY),
    );
    sys::kill(me, sys::SIGUSR1).expect("kill");
    r.check("pending", sys::sigpending(), Ok(set));
    r.check("not caught yet", sys::sigcaught(), Ok(SigSet::EMPTY));
    r.check(
        "ppoll lets it in",
        sys::sigsuspend(SigSet::EMPTY),
        Errno::EINTR,
    );
    r.check("mask is back", sys::sigmask(), Ok(set));
    r.check("caught", sys::sigcaught(), Ok(set));
    r.check(
        "unblock",
        sys::sigprocmask(MaskHow::Set, SigSet::EMPTY),
        Ok(set),
    );
    sys::sigaction(sys::SIGUSR1, Action::Default).expect("sigaction");
    let child = sys::clone_with(|| {
        sys::kill(sys::getpid(), sys::SIGTERM).expect("kill");
        0
    })
    .expect("clone");
    r.check(
        "death by signal",
        sys::wait(child).map(|s| s.signaled()),
        Ok(Some(sys::SIGTERM)),
    );
    r.check("names", sys::signal_number("SIGwinch"), Some(28));
}

fn waiting(r: &mut Report) {
    let (reader, writer) = sys::pipe().expect("pipe");
    let mut fds = [
        sys::PollFd {
            fd: reader,
            events: sys::POLLIN,
            revents: 9,
        },
        sys::PollFd {
            fd: 77,
            events: sys::POLLIN,
            revents: 0,
        },
        sys::PollFd {
            fd: -1,
            events: 1,
            revents: 9,
        },
    ];
    r.check(
        "bad descriptor is ready",
        sys::ppoll(&mut fds, None, None),
        Ok(1),
    );
    r.check("revents", fds.map(|p| p.revents), [0, sys::POLLNVAL, 0]);
    let before = Instant::now();
    r.check(
        "timeout",
        sys::ppoll(&mut fds[..1], Some(Duration::from_millis(30)), None),
        Ok(0),
    );
    r.check("slept", before.elapsed() >= Duration::from_millis(30), true);
    sys::write_all(writer, b"x").expect("write");
    r.check(
        "readable",
        sys::ppoll(&mut fds[..1], None, None).map(|n| (n, fds[0].revents)),
        Ok((1, sys::POLLIN)),
    );
    sys::close(writer).expect("close");
    sys::read(reader, &mut [0; 4]).expect("read");
    sys::ppoll(&mut fds[..1], None, None).expect("ppoll");
    r.check("hung up", fds[0].revents & sys::POLLHUP, sys::POLLHUP);
    sys::close(reader).expect("close");
}

fn files(r: &mut Report) {
    r.check("umask", sys::umask(0o027), Ok(0o022));
    let fd = sys::open(
        "/tmp/new",
        sys::O_CREAT | sys::O_RDWR | sys::O_EXCL | sys::O_CLOEXEC,
        0o666,
    )
    .expect("open");
    r.check(
        "exclusive",
        sys::open("/tmp/new", sys::O_CREAT | sys::O_EXCL, 0o666),
        Err(Errno::EEXIST),
    );
    r.check(
        "mode",
        sys::fstat(fd).map(|s| s.mode),
        Ok(sys::S_IFREG | 0o640),
    );
    r.check("cloexec", sys::fd_flags(fd), Ok(sys::FD_CLOEXEC));
    r.check(
        "clear",
        sys::set_fd_flags(fd, 0).and_then(|()| sys::fd_flags(fd)),
        Ok(0),
    );
    r.check("status flags", sys::status_flags(fd), Ok(sys::O_RDWR));
    r.check(
        "append",
        sys::set_status_flags(fd, sys::O_APPEND).and_then(|()| sys::status_flags(fd)),
        Ok(sys::O_RDWR | sys::O_APPEND),
    );
    r.check("dup_min", sys::dup_min(fd, 20, true), Ok(20));
    r.check("dup_min's flag", sys::fd_flags(20), Ok(sys::FD_CLOEXEC));
    r.check(
        "dup2",
        sys::dup2(20, 21).and_then(|()| sys::fd_flags(21)),
        Ok(0),
    );
    r.check("dup of nothing", sys::dup(99), Err(Errno::EBADF));
    sys::write_all(21, b"hello").expect("write");
    r.check("size", sys::stat("/tmp/new").map(|s| s.size), Ok(5));
    r.check(
        "fchmod",
        sys::fchmod(fd, 0o4711)
            .and_then(|()| sys::stat("/tmp/new"))
            .map(|s| s.mode & 0o7777),
        Ok(0o4711),
    );
    r.check(
        "chown",
        sys::chown("/tmp/new", 3, u32::MAX, 0)
            .and_then(|()| sys::stat("/tmp/new"))
            .map(|s| (s.uid, s.gid)),
        Ok((3, 0)),
    );
    r.check(
        "fifo",
        sys::mknod("/tmp/fifo", sys::S_IFIFO | 0o644, 0),
        Ok(()),
    );
    r.check(
        "fifo's type",
        sys::stat("/tmp/fifo").map(|s| s.file_type()),
        Ok(sys::S_IFIFO),
    );
    r.check(
        "symlink",
        unsafe { symlink(c"nowhere".as_ptr(), c"/tmp/link".as_ptr()) },
        0,
    );
    r.check(
        "lstat",
        sys::lstat("/tmp/link").map(|s| s.file_type()),
        Ok(sys::S_IFLNK),
    );
    r.check(
        "stat of a broken link",
        sys::stat("/tmp/link").map(|_| ()),
        Err(Errno::ENOENT),
    );
    r.check("access", sys::access("/tmp/new", sys::X_OK), Ok(()));
    r.check("statfs", sys::statfs("/proc").map(|s| s.kind), Ok(0x9fa0));
    let dir = sys::open("/tmp", sys::O_DIRECTORY, 0).expect("open");
    r.check("stat at", sys::statat(dir, "new", 0).map(|s| s.size), Ok(5));
    r.check(
        "open at",
        sys::openat(dir, "none", 0, 0),
        Err(Errno::ENOENT),
    );
    for fd in [fd, 20, 21, dir] {
        sys::close(fd).expect("close");
    }
}

fn system(r: &mut Report) {
    r.check(
        "uname",
        sys::uname().map(|u| (u.sysname, u.machine)),
        Ok(("Linux".into(), "wasm32".into())),
    );
    r.check("hostname", sys::sethostname("x"), Err(Errno::EPERM));
    let limit = sys::getrlimit(sys::RLIMIT_NOFILE).expect("getrlimit");
    let low = sys::Rlimit {
        cur: 30,
        max: limit.max,
    };
    r.check(
        "setrlimit",
        sys::setrlimit(sys::RLIMIT_NOFILE, &low).and_then(|()| sys::getrlimit(sys::RLIMIT_NOFILE)),
        Ok(low),
    );
    r.check(
        "limit holds",
        sys::dup_min(0, 30, false),
        Err(Errno::EINVAL),
    );
    sys::setrlimit(sys::RLIMIT_NOFILE, &limit).expect("setrlimit");
    r.check("times", sys::times().map(|t| t.user > 0), Ok(true));
    r.check(
        "nice",
        sys::setpriority(sys::PRIO_PROCESS, 0, 5).and_then(|()| sys::getpriority(0, 0)),
        Ok(5),
    );
}

fn proc(r: &mut Report) {
    let read = |path: &str| {
        std::fs::read_to_string(path).unwrap_or_else(|error| format!("{path}: {error}"))
    };
    let me = sys::getpid();
    let link = |path: &str| {
        std::fs::read_link(path)
            .map(|p| p.display().to_string())
            .unwrap_or_else(|e| format!("{path}: {e}"))
    };
    r.check("self", link("/proc/self"), me.to_string());
    r.check("cwd", link("/proc/self/cwd"), "/tmp".to_owned());
    r.check("root", link("/proc/self/root"), "/".to_owned());
    r.check(
        "stat",
        read("/proc/self/stat").split_whitespace().count(),
        52,
    );
    r.check(
        "stat's pid",
        read("/proc/self/stat").split(' ').next().map(str::to_owned),
        Some(me.to_string()),
    );
    r.check(
        "status",
        read("/proc/self/status").contains(&format!("\nPid:\t{me}\n")),
        true,
    );
    r.check("cmdline", read("/proc/self/cmdline").ends_with('\0'), true);
    let mut names: Vec<String> = std::fs::read_dir("/proc/self/fd")
        .map(|d| {
            d.flatten()
                .map(|e| e.file_name().to_string_lossy().into_owned())
                .collect()
        })
        .unwrap_or_default();
    names.sort();
    r.check(
        "fds",
        names.starts_with(&["0".into(), "1".into(), "2".into()]),
        true,
    );
    for file in [
        "meminfo",
        "cpuinfo",
        "uptime",
        "loadavg",
        "mounts",
        "filesystems",
        "version",
        "stat",
        "sys/kernel/hostname",
        "net/dev",
        "self/limits",
        "self/mountinfo",
        "thread-self/comm",
    ] {
        let text = read(&format!("/proc/{file}"));
        r.check(file, text.ends_with('\n') && text.len() > 2, true);
    }
    r.check("write", std::fs::write("/proc/uptime", "1").is_err(), true);
    let (reader, writer) = sys::pipe().expect("pipe");
    r.check(
        "pipe's link",
        link(&format!("/proc/self/fd/{reader}")).starts_with("pipe:["),
        true,
    );
    let again = sys::open(&format!("/proc/self/fd/{writer}"), sys::O_WRONLY, 0);
    r.check(
        "reopened pipe",
        again.and_then(|fd| sys::write(fd, b"via").and(sys::close(fd))),
        Ok(()),
    );
    let mut buffer = [0; 8];
    r.check("through it", sys::read(reader, &mut buffer), Ok(3));
    let child = sys::clone_with(|| {
        let denied =
            sys::setuid(9).is_ok() && sys::open("/proc/1/environ", 0, 0) == Err(Errno::EACCES);
        let shown = std::fs::read("/proc/1/cmdline").is_ok();
        let hidden =
            std::fs::read_link("/proc/1/cwd").is_err() && std::fs::read_dir("/proc/1/fd").is_err();
        i32::from(!(denied && shown && hidden))
    })
    .expect("clone");
    r.check(
        "others' secrets",
        sys::wait(child).map(|s| s.shell_status()),
        Ok(0),
    );
}

fn terminal(r: &mut Report) {
    r.check("tty", sys::isatty(0), true);
    r.check("foreground", sys::tcgetpgrp(0), Ok(sys::getpgrp()));
    r.check(
        "size",
        sys::winsize(0).map(|s| (s.rows, s.cols)),
        Ok((24, 80)),
    );
    let mut modes = sys::tcgetattr(0).expect("tcgetattr");
    r.check("lflag", modes.lflag, 0x8a3b);
    modes.make_raw();
    r.check(
        "raw",
        sys::tcsetattr(0, sys::SetWhen::Drain, &modes).and_then(|()| sys::tcgetattr(0)),
        Ok(modes),
    );
    let child = sys::clone_with(|| {
        sys::setpgid(0, 0).expect("setpgid");
        sys::tcgetattr(0).map_or(1, |modes| {
            sys::tcsetattr(0, sys::SetWhen::Now, &modes).map_or(2, |()| 0)
        })
    })
    .expect("clone");
    let stopped = sys::wait4(child, sys::WUNTRACED).map(|w| w.and_then(|(_, s, _)| s.stopped()));
    r.check("background change stops", stopped, Ok(Some(sys::SIGTTOU)));
    r.check("to the foreground", sys::tcsetpgrp(0, child), Ok(()));
    r.check("continue", sys::kill(-child, sys::SIGCONT), Ok(()));
    r.check("done", sys::wait(child).map(|s| s.shell_status()), Ok(0));
    let mut deaf = SigSet::EMPTY;
    deaf.insert(sys::SIGTTOU);
    sys::sigprocmask(MaskHow::Block, deaf).expect("sigprocmask");
    r.check("back to us", sys::tcsetpgrp(0, sys::getpgrp()), Ok(()));
    r.check(
        "no such group",
        sys::tcsetpgrp(0, 99_999),
        Err(Errno::ESRCH),
    );
    let tty = sys::open("/dev/tty", sys::O_RDWR, 0).expect("/dev/tty");
    r.check("/dev/tty", sys::tcgetpgrp(tty), Ok(sys::getpgrp()));
}

fn main() {
    sys::start();
    let mut report = Report { failures: 0 };
    let r = &mut report;
    processes(r);
    signals(r);
    waiting(r);
    files(r);
    system(r);
    proc(r);
    if std::env::args().nth(1).as_deref() == Some("-t") {
        terminal(r);
    }
    println!("{} surprises", report.failures);
    std::process::exit(report.failures);
}
