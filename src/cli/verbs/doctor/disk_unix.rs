//! What Unix says of a folder.

use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::Path;

/// Makes a folder for its owner alone, unless it is there.
pub fn make(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true).mode(0o700).create(folder)
}

/// Bytes that the user may still write.
pub fn free(folder: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(folder).ok()?;
    Some(found.f_bavail.saturating_mul(found.f_frsize))
}

/// Whether others than the owner may do anything in it.
pub fn is_open(folder: &Path) -> bool {
    std::fs::metadata(folder).is_ok_and(|m| m.mode() & 0o077 != 0)
}
