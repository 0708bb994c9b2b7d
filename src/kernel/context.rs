//! What wasmtime keeps beside each instance, and how a running program is left.
//!
//! A `Context` lives as long as one program image; the `Process` outlives it when `exec` puts another image in its place.

use super::cache::Loaded;
use super::limits::Limiter;
use super::process::Process;
use parking_lot::Mutex;
use std::sync::Arc;
use wasmtime::Memory;
use wasmtime::component::ResourceTable;

/// The store's data: one per instance.
pub struct Context {
    /// The process whose program this is.
    pub process: Arc<Process>,
    /// The exported memory; none before the instance is made or if the module exports none.
    pub memory: Option<Memory>,
    /// The module, for `clone`.
    pub(crate) program: Arc<Loaded>,
    pub(crate) limiter: Limiter,
    /// The export that handles caught signals, if the program has named one (WASIX).
    pub(crate) callback: Option<String>,
    /// What a component holds handles to. Nobody else looks, so it is never locked (`get_mut`); the mutex makes it `Sync`.
    pub(crate) resources: Mutex<ResourceTable>,
}

/// Why a program is left from inside a call. Travels as a wasmtime error through the guest's frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Leave {
    /// `proc_exit`.
    #[error("exit {0}")]
    Exit(i32),
    /// `execve`: the next image waits in `Process::next_image`.
    #[error("exec")]
    Exec,
    /// The memory limit.
    #[error("out of memory")]
    OutOfMemory,
    /// A component broke a rule of its interfaces; the error around it says which.
    #[error("broke a rule of its interfaces")]
    Misuse,
    /// The process was ended while it was in this call.
    #[error("killed")]
    Dying,
}
