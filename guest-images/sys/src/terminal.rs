//! Terminals: modes, size, the foreground process group. Bit values are Linux x86-64's.

use crate::errno::{Errno, Result};
use crate::{Fd, Pid, Termios, Winsize, raw};

/// Bits of `iflag`.
pub mod iflag {
    pub const IGNBRK: u32 = 0o1;
    pub const BRKINT: u32 = 0o2;
    pub const IGNPAR: u32 = 0o4;
    pub const PARMRK: u32 = 0o10;
    pub const INPCK: u32 = 0o20;
    pub const ISTRIP: u32 = 0o40;
    pub const INLCR: u32 = 0o100;
    pub const IGNCR: u32 = 0o200;
    pub const ICRNL: u32 = 0o400;
    pub const IUCLC: u32 = 0o1000;
    pub const IXON: u32 = 0o2000;
    pub const IXANY: u32 = 0o4000;
    pub const IXOFF: u32 = 0o10000;
    pub const IMAXBEL: u32 = 0o20000;
    pub const IUTF8: u32 = 0o40000;
}

/// Bits of `oflag`.
pub mod oflag {
    pub const OPOST: u32 = 0o1;
    pub const OLCUC: u32 = 0o2;
    pub const ONLCR: u32 = 0o4;
    pub const OCRNL: u32 = 0o10;
    pub const ONOCR: u32 = 0o20;
    pub const ONLRET: u32 = 0o40;
    pub const TABDLY: u32 = 0o14000;
    pub const XTABS: u32 = 0o14000;
}

/// Bits of `cflag`.
pub mod cflag {
    pub const CSIZE: u32 = 0o60;
    pub const CS8: u32 = 0o60;
    pub const CREAD: u32 = 0o200;
    pub const PARENB: u32 = 0o400;
    pub const HUPCL: u32 = 0o2000;
    pub const B38400: u32 = 0o17;
}

/// Bits of `lflag`.
pub mod lflag {
    pub const ISIG: u32 = 0o1;
    pub const ICANON: u32 = 0o2;
    pub const ECHO: u32 = 0o10;
    pub const ECHOE: u32 = 0o20;
    pub const ECHOK: u32 = 0o40;
    pub const ECHONL: u32 = 0o100;
    pub const NOFLSH: u32 = 0o200;
    pub const TOSTOP: u32 = 0o400;
    pub const ECHOCTL: u32 = 0o1000;
    pub const ECHOPRT: u32 = 0o2000;
    pub const ECHOKE: u32 = 0o4000;
    pub const IEXTEN: u32 = 0o100000;
}

/// Places in `cc`.
pub mod cc {
    pub const VINTR: usize = 0;
    pub const VQUIT: usize = 1;
    pub const VERASE: usize = 2;
    pub const VKILL: usize = 3;
    pub const VEOF: usize = 4;
    pub const VTIME: usize = 5;
    pub const VMIN: usize = 6;
    pub const VSTART: usize = 8;
    pub const VSTOP: usize = 9;
    pub const VSUSP: usize = 10;
    pub const VEOL: usize = 11;
    pub const VREPRINT: usize = 12;
    pub const VDISCARD: usize = 13;
    pub const VWERASE: usize = 14;
    pub const VLNEXT: usize = 15;
    pub const VEOL2: usize = 16;
}

impl Termios {
    /// As `cfmakeraw`: bytes as they come, one at a time, without echo and signals.
    pub fn make_raw(&mut self) {
        use {cflag::*, iflag::*, lflag::*, oflag::*};
        self.iflag &= !(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
        self.oflag &= !OPOST;
        self.lflag &= !(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
        self.cflag = (self.cflag & !(CSIZE | PARENB)) | CS8;
        self.cc[cc::VMIN] = 1;
        self.cc[cc::VTIME] = 0;
    }
}

/// When [`tcsetattr`] takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum SetWhen {
    Now = 0,
    /// After all output was read by the other side.
    Drain = 1,
    /// As `Drain`, and unread input is dropped.
    Flush = 2,
}

/// A terminal's modes; ENOTTY for anything else.
pub fn tcgetattr(fd: Fd) -> Result<Termios> {
    let mut value = Termios {
        iflag: 0,
        oflag: 0,
        cflag: 0,
        lflag: 0,
        cc: [0; 32],
    };
    Errno::check(unsafe { raw::tcgetattr(fd, &mut value) })?;
    Ok(value)
}

pub fn tcsetattr(fd: Fd, when: SetWhen, new: &Termios) -> Result<()> {
    Errno::check(unsafe { raw::tcsetattr(fd, when as i32, new) })
}

/// Whether a descriptor is a terminal.
pub fn isatty(fd: Fd) -> bool {
    tcgetattr(fd).is_ok()
}

/// The foreground process group of the controlling terminal.
pub fn tcgetpgrp(fd: Fd) -> Result<Pid> {
    let mut value = 0;
    Errno::check(unsafe { raw::tcgetpgrp(fd, &mut value) })?;
    Ok(value as Pid)
}

/// Sets the foreground process group; from the background it raises SIGTTOU unless that is blocked or ignored.
pub fn tcsetpgrp(fd: Fd, pgid: Pid) -> Result<()> {
    Errno::check(unsafe { raw::tcsetpgrp(fd, pgid) })
}

pub fn winsize(fd: Fd) -> Result<Winsize> {
    let mut value = Winsize::default();
    Errno::check(unsafe { raw::winsize_get(fd, &mut value) })?;
    Ok(value)
}

/// Sets the size; the foreground group gets SIGWINCH when it changed.
pub fn set_winsize(fd: Fd, new: &Winsize) -> Result<()> {
    Errno::check(unsafe { raw::winsize_set(fd, new) })
}
