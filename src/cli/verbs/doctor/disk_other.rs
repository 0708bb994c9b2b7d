//! Where the system is not asked about folders: what lies in a Windows profile is its owner's already.

use std::path::Path;

/// Makes a folder, unless it is there.
pub fn make(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// Bytes that the user may still write; `None`, as nobody is asked.
pub fn free(_: &Path) -> Option<u64> {
    None
}

/// Whether others than the owner may do anything in it.
pub fn is_open(_: &Path) -> bool {
    false
}
