//! What the verbs need from the layers below, as traits: something that runs containers, and something that keeps records.
//!
//! `machine/` and `durable.rs` implement them over `kernel`, `vfs` and `store`; the tests of the verbs use doubles, so that the
//! life of a container can be tested without compiling a program. All methods may be called from any task.

mod caches;
mod layers;
mod lent;
mod registries;

pub use caches::{CacheRecord, CacheStore};
pub use layers::{Files, Layers, Made};
pub use lent::{Lent, LentFiles, LentMount};
pub use registries::{Fetched, Registries};

use super::clock::Timestamp;
use super::container::limits::Limits;
use super::io::{Output, StdinSource};
use super::options::LoadOptions;
use super::record::{NetworkRecord, Record, VolumeRecord};
use super::{Error, Result};
use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::net::Stack;
use crate::oci::layer_changes::Change;
use crate::oci::program::Program;
use crate::store::Finding;
use crate::vfs::Namespace;
use crate::vfs::overlay::Overlay;
use crate::wire::{ContainerConfig, Progress};
use futures_util::future::BoxFuture;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::Arc;

/// How a process ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exit {
    /// As a shell sees it: 128+n for a signal.
    pub code: i32,
    /// The memory limit was hit.
    pub oom: bool,
}

/// Terminal size in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TtySize {
    pub rows: u16,
    pub cols: u16,
}

/// Why a program did not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchError {
    /// The program itself: what runc says after its own prefix, such as `exec: "x": executable file not found in $PATH`.
    Program(String),
    /// Anything else, already in Docker's words.
    Other(Error),
}

impl From<Error> for LaunchError {
    fn from(error: Error) -> Self {
        LaunchError::Other(error)
    }
}

/// Everything that a further process needs.
#[derive(Clone, Debug, Default)]
pub struct ExecSpec {
    pub argv: Vec<String>,
    pub env: Vec<String>,
    pub user: String,
    pub working_dir: String,
    pub tty: bool,
    pub size: TtySize,
}

/// Both ends of a process's standard streams, on the engine's side.
pub struct Wires {
    /// `None`: stdin is empty.
    pub stdin: Option<StdinSource>,
    pub output: Arc<Output>,
}

/// One line of `top`. Numbers of processes are the machine's, as `State.Pid` is; 0 stands for one outside the container.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessLine {
    pub pid: u32,
    pub ppid: u32,
    pub pgrp: u32,
    pub sid: u32,
    /// The number of the terminal below /dev/pts, and the group in its foreground.
    pub tty: Option<u32>,
    pub foreground: Option<u32>,
    /// `R`, `S`, `T` or `Z`.
    pub state: char,
    pub uid: u32,
    pub gid: u32,
    pub comm: String,
    pub argv: Vec<String>,
    pub cpu_ns: u64,
    /// Since 1970.
    pub started_ns: i64,
    /// Bytes.
    pub memory: u64,
    pub nice: i32,
}

/// What a container uses and has used; bytes and nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Of all its processes together.
    pub cpu_ns: u64,
    /// When this was read, on a clock that never goes back.
    pub clock_ns: u64,
    pub memory: u64,
    pub memory_peak: u64,
    pub memory_limit: Option<u64>,
    pub processes: u64,
    pub processes_limit: Option<u64>,
    /// Periods of its CPU quota, those in which it was used up, and how long processes waited for the next one.
    pub periods: u64,
    pub throttled: u64,
    pub throttled_ns: u64,
}

/// A running process. Dropping it changes nothing.
pub trait Process: Send + Sync {
    fn pid(&self) -> u32;
    /// Ends when the process has ended and its output was taken.
    fn finished(&self) -> BoxFuture<'static, Exit>;
    fn resize(&self, size: TtySize);
    /// SIGKILL to this process alone.
    fn kill(&self);
}

/// A running container.
pub trait Sandbox: Process {
    /// To pid 1.
    fn signal(&self, signal: i32) -> Result<()>;
    /// Holds every process; has happened when the future ends.
    fn pause(&self) -> BoxFuture<'_, ()>;
    fn resume(&self);
    /// Sets other limits at once, or none of them.
    fn update(&self, limits: &Limits) -> Result<()>;
    fn exec(
        &self,
        spec: ExecSpec,
        wires: Wires,
    ) -> BoxFuture<'_, Result<Box<dyn Process>, LaunchError>>;
    /// Whether pid 1 has ended; what ends from then on was killed with it.
    fn is_ending(&self) -> bool;
    fn processes(&self) -> Vec<ProcessLine>;
    fn usage(&self) -> Usage;
    /// Adds and takes away lines of its hosts file.
    fn change_hosts(&self, add: &[String], remove: &[String]);
}

/// Runs containers.
pub trait Runtime: Send + Sync + 'static {
    /// Makes the container's files, before its first start (`create` answers after this).
    fn prepare<'a>(&'a self, record: &'a Record) -> BoxFuture<'a, Result<()>>;
    /// Gives a container what it keeps nowhere, for every start until the next call or its removal.
    fn lend(&self, id: &str, lent: Lent);
    /// Starts pid 1 in a network namespace.
    fn launch<'a>(
        &'a self,
        record: &'a Record,
        size: TtySize,
        wires: Wires,
        net: Arc<Stack>,
    ) -> BoxFuture<'a, Result<Arc<dyn Sandbox>, LaunchError>>;
    /// Checks a user against the container's files, as exec does when it is created.
    fn check_user(&self, record: &Record, user: &str) -> Result<()>;
    /// Bytes of the container's own files, and of all of them.
    fn sizes(&self, record: &Record) -> (i64, i64);
    /// The container's own files above its image, whether it runs or not. Waits for the disk.
    fn upper(&self, record: &Record) -> Result<Arc<Overlay>>;
    /// The container's files as archives see them, whether it runs or not: its own, and what is mounted of volumes and of the
    /// host, but no memory filesystems, no /proc and no /dev. Waits for the disk.
    fn files(&self, record: &Record) -> Result<Arc<Namespace>>;
    /// Removes the container's files.
    fn discard(&self, id: &str) -> Result<()>;
    /// Removes the files of containers that have no record. Called before anything runs.
    fn sweep(&self) -> Result<()>;
}

/// Keeps the records of containers.
pub trait Records: Send + Sync + 'static {
    fn load(&self) -> Result<Vec<Record>>;
    /// Returns when the record is durable; with `lazily` it may be lost in a crash, together with whatever came later.
    fn put(&self, record: &Record, lazily: bool) -> Result<()>;
    fn delete(&self, id: &str, lazily: bool) -> Result<()>;
    /// Everything that is damaged or left over in the state folder; takes as long as reading it.
    fn check(&self) -> Result<Vec<Finding>>;
}

/// Keeps volumes: their records and their contents. Every method may wait for the disk.
pub trait VolumeStore: Send + Sync + 'static {
    fn load(&self) -> Result<Vec<VolumeRecord>>;
    /// Returns when the record is durable.
    fn put(&self, volume: &VolumeRecord) -> Result<()>;
    /// Removes the record and then the contents.
    fn delete(&self, volume: &VolumeRecord) -> Result<()>;
    /// Bytes of its files; 0 when they cannot be read.
    fn size(&self, volume: &VolumeRecord) -> u64;
}

/// Keeps the records of networks. Every method may wait for the disk.
pub trait NetworkStore: Send + Sync + 'static {
    fn load(&self) -> Result<Vec<NetworkRecord>>;
    /// Returns when the record is durable.
    fn put(&self, network: &NetworkRecord) -> Result<()>;
    fn delete(&self, id: &str) -> Result<()>;
}

/// The few files that are appended to outside the records: the logs. Names are relative to the container's folder.
pub trait LogDisk: Send + Sync + 'static {
    /// Opens for appending, creating it; also tells its length.
    fn append(
        &self,
        container: &str,
        name: &str,
    ) -> std::io::Result<(Box<dyn std::io::Write + Send>, u64)>;
    fn read(&self, container: &str, name: &str) -> std::io::Result<Box<dyn std::io::Read + Send>>;
    fn rename(&self, container: &str, from: &str, to: &str) -> std::io::Result<()>;
    fn remove(&self, container: &str, name: &str) -> std::io::Result<()>;
    /// Where the file is, for `LogPath`.
    fn path(&self, container: &str, name: &str) -> String;
}

/// An image as the verbs see it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Image {
    /// `sha256:…` of its config.
    pub id: String,
    pub repo_tags: Vec<String>,
    pub repo_digests: Vec<String>,
    /// All its names in full, tags and digests, in order.
    pub references: Vec<Reference>,
    pub parent: String,
    pub created: Timestamp,
    pub last_tagged: Timestamp,
    pub author: String,
    pub comment: String,
    pub docker_version: String,
    pub architecture: String,
    pub variant: String,
    pub os: String,
    pub os_version: String,
    pub config: ContainerConfig,
    /// Diff ids, lowest first.
    pub layers: Vec<String>,
    pub size: i64,
}

/// What `import` makes an image from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ImportSpec {
    pub config: ContainerConfig,
    pub comment: String,
    pub created: Timestamp,
    pub os: String,
    pub architecture: String,
    pub variant: String,
    /// `docker.io/library/name:tag`; empty leaves it untagged.
    pub reference: Option<String>,
}

/// What makes a new image of an image.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CommitSpec {
    /// The image below, by its id; empty for an image of nothing but what comes now.
    pub parent: String,
    pub config: ContainerConfig,
    /// The container in which it was made, by its whole id; may be empty.
    pub container: String,
    /// That container's own config; a build's cache compares with it.
    pub container_config: ContainerConfig,
    /// What an image of nothing else is for; `None` is us.
    pub platform: Option<Platform>,
    pub author: String,
    pub comment: String,
    pub created: Timestamp,
    /// What `history` shows as the command.
    pub created_by: String,
    /// `docker.io/library/name:tag`; none leaves it untagged.
    pub reference: Option<String>,
    /// It may be lost in a crash until [`Images::keep`] or any durable change has returned.
    pub later: bool,
}

/// One step of how an image came to be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryStep {
    pub created: Timestamp,
    pub created_by: String,
    pub comment: String,
    /// Its layer with the bytes of the files in it; `None` when it changed the config alone.
    pub layer: Option<(String, i64)>,
}

/// What was taken in from an archive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    pub id: String,
    /// The names that it has got, in full.
    pub references: Vec<Reference>,
}

/// Keeps images. Every method may wait for the disk.
pub trait Images: Send + Sync + 'static {
    /// By id, by the beginning of an id, or by reference; errors are Docker's.
    fn resolve(&self, reference: &str) -> Result<Arc<Image>>;
    fn all(&self) -> Result<Vec<Arc<Image>>>;
    /// Stores the tar as the one layer of a new image and returns its id.
    fn import(&self, tar: &mut dyn std::io::Read, spec: ImportSpec) -> Result<String>;
    /// Makes a new image: the layers of the one below and the tar of one more, if there is one and it is not empty. Returns its id
    /// when it is durable, or at once if the spec says so.
    fn commit(&self, layer: Option<&mut dyn std::io::Read>, spec: CommitSpec) -> Result<String>;
    /// Returns when an image that was committed `later` is durable, with all that came before it.
    fn keep(&self, id: &str) -> Result<()>;
    /// Puts an image of the catalogue into the store, telling about each step. `false`: the catalogue does not have it.
    fn pull(&self, repository: &str, tag: &str, tell: &mut dyn FnMut(Progress)) -> Result<bool>;
    /// Points a full reference at an image.
    fn tag(&self, reference: &Reference, id: &str) -> Result<()>;
    /// Takes a full reference away from whatever it stands for.
    fn untag(&self, reference: &Reference) -> Result<()>;
    /// Removes an image with all its references. Comes back with the chain ids of the layers that nothing needs any more,
    /// highest first.
    fn remove(&self, id: &str) -> Result<Vec<String>>;
    /// How an image came to be, oldest step first.
    fn history(&self, id: &str) -> Result<Vec<HistoryStep>>;
    /// Every layer by chain id: the bytes of its files, and how many images have it.
    fn layers(&self) -> Result<BTreeMap<String, LayerUse>>;
    /// What each layer of an image changes, lowest first.
    fn layer_changes(&self, id: &str) -> Result<Vec<LayerChanges>>;
    /// Every WebAssembly file that a container of the image would see, by path.
    fn programs(&self, id: &str) -> Result<Vec<ImageProgram>>;
    /// Writes images, each with the names that it is to have, as `docker save` does.
    fn save(&self, images: &[(String, Vec<Reference>)], to: &mut dyn Write) -> Result<()>;
    /// Takes an archive in, telling about each layer and each image.
    fn load(
        &self,
        tar: &mut dyn Read,
        options: &LoadOptions,
        tell: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Loaded>>;
}

/// What a layer does to the files below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LayerChanges {
    pub diff_id: String,
    pub changes: Vec<Change>,
}

/// A WebAssembly file of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageProgram {
    /// From the root.
    pub path: String,
    pub size: u64,
    /// The error says why it is none after all.
    pub program: std::result::Result<Program, String>,
}

/// What is known of a layer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LayerUse {
    pub size: i64,
    pub images: usize,
}
