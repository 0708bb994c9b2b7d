//! Schooner: a container emulator for education.
//!
//! This page is the map of the crate. Modules are layers, and a module may use only what stands below it:
//!
//! ```text
//! cli                        L5  grammar, one file per verb, printing, the terminal
//! server      client         L4  the Engine API over HTTP, both sides
//! engine                     L3  the verbs, without HTTP and without a terminal
//! kernel                     L2  processes, signals, descriptors, terminals; runs the WebAssembly
//! net                        L2  address pools, the switch between containers, published ports
//! registry                   L2  pull, push and log in at OCI registries
//! store  vfs  oci            L1  durable state, the guest's file tree, image formats
//! base   wire                L0  words everything uses; the API's JSON
//! ```
//!
//! The command line never calls the engine: it speaks HTTP through `client`, as every Docker client does.
//! Only `main.rs` names both sides. `tests/house` holds these rules.
//!
//! Start reading at `engine/container/start.rs` for what a container is, at `kernel/mod.rs` for how it runs.

pub mod base;
pub mod cli;
pub mod client;
pub mod engine;
pub mod kernel;
pub mod net;
pub mod oci;
pub mod registry;
pub mod server;
pub mod store;
pub mod vfs;
pub mod wire;
