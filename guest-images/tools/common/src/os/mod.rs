//! The kernel's calls under one set of names: `wasi.rs` is the real thing, `host.rs` serves tests on Linux.

#[cfg(target_os = "wasi")]
#[path = "wasi.rs"]
mod imp;
#[cfg(unix)]
#[path = "host.rs"]
mod imp;

use std::io;

pub use imp::*;

/// A file's attributes; times in nanoseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stat {
    pub dev: u64,
    pub ino: u64,
    pub nlink: u64,
    pub mode: u32,
    pub uid: u32,
    pub gid: u32,
    pub rdev: u64,
    pub size: u64,
    /// Units of 512 bytes.
    pub blocks: u64,
    pub atime: i64,
    pub mtime: i64,
    pub ctime: i64,
}

impl Stat {
    fn kind(&self) -> u32 {
        self.mode & crate::mode::S_IFMT
    }
    pub fn is_dir(&self) -> bool {
        self.kind() == crate::mode::S_IFDIR
    }
    pub fn is_link(&self) -> bool {
        self.kind() == crate::mode::S_IFLNK
    }
    pub fn is_file(&self) -> bool {
        self.kind() == crate::mode::S_IFREG
    }
    pub fn is_device(&self) -> bool {
        matches!(self.kind(), crate::mode::S_IFCHR | crate::mode::S_IFBLK)
    }
}

/// A file system's totals, in blocks of `bsize` bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct StatFs {
    pub kind: u64,
    pub bsize: u64,
    pub blocks: u64,
    pub bfree: u64,
    pub bavail: u64,
    pub files: u64,
    pub ffree: u64,
    pub name_len: u64,
}

/// What `uname` tells.
#[derive(Clone, Debug, Default)]
pub struct Uname {
    pub sysname: String,
    pub nodename: String,
    pub release: String,
    pub version: String,
    pub machine: String,
}

/// Terminal modes with Linux's bit values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Termios {
    pub iflag: u32,
    pub oflag: u32,
    pub cflag: u32,
    pub lflag: u32,
    pub cc: [u8; 32],
}

impl Termios {
    /// Bytes as they come, no echo, no signals; output is left as it is so that a line feed still begins a line.
    pub fn make_raw(&mut self) {
        self.iflag &= !0o2772;
        self.lflag &= !(0o1 | 0o2 | 0o10 | 0o100 | 0o100000);
        self.cc[6] = 1;
        self.cc[5] = 0;
    }
}

/// The major and minor number of a device.
pub fn device(rdev: u64) -> (u32, u32) {
    (
        (((rdev >> 32) & 0xffff_f000) | ((rdev >> 8) & 0xfff)) as u32,
        (((rdev >> 12) & 0xffff_ff00) | (rdev & 0xff)) as u32,
    )
}

/// A device number from its parts.
pub fn make_device(major: u32, minor: u32) -> u64 {
    let (major, minor) = (u64::from(major), u64::from(minor));
    ((major & 0xffff_f000) << 32)
        | ((major & 0xfff) << 8)
        | ((minor & 0xffff_ff00) << 12)
        | (minor & 0xff)
}

/// Signals by name, in Linux's numbers.
pub const SIGNALS: &[&str] = &[
    "EXIT", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV",
    "USR2", "PIPE", "ALRM", "TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU",
    "URG", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS",
];

/// A signal from `TERM`, `SIGTERM` or `15`.
pub fn signal_number(word: &str) -> Option<i32> {
    if let Ok(number) = word.parse::<i32>() {
        return (0..=64).contains(&number).then_some(number);
    }
    let upper = word.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    SIGNALS
        .iter()
        .position(|known| *known == name)
        .map(|at| at as i32)
}

/// Whether the path exists, links not followed.
pub fn exists(path: &str) -> bool {
    lstat(path).is_ok()
}

/// Whether the path leads to a directory.
pub fn is_dir(path: &str) -> bool {
    stat(path).is_ok_and(|stat| stat.is_dir())
}

/// Finds a program as a shell would.
pub fn find_program(name: &str) -> Option<String> {
    if name.contains('/') {
        return Some(name.to_string());
    }
    let path = std::env::var("PATH")
        .unwrap_or_else(|_| "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into());
    path.split(':')
        .map(|dir| {
            if dir.is_empty() {
                format!("./{name}")
            } else {
                format!("{dir}/{name}")
            }
        })
        .find(|file| stat(file).is_ok_and(|stat| stat.is_file() && stat.mode & 0o111 != 0))
}

/// Columns of the terminal on standard output, else `$COLUMNS`, else 80.
pub fn columns() -> usize {
    window(1)
        .map(|(_, columns)| columns)
        .filter(|columns| *columns > 0)
        .or_else(|| {
            std::env::var("COLUMNS")
                .ok()
                .and_then(|text| text.parse().ok())
        })
        .unwrap_or(80)
}

/// What became of a child: its exit code, or 128 + the signal.
pub fn run(argv: &[String]) -> io::Result<i32> {
    let child = spawn(argv, false)?;
    wait(child)
}

/// The exit code that shells give to a program that could not be started.
pub fn exec_code(error: &io::Error) -> i32 {
    if error.kind() == io::ErrorKind::NotFound {
        127
    } else {
        126
    }
}
