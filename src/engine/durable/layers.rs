//! The files of images, and which image was made from which: what builds need of the store.

use crate::base::digest::Digest;
use crate::engine::clock::Timestamp;
use crate::engine::ports::{Files, Layers, Made};
use crate::engine::{Error, Result};
use crate::oci::compress;
use crate::oci::layer::{LayerData, LayerIndex};
use crate::store::{ImageRecord, Store};
use crate::vfs::image::{ImageTree, InitLayer};
use crate::wire::{ContainerConfig, go};
use parking_lot::Mutex;
use serde::Deserialize;
use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::Arc;

/// The images of a store. What made an image never changes, so it is read once.
pub struct StoredLayers {
    store: Arc<Store>,
    known: Mutex<HashMap<Digest, Option<Made>>>,
}

/// What of a config a build's cache looks at.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Step {
    created: String,
    /// `None`: it was not made by a build or a commit.
    container_config: Option<ContainerConfig>,
}

impl StoredLayers {
    pub fn new(store: Arc<Store>) -> Self {
        StoredLayers {
            store,
            known: Mutex::default(),
        }
    }

    fn record(&self, image: &str) -> Result<ImageRecord> {
        let missing = || Error::not_found(format!("No such image: {image}"));
        let id: Digest = image.parse().map_err(|_| missing())?;
        self.store.images().get(&id)?.ok_or_else(missing)
    }

    /// `None` for an image that no build or commit has made.
    fn made(&self, id: &Digest) -> Result<Option<Made>> {
        if let Some(known) = self.known.lock().get(id) {
            return Ok(known.clone());
        }
        let config = self.store.images().config(id)?;
        let step = go::from_slice::<Step>(config.bytes()).unwrap_or_default();
        let made = step.container_config.map(|made_by| Made {
            id: id.to_string(),
            created: Timestamp::parse_rfc3339(&step.created).unwrap_or_default(),
            made_by: Arc::new(made_by),
        });
        self.known.lock().insert(*id, made.clone());
        Ok(made)
    }

    fn tree(&self, layers: &[Digest]) -> Result<Arc<ImageTree>> {
        let mut all: Vec<(Arc<dyn LayerData>, _)> = Vec::new();
        for diff_id in layers {
            let layer = self.store.blobs().layer(diff_id)?;
            all.push((layer.data.clone(), layer.index.clone()));
        }
        let all: Vec<_> = all
            .iter()
            .map(|(data, index)| (data.clone(), index.as_ref()))
            .collect();
        tree(&all)
    }
}

/// The files that layers give, lowest first.
fn tree(layers: &[(Arc<dyn LayerData>, &LayerIndex)]) -> Result<Arc<ImageTree>> {
    let tree = ImageTree::build(layers, &InitLayer::none());
    Ok(Arc::new(tree.map_err(|e| Error::system(e.to_string()))?))
}

impl Layers for StoredLayers {
    fn take_in(&self, tar: &mut dyn Read) -> Result<Files> {
        let mut plain = compress::Reader::new(tar)?;
        let mut whole = Blocks {
            from: &mut plain,
            count: 0,
        };
        let scratch = self.store.scratch(&mut whole)?;
        Ok(Files {
            tree: tree(&[(scratch.layer.data.clone(), &scratch.layer.index)])?,
            held: Box::new(scratch),
        })
    }

    fn files_of(&self, image: &str) -> Result<Arc<ImageTree>> {
        if image.is_empty() {
            return Ok(ImageTree::empty());
        }
        let layers: Vec<Digest> = self
            .record(image)?
            .layers
            .iter()
            .map(|l| l.diff_id)
            .collect();
        self.tree(&layers)
    }

    fn children(&self, parent: &str) -> Result<Vec<Made>> {
        let parent: Option<Digest> = match parent {
            "" => None,
            id => Some(self.record(id)?.id),
        };
        let mut all = Vec::new();
        for image in self.store.images().all()?.iter() {
            if image.parent == parent {
                all.extend(self.made(&image.id)?);
            }
        }
        Ok(all)
    }

    fn tar_of(&self, layer: &str) -> Result<Box<dyn Read + Send>> {
        let missing = || Error::not_found(format!("no such layer: {layer}"));
        let diff_id: Digest = layer.parse().map_err(|_| missing())?;
        let layer = self.store.blobs().layer(&diff_id)?;
        Ok(Box::new(Tar(layer.data.clone(), 0)))
    }

    fn set_parent(&self, image: &str, parent: &str) -> Result<()> {
        let (image, parent) = (self.record(image)?.id, self.record(parent)?.id);
        Ok(self.store.images().set_parent(&image, parent)?)
    }
}

/// Fills the last block up: Docker's client ends an archive to which it has added a Dockerfile right behind that.
struct Blocks<'r> {
    from: &'r mut dyn Read,
    count: u64,
}

impl Read for Blocks<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut count = self.from.read(buffer)?;
        if count == 0 {
            let missing = self.count.wrapping_neg() % 512;
            count = buffer
                .len()
                .min(usize::try_from(missing).unwrap_or_default());
            buffer[..count].fill(0);
        }
        self.count += count as u64;
        Ok(count)
    }
}

/// A layer from its beginning to its end.
struct Tar(Arc<dyn LayerData>, u64);

impl Read for Tar {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read_at(self.1, buffer)?;
        self.1 += count as u64;
        Ok(count)
    }
}
