//! Image formats: layer tars and their index, configs, manifests, layouts, compression, limits.
//!
//! Nothing here touches the disk or the network: readers come in, values go out. All input is hostile; what is refused,
//! and at which size, is decided in `limits` and said in `error`.

pub mod archive;
pub mod artifact;
pub mod chain;
pub mod compress;
pub mod config;
mod error;
pub mod layer;
pub mod layer_changes;
pub mod layer_index;
pub mod layer_write;
pub mod layout;
pub mod limits;
pub mod manifest;
pub mod program;

pub use error::{Error, Result};
pub use layer::{Entry, EntryKind, LayerData, LayerIndex, Whiteout};
