//! What is linked in place of imports that have no implementation.
//!
//! Within the three known modules an import gets a stub that answers the table's error, or ENOSYS when it is not listed.
//! A module that asks for anything else cannot run; the refusal names the import.

use super::table::{self, Support};
use crate::base::errno::Errno;
use wasmtime::{
    Caller, ExternType, FuncType, ImportType, InstancePre, Linker, Module, Val, ValType,
};

/// Why a module cannot run here.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Refusal {
    #[error("unknown import `{module}` `{name}`")]
    UnknownModule { module: String, name: String },
    #[error("import `{module}` `{name}` is not a function")]
    NotAFunction { module: String, name: String },
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
    // An import with another signature than ours is refused here; wasmtime's words name it.
    own.as_ref().unwrap_or(linker).instantiate_pre(module)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::context::Context;
    use wasmtime::{Engine, Instance, Store};

    fn wat(text: &str) -> Vec<u8> {
        wat::parse_str(text).expect("WebAssembly text")
    }

    /// Every entry that claims an implementation has one. The other direction is in `tests/kernel`.
    #[test]
    fn what_the_table_promises_is_linked() {
        let engine = Engine::default();
        let mut linker = Linker::<Context>::new(&engine);
        super::super::link(&mut linker).expect("links");
        for module in &table::MODULES {
            for entry in module.entries {
                // A signature that nobody has: what is there is incompatible, what is missing is unknown.
                let text = format!(
                    r#"(module (import "{}" "{}" (func (param f64) (result f64))))"#,
                    module.name, entry.name
                );
                let probe = Module::new(&engine, wat(&text)).expect("compiles");
                let words = linker
                    .instantiate_pre(&probe)
                    .err()
                    .map(|error| format!("{error:#}"))
                    .unwrap_or_default();
                let linked = words.contains("incompatible import type");
                let stubbed = matches!(entry.support, Support::Error(..));
                assert!(linked || stubbed, "{} {}: {words}", module.name, entry.name);
            }
        }
    }

    fn load(text: &str) -> wasmtime::Result<()> {
        let engine = Engine::default();
        let linker = Linker::<()>::new(&engine);
        let module = Module::new(&engine, wat(text))?;
        let pre = instantiate_pre(&linker, &module)?;
        let mut store = Store::new(&engine, ());
        let instance: Instance = pre.instantiate(&mut store)?;
        let run = instance.get_typed_func::<(), i32>(&mut store, "run")?;
        let answer = run.call(&mut store, ())?;
        match answer {
            0 => Ok(()),
            number => Err(wasmtime::Error::msg(format!("answers {number}"))),
        }
    }

    fn import(module: &str, name: &str) -> String {
        format!(
            r#"(module (import "{module}" "{name}" (func $f (param i32) (result i32)))
                (func (export "run") (result i32) (call $f (i32.const 0))))"#
        )
    }

    #[test]
    fn unknown_imports() {
        let words = |module, name| {
            load(&import(module, name))
                .expect_err("refused")
                .to_string()
        };
        assert_eq!(words("schooner", "time_travel"), "answers 52");
        assert_eq!(words("wasix_32v1", "proc_fork_env"), "answers 58");
        assert_eq!(words("env", "printf"), "unknown import `env` `printf`");
        let memory = r#"(module (import "schooner" "memory" (memory 1)))"#;
        assert_eq!(
            load(memory).expect_err("refused").to_string(),
            "import `schooner` `memory` is not a function"
        );
    }
}
