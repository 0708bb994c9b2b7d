//! `wasi_snapshot_preview1`, all of it, on our own processes. One file per family.
//!
//! Defined function by function rather than through wiggle's generated trait: one way for the three modules to reach a
//! process, its memory and its signals, async exactly where a call may wait. A test compares every signature with wasmtime-wasi's.
//!
//! Descriptor 3 is the preopened `/` for `path_*` calls, whatever is open there; for `fd_*` calls it is what is open there,
//! and the root while nothing is. Directories that a program opens therefore get numbers from 4 on.

mod args;
mod clock;
mod dir;
mod fd;
mod io;
mod path;
mod poll;
mod proc;
mod random;
pub(super) mod sock;
mod types;

use super::super::context::Context;
use wasmtime::{Linker, Result};

pub(super) use path::{open_flags, path_open};

/// The module's name.
pub(super) const MODULE: &str = "wasi_snapshot_preview1";

/// Links calls that never wait.
macro_rules! calls {
    ($linker:expr; $($name:ident($($arg:ident: $type:ty),*);)*) => {
        $($linker.func_wrap(super::MODULE, stringify!($name),
            |mut guest: $crate::kernel::abi::guest::Guest<'_>, $($arg: $type),*| {
                $crate::kernel::abi::guest::number($name(&mut guest, $($arg),*))
            })?;)*
    };
}
use calls;

/// Links calls that may wait, or whose caller may be ended or stopped by them.
macro_rules! waiting_calls {
    ($linker:expr; $($name:ident($($arg:ident: $type:ty),*);)*) => {
        $($linker.func_wrap_async(super::MODULE, stringify!($name),
            |mut guest: $crate::kernel::abi::guest::Guest<'_>, ($($arg,)*): ($($type,)*)| Box::new(async move {
                let answer = $name(&mut guest, $($arg),*).await;
                $crate::kernel::abi::leave_call(&mut guest).await?;
                wasmtime::Result::Ok($crate::kernel::abi::guest::number(answer))
            }))?;)*
    };
}
use waiting_calls;

/// Adds the module to a linker.
pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    args::add(linker)?;
    clock::add(linker)?;
    fd::add(linker)?;
    io::add(linker)?;
    dir::add(linker)?;
    path::add(linker)?;
    poll::add(linker)?;
    proc::add(linker)?;
    random::add(linker)?;
    sock::add(linker)
}
