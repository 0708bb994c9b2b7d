//! The files of a built image for a client that wants them and no image: one by one, or as a tar.

use super::copy::{LayerTar, Manner, Placing, Source};
use crate::engine::{Engine, Error, Result, blocking};
use crate::vfs::image::{ImageTree, ROOT};
use crate::vfs::{Ino, Kind};
use std::collections::HashMap;
use std::io::Read;
use std::sync::Arc;

/// Everything in an image.
pub struct ExportedFiles {
    tree: Arc<ImageTree>,
    pub files: Vec<Exported>,
}

/// One file, folder or link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Without a slash in front. Folders come before what is in them, names in the order of their bytes.
    pub path: String,
    pub kind: ExportedKind,
    /// Permission bits, with those for setuid, setgid and sticky.
    pub mode: u16,
    pub uid: u32,
    pub gid: u32,
    /// Bytes; 0 for what has none.
    pub size: u64,
    /// Nanoseconds since 1970.
    pub modified: i64,
    ino: Ino,
}

/// What it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExportedKind {
    File,
    /// A further name of a file; the path of its first.
    HardLink(String),
    Folder,
    /// What it says.
    Symlink(String),
    Fifo,
    CharDevice((u32, u32)),
    BlockDevice((u32, u32)),
}

impl ExportedFiles {
    /// Reads from a file at an offset; 0 at its end. Waits for the disk.
    pub fn read(&self, at: usize, offset: u64, buffer: &mut [u8]) -> Result<usize> {
        let Some(file) = self.files.get(at) else {
            return Ok(0);
        };
        let failed = |e: crate::base::errno::Errno| {
            Error::system(format!("read {}: {}", file.path, e.words().to_lowercase()))
        };
        self.tree.read(file.ino, offset, buffer).map_err(failed)
    }

    fn walk(tree: Arc<ImageTree>) -> ExportedFiles {
        let mut files = Vec::new();
        let mut links = HashMap::new();
        let inside = |dir: Ino, path: &str| -> Vec<(Ino, String)> {
            let names = (0..tree.len(dir)).filter_map(|place| tree.entry(dir, place));
            let below = |(name, ino): (&str, Ino)| match path {
                "" => (ino, name.to_owned()),
                path => (ino, format!("{path}/{name}")),
            };
            let mut all: Vec<(Ino, String)> = names.map(below).collect();
            // The last is taken first.
            all.reverse();
            all
        };
        let mut todo = inside(ROOT, "");
        while let Some((ino, path)) = todo.pop() {
            let Some(attr) = tree.attr(ino) else { continue };
            let text = || tree.read_link(ino).unwrap_or_default().to_owned();
            let kind = match attr.kind {
                Kind::File if attr.nlink > 1 => match links.get(&ino) {
                    Some(first) => ExportedKind::HardLink(String::clone(first)),
                    None => {
                        links.insert(ino, path.clone());
                        ExportedKind::File
                    }
                },
                Kind::File => ExportedKind::File,
                Kind::Dir => ExportedKind::Folder,
                Kind::Symlink => ExportedKind::Symlink(text()),
                Kind::Fifo => ExportedKind::Fifo,
                Kind::CharDevice => ExportedKind::CharDevice(attr.rdev),
                Kind::BlockDevice => ExportedKind::BlockDevice(attr.rdev),
                Kind::Socket => continue,
            };
            if kind == ExportedKind::Folder {
                todo.extend(inside(ino, &path));
            }
            files.push(Exported {
                size: match kind {
                    ExportedKind::File => attr.size,
                    _ => 0,
                },
                path,
                kind,
                mode: attr.mode,
                uid: attr.uid,
                gid: attr.gid,
                modified: attr.mtime.0,
                ino,
            });
        }
        ExportedFiles { tree, files }
    }
}

impl Engine {
    /// The files of an image.
    pub async fn image_files(&self, id: &str) -> Result<ExportedFiles> {
        let (layers, id) = (self.layers.clone(), id.to_owned());
        blocking(move || Ok(ExportedFiles::walk(layers.files_of(&id)?))).await
    }

    /// The files of an image as a tar, made while it is read. Reading waits for the disk.
    pub async fn image_tar(&self, id: &str) -> Result<Box<dyn Read + Send>> {
        let (layers, id) = (self.layers.clone(), id.to_owned());
        let now = self.clock.now().0;
        blocking(move || {
            let source = Source {
                tree: layers.files_of(&id)?,
                context: false,
                hidden: Vec::new(),
            };
            let mut placing = Placing::new(ImageTree::empty(), now);
            let scope = placing.locate("/").map_err(Error::system)?;
            let placed = placing.contents(&source, ROOT, &scope, "/", &Manner::default());
            placed.map_err(Error::system)?;
            let tar: Box<dyn Read + Send> = Box::new(LayerTar::new(placing.into_members()));
            Ok(tar)
        })
        .await
    }
}
