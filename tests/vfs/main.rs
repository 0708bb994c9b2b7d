//! The file tree against its models: the real Linux kernel where there is one, a simple tree in memory everywhere.

#[cfg(target_os = "linux")]
mod hostdir;
mod image;
mod journal;
#[cfg(target_os = "linux")]
mod linux;
mod model;
mod mounts;
mod op;
mod ours;
mod overlay;
mod pack;
mod random;
mod recovery;
mod script;
mod special;
mod support;
mod table;
mod unpack;
