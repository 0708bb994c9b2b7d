//! The layer of copied files as bytes, made while it is read.

use super::place::{Content, Placed};
use crate::oci::layer_write::LayerWriter;
use crate::vfs::Ino;
use crate::vfs::image::ImageTree;
use std::io::{self, Read};
use std::sync::Arc;

/// Bytes of contents that are made at a time.
const STEP: usize = 64 << 10;

/// The tar of a layer.
pub struct LayerTar {
    members: std::vec::IntoIter<Placed>,
    /// What nobody has read yet begins at `taken`.
    out: LayerWriter<Vec<u8>>,
    taken: usize,
    /// A file on its way: what of it, its size, and how far.
    file: Option<(Arc<ImageTree>, Ino, u64, u64)>,
    ended: bool,
}

impl LayerTar {
    pub fn new(members: Vec<Placed>) -> Self {
        LayerTar {
            members: members.into_iter(),
            out: LayerWriter::new(Vec::new()),
            taken: 0,
            file: None,
            ended: false,
        }
    }

    fn fill(&mut self) -> io::Result<()> {
        self.out.out().clear();
        self.taken = 0;
        while self.out.out().len() < STEP && !self.ended {
            if let Some((tree, ino, size, done)) = self.file.take() {
                self.contents(tree, ino, size, done)?;
                continue;
            }
            match self.members.next() {
                None => {
                    self.ended = true;
                    self.out.end()?;
                }
                Some(Placed { entry, content }) => match content {
                    Content::None => drop(self.out.begin(&entry)?),
                    Content::Bytes(bytes) => self.out.entry(&entry, &mut &bytes[..])?,
                    Content::Tree(tree, ino) => {
                        let size = self.out.begin(&entry)?;
                        self.file = Some((tree, ino, size, 0));
                    }
                },
            }
        }
        Ok(())
    }

    fn contents(&mut self, tree: Arc<ImageTree>, ino: Ino, size: u64, done: u64) -> io::Result<()> {
        let left = size - done;
        if left == 0 {
            return self.out.pad(size);
        }
        let out = self.out.out();
        let begin = out.len();
        out.resize(begin + usize::try_from(left).unwrap_or(STEP).min(STEP), 0);
        let count = tree
            .read(ino, done, &mut out[begin..])
            .map_err(|e| io::Error::other(e.words().to_lowercase()))?;
        out.truncate(begin + count);
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.file = Some((tree, ino, size, done + count as u64));
        Ok(())
    }
}

impl Read for LayerTar {
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
