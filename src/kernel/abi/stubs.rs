//! What is linked in place of imports that have no implementation.
//!
//! Within the three known modules an import gets a stub that answers the table's error, or ENOSYS when it is not listed.
//! A module that asks for anything else cannot run; the refusal names the import.

use super::table::{self, Support};
use crate::base::errno::Errno;
use wasmtime::{ExternType, Linker, Module, Val, ValType};

/// Why a module cannot run here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    #[error("unknown import `{module}` `{name}`")]
    UnknownModule { module: String, name: String },
    #[error("import `{module}` `{name}` is not a function")]
    NotAFunction { module: String, name: String },
    #[error("import `{module}` `{name}` has another signature here")]
    Signature { module: String, name: String },
}

/// Adds stubs for what `module` imports and `linker` lacks. The linker serves this module alone afterwards.
pub fn add<T: 'static>(linker: &mut Linker<T>, module: &Module) -> Result<(), Refusal> {
    for import in module.imports() {
        let (space, name) = (import.module().to_owned(), import.name().to_owned());
        if !table::knows(&space) {
            return Err(Refusal::UnknownModule {
                module: space,
                name,
            });
        }
        let ExternType::Func(signature) = import.ty() else {
            return Err(Refusal::NotAFunction {
                module: space,
                name,
            });
        };
        let entry = table::find(&space, &name);
        let errno = match entry.map(|entry| entry.support) {
            Some(Support::Full | Support::Partial(_)) => continue,
            Some(Support::Error(errno, _)) => errno,
            None => Errno::Nosys,
        };
        let listed = entry.is_some();
        let results: Vec<ValType> = signature.results().collect();
        let log = format!("{space}.{name}");
        let stub = move |_: wasmtime::Caller<'_, T>, _: &[Val], out: &mut [Val]| {
            if !listed {
                tracing::debug!(import = %log, "not implemented: ENOSYS");
            }
            for (slot, kind) in out.iter_mut().zip(&results) {
                *slot = match kind {
                    ValType::I32 => Val::I32(errno.raw().into()),
                    ValType::I64 => Val::I64(errno.raw().into()),
                    other => Val::default_for_ty(other).unwrap_or(Val::I32(0)),
                };
            }
            Ok(())
        };
        // Two imports of one name with different signatures: the first stub stays, linking reports the second.
        let _ = linker.func_new(&space, &name, signature, stub);
    }
    Ok(())
}
