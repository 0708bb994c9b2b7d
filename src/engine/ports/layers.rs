//! What builds need of the images beside [`Images`](super::Images): their files, and which was made from which.

use crate::engine::{Result, Timestamp};
use crate::vfs::image::ImageTree;
use crate::wire::ContainerConfig;
use std::any::Any;
use std::io::Read;
use std::sync::Arc;

/// Files to copy from that belong to no image: a build's context, or an archive in it. They go when the value does.
pub struct Files {
    pub tree: Arc<ImageTree>,
    /// Keeps them.
    pub held: Box<dyn Any + Send + Sync>,
}

/// An image as a build's cache sees it.
#[derive(Clone, Debug)]
pub struct Made {
    pub id: String,
    pub created: Timestamp,
    pub made_by: Arc<ContainerConfig>,
}

/// Looks into images. Every method may wait for the disk.
pub trait Layers: Send + Sync + 'static {
    /// Takes in a tar, compressed or not, as files to copy from.
    fn take_in(&self, tar: &mut dyn Read) -> Result<Files>;
    /// The files of an image; without one there are none.
    fn files_of(&self, image: &str) -> Result<Arc<ImageTree>>;
    /// The images that were made from this one here; for an empty id, those made from nothing.
    fn children(&self, parent: &str) -> Result<Vec<Made>>;
    /// A layer's tar, by its diff id.
    fn tar_of(&self, layer: &str) -> Result<Box<dyn Read + Send>>;
    /// Notes that an image could have been made from this one.
    fn set_parent(&self, image: &str, parent: &str) -> Result<()>;
}
