//! The folder, laid out as Docker's registry lays it out: blobs by their digests, and for each repository small files (links) that
//! hold the digest of what is part of it.
//!
//! ```text
//! blobs/sha256/AA/HEX/data
//! repositories/NAME/_layers/sha256/HEX/link
//! repositories/NAME/_manifests/revisions/sha256/HEX/link
//! repositories/NAME/_manifests/tags/TAG/current/link
//! repositories/NAME/_manifests/tags/TAG/index/sha256/HEX/link
//! repositories/NAME/_uploads/ID/data, startedat
//! ```
//!
//! A blob is in its place before anything names it, and is never written to afterwards.

use crate::route;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// What a repository has of one kind: parts of images, or manifests.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Layer,
    Manifest,
}

/// The folder of a registry.
pub struct Store {
    root: String,
}

impl Store {
    /// The data below the folder that the configuration names.
    pub fn new(folder: &str) -> Store {
        let folder = folder.trim_end_matches('/');
        Store {
            root: format!("{folder}/docker/registry/v2"),
        }
    }

    /// The place of a blob; `hex` is checked by the caller.
    pub fn blob(&self, hex: &str) -> String {
        format!("{}/blobs/sha256/{}/{hex}/data", self.root, &hex[..2])
    }

    fn repository(&self, name: &str) -> String {
        format!("{}/repositories/{name}", self.root)
    }

    fn link(&self, name: &str, kind: Kind, hex: &str) -> String {
        let folder = match kind {
            Kind::Layer => "_layers",
            Kind::Manifest => "_manifests/revisions",
        };
        format!("{}/{folder}/sha256/{hex}/link", self.repository(name))
    }

    fn tag(&self, name: &str, tag: &str) -> String {
        format!("{}/_manifests/tags/{tag}", self.repository(name))
    }

    /// The folder of an upload.
    pub fn upload(&self, name: &str, id: &str) -> String {
        format!("{}/_uploads/{id}", self.repository(name))
    }

    /// The size of what a repository has under a digest.
    pub fn size(&self, name: &str, kind: Kind, hex: &str) -> Option<u64> {
        read_link(&self.link(name, kind, hex))?;
        let data = fs::metadata(self.blob(hex)).ok()?;
        Some(data.len())
    }

    /// The bytes of a manifest that a repository has.
    pub fn manifest(&self, name: &str, hex: &str) -> Option<Vec<u8>> {
        self.size(name, Kind::Manifest, hex)?;
        fs::read(self.blob(hex)).ok()
    }

    /// Names what is there already as a part of a repository.
    pub fn add(&self, name: &str, kind: Kind, hex: &str) -> io::Result<()> {
        write_link(&self.link(name, kind, hex), hex)
    }

    /// Puts a manifest under its digest.
    pub fn put_manifest(&self, name: &str, hex: &str, bytes: &[u8]) -> io::Result<()> {
        let place = self.blob(hex);
        if fs::metadata(&place).is_err() {
            write_whole(&place, bytes)?;
        }
        self.add(name, Kind::Manifest, hex)
    }

    /// Moves what was uploaded to its place.
    pub fn settle(&self, name: &str, hex: &str, data: &str) -> io::Result<()> {
        let place = self.blob(hex);
        if fs::metadata(&place).is_err() {
            fs::create_dir_all(parent(&place))?;
            fs::rename(data, &place)?;
        }
        self.add(name, Kind::Layer, hex)
    }

    /// What a tag means now.
    pub fn tagged(&self, name: &str, tag: &str) -> Option<String> {
        read_link(&format!("{}/current/link", self.tag(name, tag)))
    }

    /// Lets a tag mean a manifest.
    pub fn set_tag(&self, name: &str, tag: &str, hex: &str) -> io::Result<()> {
        let folder = self.tag(name, tag);
        write_link(&format!("{folder}/index/sha256/{hex}/link"), hex)?;
        write_link(&format!("{folder}/current/link"), hex)
    }

    /// The tags of a repository in the order of their names; `None` where nothing was ever pushed.
    pub fn tags(&self, name: &str) -> Option<Vec<String>> {
        let folder = format!("{}/_manifests/tags", self.repository(name));
        names(&folder).ok()
    }

    /// Takes a manifest out of a repository, and the tags that mean it; whether it was there.
    pub fn remove_manifest(&self, name: &str, hex: &str) -> io::Result<bool> {
        if self.size(name, Kind::Manifest, hex).is_none() {
            return Ok(false);
        }
        for tag in self.tags(name).unwrap_or_default() {
            if self.tagged(name, &tag).as_deref() == Some(hex) {
                fs::remove_dir_all(self.tag(name, &tag))?;
            }
        }
        self.remove(name, Kind::Manifest, hex)?;
        Ok(true)
    }

    /// Takes the name of a blob out of a repository; the blob itself goes with the next collection.
    pub fn remove(&self, name: &str, kind: Kind, hex: &str) -> io::Result<()> {
        fs::remove_dir_all(parent(&self.link(name, kind, hex)))
    }

    /// Every repository, in the order of the names.
    pub fn repositories(&self) -> Vec<String> {
        let mut found = Vec::new();
        let mut open = vec![String::new()];
        while let Some(name) = open.pop() {
            let below = names(&self.repository(&name)).unwrap_or_default();
            if below
                .iter()
                .any(|one| matches!(one.as_str(), "_layers" | "_manifests"))
            {
                found.push(name.clone());
            }
            for one in below.into_iter().filter(|one| !one.starts_with('_')) {
                open.push(match name.as_str() {
                    "" => one,
                    name => format!("{name}/{one}"),
                });
            }
        }
        found.sort();
        found
    }

    /// The digests of every manifest of a repository, as hexadecimal digits.
    pub fn revisions(&self, name: &str) -> Vec<String> {
        let folder = format!("{}/_manifests/revisions/sha256", self.repository(name));
        let mut all = names(&folder).unwrap_or_default();
        all.retain(|hex| self.size(name, Kind::Manifest, hex).is_some());
        all
    }

    /// Every blob, as hexadecimal digits.
    pub fn blobs(&self) -> Vec<String> {
        let folder = format!("{}/blobs/sha256", self.root);
        let each = names(&folder).unwrap_or_default().into_iter();
        each.flat_map(|two| names(&format!("{folder}/{two}")).unwrap_or_default())
            .collect()
    }

    /// Removes a blob for good.
    pub fn remove_blob(&self, hex: &str) -> io::Result<()> {
        fs::remove_dir_all(parent(&self.blob(hex)))
    }
}

/// The names in a folder, sorted.
fn names(folder: &str) -> io::Result<Vec<String>> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder)? {
        all.extend(entry?.file_name().into_string());
    }
    all.sort();
    Ok(all)
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |(parent, _)| parent)
}

fn read_link(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    route::hex(text.trim()).map(str::to_owned)
}

fn write_link(path: &str, hex: &str) -> io::Result<()> {
    write_whole(path, format!("sha256:{hex}").as_bytes())
}

/// Writes a file that is there as a whole or not at all, also when the power goes.
fn write_whole(path: &str, bytes: &[u8]) -> io::Result<()> {
    fs::create_dir_all(parent(path))?;
    let new = format!("{path}.new");
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, Path::new(path))
}
