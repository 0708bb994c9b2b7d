//! A tree, a part of it, or what an overlay changed, as a tar that is made while it is read.
//!
//! `commit`, `export` and `cp` send such archives: nothing is held but one block of contents, the names of the folders on
//! the way, and the first name of each file that has several. Members come sorted by name and their times are cut to
//! seconds, as Docker does, so equal trees give equal bytes. Sockets are left out: tar cannot say them.
//!
//! A tree may change meanwhile. A file that has gone is left out, one that got shorter is filled up with zeros, so that the
//! archive stays whole.

mod layer;
mod walk;

pub use layer::layer;
pub use walk::{tree, whole};

use super::{Attr, Kind, Mount, Place, Time};
use crate::base::errno::Errno;
use crate::oci::layer::{Entry, EntryKind, Whiteout};
use crate::oci::layer_write::LayerWriter;
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes of contents that are read at a time.
const STEP: usize = 64 << 10;

/// One member on its way.
enum Item {
    Node { name: String, place: Place },
    Whiteout(Whiteout),
}

/// The members of an archive, in order.
trait Items: Send {
    fn next(&mut self) -> super::Result<Option<Item>>;
}

/// The archive, as bytes.
pub struct Pack {
    items: Box<dyn Items>,
    /// The bytes that nobody has read yet begin at `taken`.
    out: LayerWriter<Vec<u8>>,
    taken: usize,
    file: Option<File>,
    ended: bool,
    /// The first name of each file with several, by filesystem and number.
    linked: HashMap<(usize, u64), String>,
}

/// The file whose contents are being sent, held open.
struct File {
    place: Place,
    size: u64,
    done: u64,
}

impl Drop for File {
    fn drop(&mut self) {
        self.place.mount.fs.release(self.place.ino);
    }
}

impl Pack {
    fn new(items: impl Items + 'static) -> Pack {
        Pack {
            items: Box::new(items),
            out: LayerWriter::new(Vec::new()),
            taken: 0,
            file: None,
            ended: false,
            linked: HashMap::new(),
        }
    }

    /// Makes some more bytes; none at the end.
    fn fill(&mut self) -> io::Result<()> {
        self.out.out().clear();
        self.taken = 0;
        while self.out.out().is_empty() && !self.ended {
            if self.file.is_some() {
                self.contents()?;
                continue;
            }
            match self.items.next().map_err(failed)? {
                Some(Item::Whiteout(whiteout)) => self.out.whiteout(&whiteout)?,
                Some(Item::Node { name, place }) => self.member(name, place)?,
                None => {
                    self.ended = true;
                    self.out.end()?;
                }
            }
        }
        Ok(())
    }

    fn contents(&mut self) -> io::Result<()> {
        let Some(mut file) = self.file.take() else {
            return Ok(());
        };
        let left = file.size - file.done;
        if left == 0 {
            return self.out.pad(file.size);
        }
        let want = usize::try_from(left).unwrap_or(STEP).min(STEP);
        let out = self.out.out();
        out.resize(want, 0);
        let read = file
            .place
            .mount
            .fs
            .read(file.place.ino, file.done, out)
            .map_err(failed)?;
        // A short read may have left something behind; at the end of a file that shrank these zeros stand for the rest.
        out[read..].fill(0);
        if read > 0 {
            out.truncate(read);
        }
        file.done += out.len() as u64;
        self.file = Some(file);
        Ok(())
    }

    fn member(&mut self, name: String, place: Place) -> io::Result<()> {
        let fs = place.mount.fs.clone();
        fs.hold(place.ino);
        let mut file = File {
            place,
            size: 0,
            done: 0,
        };
        let attr = match fs.attr(file.place.ino) {
            Ok(attr) => attr,
            Err(Errno::Noent) => return Ok(()),
            Err(e) => return Err(failed(e)),
        };
        let Some(mut entry) = entry(name, &attr) else {
            return Ok(());
        };
        if attr.kind == Kind::Symlink {
            entry.link = match fs.read_link(file.place.ino) {
                Ok(text) => text,
                Err(Errno::Noent) => return Ok(()),
                Err(e) => return Err(failed(e)),
            };
        }
        if attr.kind != Kind::Dir && attr.nlink > 1 {
            let key = (address(&file.place.mount), file.place.ino);
            if let Some(first) = self.linked.get(&key) {
                entry.kind = EntryKind::HardLink;
                entry.link.clone_from(first);
                entry.size = 0;
            } else {
                self.linked.insert(key, entry.path.clone());
            }
        }
        file.size = self.out.begin(&entry)?;
        if file.size > 0 {
            self.file = Some(file);
        }
        Ok(())
    }
}

impl Read for Pack {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.taken == self.out.out().len() {
            self.fill()?;
        }
        let ready = &self.out.out()[self.taken..];
        let count = ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&ready[..count]);
        self.taken += count;
        Ok(count)
    }
}

/// Tells filesystems apart.
fn address(mount: &Mount) -> usize {
    Arc::as_ptr(&mount.fs).cast::<()>() as usize
}

/// `None` for what tar cannot say.
fn entry(path: String, attr: &Attr) -> Option<Entry> {
    let kind = attr.kind.member()?;
    let Time(mtime) = attr.mtime;
    Some(Entry {
        path,
        kind,
        mode: attr.mode,
        uid: attr.uid,
        gid: attr.gid,
        mtime: mtime - mtime.rem_euclid(1_000_000_000),
        size: if attr.kind == Kind::File {
            attr.size
        } else {
            0
        },
        offset: 0,
        link: String::new(),
        rdev: attr.rdev,
    })
}

fn failed(e: Errno) -> io::Error {
    io::Error::other(e.words().to_lowercase())
}
