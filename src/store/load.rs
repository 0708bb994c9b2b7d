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
