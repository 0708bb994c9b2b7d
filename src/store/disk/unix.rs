//! What the disk needs of a Unix: private modes, positional I/O, folders that can be synced.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

/// Makes the folder and its parents for the owner alone. One that others can look into is closed if it is empty or an
/// engine's; anybody else's files must not lose their readers.
pub fn create_private_dirs(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let mode = fs::metadata(path)?.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let shared_by_design = mode & 0o1000 != 0;
    if shared_by_design || !is_engines(path)? {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "the folder is open to others and holds other files: name a folder of its own",
        ));
    }
    fs::set_permissions(path, fs::Permissions::from_mode(0o700))
}

/// Whether the folder is empty or has something that only an engine makes.
fn is_engines(path: &Path) -> io::Result<bool> {
    let mut empty = true;
    for entry in fs::read_dir(path)? {
        let name = entry?.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("engine.") || name.starts_with("state.") || name == "run" {
            return Ok(true);
        }
        empty = false;
    }
    Ok(empty)
}

pub fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// New files are for the owner alone, and a link in the folder is never followed.
pub fn private_file(options: &mut OpenOptions) {
    let no_follow = rustix::fs::OFlags::NOFOLLOW.bits();
    options.mode(0o600).custom_flags(no_follow as i32);
}

pub fn sync_dir(path: &Path) -> io::Result<()> {
    File::open(path)?.sync_all()
}

pub fn read_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

pub fn write_all_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    file.write_all_at(bytes, offset)
}
