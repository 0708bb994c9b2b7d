//! Manifests and indexes, in OCI's and in Docker's media types.
//!
//! A document that could be read both as a manifest and as an index is refused (CVE-2021-41190), and so is one whose
//! `mediaType` contradicts the type that it was sent with.

use super::error::{Error, Result};
use super::limits;
use crate::base::digest::Digest;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
pub const DOCKER_INDEX: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";

/// Refers to a blob.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    pub media_type: String,
    pub digest: Digest,
    pub size: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<Box<Platform>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What a manifest of an index runs on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Platform {
    pub architecture: String,
    pub os: String,
    #[serde(rename = "os.version", skip_serializing_if = "String::is_empty")]
    pub os_version: String,
    #[serde(rename = "os.features", skip_serializing_if = "Vec::is_empty")]
    pub os_features: Vec<String>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub variant: String,
}

/// One image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    pub schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    pub config: Descriptor,
    /// Lowest first.
    pub layers: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Several images, mostly one per platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Index {
    pub schema_version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    pub manifests: Vec<Descriptor>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// What a registry or a layout gives for a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Document {
    Manifest(Manifest),
    Index(Index),
}

impl Document {
    /// Reads a document. `sent_as` is the media type of its descriptor or of the answer that brought it.
    pub fn parse(bytes: &[u8], sent_as: Option<&str>) -> Result<Document> {
        if bytes.len() as u64 > limits::DOCUMENT {
            return Err(Error::Limit {
                what: "document size",
                limit: format!("{} bytes", limits::DOCUMENT),
            });
        }
        let wrong = |why: String| Error::Document {
            document: "manifest",
            why,
        };
        // A derived reader would also take a list for an object.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(wrong("it is no object".to_owned()));
        }
        let shape: Shape = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if shape.schema_version != 2 {
            let version = shape.schema_version;
            return Err(wrong(format!("schema version {version} is not supported")));
        }
        let is_index = shape.manifests.is_some();
        if is_index && (shape.config.is_some() || shape.layers.is_some()) {
            return Err(wrong("it is both a manifest and an index".to_owned()));
        }
        for named in [shape.media_type.as_deref(), sent_as].into_iter().flatten() {
            let fits = match named {
                OCI_INDEX | DOCKER_INDEX => is_index,
                OCI_MANIFEST | DOCKER_MANIFEST => !is_index,
                other => return Err(wrong(format!("unknown media type {other:?}"))),
            };
            if !fits {
                return Err(wrong(format!("its content is no {named}")));
            }
        }
        if let (Some(own), Some(sent)) = (shape.media_type.as_deref(), sent_as)
            && own != sent
        {
            return Err(wrong(format!("it says {own} and was sent as {sent}")));
        }
        if is_index {
            let index = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
            return Ok(Document::Index(index));
        }
        let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| wrong(e.to_string()))?;
        if manifest.layers.len() > limits::LAYERS {
            return Err(Error::Limit {
                what: "number of layers",
                limit: limits::LAYERS.to_string(),
            });
        }
        Ok(Document::Manifest(manifest))
    }
}

/// Only what tells the kinds apart.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Shape {
    #[serde(default)]
    schema_version: u32,
    media_type: Option<String>,
    config: Option<serde::de::IgnoredAny>,
    layers: Option<serde::de::IgnoredAny>,
    manifests: Option<serde::de::IgnoredAny>,
}

/// The platforms that this engine runs, best first (`os`, `architecture`).
pub const WASM_PLATFORMS: [(&str, &str); 4] = [
    ("wasi", "wasm"),
    ("wasi", "wasm32"),
    ("wasip1", "wasm"),
    ("wasip2", "wasm"),
];

impl Index {
    /// The first manifest of the best platform; nothing when no platform fits.
    pub fn choose(&self, platforms: &[(&str, &str)]) -> Option<&Descriptor> {
        platforms.iter().find_map(|(os, architecture)| {
            self.manifests.iter().find(|manifest| {
                let platform = manifest.platform.as_ref();
                platform.is_some_and(|p| p.os == *os && p.architecture == *architecture)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn manifest(media_type: &str) -> String {
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{media_type}","config":{{"mediaType":"{OCI_CONFIG}","digest":"{DIGEST}","size":2}},"layers":[]}}"#
        )
    }

    #[test]
    fn both_families_of_media_types_are_read() {
        for media_type in [OCI_MANIFEST, DOCKER_MANIFEST] {
            let text = manifest(media_type);
            let parsed = Document::parse(text.as_bytes(), Some(media_type)).unwrap();
            assert!(matches!(parsed, Document::Manifest(_)));
        }
    }

    #[test]
    fn ambiguous_documents_are_refused() {
        let both =
            manifest(OCI_MANIFEST).replace("\"layers\":[]", "\"layers\":[],\"manifests\":[]");
        assert!(Document::parse(both.as_bytes(), None).is_err());
        let text = manifest(OCI_MANIFEST);
        assert!(Document::parse(text.as_bytes(), Some(OCI_INDEX)).is_err());
        assert!(Document::parse(text.as_bytes(), Some(DOCKER_MANIFEST)).is_err());
        assert!(Document::parse(manifest(OCI_INDEX).as_bytes(), None).is_err());
        assert!(Document::parse(b"{\"schemaVersion\":1}", None).is_err());
    }

    #[test]
    fn the_best_platform_is_chosen() {
        let entry = |os: &str, architecture: &str, size: u64| {
            format!(
                r#"{{"mediaType":"{OCI_MANIFEST}","digest":"{DIGEST}","size":{size},"platform":{{"os":"{os}","architecture":"{architecture}"}}}}"#
            )
        };
        let text = format!(
            r#"{{"schemaVersion":2,"manifests":[{},{},{}]}}"#,
            entry("linux", "amd64", 1),
            entry("wasip1", "wasm", 2),
            entry("wasi", "wasm", 3)
        );
        let Document::Index(index) = Document::parse(text.as_bytes(), None).unwrap() else {
            panic!("an index");
        };
        assert_eq!(index.choose(&WASM_PLATFORMS).map(|d| d.size), Some(3));
        assert_eq!(index.choose(&[("linux", "arm64")]), None);
    }
}
