//! The verbs of the engine, without HTTP and without a terminal.
//!
//! [`Engine`] is the whole interface: each verb is a method in the file of its name. A record is committed before a verb answers.
//! What runs containers and keeps records stands behind the traits of [`ports`]; `machine` implements them over the kernel.
//! Start reading at `container/start.rs`.

mod build;
pub mod catalogue;
pub mod clock;
mod container;
mod distribution;
mod doorway;
mod durable;
pub mod error;
mod events;
mod exec;
pub mod filters;
mod health;
mod image;
mod io;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod lifecycle_health;
#[cfg(test)]
mod lifecycle_restart;
#[cfg(test)]
mod lifecycle_state;
#[cfg(test)]
mod lifecycle_usage;
mod logs;
mod machine;
mod network;
mod options;
pub mod ports;
mod powers;
mod prune;
mod ps;
mod record;
mod registry;
mod restart;
mod signal;
mod state;
mod system;
#[cfg(test)]
pub(crate) mod testing;
mod volume;

pub use crate::store::Severity;
pub use build::{
    BuildOptions, ContextTar, Event as BuildEvent, Exported, ExportedFiles, ExportedKind, Failure,
    Frontend, Named, Plan, Secrets, Supplies,
};
pub use clock::Timestamp;
pub use doorway::Doorway;
pub use error::{Error, Kind, Result};
pub use events::EventStream;
pub use filters::Filters;
pub use image::ProgressStream;
pub use io::{EscapeKeys, StdinEnded, StdinWriter};
pub use machine::{OpenOptions, open};
pub use options::*;
pub use record::Record;

use crate::net::{Outside, Reach, Switch};
use clock::Clock;
use container::Container;
use parking_lot::Mutex;
use ports::{LogDisk, Records, Runtime};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::time::{Duration, Instant};
use tokio::runtime::Handle;

/// The engine. Share it in an `Arc`; every method may be called from any task.
pub struct Engine {
    clock: Arc<dyn Clock>,
    records: Arc<dyn Records>,
    runtime: Arc<dyn Runtime>,
    logs: Arc<dyn LogDisk>,
    images: Arc<dyn ports::Images>,
    /// One removal of names and images at a time.
    image_turn: Mutex<()>,
    layers: Arc<dyn ports::Layers>,
    caches: Arc<build::Caches>,
    volumes: Arc<volume::Volumes>,
    networks: Arc<network::Networks>,
    switch: Arc<Switch>,
    /// Where the next published port without a number is looked for.
    next_port: AtomicU16,
    registries: Arc<dyn ports::Registries>,
    /// One prune of a kind at a time.
    prunes: prune::Prunes,
    facts: system::Facts,
    containers: registry::Registry,
    execs: exec::Execs,
    events: events::Events,
    /// When the last container ended, or the engine began.
    idle: Mutex<Instant>,
    /// The engine is going: nothing is restarted, and what is stopped was not stopped by a person.
    leaving: AtomicBool,
}

/// What an engine is made of; `machine::open` puts the real parts in.
pub struct Parts {
    pub clock: Arc<dyn Clock>,
    pub records: Arc<dyn Records>,
    pub runtime: Arc<dyn Runtime>,
    pub logs: Arc<dyn LogDisk>,
    pub images: Arc<dyn ports::Images>,
    pub layers: Arc<dyn ports::Layers>,
    /// Those of builds.
    pub caches: Arc<dyn ports::CacheStore>,
    pub volumes: Arc<dyn ports::VolumeStore>,
    pub networks: Arc<dyn ports::NetworkStore>,
    /// What containers may reach beyond their networks.
    pub reach: Reach,
    pub registries: Arc<dyn ports::Registries>,
    /// The state folder, for `info`.
    pub root: String,
    /// A number that stays the same for this state folder, for `info`.
    pub id: String,
    /// Bytes of memory of the machine, for `info` and `stats`; 0 where it is not known.
    pub memory: i64,
    /// CPUs that containers may use.
    pub cpus: u32,
}

impl Engine {
    /// Takes up where the last engine stopped: containers that ran then have ended.
    pub fn new(parts: Parts) -> Result<Arc<Self>> {
        let networks = network::Networks::load(parts.networks, &parts.id, parts.clock.now())?;
        let engine = Arc::new(Engine {
            facts: system::Facts {
                root: parts.root,
                id: parts.id,
                memory: parts.memory,
                cpus: parts.cpus,
            },
            events: events::Events::new(parts.clock.clone()),
            clock: parts.clock,
            records: parts.records,
            runtime: parts.runtime,
            logs: parts.logs,
            images: parts.images,
            image_turn: Mutex::default(),
            layers: parts.layers,
            caches: build::Caches::new(parts.caches),
            volumes: Arc::new(volume::Volumes::load(parts.volumes)?),
            networks: Arc::new(networks),
            switch: Switch::new(Outside::new(parts.reach, Handle::try_current().ok())),
            next_port: AtomicU16::default(),
            prunes: prune::Prunes::default(),
            registries: parts.registries,
            containers: registry::Registry::default(),
            execs: exec::Execs::default(),
            idle: Mutex::new(Instant::now()),
            leaving: AtomicBool::default(),
        });
        engine.recover()?;
        Ok(engine)
    }

    /// Since when nothing has run; `None` while something does.
    pub fn idle_since(&self) -> Option<Instant> {
        let busy = self.containers.all().iter().any(|c| c.phase().is_alive());
        (!busy).then(|| *self.idle.lock())
    }

    fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    /// Starts the containers that their restart policies want back after the last engine has ended. Returns when all run, or
    /// after `patience`; the others go on starting.
    pub async fn bring_back(self: &Arc<Self>, patience: Duration) {
        let starts: Vec<_> = self
            .containers
            .all()
            .into_iter()
            .filter(|c| c.look(restart::comes_back))
            .map(|container| {
                let engine = self.clone();
                tokio::spawn(async move {
                    // A person may have been quicker, and has then decided.
                    if let Err(e) = engine.start(&container.id).await
                        && e.kind != Kind::NotModified
                    {
                        tracing::warn!(container = %container.id, "did not come back: {e}");
                    }
                })
            })
            .collect();
        let all = futures_util::future::join_all(starts);
        // The error means that some still start.
        let _ = tokio::time::timeout(patience, all).await;
    }

    /// Stops every container as `docker stop` does, all at once. The engine ends afterwards.
    pub async fn shutdown(self: &Arc<Self>, options: &StopOptions) {
        self.leaving.store(true, Ordering::Relaxed);
        let stops = self
            .containers
            .all()
            .into_iter()
            .filter(|c| c.phase().is_alive())
            .map(|container| {
                let engine = self.clone();
                async move {
                    if let Err(e) = engine.stop(&container.id, options.clone()).await {
                        tracing::warn!(container = %container.id, "was not stopped: {e}");
                    }
                }
            });
        futures_util::future::join_all(stops).await;
    }

    /// Looks at every record and blob of the state folder.
    pub async fn check(&self) -> Result<Vec<crate::store::Finding>> {
        let records = self.records.clone();
        blocking(move || records.check()).await
    }

    /// Events so far and to come.
    pub fn events(&self, options: EventOptions) -> Result<EventStream> {
        self.events.subscribe(options)
    }

    fn find(&self, id: &str) -> Result<Arc<Container>> {
        self.containers.find(id)
    }

    /// Commits a container's record as it is now; returns when it is durable, unless it may be lost with a crash.
    async fn commit(&self, container: &Arc<Container>, lazily: bool) -> Result<()> {
        let (records, container) = (self.records.clone(), container.clone());
        blocking(move || {
            // One at a time, each with the newest state: an older one must not be written over it.
            let _turn = container.commits.lock();
            if container.life.borrow().unrecorded {
                return Ok(());
            }
            records.put(
                &container.look(Clone::clone),
                lazily || container.is_fleeting(),
            )
        })
        .await
    }

    fn tell(&self, container: &Container, action: &str, more: &[(&str, String)]) {
        self.events.publish(
            "container",
            action,
            &container.id,
            container.attributes(more),
        );
    }

    /// Containers that ran when the last engine died have ended with it.
    ///
    /// Nothing here needs to be durable at once: after another crash the same is found and done again.
    fn recover(&self) -> Result<()> {
        let mut orphans = Vec::new();
        for mut record in self.records.load()? {
            let phase = record.state.phase;
            let leaving = phase == state::Phase::Removing;
            if leaving || phase.is_alive() && record.host_config.auto_remove {
                // Its files go with the sweep.
                self.records.delete(&record.id, true)?;
                let own = record
                    .mounts
                    .into_iter()
                    .filter(|m| m.is_volume() && m.anonymous);
                orphans.extend(own.map(|m| m.point.name));
                continue;
            }
            for mounted in record.mounts.iter().filter(|m| m.is_volume()) {
                self.volumes.hold(&mounted.point.name, &record.id);
            }
            network::forget(&mut record);
            if phase.is_alive() {
                // One that waited for its restart had ended before, with a code of its own.
                if phase != state::Phase::Restarting {
                    record.state.exit_code = 255;
                    record.state.finished_at = self.clock.now();
                }
                record.state.phase = state::Phase::Exited;
                record.state.pid = 0;
                self.records.put(&record, true)?;
            }
            if self.containers.reserve(&record.name, &record.id).is_err() {
                tracing::warn!(container = %record.id, name = %record.name, "the name is taken; it is known by its id");
                record.name = record.short_id().to_owned();
                self.containers.reserve(&record.name, &record.id)?;
            }
            let container = Container::new(record, &self.clock, &self.logs);
            self.containers.insert(Arc::new(container));
        }
        for name in orphans {
            // Another container may have it; then it stays.
            let _ = self.volumes.remove(&name);
        }
        self.runtime.sweep()
    }
}

/// Runs work that waits for the disk beside the tasks. A panic in it fails this request alone.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|e| Err(Error::system(format!("an internal task failed: {e}"))))
}
