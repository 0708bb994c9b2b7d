//! `COPY` and `ADD`: which files are meant (`find`), where they go (`place`), and the layer that puts them there (`tar`).
//!
//! Everything works on trees of images; the context is one too. So nothing is unpacked, and no path of a Dockerfile ever
//! becomes a path of the host.

mod find;
mod hash;
mod owner;
mod place;
mod scope;
mod tar;

pub use find::{Found, Source, find, sum};
pub use owner::{mode, owner};
pub use place::{Manner, Placed, Placing};
pub use scope::follow;
pub use tar::LayerTar;
