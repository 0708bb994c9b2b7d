//! What a guest may call: three import modules, or for a component the interfaces of WASI 0.2 (`component`), over one process.
//!
//! A host function gets a `wasmtime::Caller<Context>` (`guest::Guest`). Through it:
//! * the process: `guest::process(&guest)`, an `Arc`; files, signals, paths, table hang off it;
//! * memory: `guest::{bytes, string, word, put}`, every pointer checked, EFAULT instead of a panic;
//! * the tree: `process.tree(|namespace, cred| …)`, so that /proc knows who asks;
//! * waiting: `process.block(future).await`, EINTR when a caught signal arrives first; the future must lose nothing when
//!   it is dropped, as SIGKILL drops it without asking. Never hold a lock across an await;
//! * after a call that may have ended or stopped the caller itself: `process.checkpoint().await`;
//! * leaving the program: return `Err(Leave::Exit(code).into())`.
//!
//! Functions that cannot wait are linked with `func_wrap` (6 ns a call), others with `func_wrap_async` (36 ns).
//! `preview1` serves `wasi_snapshot_preview1`, `schooner` and `wasix` what it lacks; `table` says how far each import goes.

mod callback;
pub mod component;
pub mod guest;
pub mod preview1;
mod schooner;
mod signatures;
pub mod stubs;
pub mod table;
#[cfg(test)]
mod tests;
mod wasix;

pub use signatures::Signature;

use super::context::Context;
use wasmtime::Linker;

/// Adds every import of modules to a linker.
pub fn link(linker: &mut Linker<Context>) -> wasmtime::Result<()> {
    preview1::add_to_linker(linker)?;
    wasix::add_to_linker(linker)?;
    schooner::add_to_linker(linker)
}

/// What every call that may wait ends with: the gate acts if the caller was ended or stopped meanwhile, and a WASIX
/// program's signal handler is called.
pub async fn leave_call(guest: &mut guest::Guest<'_>) -> wasmtime::Result<()> {
    let consumed = u64::MAX - guest.get_fuel()?;
    let process = &guest.data().process;
    process.usage.set_fuel(consumed);
    if process.is_interrupted() {
        guest::process(guest).checkpoint().await;
    }
    callback::deliver(guest).await
}
