//! From a module's bytes to something that can be instantiated: memory, disk, or the compiler.
//!
//! Promises one compilation for each digest however many ask, at most two at a time, on threads of their own; what is cached
//! never waits for what is compiled. Whoever asked may go away without stopping the work for the others.

use super::abi;
use super::cache::{Code, Digest, Kind, Loaded, Ready};
use super::machine::{CompileEvent, CompileListener, Machine};
use super::program::LoadError;
use super::sizes;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::sync::oneshot;

impl Machine {
    /// Compiles a module ahead of its first use; `progress` is told beside the machine's own listener.
    pub async fn precompile(
        self: &Arc<Machine>,
        bytes: Vec<u8>,
        progress: impl Fn(CompileEvent) + Send + Sync + 'static,
    ) -> Result<(), LoadError> {
        let progress: CompileListener = Arc::new(progress);
        self.obtain(bytes, Some(progress)).await.map(drop)
    }

    /// The module of some bytes.
    pub(super) async fn compile(
        self: &Arc<Machine>,
        bytes: Vec<u8>,
    ) -> Result<Arc<Loaded>, LoadError> {
        self.obtain(bytes, None).await
    }

    async fn obtain(
        self: &Arc<Machine>,
        bytes: Vec<u8>,
        progress: Option<CompileListener>,
    ) -> Result<Arc<Loaded>, LoadError> {
        let machine = self.clone();
        let task = self.runtime().spawn(async move {
            let hash = move || (Digest::from(Sha256::digest(&bytes)), bytes);
            let hashed = machine.runtime().spawn_blocking(hash).await;
            let (digest, bytes) = hashed.map_err(|_| failed())?;
            let cell = machine.cache.cell(digest);
            let loaded = cell.get_or_init(|| machine.produce(digest, bytes, progress));
            let loaded = loaded.await.clone();
            if matches!(loaded, Err(LoadError::Errno(_))) {
                // The host's trouble, not the module's: the next one tries again.
                machine.cache.forget(&digest);
            }
            loaded
        });
        task.await.unwrap_or_else(|_| Err(failed()))
    }

    async fn produce(
        self: &Arc<Machine>,
        digest: Digest,
        bytes: Vec<u8>,
        progress: Option<CompileListener>,
    ) -> Result<Arc<Loaded>, LoadError> {
        let machine = self.clone();
        let kind = Kind::of(&bytes);
        let look = move || machine.cache.load(machine.engine(), &digest, kind);
        let cached = self.runtime().spawn_blocking(look).await;
        let code = match cached.map_err(|_| failed())? {
            Some(code) => code,
            None => self.translate(digest, bytes, progress).await?,
        };
        let code = self.link(code).map_err(refused)?;
        Ok(Arc::new(Loaded { digest, code }))
    }

    fn link(&self, code: Code) -> wasmtime::Result<Ready> {
        match code {
            Code::Module(module) => {
                let pre = abi::stubs::instantiate_pre(self.linker(), &module)?;
                Ok(Ready::Module { module, pre })
            }
            Code::Component(component) => {
                abi::component::instantiate_pre(&self.component_linker, &component)
                    .map(Ready::Component)
            }
        }
    }

    /// Runs the compiler on a thread of its own and keeps what it made.
    async fn translate(
        self: &Arc<Machine>,
        digest: Digest,
        bytes: Vec<u8>,
        progress: Option<CompileListener>,
    ) -> Result<Code, LoadError> {
        sizes::check(&bytes).map_err(LoadError::Unfit)?;
        let permit = self.compilers.clone().acquire_owned().await;
        let (machine, (answer, result)) = (self.clone(), oneshot::channel());
        let work = move || {
            let _permit = permit;
            let tell = |event| {
                let listeners = machine.on_compile.iter().chain(&progress);
                listeners.for_each(|listener| listener(event));
            };
            tell(CompileEvent::Started {
                digest,
                bytes: bytes.len() as u64,
            });
            let code = Code::compile(machine.engine(), &bytes).map_err(refused);
            let code = code.map(|code| machine.cache.store(machine.engine(), &digest, code));
            tell(CompileEvent::Finished { digest });
            let _ = answer.send(code);
        };
        let thread = std::thread::Builder::new().name("compile".to_owned());
        match thread.spawn(work) {
            Ok(_) => result.await.unwrap_or_else(|_| Err(failed())),
            Err(error) => Err(LoadError::Errno(error.into())),
        }
    }
}

fn refused(error: wasmtime::Error) -> LoadError {
    LoadError::Unfit(format!("{error:#}"))
}

fn failed() -> LoadError {
    LoadError::Unfit("the compiler failed".to_owned())
}
