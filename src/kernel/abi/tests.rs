//! The imports as a whole: the table lists what is linked, and no argument whatever does harm (S16).

use super::super::cache::Ready;
use super::super::context::Context;
use super::super::deliver::Signals;
use super::super::description::{Description, Object};
use super::super::device::Device;
use super::super::fd::FdTable;
use super::super::life::new_store;
use super::super::machine::{Machine, MachineConfig};
use super::super::open::O_RDWR;
use super::super::process::{Birth, Identity, ImageInfo, Paths, Process, Rlimits};
use super::super::sandbox::{Limits, Sandbox, SandboxSpec};
use super::super::tty::{Pty, Size};
use super::table;
use crate::net::Stack;
use crate::vfs::overlay::{Overlay, TmpfsOptions, uncharged};
use crate::vfs::{Cred, Namespace, host_clock};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Extern, Func, Linker, Store, Val, ValType};

/// One page of memory, so that most pointers are wild.
const PROGRAM: &str = r#"(module (memory (export "memory") 1)
    (func (export "_start")) (func (export "__clone_entry") (param i32 i32) unreachable))"#;

struct World {
    machine: Arc<Machine>,
    sandbox: Arc<Sandbox>,
    _cache: tempfile::TempDir,
}

impl World {
    fn new() -> World {
        let cache = tempfile::tempdir().expect("a folder");
        let machine = Machine::new(MachineConfig::new(cache.path())).expect("a machine");
        let tmpfs =
            Overlay::tmpfs(&TmpfsOptions::default(), uncharged(), host_clock()).expect("a tree");
        let namespace = Namespace::new(Arc::new(tmpfs), false);
        for dir in ["/proc", "/tmp"] {
            namespace
                .mkdir(&Cred::root(), "/", dir, 0o755)
                .expect("a directory");
        }
        let sandbox = machine.sandbox(SandboxSpec {
            id: "abi".to_owned(),
            hostname: "box".to_owned(),
            domainname: String::new(),
            namespace: Arc::new(namespace),
            limits: Limits::default(),
            memory: None,
            net: Stack::alone(),
        });
        World {
            machine,
            sandbox,
            _cache: cache,
        }
    }

    /// A process that nothing drives: calls are made in its name from here.
    fn process(&self) -> Arc<Process> {
        let mut files = FdTable::new(64);
        let pty = Pty::new(Size::new(24, 80));
        let index = self.sandbox.add_terminal(&pty);
        let terminal = Object::Terminal {
            slave: pty.open_slave(),
            index,
            node: None,
        };
        for description in [
            Description::device(Device::Zero),
            Description::new(terminal, O_RDWR),
        ] {
            files.insert(0, description, false).expect("a number");
        }
        let birth = |pid| Birth {
            signals: Signals::new(pid == 1),
            files,
            paths: Paths {
                cwd: "/".to_owned(),
                umask: 0o022,
            },
            identity: Identity::of(Cred::root()),
            image: Arc::new(ImageInfo::default()),
            limits: Rlimits::new(64),
            nice: 0,
        };
        let add = |pid| Process::new(pid, &self.sandbox, birth(pid));
        self.sandbox.table.add(None, add).expect("a process")
    }

    async fn store(&self, process: &Arc<Process>) -> Store<Context> {
        let program = wat::parse_str(PROGRAM).expect("a module");
        let program = self.machine.compile(program).await.expect("compiles");
        let mut store = new_store(process, program.clone());
        let Ready::Module { pre, .. } = &program.code else {
            panic!("a component");
        };
        let instance = pre
            .instantiate_async(&mut store)
            .await
            .expect("an instance");
        store.data_mut().memory = instance.get_memory(&mut store, "memory");
        store
    }

    fn linker(&self) -> Linker<Context> {
        let mut linker = Linker::new(self.machine.engine());
        super::link(&mut linker).expect("links");
        linker
    }
}

#[tokio::test]
async fn everything_linked_is_in_the_table() {
    let world = World::new();
    let linker = world.linker();
    let mut store = world.store(&world.process()).await;
    let mut count = 0;
    for (module, name, _) in linker.iter(&mut store) {
        assert!(table::find(module, name).is_some(), "{module} {name}");
        count += 1;
    }
    assert!(count > 100, "{count}");
}

/// Numbers at the edges of everything, and some in between.
fn number(random: &mut StdRng) -> u64 {
    const EDGES: [u64; 16] = [
        0,
        1,
        2,
        3,
        8,
        64,
        1024,
        4096,
        65_528,
        65_535,
        65_536,
        0x7fff_ffff,
        0x8000_0000,
        0xffff_fff8,
        0xffff_ffff,
        u64::MAX,
    ];
    match random.random_range(0..4) {
        0 => random.random(),
        1 => random.random_range(0..60_000),
        _ => EDGES[random.random_range(0..EDGES.len())],
    }
}

/// Memory that looks like flags, lengths and pointers.
fn scribble(store: &mut Store<Context>, random: &mut StdRng) {
    if let Some(memory) = store.data().memory {
        for word in memory.data_mut(store).chunks_mut(4) {
            let value = if random.random_range(0..3) == 0 {
                0
            } else {
                number(random) as u32
            };
            word.copy_from_slice(&value.to_le_bytes());
        }
    }
}

async fn call(store: &mut Store<Context>, func: &Func, random: &mut StdRng) -> Vec<Val> {
    let signature = func.ty(&*store);
    let arguments: Vec<Val> = signature
        .params()
        .map(|kind| match kind {
            ValType::I64 => Val::I64(number(random) as i64),
            _ => Val::I32(number(random) as i32),
        })
        .collect();
    let mut results = vec![Val::I32(0); signature.results().len()];
    // Some calls rightly wait for ever; being dropped in the middle is part of what they must bear.
    let patience = Duration::from_millis(3);
    match tokio::time::timeout(patience, func.call_async(store, &arguments, &mut results)).await {
        Ok(Ok(())) => results,
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn no_argument_does_harm() {
    let world = World::new();
    let linker = world.linker();
    let mut random = StdRng::seed_from_u64(16);
    let names: Vec<(String, String)> = {
        let mut store = world.store(&world.process()).await;
        linker
            .iter(&mut store)
            .map(|(module, name, _)| (module.to_owned(), name.to_owned()))
            .collect()
    };
    for (module, name) in names {
        let process = world.process();
        for _ in 0..24 {
            let mut store = world.store(&process).await;
            scribble(&mut store, &mut random);
            let Ok(Extern::Func(func)) = linker.get(&mut store, &module, &name) else {
                panic!("{module} {name} is not a function");
            };
            for result in call(&mut store, &func, &mut random).await {
                let number = result.i32().expect("a number");
                let ids = name == "getid";
                assert!(
                    ids || (0..=76).contains(&number),
                    "{module} {name}: {number}"
                );
            }
        }
    }
}
