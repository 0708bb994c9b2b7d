//! WASI 0.2: components that export `wasi:cli/run`, on the same processes, files, pipes and terminals as modules.
//!
//! One file per package of WASI. What a component opens is a descriptor of its process, so limits and `/proc/PID/fd` see it; the
//! handles that it holds are in its `ResourceTable`, which goes with the program. A component cannot be cloned and cannot catch signals.
//! Waiting goes through `Process::block` as everywhere; whoever waits is a future that loses nothing when it is dropped.

mod bindings;
mod cli;
mod clocks;
mod filesystem;
mod input;
mod output;
mod poll;
mod random;
mod refusal;

pub use bindings::{Program, ProgramPre};

use super::super::context::Context;
use super::super::process::Process;
use bindings::wasi;
use parking_lot::Mutex;
use std::sync::Arc;
use wasmtime::Result;
use wasmtime::component::{Component, HasData, Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::io;

/// The most handles that one program has at a time: each is a few dozen bytes of the host's memory.
const HANDLES: usize = 8192;

/// The state of a component beside its process: its handles.
pub fn resources() -> Mutex<ResourceTable> {
    let mut table = ResourceTable::new();
    table.set_max_capacity(HANDLES);
    Mutex::new(table)
}

/// What the host functions see of the calling program.
pub struct View<'a> {
    process: &'a Arc<Process>,
    resources: &'a mut ResourceTable,
}

fn view(context: &mut Context) -> View<'_> {
    View {
        process: &context.process,
        resources: context.resources.get_mut(),
    }
}

impl View<'_> {
    fn push<T: Send + 'static>(&mut self, value: T) -> Result<Resource<T>> {
        Ok(self.resources.push(value)?)
    }
}

/// Names [`View`] to the linker.
struct Calls;

impl HasData for Calls {
    type Data<'a> = View<'a>;
}

/// Names the table of handles to the linker: all that streams need, as each knows its process.
struct Streams;

impl HasData for Streams {
    type Data<'a> = &'a mut ResourceTable;
}

/// Adds every interface that there is to a linker.
pub fn link(linker: &mut Linker<Context>) -> Result<()> {
    io::error::add_to_linker::<_, Streams>(linker, |context| context.resources.get_mut())?;
    io::streams::add_to_linker::<_, Streams>(linker, |context| context.resources.get_mut())?;
    io::poll::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::environment::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::exit::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::stdin::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::stdout::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::stderr::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::terminal_input::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::terminal_output::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::terminal_stdin::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::terminal_stdout::add_to_linker::<_, Calls>(linker, view)?;
    wasi::cli::terminal_stderr::add_to_linker::<_, Calls>(linker, view)?;
    wasi::clocks::monotonic_clock::add_to_linker::<_, Calls>(linker, view)?;
    wasi::clocks::wall_clock::add_to_linker::<_, Calls>(linker, view)?;
    wasi::filesystem::preopens::add_to_linker::<_, Calls>(linker, view)?;
    wasi::filesystem::types::add_to_linker::<_, Calls>(linker, view)?;
    wasi::random::random::add_to_linker::<_, Calls>(linker, view)?;
    wasi::random::insecure::add_to_linker::<_, Calls>(linker, view)?;
    wasi::random::insecure_seed::add_to_linker::<_, Calls>(linker, view)
}

/// Readies a component for instances; the error names the interface that is missing.
pub fn instantiate_pre(
    linker: &Linker<Context>,
    component: &Component,
) -> Result<ProgramPre<Context>> {
    refusal::check(component)?;
    ProgramPre::new(linker.instantiate_pre(component)?)
}
