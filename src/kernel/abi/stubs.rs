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

/// Readies a module for instances: what it imports comes from `linker`, or from stubs that are this module's alone.
pub fn instantiate_pre<T: 'static>(
    linker: &Linker<T>,
    module: &Module,
) -> wasmtime::Result<InstancePre<T>> {
    let mut own = None;
    for import in module.imports() {
        if let Some(stub) = stub_for(&import)? {
            let own = own.get_or_insert_with(|| linker.clone());
            // Already there: preview1 links its refusals itself, and a name may be imported twice.
            let _ = own.func_new(import.module(), import.name(), stub.signature, stub.call);
        }
    }
    let result = own.as_ref().unwrap_or(linker).instantiate_pre(module);
    result.map_err(|error| match mismatch(linker, module) {
        Some(refusal) => refusal.into(),
        None => error,
    })
}

type Call<T> = Box<dyn Fn(Caller<'_, T>, &[Val], &mut [Val]) -> wasmtime::Result<()> + Send + Sync>;

struct Stub<T: 'static> {
    signature: FuncType,
    call: Call<T>,
}

/// The stub of an import; `None` for those that have an implementation.
fn stub_for<T>(import: &ImportType<'_>) -> Result<Option<Stub<T>>, Refusal> {
    let (module, name) = (import.module().to_owned(), import.name().to_owned());
    if !table::knows(&module) {
        return Err(Refusal::UnknownModule { module, name });
    }
    let ExternType::Func(signature) = import.ty() else {
        return Err(Refusal::NotAFunction { module, name });
    };
    let (errno, listed) = match table::find(&module, &name).map(|entry| entry.support) {
        Some(Support::Full | Support::Partial(_)) => return Ok(None),
        Some(Support::Error(errno, _)) => (errno, true),
        None => (Errno::Nosys, false),
    };
    let results: Vec<ValType> = signature.results().collect();
    let call = move |_: Caller<'_, T>, _: &[Val], out: &mut [Val]| {
        if !listed {
            tracing::debug!(module, name, "not implemented: ENOSYS");
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
    Ok(Some(Stub {
        signature,
        call: Box::new(call),
    }))
}

/// The first import whose signature is not ours.
fn mismatch<T: 'static>(linker: &Linker<T>, module: &Module) -> Option<Refusal> {
    let import = module.imports().find(|import| {
        let implemented = matches!(stub_for::<T>(import), Ok(None));
        implemented && !linker.clone().allow_shadowing(true).defines(module, import)
    })?;
    Some(Refusal::Signature {
        module: import.module().to_owned(),
        name: import.name().to_owned(),
    })
}
