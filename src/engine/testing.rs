//! Doubles of the layers below, for tests: logs and records in memory, containers that do what a test says.

mod clock;
mod stores;

pub use clock::ManualClock;
pub use stores::{MemoryNetworks, MemoryVolumes, NoCaches};

use super::clock::{Clock, SystemClock};
use super::container::limits::Limits;
use super::io::Output;
use super::options::LoadOptions;
use super::ports::*;
use super::record::Record;
use super::{Engine, Error, Parts, Result};
use crate::base::reference::Reference;
use crate::net::{Reach, Stack};
use crate::vfs::Namespace;
use crate::vfs::image::ImageTree;
use crate::vfs::overlay::{self, Overlay};
use crate::wire::frame::Stream;
use crate::wire::{ContainerConfig, Progress};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io::{self, Cursor, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::watch;

type Shared = Arc<Mutex<Vec<u8>>>;

/// Log files in memory; a file that was renamed can still be read by whoever has it open.
#[derive(Default)]
pub struct MemoryLogs(Mutex<BTreeMap<String, Shared>>);

struct Handle(Shared, usize);

impl Write for Handle {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Handle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let file = self.0.lock();
        let count = Cursor::new(&file[self.1.min(file.len())..]).read(buffer)?;
        self.1 += count;
        Ok(count)
    }
}

impl LogDisk for MemoryLogs {
    fn append(&self, _: &str, name: &str) -> io::Result<(Box<dyn Write + Send>, u64)> {
        let file = self.0.lock().entry(name.to_owned()).or_default().clone();
        let length = file.lock().len() as u64;
        Ok((Box::new(Handle(file, 0)), length))
    }
    fn read(&self, _: &str, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let file = self
            .0
            .lock()
            .get(name)
            .cloned()
            .ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Handle(file, 0)))
    }
    fn rename(&self, _: &str, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.0.lock();
        let file = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), file);
        Ok(())
    }
    fn remove(&self, _: &str, name: &str) -> io::Result<()> {
        self.0
            .lock()
            .remove(name)
            .map(drop)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }
    fn path(&self, container: &str, name: &str) -> String {
        format!("/containers/{container}/{name}")
    }
}

/// Records in memory; `full` makes every commit fail.
#[derive(Default)]
pub struct MemoryRecords {
    pub records: Mutex<BTreeMap<String, Record>>,
    pub full: Mutex<bool>,
    /// Of the same store, so that a second engine finds the networks of the first.
    pub networks: Arc<MemoryNetworks>,
}

impl MemoryRecords {
    fn check(&self) -> Result<()> {
        if *self.full.lock() {
            Err(Error::system("no space left on device"))
        } else {
            Ok(())
        }
    }
}

impl Records for MemoryRecords {
    fn check(&self) -> Result<Vec<crate::store::Finding>> {
        // Memory holds no files that could be damaged.
        Ok(Vec::new())
    }

    fn load(&self) -> Result<Vec<Record>> {
        Ok(self.records.lock().values().cloned().collect())
    }
    fn put(&self, record: &Record, _: bool) -> Result<()> {
        self.check()?;
        self.records
            .lock()
            .insert(record.id.clone(), record.clone());
        Ok(())
    }
    fn delete(&self, id: &str, _: bool) -> Result<()> {
        self.check()?;
        self.records.lock().remove(id);
        Ok(())
    }
}

/// A process that a test steers. `cat` echoes its stdin, `sleep` waits for a signal, `true`, `false` and `echo` end at once,
/// `stubborn` ends at SIGKILL only.
pub struct FakeProcess {
    exit: watch::Sender<Option<Exit>>,
    stubborn: bool,
    /// How often its usage was read.
    reads: AtomicU32,
    pub size: Mutex<TtySize>,
}

impl FakeProcess {
    fn run(argv: &[String], wires: Wires) -> std::result::Result<Arc<Self>, LaunchError> {
        let name = argv.first().map_or("", String::as_str);
        let process = Arc::new(FakeProcess {
            exit: watch::Sender::new(None),
            stubborn: name == "stubborn",
            reads: AtomicU32::default(),
            size: Mutex::default(),
        });
        let end = process.exit.clone();
        let finish = move |code| {
            end.send_replace(Some(Exit { code, oom: false }));
        };
        let words = argv.get(1..).unwrap_or_default().join(" ");
        let Wires { stdin, output } = wires;
        match name {
            "sleep" | "stubborn" => {}
            "true" => finish(0),
            "false" => finish(1),
            "echo" => drop(tokio::spawn(async move {
                output
                    .publish(Stream::Stdout, Bytes::from(format!("{words}\n")))
                    .await;
                finish(0);
            })),
            "cat" => drop(tokio::spawn(async move {
                echo(stdin, output).await;
                finish(0);
            })),
            other => {
                return Err(LaunchError::Program(format!(
                    "exec: \"{other}\": executable file not found in $PATH"
                )));
            }
        }
        Ok(process)
    }
}

async fn echo(stdin: Option<super::io::StdinSource>, output: Arc<Output>) {
    let Some(mut stdin) = stdin else { return };
    while let Some(bytes) = stdin.recv().await {
        output.publish(Stream::Stdout, bytes).await;
    }
}

impl FakeProcess {
    /// It ends by itself.
    pub fn end(&self, code: i32) {
        self.exit.send_replace(Some(Exit { code, oom: false }));
    }
}

impl Process for FakeProcess {
    fn pid(&self) -> u32 {
        42
    }
    fn finished(&self) -> BoxFuture<'static, Exit> {
        let mut exit = self.exit.subscribe();
        async move {
            exit.wait_for(Option::is_some)
                .await
                .ok()
                .and_then(|e| *e)
                .unwrap_or_default()
        }
        .boxed()
    }
    fn resize(&self, size: TtySize) {
        *self.size.lock() = size;
    }
    fn kill(&self) {
        self.end(137);
    }
}

impl Sandbox for FakeProcess {
    fn signal(&self, signal: i32) -> Result<()> {
        if !self.stubborn || signal == 9 {
            self.exit.send_replace(Some(Exit {
                code: 128 + signal,
                oom: false,
            }));
        }
        Ok(())
    }
    fn pause(&self) -> BoxFuture<'_, ()> {
        futures_util::future::ready(()).boxed()
    }
    fn resume(&self) {}
    fn update(&self, limits: &Limits) -> Result<()> {
        // What this process would use, were it one.
        match limits.memory < 10 << 20 {
            true => Err(Error::system("in use")),
            false => Ok(()),
        }
    }
    fn exec(
        &self,
        spec: ExecSpec,
        wires: Wires,
    ) -> BoxFuture<'_, std::result::Result<Box<dyn Process>, LaunchError>> {
        let made = super::exec::check_environment(&spec.env)
            .and_then(|()| FakeProcess::run(&spec.argv, wires));
        async move { made.map(|p| Box::new(Held(p)) as Box<dyn Process>) }.boxed()
    }
    fn change_hosts(&self, _: &[String], _: &[String]) {}
    fn is_ending(&self) -> bool {
        self.exit.borrow().is_some()
    }
    fn processes(&self) -> Vec<ProcessLine> {
        vec![ProcessLine {
            pid: 42,
            argv: vec!["sleep".to_owned(), "1".to_owned()],
            ..ProcessLine::default()
        }]
    }
    fn usage(&self) -> Usage {
        // One CPU of two, busy all the time.
        let reads = u64::from(self.reads.fetch_add(1, Ordering::Relaxed)) + 1;
        Usage {
            cpu_ns: reads * 1_000_000_000,
            clock_ns: reads * 1_000_000_000,
            memory: 1 << 20,
            memory_limit: Some(4 << 20),
            processes: 1,
            ..Usage::default()
        }
    }
}

struct Held(Arc<FakeProcess>);

impl Process for Held {
    fn pid(&self) -> u32 {
        self.0.pid()
    }
    fn finished(&self) -> BoxFuture<'static, Exit> {
        self.0.finished()
    }
    fn resize(&self, size: TtySize) {
        self.0.resize(size);
    }
    fn kill(&self) {
        self.0.kill();
    }
}

/// Runs [`FakeProcess`]es.
#[derive(Default)]
pub struct FakeRuntime {
    pub discarded: Mutex<Vec<String>>,
    /// Each pid 1 that has started.
    pub started: Mutex<Vec<Arc<FakeProcess>>>,
    /// What was started must be found no more.
    pub broken: Mutex<bool>,
}

impl FakeRuntime {
    /// The newest pid 1.
    pub fn newest(&self) -> Arc<FakeProcess> {
        self.started.lock().last().cloned().unwrap()
    }
}

impl Runtime for FakeRuntime {
    fn prepare<'a>(&'a self, _: &'a Record) -> BoxFuture<'a, Result<()>> {
        async { Ok(()) }.boxed()
    }
    fn lend(&self, _: &str, _: Lent) {}
    fn launch<'a>(
        &'a self,
        record: &'a Record,
        _: TtySize,
        wires: Wires,
        _: Arc<Stack>,
    ) -> BoxFuture<'a, std::result::Result<Arc<dyn Sandbox>, LaunchError>> {
        let argv: Vec<String> = std::iter::once(&record.path)
            .chain(&record.args)
            .cloned()
            .collect();
        async move {
            if *self.broken.lock() {
                return Err(LaunchError::Program(
                    "exec: \"gone\": executable file not found in $PATH".to_owned(),
                ));
            }
            let process = FakeProcess::run(&argv, wires)?;
            self.started.lock().push(process.clone());
            Ok(process as Arc<dyn Sandbox>)
        }
        .boxed()
    }
    fn check_user(&self, _: &Record, user: &str) -> Result<()> {
        match user {
            "nosuch" => Err(Error::invalid(
                "unable to find user nosuch: no matching entries in passwd file",
            )),
            _ => Ok(()),
        }
    }
    fn sizes(&self, _: &Record) -> (i64, i64) {
        (10, 1000)
    }
    fn upper(&self, _: &Record) -> Result<Arc<Overlay>> {
        let (limits, clock) = (overlay::Limits::default(), crate::vfs::host_clock());
        let tree = Overlay::memory(ImageTree::empty(), limits, overlay::uncharged(), clock);
        Ok(Arc::new(tree))
    }
    fn files(&self, record: &Record) -> Result<Arc<Namespace>> {
        Ok(Arc::new(Namespace::new(self.upper(record)?, false)))
    }
    fn discard(&self, id: &str) -> Result<()> {
        self.discarded.lock().push(id.to_owned());
        Ok(())
    }
    fn sweep(&self) -> Result<()> {
        Ok(())
    }
}

/// One image, `busybox`.
pub struct FakeImages;

impl FakeImages {
    fn image() -> Arc<Image> {
        Arc::new(Image {
            id: "sha256:cea3663fd7ed74dd5f44e11c41f20d5a36537f4570a8c1af7a400a4823f92621"
                .to_owned(),
            repo_tags: vec!["busybox:latest".to_owned()],
            os: "wasi".to_owned(),
            architecture: "wasm".to_owned(),
            config: ContainerConfig {
                cmd: Some(vec!["cat".to_owned()]),
                env: Some(vec!["PATH=/bin".to_owned()]),
                ..ContainerConfig::default()
            },
            ..Image::default()
        })
    }
}

impl Images for FakeImages {
    fn resolve(&self, reference: &str) -> Result<Arc<Image>> {
        let image = Self::image();
        if reference == "busybox" || image.id == reference {
            return Ok(image);
        }
        let name = Reference::parse(reference)?.with_default_tag();
        Err(Error::not_found(format!(
            "No such image: {}",
            name.familiar()
        )))
    }
    fn all(&self) -> Result<Vec<Arc<Image>>> {
        Ok(vec![Self::image()])
    }
    fn import(&self, tar: &mut dyn Read, spec: ImportSpec) -> Result<String> {
        let mut bytes = Vec::new();
        tar.read_to_end(&mut bytes)?;
        Ok(format!(
            "sha256:{}:{}",
            bytes.len(),
            spec.reference.unwrap_or_default()
        ))
    }
    fn commit(&self, layer: Option<&mut dyn Read>, spec: CommitSpec) -> Result<String> {
        let mut bytes = Vec::new();
        if let Some(layer) = layer {
            layer.read_to_end(&mut bytes)?;
        }
        Ok(format!("sha256:{}:{}", bytes.len(), spec.created_by))
    }
    fn keep(&self, _: &str) -> Result<()> {
        Ok(())
    }
    fn pull(&self, _: &str, _: &str, _: &mut dyn FnMut(Progress)) -> Result<bool> {
        Ok(false)
    }
    fn tag(&self, _: &Reference, _: &str) -> Result<()> {
        Ok(())
    }
    fn untag(&self, _: &Reference) -> Result<()> {
        Ok(())
    }
    fn remove(&self, _: &str) -> Result<Vec<String>> {
        Ok(Vec::new())
    }
    fn history(&self, _: &str) -> Result<Vec<HistoryStep>> {
        Ok(Vec::new())
    }
    fn layers(&self) -> Result<BTreeMap<String, LayerUse>> {
        Ok(BTreeMap::new())
    }
    fn layer_changes(&self, _: &str) -> Result<Vec<LayerChanges>> {
        Ok(Vec::new())
    }
    fn programs(&self, _: &str) -> Result<Vec<ImageProgram>> {
        Ok(Vec::new())
    }
    fn save(&self, _: &[(String, Vec<Reference>)], _: &mut dyn Write) -> Result<()> {
        Ok(())
    }
    fn load(
        &self,
        _: &mut dyn Read,
        _: &LoadOptions,
        _: &mut dyn FnMut(Progress),
    ) -> Result<Vec<Loaded>> {
        Ok(Vec::new())
    }
}

/// No image can be made.
pub struct NoLayers;

impl NoLayers {
    fn refuse<T>() -> Result<T> {
        Err(Error::not_implemented("this double makes no images"))
    }
}

impl Layers for NoLayers {
    fn take_in(&self, _: &mut dyn Read) -> Result<Files> {
        Self::refuse()
    }
    fn files_of(&self, _: &str) -> Result<Arc<crate::vfs::image::ImageTree>> {
        Self::refuse()
    }
    fn children(&self, _: &str) -> Result<Vec<Made>> {
        Self::refuse()
    }
    fn tar_of(&self, _: &str) -> Result<Box<dyn Read + Send>> {
        Self::refuse()
    }
    fn set_parent(&self, _: &str, _: &str) -> Result<()> {
        Self::refuse()
    }
}

/// An engine over doubles, and the doubles.
pub struct Bench {
    pub clock: Arc<dyn Clock>,
    pub engine: Arc<Engine>,
    pub records: Arc<MemoryRecords>,
    pub runtime: Arc<FakeRuntime>,
}

/// No registry can be reached.
pub struct NoRegistries;

impl Registries for NoRegistries {
    fn pull<'a>(
        &'a self,
        pull: crate::registry::Pull,
        _: &'a crate::registry::Tell,
    ) -> BoxFuture<'a, Result<Vec<String>>> {
        let domain = pull.reference.domain;
        let error = Error::system(format!("Get \"https://{domain}/v2/\": no network"));
        async { Err(error) }.boxed()
    }
    fn push<'a>(
        &'a self,
        _: crate::registry::Push,
        _: &'a crate::registry::Tell,
    ) -> BoxFuture<'a, Result<()>> {
        async { Err(Error::system("no network")) }.boxed()
    }
    fn login<'a>(
        &'a self,
        _: &'a str,
        _: crate::registry::Credentials,
    ) -> BoxFuture<'a, Result<()>> {
        async { Err(Error::system("no network")) }.boxed()
    }
    fn search<'a>(
        &'a self,
        _: &'a str,
        _: u32,
        _: &'a crate::registry::Credentials,
    ) -> BoxFuture<'a, Result<Vec<crate::wire::SearchResult>>> {
        async { Err(Error::system("no network")) }.boxed()
    }
    fn describe<'a>(
        &'a self,
        _: &'a crate::base::reference::Reference,
        _: crate::registry::Credentials,
    ) -> BoxFuture<'a, Result<crate::wire::DistributionInspect>> {
        async { Err(Error::system("no network")) }.boxed()
    }
    fn fetch<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<crate::engine::ports::Fetched>> {
        async { Err(Error::system("no network")) }.boxed()
    }
}

pub fn bench() -> Bench {
    bench_with(Arc::default())
}

pub fn bench_with(records: Arc<MemoryRecords>) -> Bench {
    bench_at(Arc::new(SystemClock), records)
}

pub fn bench_at(clock: Arc<dyn Clock>, records: Arc<MemoryRecords>) -> Bench {
    let runtime = Arc::new(FakeRuntime::default());
    let engine = Engine::new(Parts {
        clock: clock.clone(),
        records: records.clone(),
        runtime: runtime.clone(),
        logs: Arc::new(MemoryLogs::default()),
        images: Arc::new(FakeImages),
        layers: Arc::new(NoLayers),
        caches: Arc::new(NoCaches),
        volumes: Arc::<MemoryVolumes>::default(),
        networks: records.networks.clone(),
        reach: Reach::default(),
        registries: Arc::new(NoRegistries),
        root: "/state".to_owned(),
        id: "id".to_owned(),
        memory: 1 << 30,
        cpus: 2,
    })
    .unwrap();
    Bench {
        clock,
        engine,
        records,
        runtime,
    }
}
