//! Docker's sums of files, by which a build's cache knows a `COPY` again: of name, mode, owner, size, kind, link and contents,
//! but not of times ("tarsum v1").

use crate::base::digest::{Digest, Hasher};
use crate::vfs::image::ImageTree;
use crate::vfs::{Ino, Kind};

/// Bytes read at a time.
const STEP: usize = 64 << 10;

/// The sum of one file, symbolic link or folder under its path, 64 digits.
pub fn sum(tree: &ImageTree, ino: Ino, path: &str) -> Option<String> {
    let attr = tree.attr(ino)?;
    let link = tree.read_link(ino).unwrap_or_default();
    let (name, kind, size) = match attr.kind {
        Kind::Dir => (format!("{path}/"), '5', 0),
        Kind::Symlink => (path.to_owned(), '2', 0),
        Kind::CharDevice => (path.to_owned(), '3', 0),
        Kind::BlockDevice => (path.to_owned(), '4', 0),
        Kind::Fifo => (path.to_owned(), '6', 0),
        Kind::File | Kind::Socket => (path.to_owned(), '0', attr.size),
    };
    let mut hasher = Hasher::new();
    let head = format!(
        "name{name}mode{}uid{}gid{}size{size}typeflag{kind}linkname{link}unamegnamedevmajor{}devminor{}",
        attr.mode, attr.uid, attr.gid, attr.rdev.0, attr.rdev.1
    );
    hasher.update(head.as_bytes());
    let mut buffer = vec![0; STEP.min(usize::try_from(size).unwrap_or(STEP))];
    let mut done = 0;
    while done < size {
        match tree.read(ino, done, &mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(count) => {
                hasher.update(&buffer[..count]);
                done += count as u64;
            }
        }
    }
    Some(hasher.finish().hex())
}

/// One sum for several.
pub fn together(kind: &str, sums: &[String]) -> String {
    format!("{kind}:{}", Digest::of(sums.join(",").as_bytes()).hex())
}
