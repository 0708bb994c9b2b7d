//! Containers: the live object behind a record, and one file per verb.
//!
//! A container's record changes only under its `record` lock and is committed before a verb answers. Verbs that change the phase
//! (`start`, `remove`, `rename`) also hold `verb`, which may be held across awaits; so does the end of a run.
//! Lock order: `verb`, then `commits`, then the registry, then `record`, then `live`; only `verb` is held across an await.

mod archive;
mod attach;
mod changes;
mod create;
mod defaults;
mod ending;
mod export;
mod inspect;
mod kill;
pub mod limits;
mod list;
mod list_filter;
mod logs;
pub(in crate::engine) mod merge;
mod mounts;
mod networking;
mod pause;
mod probe;
mod prune;
mod remove;
mod rename;
mod resize;
mod start;
mod stats;
mod status;
mod stop;
mod supervise;
mod top;
mod unlink;
mod update;
mod validate;
mod wait;

pub(in crate::engine) use attach::follow;
pub(in crate::engine) use inspect::DRIVER;
pub(in crate::engine) use mounts::{BadOption, Tmpfs, words};
pub(in crate::engine) use start::{START_FAILED, explain};

use super::io::{Output, Stdin};
use super::logs::{LogFile, Settings};
use super::ports::{LogDisk, Sandbox};
use super::record::Record;
use super::state::Phase;
use super::{Error, Result, clock::Clock};
use crate::net::Stack;
use crate::net::publish::Published;
use crate::wire::StringMap;
use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::watch;

/// What waiters look at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Life {
    pub alive: bool,
    /// How often it has ended.
    pub exits: u64,
    pub exit_code: i64,
    /// Its record is deleted and must not be written again; files and volumes may still be on their way.
    pub unrecorded: bool,
    /// Nothing of it is left.
    pub removed: bool,
}

/// A container that this engine knows.
pub struct Container {
    pub id: String,
    record: Mutex<Record>,
    live: Mutex<Option<Arc<dyn Sandbox>>>,
    /// Its network namespace while it runs.
    net: Mutex<Option<Arc<Stack>>>,
    /// The open ports of the host that lead into it.
    published: Mutex<Vec<Published>>,
    pub output: Arc<Output>,
    pub stdin: Arc<Stdin>,
    pub log: Arc<LogFile>,
    pub life: watch::Sender<Life>,
    pub ending: ending::Ending,
    /// Present while health is looked at.
    probing: Mutex<Option<probe::Probing>>,
    /// Serialises the verbs that change the phase, and the end of a run. Never held while an end is waited for.
    pub verb: tokio::sync::Mutex<()>,
    /// Held on a blocking thread while the record is written.
    pub commits: Mutex<()>,
    /// Its record need not outlive a crash: it is a step of a build.
    fleeting: AtomicBool,
}

impl Container {
    /// Refuses a verb that reads the container's tree while that goes away.
    pub(in crate::engine) fn is_whole(&self, verb: &str) -> Result<()> {
        let why = match self.phase() {
            Phase::Removing => "being removed",
            Phase::Dead => "Dead",
            _ => return Ok(()),
        };
        Err(Error::conflict(format!(
            "You cannot {verb} container {} which is {why}",
            self.id
        )))
    }

    pub fn new(record: Record, clock: &Arc<dyn Clock>, disk: &Arc<dyn LogDisk>) -> Self {
        // What cannot be read here is refused at the start.
        let settings = Settings::of(&record).unwrap_or_default();
        let log = LogFile::new(disk.clone(), &record.id, settings);
        let life = Life {
            alive: record.state.phase.is_alive(),
            exit_code: record.state.exit_code,
            ..Life::default()
        };
        Container {
            id: record.id.clone(),
            record: Mutex::new(record),
            live: Mutex::default(),
            net: Mutex::default(),
            published: Mutex::default(),
            output: Arc::new(Output::new(clock.clone())),
            stdin: Arc::default(),
            log: Arc::new(log),
            life: watch::Sender::new(life),
            ending: ending::Ending::default(),
            probing: Mutex::default(),
            verb: tokio::sync::Mutex::default(),
            commits: Mutex::default(),
            fleeting: AtomicBool::new(false),
        }
    }

    /// A crash may take it with it until it is told to `stay`.
    fn fleeting(mut self) -> Self {
        self.fleeting = AtomicBool::new(true);
        self
    }

    /// Whether a crash may take it with it.
    pub fn is_fleeting(&self) -> bool {
        self.fleeting.load(Ordering::Acquire)
    }

    /// From now on its record is kept as everybody's.
    pub fn stay(&self) {
        self.fleeting.store(false, Ordering::Release);
    }

    /// Looks at the record. Do not call back into the container from inside.
    pub fn look<T>(&self, at: impl FnOnce(&Record) -> T) -> T {
        at(&self.record.lock())
    }

    /// Changes the record in memory and returns the result for the store.
    pub fn change(&self, how: impl FnOnce(&mut Record)) -> Record {
        let mut record = self.record.lock();
        how(&mut record);
        record.clone()
    }

    pub fn phase(&self) -> Phase {
        self.look(|r| r.state.phase)
    }

    /// The running sandbox.
    pub fn sandbox(&self) -> Option<Arc<dyn Sandbox>> {
        self.live.lock().clone()
    }

    fn set_sandbox(&self, sandbox: Option<Arc<dyn Sandbox>>) {
        *self.live.lock() = sandbox;
    }

    /// Its network namespace, while it runs.
    pub fn net(&self) -> Option<Arc<Stack>> {
        self.net.lock().clone()
    }

    pub fn set_net(&self, net: Option<Arc<Stack>>) {
        *self.net.lock() = net;
    }

    /// Keeps published ports open.
    pub fn set_published(&self, open: Vec<Published>) {
        *self.published.lock() = open;
    }

    /// The published ports, to be closed.
    pub fn take_published(&self) -> Vec<Published> {
        std::mem::take(&mut *self.published.lock())
    }

    /// The running sandbox, or Docker's refusal.
    pub fn running(&self) -> Result<Arc<dyn Sandbox>> {
        self.sandbox().ok_or_else(|| self.not_running())
    }

    fn not_running(&self) -> Error {
        Error::conflict(format!("container {} is not running", self.id))
    }

    /// Docker's refusal between two runs.
    pub fn restarting(&self) -> Error {
        Error::conflict(format!(
            "Container {} is restarting, wait until the container is running",
            self.id
        ))
    }

    /// Attributes of its events: labels, image and name, and what the event adds.
    pub fn attributes(&self, more: &[(&str, String)]) -> StringMap {
        self.look(|r| {
            let mut all = r.config.labels.clone().unwrap_or_default();
            all.insert("image".to_owned(), r.config.image.clone());
            all.insert("name".to_owned(), r.name.clone());
            all.extend(more.iter().map(|(k, v)| ((*k).to_owned(), v.clone())));
            all
        })
    }
}
