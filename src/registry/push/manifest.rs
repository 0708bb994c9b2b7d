//! Which manifest stands for a pushed image: the one that it came with, or a new one.
//!
//! New ones are Docker's, which every registry takes; images for WebAssembly and layers that Docker's types cannot name
//! get OCI's, with the annotation by which container runtimes know such images.

use super::super::error::{Error, Result};
use crate::base::digest::Digest;
use crate::oci::config::ConfigView;
use crate::oci::manifest::{
    DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, Descriptor, Document, Manifest, OCI_CONFIG,
    OCI_LAYER, OCI_LAYER_GZIP, OCI_MANIFEST,
};
use crate::store::Packed;
use serde::Serialize;
use std::collections::BTreeMap;

/// The manifest that an image came with.
pub struct Own {
    bytes: Vec<u8>,
    manifest: Manifest,
}

impl Own {
    /// Anything that is no manifest is as good as none.
    pub fn parse(bytes: Vec<u8>) -> Option<Own> {
        match Document::parse(&bytes, None).ok()? {
            Document::Manifest(manifest) => Some(Own { bytes, manifest }),
            Document::Index(_) => None,
        }
    }

    pub fn layers(&self) -> &[Descriptor] {
        &self.manifest.layers
    }

    fn media_type(&self) -> &str {
        let own = self.manifest.media_type.as_deref();
        own.unwrap_or(OCI_MANIFEST)
    }
}

/// Whether a new manifest has to be OCI's.
fn is_oci(view: &ConfigView, layers: &[Descriptor]) -> bool {
    let nameable = |l: &Descriptor| matches!(&*l.media_type, DOCKER_LAYER | OCI_LAYER_GZIP);
    view.os.starts_with("wasi") || !layers.iter().all(nameable)
}

/// The media type of the config in the manifest that will be chosen.
pub fn config_type<'a>(own: Option<&'a Own>, view: &ConfigView, layers: &[Descriptor]) -> &'a str {
    match own {
        Some(own) => &own.manifest.config.media_type,
        None if is_oci(view, layers) => OCI_CONFIG,
        None => DOCKER_CONFIG,
    }
}

pub fn descriptor(media_type: &str, digest: Digest, size: usize) -> Descriptor {
    Descriptor {
        media_type: media_type.to_owned(),
        digest,
        size: size as u64,
        platform: None,
        annotations: BTreeMap::new(),
    }
}

pub fn of_form(form: &Packed) -> Descriptor {
    Descriptor {
        size: form.size,
        ..descriptor(&form.media_type, form.digest, 0)
    }
}

/// The bytes and the media type of the manifest.
pub fn choose(
    own: Option<Own>,
    config: Descriptor,
    layers: Vec<Descriptor>,
    view: &ConfigView,
) -> Result<(Vec<u8>, String)> {
    if let Some(own) = own {
        let same = |(a, b): (&Descriptor, &Descriptor)| a.digest == b.digest;
        let fits = own.manifest.config.digest == config.digest
            && own.layers().len() == layers.len()
            && own.layers().iter().zip(&layers).all(same);
        if fits {
            let media_type = own.media_type().to_owned();
            return Ok((own.bytes, media_type));
        }
    }
    let oci = is_oci(view, &layers);
    let (kind, config_kind) = match oci {
        true => (OCI_MANIFEST, OCI_CONFIG),
        false => (DOCKER_MANIFEST, DOCKER_CONFIG),
    };
    let named = |layer: Descriptor| {
        let media_type = match (&*layer.media_type, oci) {
            (OCI_LAYER_GZIP, false) => DOCKER_LAYER,
            (DOCKER_LAYER, true) => OCI_LAYER_GZIP,
            ("application/vnd.docker.image.rootfs.diff.tar", true) => OCI_LAYER,
            (other, _) => other,
        };
        descriptor(media_type, layer.digest, layer.size as usize)
    };
    let variant = ("module.wasm.image/variant".to_owned(), "compat".to_owned());
    let manifest = Manifest {
        schema_version: 2,
        media_type: Some(kind.to_owned()),
        config: descriptor(config_kind, config.digest, config.size as usize),
        layers: layers.into_iter().map(named).collect(),
        annotations: match view.os.starts_with("wasi") {
            true => BTreeMap::from([variant]),
            false => BTreeMap::new(),
        },
    };
    // Docker writes three blanks, and a digest sees them.
    let mut bytes = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"   ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, format);
    let written = manifest.serialize(&mut serializer);
    written.map_err(|e| Error::Other(e.to_string()))?;
    Ok((bytes, kind.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_linux_image_gets_dockers_manifest_and_a_wasm_image_ocis() {
        let layer = descriptor(OCI_LAYER_GZIP, Digest::of(b"layer"), 5);
        let config = descriptor(DOCKER_CONFIG, Digest::of(b"config"), 6);
        for (os, kind, layer_kind) in [
            ("linux", DOCKER_MANIFEST, DOCKER_LAYER),
            ("wasi", OCI_MANIFEST, OCI_LAYER_GZIP),
        ] {
            let view = ConfigView {
                os: os.to_owned(),
                ..ConfigView::default()
            };
            let (bytes, media_type) =
                choose(None, config.clone(), vec![layer.clone()], &view).unwrap();
            assert_eq!(media_type, kind);
            let own = Own::parse(bytes.clone()).unwrap();
            assert_eq!(own.layers()[0].media_type, layer_kind);
            assert_eq!(own.manifest.annotations.len(), usize::from(os == "wasi"));
            assert!(bytes.starts_with(b"{\n   \"schemaVersion\": 2,\n"));
            let (again, _) = choose(Some(own), config.clone(), vec![layer.clone()], &view).unwrap();
            assert_eq!(again, bytes, "what fits stays as it is");
        }
    }
}
