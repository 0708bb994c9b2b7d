//! `clone(fn, arg)`: fork without asyncify.
//!
//! The child is a fresh instance of the same module with the parent's memory and mutable globals, entered at
//! `__clone_entry(fn, arg)`. Descriptors are shared; cwd, environment, identity and signal state are copied.
//! Tables keep what the module puts there at its start.

use super::cache::Ready;
use super::context::{Context, Leave};
use super::life::{Begin, CloneState, new_store, spawn};
use super::process::Process;
use crate::base::errno::Errno;
use wasmtime::{Caller, Extern, Memory, Mutability, Store};

/// Memory is compared and copied in pieces of this size. What is equal is left alone, and so stays shared with the module's
/// image or the zero page.
const PIECE: usize = 4096;

/// Makes a child that runs `__clone_entry(entry, arg)`, and gives its pid.
///
/// EAGAIN when the table is full, ENOMEM past the memory limit, ENOSYS for modules without the export.
pub async fn clone(caller: &mut Caller<'_, Context>, entry: u32, arg: u32) -> Result<u32, Errno> {
    let parent = caller.data().process.clone();
    let program = caller.data().program.clone();
    let Ready::Module { module, pre } = &program.code else {
        return Err(Errno::Nosys);
    };
    if module.get_export("__clone_entry").is_none() {
        return Err(Errno::Nosys);
    }
    let sandbox = &parent.sandbox;
    let child = sandbox.table.add(Some(parent.pid), |pid| {
        Process::new(pid, sandbox, parent.offspring())
    })?;
    let unborn = Unborn(Some(child.clone()));
    let mut store = new_store(&child, program.clone());
    let instance = pre.instantiate_async(&mut store).await.map_err(refusal)?;
    let memory = instance.get_memory(&mut store, "memory");
    store.data_mut().memory = memory;
    if let (Some(from), Some(to)) = (caller.data().memory, memory) {
        copy_memory(caller, from, &mut store, to)?;
    }
    for export in module.exports() {
        let mutable = export
            .ty()
            .global()
            .is_some_and(|ty| ty.mutability() == Mutability::Var);
        if !mutable {
            continue;
        }
        let (Some(Extern::Global(from)), Some(to)) = (
            caller.get_export(export.name()),
            instance.get_global(&mut store, export.name()),
        ) else {
            continue;
        };
        let value = from.get(&mut *caller);
        // A reference belongs to its own store; numbers are what compilers keep here.
        if value.ty(&*caller).is_ok_and(|ty| ty.is_num()) {
            to.set(&mut store, value).map_err(|_| Errno::Inval)?;
        }
    }
    let pid = child.pid;
    unborn.born();
    spawn(
        child,
        Begin::Clone(Box::new(CloneState {
            store,
            instance,
            entry,
            arg,
        })),
    );
    Ok(pid)
}

fn copy_memory(
    caller: &Caller<'_, Context>,
    from: Memory,
    store: &mut Store<Context>,
    to: Memory,
) -> Result<(), Errno> {
    let source = from.data(caller);
    let missing = source.len().saturating_sub(to.data_size(&*store));
    if missing > 0 {
        let pages = (missing as u64).div_ceil(to.page_size(&*store));
        to.grow(&mut *store, pages).map_err(refusal)?;
    }
    let target = to.data_mut(&mut *store);
    for (new, old) in target.chunks_mut(PIECE).zip(source.chunks(PIECE)) {
        let new = &mut new[..old.len()];
        if *new != *old {
            new.copy_from_slice(old);
        }
    }
    Ok(())
}

/// Why an instance could not be made.
fn refusal(error: wasmtime::Error) -> Errno {
    match error.downcast_ref::<Leave>() {
        Some(Leave::OutOfMemory) | None => Errno::Nomem,
        Some(_) => Errno::Again,
    }
}

/// A child in the table that does not live yet: taken out again unless it is born.
pub(super) struct Unborn(pub Option<std::sync::Arc<Process>>);

impl Unborn {
    pub fn born(mut self) {
        self.0 = None;
    }
}

impl Drop for Unborn {
    fn drop(&mut self) {
        if let Some(child) = self.0.take() {
            child.sandbox.table.forget(child.pid);
        }
    }
}
