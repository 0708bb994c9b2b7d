//! The images that ship inside the binary.
//!
//! `guest-images/dist` holds one zstd archive of OCI blobs (layers as plain tars, configs, manifests) and a `manifest.json` that names them.
//! This module lists what is there and streams blobs out; putting them into the store and telling about progress is the caller's business.
//! Nothing here touches the network or the disk, and nothing is decompressed until a blob is asked for.

mod licence;
mod pack;

use std::sync::LazyLock;

use serde::Deserialize;

pub use licence::{LicenceNote, licences};
pub use pack::{read, read_one};

/// The media type and place of one blob, as OCI descriptors name it.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    /// `sha256:` and 64 hex digits.
    pub digest: String,
    pub size: u64,
}

/// One image of the catalogue.
#[derive(Clone, Debug, Deserialize)]
pub struct Image {
    /// The short repository name: `alpine`, `testcontainers/ryuk`.
    pub name: String,
    /// Tags without the repository: `latest`, `3.22`.
    pub tags: Vec<String>,
    /// What `pull` shows as `Digest:`.
    pub manifest: Descriptor,
    /// The image id is this digest.
    pub config: Descriptor,
    /// Lowest first. Layers are uncompressed, so a layer's digest is also its diff id.
    pub layers: Vec<Descriptor>,
    /// One line for `search` and the tutor.
    pub about: String,
}

impl Image {
    /// Every blob of the image: layers first, then config, then manifest (the order in which a store wants them).
    pub fn blobs(&self) -> impl Iterator<Item = &Descriptor> {
        self.layers.iter().chain([&self.config, &self.manifest])
    }
}

/// One program file inside the pack.
#[derive(Clone, Debug, Deserialize)]
pub struct Program {
    /// The file's name without `.wasm`.
    pub name: String,
    pub digest: String,
    pub size: u64,
    /// An SPDX expression.
    pub licence: String,
    /// Where its source is in this repository.
    pub source: String,
    /// The names it answers to.
    pub commands: Vec<String>,
    /// Third-party crates linked into it, as `name version licence`.
    pub crates: Vec<String>,
}

#[derive(Deserialize)]
struct Manifest {
    images: Vec<Image>,
    programs: Vec<Program>,
}

const MANIFEST: &str = include_str!("../../../guest-images/dist/manifest.json");

/// The file is ours and a test reads it, so a broken one is an empty catalogue rather than an error that nobody can act on.
static CATALOGUE: LazyLock<Manifest> = LazyLock::new(|| {
    serde_json::from_str(MANIFEST).unwrap_or(Manifest {
        images: Vec::new(),
        programs: Vec::new(),
    })
});

/// Every image, in the order of their names.
pub fn images() -> &'static [Image] {
    &CATALOGUE.images
}

/// Every program that the images contain.
pub fn programs() -> &'static [Program] {
    &CATALOGUE.programs
}

/// The image behind a repository and a tag (or `sha256:…` digest). `repository` may be `alpine`, `library/alpine` or `docker.io/library/alpine`.
pub fn find(repository: &str, tag_or_digest: &str) -> Option<&'static Image> {
    let name = short_name(repository)?;
    images().iter().find(|image| {
        image.name == name
            && (image.tags.iter().any(|tag| tag == tag_or_digest)
                || image.manifest.digest == tag_or_digest)
    })
}

/// Whether any tag of this repository is in the catalogue (a wrong tag of a known name deserves another hint than an unknown name).
pub fn knows(repository: &str) -> bool {
    short_name(repository).is_some_and(|name| images().iter().any(|image| image.name == name))
}

/// The name below the library, or with its owner; `None` for what is in another registry.
fn short_name(repository: &str) -> Option<&str> {
    let rest = ["docker.io/", "index.docker.io/", "registry-1.docker.io/"]
        .iter()
        .find_map(|host| repository.strip_prefix(host))
        .unwrap_or(repository);
    let name = rest.strip_prefix("library/").unwrap_or(rest);
    match name.split('/').collect::<Vec<_>>()[..] {
        [_] => Some(name),
        [owner, _] if !owner.contains(['.', ':']) && owner != "localhost" => Some(name),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_every_spelling() {
        assert_eq!(short_name("alpine"), Some("alpine"));
        assert_eq!(short_name("library/alpine"), Some("alpine"));
        assert_eq!(short_name("docker.io/library/alpine"), Some("alpine"));
        assert_eq!(short_name("ghcr.io/library/alpine"), None);
        assert_eq!(short_name("localhost/alpine"), None);
        assert_eq!(short_name("me/alpine"), Some("me/alpine"));
        assert!(find("me/alpine", "latest").is_none());
        assert!(find("docker.io/testcontainers/ryuk", "0.8.1").is_some());
    }

    #[test]
    fn the_manifest_is_readable() {
        serde_json::from_str::<Manifest>(MANIFEST).unwrap();
    }
}
