//! Where an overlay's own bytes lie: in host files named by inode number, or in memory.
//!
//! Contents know numbers and offsets, never names, so no guest name becomes a host name (S19, S20). They keep the
//! account of space. Callers serialise the writers of one file; readers may come at any time.

use super::super::{Ino, Result};

/// The bytes of the files of one overlay.
pub(super) trait Contents: Send + Sync {
    /// Fills `buf`, which lies inside the file; what was never written reads as zeroes.
    fn read(&self, ino: Ino, offset: u64, buf: &mut [u8]) -> Result<()>;

    /// Writes into a file of `size` bytes. Shorter than asked when space runs out, `ENOSPC` when there is none.
    fn write(&self, ino: Ino, size: u64, offset: u64, buf: &[u8]) -> Result<usize>;

    /// Cuts or extends with zeroes.
    fn resize(&self, ino: Ino, size: u64, new: u64) -> Result<()>;

    /// Forgets a file.
    fn remove(&self, ino: Ino, size: u64);

    /// Blocks of 512 bytes that a file takes.
    fn blocks512(&self, ino: Ino, size: u64) -> u64;

    /// Brings a file's bytes to the medium.
    fn sync(&self, ino: Ino) -> Result<()>;

    /// Bytes in all, and bytes used.
    fn space(&self) -> (u64, u64);
}
