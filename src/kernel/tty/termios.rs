//! A terminal's modes: Linux x86-64's bit values and a fresh pty's defaults, and their 48-byte form in guest memory.

/// Bits of `iflag`.
pub mod iflag {
    pub const ISTRIP: u32 = 0o40;
    pub const INLCR: u32 = 0o100;
    pub const IGNCR: u32 = 0o200;
    pub const ICRNL: u32 = 0o400;
    pub const IUCLC: u32 = 0o1000;
    pub const IXON: u32 = 0o2000;
    pub const IXANY: u32 = 0o4000;
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
    pub const XTABS: u32 = 0o14000;
}

/// Bits of `cflag`.
pub mod cflag {
    pub const CSIZE: u32 = 0o60;
    pub const CS8: u32 = 0o60;
    pub const CREAD: u32 = 0o200;
    pub const PARENB: u32 = 0o400;
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

/// A terminal's modes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Termios {
    pub iflag: u32,
    pub oflag: u32,
    pub cflag: u32,
    pub lflag: u32,
    pub cc: [u8; 32],
}

impl Default for Termios {
    /// What Linux gives a new pty (`tty_std_termios` with the pts driver's cflag).
    fn default() -> Self {
        use {cflag::*, iflag::*, lflag::*, oflag::*};
        let mut cc = [0; 32];
        for (place, byte) in [
            (cc::VINTR, 0x03),
            (cc::VQUIT, 0x1c),
            (cc::VERASE, 0x7f),
            (cc::VKILL, 0x15),
            (cc::VEOF, 0x04),
            (cc::VMIN, 1),
            (cc::VSTART, 0x11),
            (cc::VSTOP, 0x13),
            (cc::VSUSP, 0x1a),
            (cc::VREPRINT, 0x12),
            (cc::VDISCARD, 0x0f),
            (cc::VWERASE, 0x17),
            (cc::VLNEXT, 0x16),
        ] {
            cc[place] = byte;
        }
        Termios {
            iflag: ICRNL | IXON,
            oflag: OPOST | ONLCR,
            cflag: B38400 | CS8 | CREAD,
            lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
            cc,
        }
    }
}

impl Termios {
    /// Bytes in guest memory.
    pub const SIZE: usize = 48;

    /// Reads the guest's form.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let word = |at: usize| {
            u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
        };
        let mut cc = [0; 32];
        cc.copy_from_slice(&bytes[16..]);
        Termios {
            iflag: word(0),
            oflag: word(4),
            cflag: word(8),
            lflag: word(12),
            cc,
        }
    }

    /// Writes the guest's form.
    pub fn to_bytes(&self) -> [u8; Self::SIZE] {
        let mut bytes = [0; Self::SIZE];
        for (at, word) in [self.iflag, self.oflag, self.cflag, self.lflag]
            .iter()
            .enumerate()
        {
            bytes[at * 4..at * 4 + 4].copy_from_slice(&word.to_le_bytes());
        }
        bytes[16..].copy_from_slice(&self.cc);
        bytes
    }

    /// Whether any of these input bits is set.
    pub fn i(&self, bits: u32) -> bool {
        self.iflag & bits != 0
    }

    /// Whether any of these output bits is set.
    pub fn o(&self, bits: u32) -> bool {
        self.oflag & bits != 0
    }

    /// Whether any of these local bits is set.
    pub fn l(&self, bits: u32) -> bool {
        self.lflag & bits != 0
    }

    /// Whether `byte` is the control character at `place`; 0 means "none".
    pub fn is(&self, place: usize, byte: u8) -> bool {
        byte != 0 && self.cc[place] == byte
    }

    /// What the pts driver forces: eight bits, no parity, receiver on.
    pub(super) fn as_pty(mut self) -> Self {
        self.cflag = (self.cflag & !(cflag::CSIZE | cflag::PARENB)) | cflag::CS8 | cflag::CREAD;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_a_linux_ptys() {
        let termios = Termios::default();
        assert_eq!(
            (termios.iflag, termios.oflag, termios.cflag, termios.lflag),
            (0x500, 0x5, 0xbf, 0x8a3b)
        );
    }

    #[test]
    fn guest_form_round_trips() {
        let mut termios = Termios {
            lflag: 0xdead_beef,
            ..Termios::default()
        };
        termios.cc[31] = 9;
        assert_eq!(Termios::from_bytes(&termios.to_bytes()), termios);
    }
}
