//! What several tests need: layers from short descriptions, trees, clocks, files in one call.

use schooner::base::digest::Digest;
use schooner::oci::{Entry, EntryKind, LayerData, LayerIndex, Whiteout};
use schooner::store::disk::{Disk, RealDisk};
use schooner::vfs::image::{ImageTree, InitLayer};
use schooner::vfs::overlay::{Limits, Overlay, uncharged};
use schooner::vfs::{Clock, Cred, Namespace, OpenFile, OpenOptions, Result, Time, host_clock};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// A layer whose byte at any offset is a letter.
#[derive(Debug)]
pub struct Letters(pub &'static str);

impl LayerData for Letters {
    fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    fn len(&self) -> u64 {
        1 << 30
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        for (at, byte) in (offset..).zip(buffer.iter_mut()) {
            *byte = letter(at);
        }
        Ok(buffer.len())
    }
}

pub fn letter(at: u64) -> u8 {
    b'a' + (at % 26) as u8
}

/// A layer that is held in memory.
#[derive(Debug)]
pub struct Bytes(pub Vec<u8>);

impl LayerData for Bytes {
    fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }

    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let from = usize::try_from(offset).map_or(self.0.len(), |o| o.min(self.0.len()));
        let count = buffer.len().min(self.0.len() - from);
        buffer[..count].copy_from_slice(&self.0[from..from + count]);
        Ok(count)
    }
}

/// A tar as a layer.
pub fn layer_of(mut tar: impl io::Read) -> (Arc<dyn LayerData>, LayerIndex) {
    let mut bytes = Vec::new();
    tar.read_to_end(&mut bytes).expect("a whole tar");
    let index = schooner::oci::layer::index(&mut &bytes[..]).expect("a tar that we take");
    (Arc::new(Bytes(bytes)), index)
}

/// One layer from lines: `dir P`, `file P SIZE`, `link P TARGET`, `hard P TARGET`, `wh P`, `opaque P`.
pub fn layer(name: &'static str, lines: &[&str]) -> (Arc<dyn LayerData>, LayerIndex) {
    let mut index = LayerIndex::default();
    for (n, line) in lines.iter().enumerate() {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (kind, mode) = match words[0] {
            "dir" => (EntryKind::Dir, 0o755),
            "file" => (EntryKind::File, 0o644),
            "link" => (EntryKind::Symlink, 0o777),
            "hard" => (EntryKind::HardLink, 0o644),
            "wh" | "opaque" => {
                index.whiteouts.push(Whiteout {
                    path: words[1].to_owned(),
                    opaque: words[0] == "opaque",
                });
                continue;
            }
            other => panic!("no line begins with `{other}`"),
        };
        let is_file = kind == EntryKind::File;
        index.entries.push(Entry {
            path: words[1].trim_matches('/').to_owned(),
            kind,
            mode,
            uid: 0,
            gid: 0,
            mtime: n as i64,
            size: if is_file {
                words[2].parse().expect("a size")
            } else {
                0
            },
            offset: n as u64,
            link: if is_file {
                ""
            } else {
                words.get(2).copied().unwrap_or("")
            }
            .to_owned(),
            rdev: (0, 0),
        });
    }
    (Arc::new(Letters(name)), index)
}

pub fn image(layers: &[(Arc<dyn LayerData>, LayerIndex)]) -> Arc<ImageTree> {
    Arc::new(ImageTree::build(layers, &InitLayer::none()).expect("an image"))
}

/// An image of one layer.
pub fn small(lines: &[&str]) -> Arc<ImageTree> {
    image(&[layer("small", lines)])
}

pub fn memory(image: Arc<ImageTree>) -> Arc<Overlay> {
    Arc::new(Overlay::memory(
        image,
        Limits::default(),
        uncharged(),
        host_clock(),
    ))
}

pub fn scratch() -> (tempfile::TempDir, Arc<dyn Disk>) {
    let folder = tempfile::tempdir().expect("a folder");
    let disk = Arc::new(RealDisk::new(folder.path()).expect("a disk"));
    (folder, disk)
}

pub fn on_disk(image: &Arc<ImageTree>, disk: &Arc<dyn Disk>) -> Arc<Overlay> {
    with_limits(image, disk, Limits::default())
}

pub fn with_limits(image: &Arc<ImageTree>, disk: &Arc<dyn Disk>, limits: Limits) -> Arc<Overlay> {
    let (image, disk) = (Arc::clone(image), Arc::clone(disk));
    Arc::new(Overlay::open(image, disk, "own", limits, host_clock()).expect("opens"))
}

/// A clock that stands still until told.
pub fn clock() -> (Arc<AtomicI64>, Clock) {
    let hand = Arc::new(AtomicI64::new(1_000_000_000));
    let seen = Arc::clone(&hand);
    (hand, Arc::new(move || Time(seen.load(Ordering::Relaxed))))
}

pub const READ: OpenOptions = options(true, false, false);
pub const WRITE: OpenOptions = options(true, true, false);
pub const CREATE: OpenOptions = options(true, true, true);

const fn options(read: bool, write: bool, create: bool) -> OpenOptions {
    OpenOptions {
        read,
        write,
        append: false,
        create,
        exclusive: false,
        truncate: false,
        directory: false,
        nofollow: false,
        mode: 0o644,
    }
}

/// The namespace as root sees it.
pub trait AsRoot {
    fn file(&self, path: &str, options: &OpenOptions) -> Result<OpenFile>;
    fn put(&self, path: &str, text: &str);
    fn text(&self, path: &str) -> Result<String>;
    fn list(&self, path: &str) -> Vec<String>;
}

impl AsRoot for Namespace {
    fn file(&self, path: &str, options: &OpenOptions) -> Result<OpenFile> {
        self.open(&Cred::root(), "/", path, options)
    }

    fn put(&self, path: &str, text: &str) {
        let mut options = CREATE;
        options.truncate = true;
        let file = self.file(path, &options).expect("opens");
        let done = file.write_at(&Cred::root(), 0, text.as_bytes(), false);
        assert_eq!(done, Ok((text.len(), text.len() as u64)));
    }

    fn text(&self, path: &str) -> Result<String> {
        let file = self.file(path, &READ)?;
        let mut bytes = vec![0; 1 << 20];
        let len = file.read_at(0, &mut bytes)?;
        bytes.truncate(len);
        Ok(String::from_utf8(bytes).expect("text"))
    }

    fn list(&self, path: &str) -> Vec<String> {
        let entries = self.file(path, &READ).and_then(|f| f.read_dir(0, 1000));
        let mut names: Vec<String> = entries
            .expect("a list")
            .into_iter()
            .map(|e| e.name)
            .collect();
        names.sort();
        names
    }
}
