//! `system df`: what images, containers and volumes take.

use crate::engine::options::{ImageListOptions, ListOptions};
use crate::engine::{Engine, Error, Result, blocking};
use crate::wire::{DiskUsage, ImageSummary};
use std::sync::Arc;

/// The kinds of objects that can be asked for.
const KINDS: [&str; 4] = ["container", "image", "volume", "build-cache"];

impl Engine {
    /// Looks at the kinds that were asked for, or at all of them.
    pub async fn disk_usage(self: &Arc<Self>, kinds: &[&str]) -> Result<DiskUsage> {
        if let Some(other) = kinds.iter().find(|k| !KINDS.contains(k)) {
            return Err(Error::invalid(format!("unknown object type: {other}")));
        }
        let wanted = |kind: &str| kinds.is_empty() || kinds.contains(&kind);
        let mut usage = DiskUsage::default();
        if wanted("image") {
            let images = self.images.clone();
            let layers = blocking(move || images.layers()).await?;
            usage.layers_size = layers.values().map(|layer| layer.size).sum();
            let options = ImageListOptions {
                shared_size: true,
                ..ImageListOptions::default()
            };
            let nulls = |image: ImageSummary| ImageSummary {
                repo_digests: image.repo_digests.filter(|list| !list.is_empty()),
                repo_tags: image.repo_tags.filter(|list| !list.is_empty()),
                ..image
            };
            let all = self.images(options).await?.into_iter();
            usage.images = Some(all.map(nulls).collect());
        }
        if wanted("container") {
            let options = ListOptions {
                all: true,
                size: true,
                ..ListOptions::default()
            };
            usage.containers = Some(self.list(options).await?);
        }
        if wanted("volume") {
            usage.volumes = Some(self.volume_usage().await?);
        }
        if wanted("build-cache") {
            usage.build_cache = Some(self.build_caches().await?);
        }
        Ok(usage)
    }
}
