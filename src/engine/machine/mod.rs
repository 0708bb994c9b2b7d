//! Containers over the kernel: from a record to a file tree, a user, streams and a sandbox.
//!
//! Implements [`super::ports::Runtime`]. One [`Machine`] per engine; what runs is in `live`, what it was
//! lent in `lent`; their locks are leaves.

mod door;
mod etc;
mod files;
mod fill;
mod heap;
mod memory;
mod mounts;
mod policy;
mod process;
mod pump;
mod rootfs;
mod sandbox;
#[cfg(test)]
mod tests;
pub(in crate::engine) mod user;
mod volumes;

use super::clock::{Clock, SystemClock};
use super::container::limits::Limits;
use super::distribution::StoredRegistries;
use super::durable::{StoredImages, StoredLayers, StoredLogs, StoredNetworks, StoredRecords};
use super::ports::{LaunchError, Lent, Runtime, Sandbox, TtySize, Wires};
use super::record::Record;
use super::{Doorway, Engine, Error, Parts, Result, blocking};
use crate::kernel::{self, CompileEvent, CompileListener, MachineConfig};
use crate::net::Stack;
use crate::store::{Commit, Store, Table};
use crate::vfs::overlay::Overlay;
use crate::vfs::{self, Namespace};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use sandbox::Live;
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use volumes::VolumeTrees;

/// The folder of the containers' folders.
const CONTAINERS: &str = "containers";

/// How to open an engine.
pub struct OpenOptions {
    /// The state folder.
    pub state: PathBuf,
    /// Told when a program is compiled, which can take a moment.
    pub on_compile: Option<CompileListener>,
    /// Where compiled code is kept; below the state folder unless told otherwise.
    pub cache: Option<PathBuf>,
    /// Threads that run guests; 0 means one per core.
    pub workers: usize,
    /// Where the engine's own socket leads that a container is given.
    pub doorway: Option<Doorway>,
    /// The TCP ports of this machine at which the engine listens.
    pub ports: Vec<u16>,
}

impl OpenOptions {
    pub fn new(state: impl Into<PathBuf>) -> Self {
        OpenOptions {
            state: state.into(),
            on_compile: None,
            cache: None,
            workers: 0,
            doorway: None,
            ports: Vec::new(),
        }
    }
}

/// Opens the state folder and takes up where the last engine stopped.
pub fn open(options: OpenOptions) -> Result<Arc<Engine>> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let store = Arc::new(Store::open_dir(&options.state)?);
    let mut config =
        MachineConfig::new(options.cache.unwrap_or_else(|| options.state.join("cache")));
    let heap = Arc::new(heap::Heap::default());
    config.on_compile = Some(compile_listener(options.on_compile, heap.clone()));
    config.workers = options.workers;
    let machine = kernel::Machine::new(config)?;
    let volumes = Arc::new(VolumeTrees::new(store.clone(), vfs::host_clock()));
    let cpus = machine.cpus().len();
    let trees = rootfs::Trees::new(store.clone(), volumes.clone(), options.doorway);
    Engine::new(Parts {
        clock,
        records: Arc::new(StoredRecords(store.clone())),
        runtime: Arc::new(Machine::new(machine, store.clone(), trees, heap)),
        logs: Arc::new(StoredLogs(store.clone())),
        images: Arc::new(StoredImages::new(store.clone())),
        layers: Arc::new(StoredLayers::new(store.clone())),
        caches: volumes.clone(),
        volumes,
        networks: Arc::new(StoredNetworks(store.clone())),
        reach: policy::read(&store, options.ports)?,
        registries: Arc::new(StoredRegistries::new(store.clone())),
        root: options.state.display().to_string(),
        id: engine_id(&store)?,
        memory: memory::total(),
        cpus,
    })
}

/// A compilation leaves a lot of freed memory behind.
fn compile_listener(other: Option<CompileListener>, heap: Arc<heap::Heap>) -> CompileListener {
    Arc::new(move |event| {
        if let Some(other) = &other {
            other(event);
        }
        if matches!(event, CompileEvent::Finished { .. }) {
            heap.tidy_soon();
        }
    })
}

/// The number that this state folder got when it was first opened.
fn engine_id(store: &Store) -> Result<String> {
    if let Some(id) = store.records().get(Table::Meta, "engine-id")? {
        return Ok(id);
    }
    let bits: [u16; 8] = rand::random();
    let [a, b, c, d, e, f, g, h] = bits.map(|n| format!("{n:04x}"));
    let id = format!("{a}{b}-{c}-{d}-{e}-{f}{g}{h}");
    store
        .records()
        .put(Commit::Durable, Table::Meta, "engine-id", &id)?;
    Ok(id)
}

/// The runtime of a real engine.
pub struct Machine {
    kernel: Arc<kernel::Machine>,
    store: Arc<Store>,
    clock: vfs::Clock,
    trees: rootfs::Trees,
    live: Mutex<HashMap<String, Weak<Live>>>,
    /// By container id.
    lent: Mutex<HashMap<String, Lent>>,
    heap: Arc<heap::Heap>,
}

impl Machine {
    fn new(
        kernel: Arc<kernel::Machine>,
        store: Arc<Store>,
        trees: rootfs::Trees,
        heap: Arc<heap::Heap>,
    ) -> Self {
        Machine {
            kernel,
            trees,
            store,
            clock: vfs::host_clock(),
            live: Mutex::default(),
            lent: Mutex::default(),
            heap,
        }
    }

    fn running(&self, id: &str) -> Option<Arc<Live>> {
        self.live.lock().get(id).and_then(Weak::upgrade)
    }
}

impl Runtime for Machine {
    fn prepare<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<()>> {
        let (store, trees, record) = (self.store.clone(), self.trees.clone(), record.clone());
        let clock = self.clock.clone();
        blocking(move || {
            store.create_container_dir(&record.id)?;
            let made = trees
                .image(&record)
                .and_then(|image| match record.config.working_dir.as_str() {
                    "" | "/" => Ok(()),
                    dir => {
                        let root = trees.overlay(
                            &record,
                            image,
                            Limits::of(&record.host_config).disk,
                            &clock,
                        )?;
                        rootfs::make_working_dir(&vfs::Namespace::new(root, false), dir)
                    }
                })
                .and_then(|()| fill::fill_volumes(&trees, &record, &clock));
            if made.is_err() {
                // The container does not come to be; the first error is the one to tell.
                let _ = store.remove_container_dir(&record.id);
            }
            made
        })
        .boxed()
    }

    fn lend(&self, id: &str, lent: Lent) {
        self.lent.lock().insert(id.to_owned(), lent);
    }

    fn launch<'a>(
        &'a self,
        record: &'a Record,
        size: TtySize,
        wires: Wires,
        net: Arc<Stack>,
    ) -> BoxFuture<'a, Result<Arc<dyn Sandbox>, LaunchError>> {
        async move {
            let (trees, clock, owned) = (self.trees.clone(), self.clock.clone(), record.clone());
            let lent = self.lent.lock().get(&record.id).cloned();
            let Lent { mounts, env } = lent.unwrap_or_default();
            let root = blocking(move || Ok(rootfs::build(&trees, &owned, &mounts, &clock)))
                .await
                .map_err(LaunchError::Other)??;
            let live = Live::start(&self.kernel, record, &env, root, size, wires, net).await?;
            let mut all = self.live.lock();
            all.retain(|_, live| live.strong_count() > 0);
            all.insert(record.id.clone(), Arc::downgrade(&live));
            Ok(live as Arc<dyn Sandbox>)
        }
        .boxed()
    }

    fn check_user(&self, record: &Record, user: &str) -> Result<()> {
        let live = self.running(&record.id);
        let live =
            live.ok_or_else(|| Error::conflict(format!("container {} is not running", record.id)))?;
        user::find(live.namespace(), user, &[]).map(drop)
    }

    fn sizes(&self, record: &Record) -> (i64, i64) {
        let bytes = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let own = match self.running(&record.id) {
            Some(live) => live.size(),
            None => self.trees.stopped_size(record, &self.clock),
        };
        let image = self.trees.image_size(record);
        (bytes(own), bytes(own.saturating_add(image)))
    }

    fn upper(&self, record: &Record) -> Result<Arc<Overlay>> {
        self.trees.upper(record, &self.clock)
    }

    fn files(&self, record: &Record) -> Result<Arc<Namespace>> {
        match self.running(&record.id) {
            Some(live) => Ok(Arc::new(rootfs::archived(live.namespace(), record))),
            None => rootfs::stopped(&self.trees, record, &self.clock),
        }
    }

    fn sweep(&self) -> Result<()> {
        for folder in self.store.disk().list(CONTAINERS)? {
            // A damaged record still has its container: only what was never there or is gone is garbage.
            let record = self
                .store
                .records()
                .get::<serde_json::Value>(Table::Containers, &folder.name);
            if matches!(record, Ok(None))
                && let Err(e) = self.store.remove_container_dir(&folder.name)
            {
                tracing::warn!(folder = %folder.name, "garbage stays: {e}");
            }
        }
        Ok(())
    }

    fn discard(&self, id: &str) -> Result<()> {
        self.trees.forget(id);
        self.lent.lock().remove(id);
        self.heap.tidy_soon();
        Ok(self.store.remove_container_dir(id)?)
    }
}
