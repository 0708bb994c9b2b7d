//! What the disk needs of Windows: positional I/O. Modes come from the user's profile folder, which is private.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::windows::fs::FileExt;
use std::path::Path;

pub fn create_private_dirs(path: &Path) -> io::Result<()> {
    fs::create_dir_all(path)
}

pub fn create_private_dir(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

pub fn private_file(_options: &mut OpenOptions) {}

/// NTFS writes names in order through its journal; a folder cannot be opened for flushing.
pub fn sync_dir(_path: &Path) -> io::Result<()> {
    Ok(())
}

pub fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

pub fn write_all_at(file: &File, mut offset: u64, mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        match file.seek_write(bytes, offset)? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            n => {
                bytes = &bytes[n..];
                offset += n as u64;
            }
        }
    }
    Ok(())
}
