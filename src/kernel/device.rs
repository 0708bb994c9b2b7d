//! Character devices without state: null, zero, full, random.
//!
//! Numbers are Linux's (major 1). Terminals are `tty`; `/dev/tty` and `/dev/console` are resolved by `open.rs`.

use crate::base::errno::Errno;
use rand::RngCore;

/// A device that one can open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Device {
    Null,
    Zero,
    Full,
    /// `/dev/random` and `/dev/urandom`: the same since Linux 5.6.
    Random,
}

impl Device {
    /// The device behind a major and minor number.
    pub fn from_rdev(rdev: (u32, u32)) -> Option<Device> {
        match rdev {
            (1, 3) => Some(Device::Null),
            (1, 5) => Some(Device::Zero),
            (1, 7) => Some(Device::Full),
            (1, 8 | 9) => Some(Device::Random),
            _ => None,
        }
    }

    /// Major and minor number.
    pub fn rdev(self) -> (u32, u32) {
        match self {
            Device::Null => (1, 3),
            Device::Zero => (1, 5),
            Device::Full => (1, 7),
            Device::Random => (1, 9),
        }
    }

    pub fn read(self, buffer: &mut [u8]) -> usize {
        match self {
            Device::Null => return 0,
            Device::Zero | Device::Full => buffer.fill(0),
            Device::Random => rand::rng().fill_bytes(buffer),
        }
        buffer.len()
    }

    pub fn write(self, bytes: &[u8]) -> Result<usize, Errno> {
        match self {
            Device::Full => Err(Errno::Nospc),
            _ => Ok(bytes.len()),
        }
    }
}
