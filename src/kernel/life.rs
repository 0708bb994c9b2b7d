//! A process's life: instantiate its program, run it, let `exec` put another in its place, and settle how it ended.
//!
//! A store is dropped when its program is left, whatever the way; it is never used again.

use super::abi::component::resources;
use super::cache::{Loaded, Ready};
use super::context::{Context, Leave};
use super::gate::Gate;
use super::limits::{Limiter, Shape};
use super::machine::FUEL_SLICE;
use super::process::Process;
use super::program::Image;
use super::signal::Signal;
use super::status::ExitStatus;
use std::sync::Arc;
use wasmtime::{Instance, Store, Trap};

/// How a process begins.
pub(super) enum Begin {
    /// With a program's `_start`, or a component's `run`.
    Program(Image),
    /// In a copy of its parent's memory, at `__clone_entry(entry, arg)`.
    Clone(Box<CloneState>),
    /// Nothing to run: the first breath is the last.
    Nothing(ExitStatus),
}

/// The instance that `clone` has prepared.
pub(super) struct CloneState {
    pub store: Store<Context>,
    pub instance: Instance,
    pub entry: u32,
    pub arg: u32,
}

/// Starts a process that is in the table.
pub(super) fn spawn(process: Arc<Process>, begin: Begin) {
    let own = process.clone();
    let group = &process.sandbox.group;
    let task = group.task(async move {
        let status = Gate::new(own.clone(), live(own.clone(), begin)).await;
        own.sandbox.add_fuel(own.usage.fuel());
        own.finish(status);
    });
    process.gate.assign(&task);
    group.begin(&task);
}

async fn live(process: Arc<Process>, begin: Begin) -> ExitStatus {
    let mut image = match begin {
        Begin::Nothing(status) => return status,
        Begin::Program(image) => image,
        Begin::Clone(state) => match run_clone(*state).await {
            Ok(status) => return status,
            Err(image) => image,
        },
    };
    loop {
        match run_program(&process, image).await {
            Ok(status) => return status,
            Err(next) => image = next,
        }
    }
}

/// Runs a program to its end, or to the next program (`Err`).
async fn run_program(process: &Arc<Process>, image: Image) -> Result<ExitStatus, Image> {
    let mut store = new_store(process, image.program.clone());
    let result = begin_program(&mut store, &image).await;
    settle(&store, result)
}

async fn begin_program(store: &mut Store<Context>, image: &Image) -> wasmtime::Result<()> {
    match &image.program.code {
        Ready::Module { pre, .. } => {
            let instance = pre.instantiate_async(&mut *store).await?;
            store.data_mut().memory = instance.get_memory(&mut *store, "memory");
            let start = instance.get_typed_func::<(), ()>(&mut *store, "_start")?;
            start.call_async(&mut *store, ()).await
        }
        Ready::Component(pre) => {
            let command = pre.instantiate_async(&mut *store).await?;
            match command.wasi_cli_run().call_run(&mut *store).await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(())) => Err(Leave::Exit(1).into()),
                Err(error) if error.is::<Leave>() || error.is::<Trap>() => Err(error),
                // A handle that is none, a list that lies outside memory: as bad as calling `abort`.
                Err(error) => Err(error.context(Leave::Misuse)),
            }
        }
    }
}

async fn run_clone(mut state: CloneState) -> Result<ExitStatus, Image> {
    let store = &mut state.store;
    let result = match state
        .instance
        .get_typed_func::<(u32, u32), ()>(&mut *store, "__clone_entry")
    {
        Ok(entry) => {
            entry
                .call_async(&mut *store, (state.entry, state.arg))
                .await
        }
        Err(error) => Err(error),
    };
    settle(&state.store, result)
}

/// A store for one program image, metered and limited.
pub(super) fn new_store(process: &Arc<Process>, program: Arc<Loaded>) -> Store<Context> {
    let shape = match program.code {
        Ready::Module { .. } => Shape::Module,
        Ready::Component(_) => Shape::Component,
    };
    let context = Context {
        process: process.clone(),
        memory: None,
        program,
        limiter: Limiter::new(process, shape),
        callback: None,
        resources: resources(),
    };
    let mut store = Store::new(process.sandbox.machine.engine(), context);
    store.limiter(|context| &mut context.limiter);
    // Neither can fail: the engine's configuration meters fuel.
    let metered = store
        .set_fuel(u64::MAX)
        .and_then(|()| store.fuel_async_yield_interval(Some(FUEL_SLICE)));
    debug_assert!(metered.is_ok());
    store
}

/// Turns how a program was left into a status, or into the image that follows.
fn settle(store: &Store<Context>, result: wasmtime::Result<()>) -> Result<ExitStatus, Image> {
    let process = &store.data().process;
    process
        .usage
        .end_image(u64::MAX - store.get_fuel().unwrap_or(u64::MAX));
    let Err(error) = result else {
        return Ok(ExitStatus::exited(0));
    };
    match error.downcast_ref::<Leave>() {
        Some(Leave::Exit(code)) => return Ok(ExitStatus::exited(*code)),
        Some(Leave::OutOfMemory) => {
            process.sandbox.memory.mark_oom();
            return Ok(ExitStatus::out_of_memory());
        }
        Some(Leave::Misuse) => {
            tracing::debug!(pid = process.pid, "{error:#}");
            return Ok(ExitStatus::signalled(Signal::ABRT));
        }
        Some(Leave::Dying) => return Ok(ExitStatus::signalled(Signal::KILL)),
        Some(Leave::Exec) => {
            return process
                .next_image
                .lock()
                .take()
                .map_or(Ok(ExitStatus::signalled(Signal::KILL)), Err);
        }
        None => {}
    }
    let signal = match error.downcast_ref::<Trap>() {
        Some(trap) => trap_signal(*trap),
        // Not a trap: the host had no memory or address space for an instance.
        None => Signal::KILL,
    };
    tracing::debug!(pid = process.pid, "{error:#}");
    Ok(ExitStatus::signalled(signal))
}

/// The signal that a native program would have got.
fn trap_signal(trap: Trap) -> Signal {
    match trap {
        Trap::StackOverflow
        | Trap::MemoryOutOfBounds
        | Trap::TableOutOfBounds
        | Trap::IndirectCallToNull
        | Trap::BadSignature
        | Trap::NullReference => Signal::SEGV,
        Trap::IntegerOverflow | Trap::IntegerDivisionByZero | Trap::BadConversionToInteger => {
            Signal::FPE
        }
        Trap::HeapMisaligned => Signal::BUS,
        // `abort` of every C and Rust library ends here.
        Trap::UnreachableCodeReached => Signal::ABRT,
        Trap::OutOfFuel => Signal::XCPU,
        _ => Signal::ILL,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traps_become_the_codes_that_a_shell_shows() {
        let code = |trap| ExitStatus::signalled(trap_signal(trap)).code;
        assert_eq!(code(Trap::UnreachableCodeReached), 134);
        assert_eq!(code(Trap::IntegerDivisionByZero), 136);
        assert_eq!(code(Trap::StackOverflow), 139);
        assert_eq!(code(Trap::MemoryOutOfBounds), 139);
    }
}
