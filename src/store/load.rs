//! Images from an OCI layout, and a root filesystem as an image of one layer.

use super::Store;
use super::error::Result;
use super::images::ImageRecord;
use super::ingest::{Expect, NewLayer};
use crate::oci::config::Config;
use crate::oci::layout::{Layout, LayoutImage};
use std::io::Read;

impl Store {
    /// Takes one image of a layout in. `tags` are canonical references. Layers that are there already are not read.
    pub fn load(
        &self,
        layout: &Layout<'_>,
        image: &LayoutImage,
        tags: &[&str],
    ) -> Result<ImageRecord> {
        let mut ingest = self.ingest();
        let config_bytes = layout.document(&image.manifest.config)?;
        let config = Config::parse(config_bytes.clone())?;
        let diff_ids = &config.view().rootfs.diff_ids;
        for (descriptor, diff_id) in image.manifest.layers.iter().zip(diff_ids) {
            if ingest.pin(diff_id)? {
                continue;
            }
            let expect = Expect {
                blob: Some(descriptor.digest),
                diff_id: Some(*diff_id),
            };
            ingest.layer(&mut layout.blob(descriptor)?, expect)?;
        }
        let manifest = ingest.document(&image.bytes, Some(image.descriptor.digest))?;
        ingest.commit(&config_bytes, Some(manifest), tags)
    }

    /// Makes an image of a root filesystem's tar (plain or compressed). `config` gets the layer and returns the config's
    /// JSON, whose only diff id must be the layer's.
    pub fn import(
        &self,
        tar: &mut dyn Read,
        config: impl FnOnce(&NewLayer) -> Vec<u8>,
        tags: &[&str],
    ) -> Result<ImageRecord> {
        let mut ingest = self.ingest();
        let layer = ingest.layer(tar, Expect::default())?;
        ingest.commit(&config(&layer), None, tags)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::oci::layer_write::LayerWriter;
    use crate::oci::layout::TarFiles;
    use crate::oci::manifest::{OCI_CONFIG, OCI_LAYER_GZIP, OCI_MANIFEST};
    use crate::oci::{self, Entry, EntryKind};
    use crate::store::disk::MemoryDisk;
    use crate::store::{Error, Severity};
    use std::io::Write;
    use std::sync::Arc;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut writer = LayerWriter::new(Vec::new());
        for (path, contents) in files {
            let entry = Entry {
                path: (*path).to_owned(),
                kind: EntryKind::File,
                mode: 0o644,
                uid: 0,
                gid: 0,
                mtime: 0,
                size: contents.len() as u64,
                offset: 0,
                link: String::new(),
                rdev: (0, 0),
            };
            writer.entry(&entry, &mut &contents[..]).unwrap();
        }
        writer.finish().unwrap()
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        out.write_all(bytes).unwrap();
        out.finish().unwrap()
    }

    struct Parts {
        layer: Vec<u8>,
        packed: Vec<u8>,
        config: Vec<u8>,
        manifest: Vec<u8>,
        index: Vec<u8>,
    }

    fn parts() -> Parts {
        let layer = tar(&[("etc/os-release", b"ID=test\n")]);
        let packed = gzip(&layer);
        let config = format!(
            r#"{{"os":"wasi","rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
            Digest::of(&layer)
        )
        .into_bytes();
        let descriptor = |kind: &str, bytes: &[u8]| {
            format!(
                r#"{{"mediaType":"{kind}","digest":"{}","size":{}}}"#,
                Digest::of(bytes),
                bytes.len()
            )
        };
        let manifest = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{},"layers":[{}]}}"#,
            descriptor(OCI_CONFIG, &config),
            descriptor(OCI_LAYER_GZIP, &packed)
        )
        .into_bytes();
        let named = descriptor(OCI_MANIFEST, &manifest).replace(
            "\"size\"",
            r#""annotations":{"io.containerd.image.name":"docker.io/library/test:1"},"size""#,
        );
        let index = format!(r#"{{"schemaVersion":2,"manifests":[{named}]}}"#).into_bytes();
        Parts {
            layer,
            packed,
            config,
            manifest,
            index,
        }
    }

    fn layout(parts: &Parts) -> Vec<u8> {
        let blob = |bytes: &[u8]| format!("blobs/sha256/{}", Digest::of(bytes).hex());
        let config = blob(&parts.config);
        let manifest = blob(&parts.manifest);
        // The layer keeps its right name when a test damages it.
        let packed = blob(&gzip(&parts.layer));
        tar(&[
            (&packed, &parts.packed),
            (&config, &parts.config),
            (&manifest, &parts.manifest),
            ("index.json", &parts.index),
            ("oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#),
        ])
    }

    /// Loads a layout from a tar as `docker load` will.
    fn load(store: &Store, tar: &[u8]) -> Result<Vec<ImageRecord>> {
        let mut spool = store.ingest();
        let archive = spool.layer(&mut &tar[..], Expect::default())?;
        let data = store.blobs().open_blob(&archive.diff_id)?;
        let files = TarFiles::new(data, &archive.index);
        let layout = Layout::open(&files)?;
        let images = layout.images()?;
        let name = |image: &LayoutImage| image.name.clone().unwrap_or_default();
        images
            .iter()
            .map(|image| store.load(&layout, image, &[&name(image)]))
            .collect()
    }

    #[test]
    fn an_image_comes_out_of_a_layout_byte_for_byte() {
        let store = Store::open(Arc::new(MemoryDisk::default())).unwrap();
        let parts = parts();
        let image = load(&store, &layout(&parts)).unwrap().remove(0);
        assert_eq!(image.id, Digest::of(&parts.config));
        assert_eq!(
            store.images().tagged("docker.io/library/test:1").unwrap(),
            Some(image.id)
        );
        let layers = store.layers(&image).unwrap();
        assert_eq!(layers[0].data.digest(), Digest::of(&parts.layer));
        assert_eq!(layers[0].index.entries[0].path, "etc/os-release");
        assert_eq!(
            store.images().config(&image.id).unwrap().bytes(),
            parts.config
        );
        let manifest = store.blobs().read(&image.manifest.unwrap()).unwrap();
        assert_eq!(manifest, parts.manifest);
        // The archive itself was only spooled.
        assert_eq!(store.collect().unwrap().len(), 1);
        assert_eq!(store.check().unwrap(), []);
    }

    #[test]
    fn a_layer_that_is_not_what_its_manifest_says_leaves_nothing() {
        let store = Store::open(Arc::new(MemoryDisk::default())).unwrap();
        let mut parts = parts();
        parts.packed = gzip(&tar(&[("etc/os-release", b"ID=evil\n")]));
        let error = load(&store, &layout(&parts)).unwrap_err();
        assert!(
            matches!(
                error,
                Error::Input(oci::Error::Digest { .. } | oci::Error::Document { .. })
            ),
            "{error}"
        );
        assert!(store.images().list().unwrap().is_empty());
        assert!(store.images().tags().unwrap().is_empty());
        store.collect().unwrap();
        assert_eq!(store.check().unwrap(), []);
    }

    #[test]
    fn a_blob_that_is_being_taken_in_is_not_collected() {
        let store = Store::open(Arc::new(MemoryDisk::default())).unwrap();
        let layer = tar(&[("a", b"b")]);
        let mut ingest = store.ingest();
        let new = ingest.layer(&mut &layer[..], Expect::default()).unwrap();
        assert!(store.collect().unwrap().is_empty());
        let found = store.check().unwrap();
        assert_eq!(found[0].severity, Severity::Orphan);
        drop(ingest);
        assert_eq!(store.collect().unwrap()[0].digest, new.diff_id);
    }

    #[test]
    fn images_are_resolved_as_docker_resolves_them() {
        let store = Store::open(Arc::new(MemoryDisk::default())).unwrap();
        let image = load(&store, &layout(&parts())).unwrap().remove(0);
        let hex = image.id.hex();
        let name = "docker.io/library/test:1";
        for given in [
            &hex[..],
            &hex[..1],
            &image.id.to_string(),
            &format!("sha256:{}", &hex[..8]),
        ] {
            let found = store.images().resolve(given, None).unwrap();
            assert_eq!(found.as_ref(), Some(&image), "{given}");
        }
        assert!(
            store
                .images()
                .resolve("test:1", Some(name))
                .unwrap()
                .is_some()
        );
        assert!(
            store
                .images()
                .resolve("other", Some("docker.io/library/other:latest"))
                .unwrap()
                .is_none()
        );
        assert!(store.images().untag(name).unwrap().is_some());
        assert!(
            store
                .images()
                .resolve("test:1", Some(name))
                .unwrap()
                .is_none()
        );
        assert!(store.images().get(&image.id).unwrap().is_some());
    }
}
