//! The machine: one wasmtime engine, the linkers with every ABI, the compiled-code cache, and the CPUs that guests run on.
//!
//! Guests run on the scheduler's threads alone: however busy they are, the API's tasks run elsewhere. A small runtime of the
//! machine's own drives their timers. Modules are compiled on threads of their own, at most two at a time. `contents` is a leaf lock.

use super::abi;
use super::cache::{Cache, Digest, Loaded};
use super::clock::{Clock, SystemClock};
use super::context::Context;
use super::procfs;
use super::sandbox::{Sandbox, SandboxSpec};
use super::scheduler::Scheduler;
use crate::base::cpuset::CpuSet;
use crate::vfs::ContentId;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::Semaphore;
use wasmtime::{Config, Engine, Linker, component};

/// Fuel between two looks of the gate: most of a millisecond. Short, because `pause` and whoever wants the CPU next wait for
/// the end of a slice; a change of turns costs about a thousandth of it.
pub(super) const FUEL_SLICE: u64 = 2_000_000;
/// The biggest module that is compiled.
pub const MAX_PROGRAM: u64 = 64 << 20;
/// The machine's first process; lower numbers look as if they were the host's.
const FIRST_NUMBER: u32 = 1000;
/// The guest's own stack; beyond it is a stack overflow (139).
const WASM_STACK: usize = 1 << 20;
/// The fiber's stack: the guest's, and room for host calls.
const FIBER_STACK: usize = 2 << 20;

/// What compiling tells while it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileEvent {
    /// Began, with the module's size in bytes.
    Started { digest: Digest, bytes: u64 },
    /// Ended, well or not.
    Finished { digest: Digest },
}

/// Who is told; called from a compiling thread.
pub type CompileListener = Arc<dyn Fn(CompileEvent) + Send + Sync>;

/// How to make a machine.
pub struct MachineConfig {
    /// For compiled code; made if missing, readable by the owner alone.
    pub cache_dir: PathBuf,
    /// CPUs that guests see and run on, a thread each, 128 at most; 0 means as many as the host has.
    pub workers: usize,
    pub clock: Arc<dyn Clock>,
    pub on_compile: Option<CompileListener>,
}

impl MachineConfig {
    /// The host's clock, a thread per core, and nobody told.
    pub fn new(cache_dir: impl Into<PathBuf>) -> MachineConfig {
        MachineConfig {
            cache_dir: cache_dir.into(),
            workers: 0,
            clock: Arc::new(SystemClock::default()),
            on_compile: None,
        }
    }
}

/// Everything that sandboxes share.
pub struct Machine {
    engine: Engine,
    linker: Linker<Context>,
    pub(super) component_linker: component::Linker<Context>,
    pub(super) cache: Cache,
    clock: Arc<dyn Clock>,
    pub(super) on_compile: Option<CompileListener>,
    /// How many modules are compiled at a time.
    pub(super) compilers: Arc<Semaphore>,
    /// Digests of image files that were read once.
    contents: Mutex<HashMap<ContentId, Digest>>,
    pub(super) scheduler: Arc<Scheduler>,
    /// The next process's number.
    numbers: AtomicU32,
    handle: Handle,
    /// Taken when the machine goes.
    runtime: Option<Runtime>,
}

impl Machine {
    /// Makes a machine. Fails when the cache folder cannot be used or threads cannot be had.
    pub fn new(config: MachineConfig) -> std::io::Result<Arc<Machine>> {
        let engine = Engine::new(&engine_config()).map_err(host_error)?;
        let mut linker = Linker::new(&engine);
        abi::link(&mut linker).map_err(host_error)?;
        let mut component_linker = component::Linker::new(&engine);
        abi::component::link(&mut component_linker).map_err(host_error)?;
        let cache = Cache::open(&config.cache_dir, &engine)?;
        let workers = match config.workers {
            0 => std::thread::available_parallelism().map_or(2, |cores| cores.get()),
            given => given,
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("guest-timers")
            .enable_time()
            .build()?;
        let cpus = u32::try_from(workers).unwrap_or(CpuSet::MOST);
        let scheduler = Scheduler::start(cpus, config.clock.clone(), runtime.handle())?;
        Ok(Arc::new(Machine {
            scheduler,
            engine,
            linker,
            component_linker,
            cache,
            clock: config.clock,
            on_compile: config.on_compile,
            compilers: Arc::new(Semaphore::new(2)),
            contents: Mutex::new(HashMap::new()),
            numbers: AtomicU32::new(FIRST_NUMBER),
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
        }))
    }

    /// A container, without processes yet.
    pub fn sandbox(self: &Arc<Machine>, spec: SandboxSpec) -> Arc<Sandbox> {
        let sandbox = Sandbox::new(self, spec);
        procfs::mount(&sandbox);
        sandbox
    }

    /// The clocks.
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    pub(super) fn next_number(&self) -> u32 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    pub(super) fn engine(&self) -> &Engine {
        &self.engine
    }

    pub(super) fn linker(&self) -> &Linker<Context> {
        &self.linker
    }

    /// The CPUs that there are for guests.
    pub fn cpus(&self) -> CpuSet {
        self.scheduler.cpus()
    }

    /// Where timers live, and compilations wait for each other.
    pub(super) fn runtime(&self) -> &Handle {
        &self.handle
    }

    /// A program that was read before under this content id, if it is in memory.
    pub(super) fn known(&self, content: &ContentId) -> Option<Arc<Loaded>> {
        let digest = *self.contents.lock().get(content)?;
        self.cache.ready(&digest)
    }

    pub(super) fn remember(&self, content: ContentId, loaded: &Loaded) {
        self.contents.lock().insert(content, loaded.digest);
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // Neither waits: the last reference may fall on one of their own threads.
        self.scheduler.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn engine_config() -> Config {
    let mut config = Config::new();
    config.consume_fuel(true);
    config.max_wasm_stack(WASM_STACK);
    config.async_stack_size(FIBER_STACK);
    config.wasm_multi_memory(false);
    config.wasm_memory64(false);
    config.wasm_relaxed_simd(true);
    config.relaxed_simd_deterministic(true);
    // Nobody reads backtraces of guests; without them code is smaller.
    config.wasm_backtrace_max_frames(None);
    config.generate_address_map(false);
    config
}

fn host_error(error: wasmtime::Error) -> std::io::Error {
    std::io::Error::other(format!("{error:#}"))
}
