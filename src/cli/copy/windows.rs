//! What Windows knows of a file, and what it cannot make: there everything is root's, and may be run.

use crate::oci::layer::{Entry, EntryKind};
use cap_std::fs::{Dir, OpenOptions};
use std::fs::Metadata;
use std::io;
use std::path::Path;

/// What a member of an archive is made of.
pub struct Details {
    pub kind: Option<EntryKind>,
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    pub linked: Option<(u64, u64)>,
    pub rdev: (u32, u32),
}

pub fn details(meta: &Metadata) -> Details {
    let kind = meta.file_type();
    let kind = if kind.is_dir() {
        EntryKind::Dir
    } else if kind.is_symlink() {
        EntryKind::Symlink
    } else {
        EntryKind::File
    };
    Details {
        kind: Some(kind),
        // As Docker's client: no file of Windows says what it may be used for.
        mode: 0o755,
        uid: 0,
        gid: 0,
        linked: None,
        rdev: (0, 0),
    }
}

/// The absolute path behind all links, in the spelling in which `.` and a separator at the end mean something: without the
/// prefix `\\?\` that Windows gives it.
pub fn real(path: &Path) -> io::Result<String> {
    let real = std::fs::canonicalize(path)?;
    let text = real.to_string_lossy();
    Ok(match text.strip_prefix(r"\\?\") {
        None => text.into_owned(),
        Some(rest) => match rest.strip_prefix(r"UNC\") {
            Some(share) => format!(r"\\{share}"),
            None => rest.to_owned(),
        },
    })
}

/// A path or a link's text as tars and containers write it, with slashes.
pub fn slashed(target: &Path) -> String {
    target.to_string_lossy().replace('\\', "/")
}

pub fn private(_: &mut OpenOptions) {}

pub fn set_mode(_: &Dir, _: &str, _: u16) -> io::Result<()> {
    Ok(())
}

pub fn symlink(dir: &Dir, text: &str, path: &str) -> io::Result<()> {
    dir.symlink_file(text, path)
}

pub fn special(_: &Dir, _: &Entry, _: &str) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}
