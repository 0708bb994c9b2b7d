//! The guest's file tree: nodes, resolution, mounts, the image tree, the overlay, memory, devices.
//!
//! `Filesystem` is one mountable tree, inode based; `Namespace` is a container's mount table and does paths and
//! permissions as Linux does. An image's merged tree (`image`) is built once and shared; a container adds an
//! `overlay`, whose contents live in host files named by number, or in memory. No guest name becomes a host name.
//!
//! Lock order, from the outside in; nothing calls out of the tree while holding one, except for the host's disk:
//!
//! ```text
//! namespace mount table (copied out, never held over a call)
//!   overlay writer shard (one file's writers)
//!     overlay state (and its journal)
//!       open host files
//! ```

mod copy;
pub mod dev;
mod filesystem;
mod generated;
mod handles;
pub mod hostdir;
pub mod image;
mod namespace;
pub mod overlay;
pub mod pack;
mod types;
mod unpack;

pub use copy::copy_tree;
pub use filesystem::{Filesystem, Follow};
pub use generated::{Generated, Source};
pub use namespace::{
    Access, At, Cred, Mount, MountInfo, MountOptions, Namespace, OpenFile, OpenOptions, Place,
    SetTime,
};
pub use types::{
    Attr, Clock, ContentId, DirEntry, Ino, Kind, LINK_MAX, Make, NAME_MAX, PATH_MAX, Result,
    S_ISGID, S_ISUID, S_ISVTX, SetAttr, StatFs, Time, host_clock,
};
pub use unpack::{UnpackError, UnpackOptions, unpack};
