//! What Unix knows of a file beyond the portable, and what only Unix can make.

use crate::oci::layer::{Entry, EntryKind};
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt, Permissions, PermissionsExt};
use rustix::fs::{FileType, Mode, makedev, mknodat};
use std::fs::Metadata;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

/// What a member of an archive is made of.
pub struct Details {
    /// `None` for sockets.
    pub kind: Option<EntryKind>,
    /// Permissions with set-id and sticky bits.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Tells files with several names apart.
    pub linked: Option<(u64, u64)>,
    pub rdev: (u32, u32),
}

pub fn details(meta: &Metadata) -> Details {
    let kind = meta.file_type();
    let kind = if kind.is_dir() {
        Some(EntryKind::Dir)
    } else if kind.is_file() {
        Some(EntryKind::File)
    } else if kind.is_symlink() {
        Some(EntryKind::Symlink)
    } else if kind.is_fifo() {
        Some(EntryKind::Fifo)
    } else if kind.is_char_device() {
        Some(EntryKind::CharDevice)
    } else if kind.is_block_device() {
        Some(EntryKind::BlockDevice)
    } else {
        None
    };
    let several = meta.nlink() > 1 && kind != Some(EntryKind::Dir);
    Details {
        kind,
        mode: (meta.mode() & 0o7777) as u16,
        uid: meta.uid(),
        gid: meta.gid(),
        linked: several.then_some((meta.dev(), meta.ino())),
        rdev: (
            rustix::fs::major(meta.rdev() as _),
            rustix::fs::minor(meta.rdev() as _),
        ),
    }
}

/// The absolute path behind all links.
pub fn real(path: &Path) -> io::Result<String> {
    let real = std::fs::canonicalize(path)?;
    Ok(real.to_string_lossy().into_owned())
}

/// A path or a link's text as tars and containers write it, with slashes.
pub fn slashed(target: &Path) -> String {
    target.to_string_lossy().into_owned()
}

/// For a new file that nobody else may read before it has its mode.
pub fn private(options: &mut OpenOptions) {
    options.mode(0o600);
}

pub fn set_mode(dir: &Dir, path: &str, mode: u16) -> io::Result<()> {
    dir.set_permissions(path, Permissions::from_mode(u32::from(mode)))
}

/// The text is kept as it is; following it is confined.
pub fn symlink(dir: &Dir, text: &str, path: &str) -> io::Result<()> {
    dir.symlink_contents(text, path)
}

/// A device or a pipe with a name.
pub fn special(dir: &Dir, entry: &Entry, name: &str) -> io::Result<()> {
    let kind = match entry.kind {
        EntryKind::CharDevice => FileType::CharacterDevice,
        EntryKind::BlockDevice => FileType::BlockDevice,
        _ => FileType::Fifo,
    };
    let mode = Mode::from_bits_truncate(u32::from(entry.mode) as _);
    let (major, minor) = entry.rdev;
    Ok(mknodat(dir, name, kind, mode, makedev(major, minor))?)
}
