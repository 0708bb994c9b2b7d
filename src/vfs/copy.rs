//! Copying a directory of one filesystem into a directory of another: what a new volume takes from its image.
//!
//! Kinds, modes, owners, times, symlinks and hard links among the copied are kept. Nothing is followed, and no mounts are
//! crossed. Iterative, so that a deep tree costs no stack.

use super::{Attr, Filesystem, Ino, Kind, Make, Result, SetAttr};
use std::collections::HashMap;

/// Bytes moved at a time.
const STEP: usize = 64 << 10;
/// Names read at a time.
const NAMES: usize = 256;

/// Copies everything in a directory, and the directory's own attributes. What is in the way is `EEXIST`.
pub fn copy_tree(
    from: &dyn Filesystem,
    source: Ino,
    to: &dyn Filesystem,
    target: Ino,
) -> Result<()> {
    let mut copy = Copy {
        from,
        to,
        linked: HashMap::new(),
        buffer: vec![0; STEP],
    };
    // Each directory's attributes are set when its contents are there: they change its time.
    let mut todo = vec![(source, target)];
    let mut done = Vec::new();
    while let Some((source, target)) = todo.pop() {
        copy.names(source, target, &mut todo)?;
        done.push((source, target));
    }
    for (source, target) in done.into_iter().rev() {
        copy.dress(&from.attr(source)?, target)?;
    }
    Ok(())
}

struct Copy<'a> {
    from: &'a dyn Filesystem,
    to: &'a dyn Filesystem,
    /// Files with several names that were copied already.
    linked: HashMap<Ino, Ino>,
    buffer: Vec<u8>,
}

impl Copy<'_> {
    fn names(&mut self, source: Ino, target: Ino, todo: &mut Vec<(Ino, Ino)>) -> Result<()> {
        let mut cookie = 0;
        loop {
            let entries = self.from.read_dir(source, cookie, NAMES)?;
            let Some(last) = entries.last() else {
                return Ok(());
            };
            cookie = last.next;
            for entry in entries {
                let attr = self.from.attr(entry.ino)?;
                if let Some(&known) = self.linked.get(&entry.ino) {
                    self.to.link(known, target, &entry.name)?;
                    continue;
                }
                let made = self.make(&attr, entry.ino, target, &entry.name)?;
                match attr.kind {
                    Kind::Dir => todo.push((entry.ino, made)),
                    _ if attr.nlink > 1 => drop(self.linked.insert(entry.ino, made)),
                    _ => {}
                }
            }
        }
    }

    fn make(&mut self, attr: &Attr, ino: Ino, target: Ino, name: &str) -> Result<Ino> {
        let make = Make {
            kind: attr.kind,
            mode: attr.mode,
            uid: attr.uid,
            gid: attr.gid,
            rdev: attr.rdev,
            target: match attr.kind {
                Kind::Symlink => Some(self.from.read_link(ino)?),
                _ => None,
            },
        };
        let made = self.to.make(target, name, &make)?;
        if attr.kind == Kind::File {
            self.bytes(ino, made)?;
        }
        if attr.kind != Kind::Dir {
            self.dress(attr, made)?;
        }
        Ok(made)
    }

    fn bytes(&mut self, source: Ino, target: Ino) -> Result<()> {
        let mut at = 0;
        loop {
            let count = self.from.read(source, at, &mut self.buffer)?;
            if count == 0 {
                return Ok(());
            }
            let mut done = 0;
            while done < count {
                done += self
                    .to
                    .write(target, at + done as u64, &self.buffer[done..count])?;
            }
            at += count as u64;
        }
    }

    fn dress(&self, attr: &Attr, made: Ino) -> Result<()> {
        let set = SetAttr {
            mode: (attr.kind != Kind::Symlink).then_some(attr.mode),
            uid: Some(attr.uid),
            gid: Some(attr.gid),
            size: None,
            atime: Some(attr.mtime),
            mtime: Some(attr.mtime),
        };
        self.to.set_attr(made, &set)
    }
}
