//! The import module `wasix_32v1`: the part of WASIX that foreign programs need beyond preview1.
//!
//! Layouts are those of the `wasix` crate 0.13. Threads, stack switching and the configuration of networks answer errors: see `abi/table/wasix.rs`.

mod basics;
mod processes;
mod sockets;
mod spawn;
mod terminal;

use super::super::context::Context;
use wasmtime::{Linker, Result};

/// The module's name.
const MODULE: &str = "wasix_32v1";

/// Links the module.
pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    basics::add(linker)?;
    processes::add(linker)?;
    sockets::add(linker)?;
    spawn::add(linker)?;
    terminal::add(linker)
}
