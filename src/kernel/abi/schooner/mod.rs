//! The import module `schooner`: what preview1 and WASIX lack. One file per family of calls.
//!
//! Each call is a function from checked arguments to `Result`; the macros turn it into an import whose result is the error
//! number. Calls that may wait are async. The table of imports is `abi/table/schooner.rs`; the guest's side is `guest-images/sys`.

mod attributes;
mod descriptors;
mod processes;
mod signals;
mod system;
mod terminals;

pub(super) use descriptors::duplicate;
pub(super) use processes::replace;
pub(super) use signals::send;

use super::super::context::Context;
use wasmtime::{Linker, Result};

/// Links calls that never wait.
macro_rules! calls {
    ($linker:expr, $module:expr; $($name:ident($($arg:ident: $type:ty),*);)*) => {
        $($linker.func_wrap($module, stringify!($name),
            |mut guest: $crate::kernel::abi::guest::Guest<'_>, $($arg: $type),*| {
                $crate::kernel::abi::guest::number($name(&mut guest, $($arg),*))
            })?;)*
    };
}
pub(super) use calls;

/// Links calls that may wait, or whose caller may be ended or stopped by them.
macro_rules! waiting_calls {
    ($linker:expr, $module:expr; $($name:ident($($arg:ident: $type:ty),*);)*) => {
        $($linker.func_wrap_async($module, stringify!($name),
            |mut guest: $crate::kernel::abi::guest::Guest<'_>, ($($arg,)*): ($($type,)*)| Box::new(async move {
                let answer = $name(&mut guest, $($arg),*).await;
                $crate::kernel::abi::leave_call(&mut guest).await?;
                wasmtime::Result::Ok($crate::kernel::abi::guest::number(answer))
            }))?;)*
    };
}
pub(super) use waiting_calls;

/// The module's name.
pub(super) const MODULE: &str = "schooner";

/// Links the module.
pub fn add_to_linker(linker: &mut Linker<Context>) -> Result<()> {
    processes::add(linker)?;
    signals::add(linker)?;
    terminals::add(linker)?;
    descriptors::add(linker)?;
    attributes::add(linker)?;
    system::add(linker)
}
