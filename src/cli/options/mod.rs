//! The flags of `run` and `create`: declared, checked, and turned into the body of a create request.
//!
//! Everything is recorded, also what this engine gives no effect to; the engine says what it does not do.

mod body;
mod devices;
mod files;
mod flags;
pub mod limits;
mod mounts;
pub mod network;
mod ports;
#[cfg(test)]
mod tests;
mod volumes;

pub use body::{Body, create_body};
pub use files::env_list;
pub use flags::{container_flags, env_check};
