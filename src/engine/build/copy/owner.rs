//! `--chown` and `--chmod`: names are looked up in the image's own files.

use super::scope::follow;
use crate::vfs::image::ImageTree;

/// A user and a group by number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    pub uid: u32,
    pub gid: u32,
}

/// The longest of the two files that is read.
const LONGEST: usize = 4 << 20;

/// Reads `user`, `user:group`, each a name or a number; a user alone is its group's name too. The words are Docker's.
pub fn owner(tree: &ImageTree, text: &str) -> Result<Owner, String> {
    let (user, group) = text.split_once(':').unwrap_or((text, text));
    let number = |name: &str, file: &str, what: &str, kind: &str| {
        let found = name.parse().ok().or_else(|| entry(tree, file, name));
        found.ok_or_else(|| {
            format!(
                "unable to convert uid/gid chown string to host mapping: can't find {what} for {kind} {name}: no such {kind}: {name}"
            )
        })
    };
    Ok(Owner {
        uid: number(user, "etc/passwd", "uid", "user")?,
        gid: number(group, "etc/group", "gid", "group")?,
    })
}

/// Reads `--chmod`: octal digits.
pub fn mode(text: &str) -> Result<u16, String> {
    match u16::from_str_radix(text, 8) {
        Ok(mode) if mode <= 0o7777 => Ok(mode),
        _ => Err(format!(
            "invalid chmod parameter: '{text}'. it should be octal string and between 0 and 07777"
        )),
    }
}

/// The number behind a name; both files have it in the third place.
fn entry(tree: &ImageTree, file: &str, name: &str) -> Option<u32> {
    let ino = follow(tree, file).ok()?.ino?;
    let size = usize::try_from(tree.attr(ino)?.size).ok()?.min(LONGEST);
    let mut bytes = vec![0; size];
    let count = tree.read(ino, 0, &mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
    let fields = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut own = fields.filter(|f| f.first() == Some(&name));
    own.next()?.get(2)?.parse().ok()
}
