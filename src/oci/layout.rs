//! The OCI image layout: `oci-layout`, `index.json`, `blobs/sha256/…`, read from anything that has files.
//!
//! A layout that comes as a tar is stored as a layer first; its index then gives the files at random.

use super::archive;
use super::error::{Error, Result};
use super::layer::{EntryKind, LayerData, LayerIndex};
use super::limits;
use super::manifest::{Descriptor, Document, Index, Manifest};
use crate::base::digest::Hasher;
use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::io::{self, Read};
use std::sync::Arc;

/// The files of a layout.
pub trait Files {
    /// Opens a file by its path in the layout.
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>>;
}

/// An image layout.
pub struct Layout<'f> {
    files: &'f dyn Files,
    index: Index,
}

/// One image of a layout.
#[derive(Clone, Debug)]
pub struct LayoutImage {
    /// `io.containerd.image.name`, or else `org.opencontainers.image.ref.name`, as it stands.
    pub name: Option<String>,
    pub descriptor: Descriptor,
    /// The manifest's bytes, verified.
    pub bytes: Vec<u8>,
    pub manifest: Manifest,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    image_layout_version: String,
}

/// How deep indexes may lie in indexes.
const DEPTH: usize = 4;

impl<'f> Layout<'f> {
    /// Reads the layout's version and its index.
    pub fn open(files: &'f dyn Files) -> Result<Layout<'f>> {
        let wrong = |why: String| Error::Document {
            document: "OCI layout",
            why,
        };
        let bytes = archive::read(files.open("oci-layout")?)?;
        let version: Version = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
        if version.image_layout_version != "1.0.0" {
            let version = version.image_layout_version;
            return Err(wrong(format!("version {version:?} is not supported")));
        }
        let bytes = archive::read(files.open("index.json")?)?;
        match Document::parse(&bytes, None)? {
            Document::Index(index) => Ok(Layout { files, index }),
            Document::Manifest(_) => Err(wrong("index.json is no index".to_owned())),
        }
    }

    /// Every image, in the order of the index; indexes inside it are opened. Attestations are passed over.
    pub fn images(&self) -> Result<Vec<LayoutImage>> {
        let mut images = Vec::new();
        self.collect(&self.index, None, 0, &mut images)?;
        Ok(images)
    }

    fn collect(
        &self,
        index: &Index,
        outer: Option<&str>,
        depth: usize,
        images: &mut Vec<LayoutImage>,
    ) -> Result<()> {
        for descriptor in &index.manifests {
            let note = |key: &str| descriptor.annotations.get(key).map(String::as_str);
            if note("vnd.docker.reference.type") == Some("attestation-manifest") {
                continue;
            }
            let name = note("io.containerd.image.name")
                .or(note("org.opencontainers.image.ref.name"))
                .or(outer);
            let bytes = self.document(descriptor)?;
            match Document::parse(&bytes, Some(&descriptor.media_type))? {
                Document::Manifest(manifest) => images.push(LayoutImage {
                    name: name.map(str::to_owned),
                    descriptor: descriptor.clone(),
                    bytes,
                    manifest,
                }),
                Document::Index(inner) if depth < DEPTH => {
                    self.collect(&inner, name, depth + 1, images)?;
                }
                Document::Index(_) => {
                    return Err(Error::Limit {
                        what: "depth of indexes",
                        limit: DEPTH.to_string(),
                    });
                }
            }
            if images.len() > limits::IMAGES {
                return Err(Error::Limit {
                    what: "number of images",
                    limit: limits::IMAGES.to_string(),
                });
            }
        }
        Ok(())
    }

    /// A blob; reading it to its end verifies size and digest.
    pub fn blob(&self, descriptor: &Descriptor) -> Result<Verified<'_>> {
        let path = format!("blobs/sha256/{}", descriptor.digest.hex());
        Ok(Verified {
            from: self.files.open(&path)?,
            descriptor: descriptor.clone(),
            hasher: Hasher::new(),
        })
    }

    /// A small blob as a whole, verified.
    pub fn document(&self, descriptor: &Descriptor) -> Result<Vec<u8>> {
        archive::read(self.blob(descriptor)?)
    }
}

/// Gives bytes on, and an error at their end when they were not those that the descriptor names.
pub struct Verified<'f> {
    from: Box<dyn Read + 'f>,
    descriptor: Descriptor,
    hasher: Hasher,
}

impl Read for Verified<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.from.read(buffer)?;
        self.hasher.update(&buffer[..n]);
        let expected = self.descriptor.digest;
        if self.hasher.len() > self.descriptor.size {
            let why = format!("{expected} is longer than its descriptor says");
            return Err(Error::Document {
                document: "blob",
                why,
            }
            .into());
        }
        let ended = n == 0 && !buffer.is_empty();
        let found = if ended {
            self.hasher.finish()
        } else {
            expected
        };
        if found != expected {
            return Err(Error::Digest { expected, found }.into());
        }
        Ok(n)
    }
}

/// The files of a stored tar.
pub struct TarFiles {
    data: Arc<dyn LayerData>,
    /// Path to offset and size.
    files: HashMap<String, (u64, u64)>,
    /// Symbolic links by path, with the path that they lead to.
    links: HashMap<String, String>,
}

impl TarFiles {
    pub fn new(data: Arc<dyn LayerData>, index: &LayerIndex) -> TarFiles {
        let mut files: HashMap<String, (u64, u64)> = HashMap::new();
        let mut links = HashMap::new();
        for entry in &index.entries {
            let place = match entry.kind {
                EntryKind::File => Some((entry.offset, entry.size)),
                EntryKind::HardLink => files.get(&entry.link).copied(),
                _ => None,
            };
            links.remove(&entry.path);
            if entry.kind == EntryKind::Symlink
                && let Some(target) = beside(&entry.path, &entry.link)
            {
                links.insert(entry.path.clone(), target);
            }
            match place {
                Some(place) => drop(files.insert(entry.path.clone(), place)),
                None => drop(files.remove(&entry.path)),
            }
        }
        TarFiles { data, files, links }
    }
}

impl TarFiles {
    /// Bytes of a file; 0 when there is none.
    pub fn size(&self, path: &str) -> u64 {
        self.place(path).map_or(0, |(_, size)| size)
    }

    /// Whether there is such a file.
    pub fn has(&self, path: &str) -> bool {
        self.place(path).is_some()
    }

    /// The names of the folders at the top that have files, sorted.
    pub fn folders(&self) -> BTreeSet<&str> {
        let paths = self.files.keys().chain(self.links.keys());
        paths
            .filter_map(|path| path.split_once('/'))
            .map(|(folder, _)| folder)
            .collect()
    }

    fn place(&self, path: &str) -> Option<(u64, u64)> {
        let mut place = path;
        for _ in 0..limits::LINKS {
            match self.links.get(place) {
                Some(target) => place = target,
                None => break,
            }
        }
        self.files.get(place).copied()
    }
}

impl Files for TarFiles {
    fn open(&self, path: &str) -> Result<Box<dyn Read + '_>> {
        let found = self.place(path);
        let (offset, size) = found.ok_or_else(|| Error::Missing(path.to_owned()))?;
        Ok(Box::new(Window {
            data: &*self.data,
            offset,
            left: size,
        }))
    }
}

/// Where a relative link leads to; nowhere when that is outside of the archive.
fn beside(path: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = path.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

struct Window<'d> {
    data: &'d dyn LayerData,
    offset: u64,
    left: u64,
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = self.left.min(buffer.len() as u64) as usize;
        let n = self.data.read_at(self.offset, &mut buffer[..most])?;
        if n == 0 && most > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.offset += n as u64;
        self.left -= n as u64;
        Ok(n)
    }
}
