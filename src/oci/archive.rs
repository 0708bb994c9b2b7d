//! The archive of `docker save`: an OCI layout with `manifest.json` and `repositories` beside it.
//!
//! Reads every form since Docker 1.10 (older ones: `engine::durable`): layers as `blobs/sha256/…` or as `ID/layer.tar`, the latter also through links.
//! What it writes has the same bytes for the same images: names in order, times from the images themselves.

use super::error::{Error, Result};
use super::layer::{Entry, EntryKind};
use super::layer_write::LayerWriter;
use super::layout::Files;
use super::limits;
use super::manifest::{
    Descriptor, Index, Manifest, OCI_CONFIG, OCI_INDEX, OCI_LAYER, OCI_MANIFEST,
};
use crate::base::digest::Digest;
use crate::base::reference::Reference;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Read, Write};

/// One image of `manifest.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Item {
    /// Path of the config.
    pub config: String,
    pub repo_tags: Option<Vec<String>>,
    /// Paths of the layers, lowest first.
    pub layers: Vec<String>,
    /// The image that this one was made from, when it is in the archive too.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub parent: String,
    /// What each layer is, by diff id.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub layer_sources: BTreeMap<String, Source>,
}

/// A layer's descriptor in the order of Docker's older type.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source {
    pub media_type: String,
    pub size: u64,
    pub digest: String,
}

/// The images that `manifest.json` names; `None` when the archive has no such file.
pub fn items(files: &dyn Files) -> Result<Option<Vec<Item>>> {
    let file = match files.open("manifest.json") {
        Err(Error::Missing(_)) => return Ok(None),
        file => file?,
    };
    let bytes = read(file)?;
    let read = serde_json::from_slice::<Option<Vec<Item>>>(&bytes);
    let items = read.map_err(|e| match e.is_eof() {
        true => Error::Tar("unexpected EOF".to_owned()),
        false => Error::Document {
            document: "manifest.json",
            why: e.to_string(),
        },
    })?;
    let items = items.unwrap_or_default();
    if items.len() > limits::IMAGES {
        return Err(Error::Limit {
            what: "number of images",
            limit: limits::IMAGES.to_string(),
        });
    }
    Ok(Some(items))
}

/// A small file as a whole.
pub fn read(from: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(limits::DOCUMENT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limits::DOCUMENT {
        return Err(Error::Limit {
            what: "document size",
            limit: format!("{} bytes", limits::DOCUMENT),
        });
    }
    Ok(bytes)
}

/// An image that is to be saved.
#[derive(Clone, Debug)]
pub struct Saved {
    pub config: Vec<u8>,
    /// Seconds since the epoch; the time of the image's files.
    pub created: i64,
    /// Digest and length of each uncompressed layer, lowest first.
    pub layers: Vec<(Digest, u64)>,
    /// Tags, in order.
    pub references: Vec<Reference>,
    pub parent: Option<Digest>,
}

/// Writes the archive of some images. `layer` opens an uncompressed layer.
pub fn write<W: Write>(
    images: &[Saved],
    to: W,
    mut layer: impl FnMut(&Digest) -> io::Result<Box<dyn Read>>,
) -> io::Result<W> {
    let mut blobs: BTreeMap<Digest, Blob> = BTreeMap::new();
    let mut items = Vec::new();
    let mut index = Index {
        schema_version: 2,
        media_type: Some(OCI_INDEX.to_owned()),
        manifests: Vec::new(),
        annotations: BTreeMap::new(),
    };
    let mut repositories: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for image in images {
        let config = Digest::of(&image.config);
        let layers: Vec<Descriptor> = image.layers.iter().map(described).collect();
        let manifest = serde_json::to_vec(&Manifest {
            schema_version: 2,
            media_type: Some(OCI_MANIFEST.to_owned()),
            config: descriptor(OCI_CONFIG, config, image.config.len() as u64),
            layers: layers.clone(),
            annotations: BTreeMap::new(),
        })?;
        let entry = descriptor(OCI_MANIFEST, Digest::of(&manifest), manifest.len() as u64);
        let item = Item {
            config: blob_path(&config),
            repo_tags: (!image.references.is_empty())
                .then(|| image.references.iter().map(Reference::familiar).collect()),
            layers: image.layers.iter().map(|(d, _)| blob_path(d)).collect(),
            parent: image.parent.map(|p| p.to_string()).unwrap_or_default(),
            layer_sources: layers.into_iter().map(source).collect(),
        };
        items.push(item);
        if image.references.is_empty() {
            index.manifests.push(entry.clone());
        }
        for reference in &image.references {
            let tag = reference.tag.clone().unwrap_or_default();
            let mut named = entry.clone();
            named.annotations = BTreeMap::from([
                ("io.containerd.image.name".to_owned(), reference.to_string()),
                ("org.opencontainers.image.ref.name".to_owned(), tag.clone()),
            ]);
            index.manifests.push(named);
            if let Some((top, _)) = image.layers.last() {
                let known = repositories.entry(reference.familiar_name()).or_default();
                known.insert(tag, top.hex());
            }
        }
        for (digest, size) in &image.layers {
            let blob = Blob::Layer(image.created, *size);
            blobs.entry(*digest).or_insert(blob);
        }
        blobs.insert(config, Blob::Document(image.created, image.config.clone()));
        blobs.insert(entry.digest, Blob::Document(0, manifest));
    }
    let newest = images.iter().map(|i| i.created).max().unwrap_or_default();
    let mut tar = LayerWriter::new(to);
    for folder in ["blobs", "blobs/sha256"] {
        tar.entry(&member(folder, EntryKind::Dir, newest, 0), &mut io::empty())?;
    }
    for (digest, blob) in blobs {
        let path = blob_path(&digest);
        match blob {
            Blob::Document(time, bytes) => file(&mut tar, &path, time, &bytes)?,
            Blob::Layer(time, size) => {
                let entry = member(&path, EntryKind::File, time, size);
                tar.entry(&entry, &mut layer(&digest)?)?;
            }
        }
    }
    file(&mut tar, "index.json", 0, &serde_json::to_vec(&index)?)?;
    let mut listed = serde_json::to_vec(&items)?;
    listed.push(b'\n');
    file(&mut tar, "manifest.json", 0, &listed)?;
    file(&mut tar, "oci-layout", 0, VERSION)?;
    if !repositories.is_empty() {
        let mut bytes = serde_json::to_vec(&repositories)?;
        bytes.push(b'\n');
        file(&mut tar, "repositories", 0, &bytes)?;
    }
    tar.finish()
}

const VERSION: &[u8] = b"{\"imageLayoutVersion\": \"1.0.0\"}";

/// A file of `blobs/sha256` with its time.
enum Blob {
    Document(i64, Vec<u8>),
    Layer(i64, u64),
}

fn blob_path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn descriptor(media_type: &str, digest: Digest, size: u64) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest,
        size,
        platform: None,
        annotations: BTreeMap::new(),
    }
}

fn described((digest, size): &(Digest, u64)) -> Descriptor {
    descriptor(OCI_LAYER, *digest, *size)
}

fn source(layer: Descriptor) -> (String, Source) {
    let digest = layer.digest.to_string();
    let source = Source {
        media_type: layer.media_type,
        size: layer.size,
        digest: digest.clone(),
    };
    (digest, source)
}

fn member(path: &str, kind: EntryKind, seconds: i64, size: u64) -> Entry {
    Entry {
        path: path.to_owned(),
        kind,
        mode: if kind == EntryKind::Dir { 0o755 } else { 0o644 },
        uid: 0,
        gid: 0,
        mtime: seconds.saturating_mul(1_000_000_000),
        size,
        offset: 0,
        link: String::new(),
        rdev: (0, 0),
    }
}

fn file<W: Write>(tar: &mut LayerWriter<W>, path: &str, time: i64, bytes: &[u8]) -> io::Result<()> {
    let entry = member(path, EntryKind::File, time, bytes.len() as u64);
    tar.entry(&entry, &mut &bytes[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Folder(BTreeMap<String, Vec<u8>>);

    impl Files for Folder {
        fn open(&self, path: &str) -> Result<Box<dyn Read + '_>> {
            let file = self.0.get(path);
            let file = file.ok_or_else(|| Error::Missing(path.to_owned()))?;
            Ok(Box::new(&file[..]))
        }
    }

    fn saved() -> Saved {
        let layer = Digest::of(b"layer");
        Saved {
            config: b"{}".to_vec(),
            created: 1_795_826_647,
            layers: vec![(layer, 5)],
            references: vec![Reference::parse("me/app:1").unwrap()],
            parent: None,
        }
    }

    fn archive(images: &[Saved]) -> Vec<u8> {
        write(images, Vec::new(), |_| Ok(Box::new(&b"layer"[..]))).unwrap()
    }

    #[test]
    fn the_files_are_dockers() {
        let bytes = archive(&[saved()]);
        assert_eq!(bytes, archive(&[saved()]), "the same bytes each time");
        let mut files = BTreeMap::new();
        let mut names = Vec::new();
        for entry in tar::Archive::new(&bytes[..]).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            let mut text = Vec::new();
            entry.read_to_end(&mut text).unwrap();
            names.push(path.clone());
            files.insert(path, text);
        }
        assert!(names.is_sorted(), "{names:?}");
        let text = |name: &str| String::from_utf8_lossy(&files[name]).into_owned();
        let layer = Digest::of(b"layer").hex();
        let config = Digest::of(b"{}").hex();
        // Recorded from Docker 28.5.2 with other digests.
        assert_eq!(
            text("manifest.json"),
            format!(
                r#"[{{"Config":"blobs/sha256/{config}","RepoTags":["me/app:1"],"Layers":["blobs/sha256/{layer}"],"LayerSources":{{"sha256:{layer}":{{"mediaType":"application/vnd.oci.image.layer.v1.tar","size":5,"digest":"sha256:{layer}"}}}}}}]"#
            ) + "\n"
        );
        assert_eq!(
            text("repositories"),
            format!("{{\"me/app\":{{\"1\":\"{layer}\"}}}}\n")
        );
        assert!(text("index.json").contains(r#""io.containerd.image.name":"docker.io/me/app:1","org.opencontainers.image.ref.name":"1""#));
        let read_again = items(&Folder(files)).unwrap().unwrap();
        assert_eq!(read_again[0].repo_tags, Some(vec!["me/app:1".to_owned()]));
    }

    #[test]
    fn an_archive_without_the_file_has_no_items() {
        assert_eq!(items(&Folder(BTreeMap::new())).unwrap(), None);
        let null = Folder(BTreeMap::from([("manifest.json".into(), b"null".to_vec())]));
        assert_eq!(items(&null).unwrap(), Some(Vec::new()));
        let bad = Folder(BTreeMap::from([("manifest.json".into(), b"{".to_vec())]));
        assert!(items(&bad).is_err());
    }
}
