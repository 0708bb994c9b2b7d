//! Every import, called with anything: an error number comes back, nothing panics, nothing big is allocated (S16).

use crate::world::{World, start};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use schooner::kernel::{Limits, Signal};
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Calls for each import.
const CALLS: usize = 60;

/// Numbers that go wrong most often: small ones, the ends of memory, of i32, of i64.
const CORNERS: &[i64] = &[
    0,
    1,
    2,
    3,
    4,
    8,
    64,
    1000,
    65528,
    65532,
    65535,
    65536,
    131071,
    131072,
    0x7fff_ffff,
    0x8000_0000,
    0xffff_fff8,
    -1,
];

fn number(rng: &mut StdRng, wide: bool) -> i64 {
    let corner = CORNERS[rng.random_range(0..CORNERS.len())];
    match rng.random_range(0..4) {
        0 | 1 => corner,
        2 => rng.random_range(0..70_000),
        _ if wide => rng.random(),
        _ => i64::from(rng.random::<i32>()),
    }
}

/// A module that calls one import often, and the seed that made it.
fn module(import: &(String, String, String, String), seed: u64) -> Vec<u8> {
    let (space, name, params, results) = import;
    let mut rng = StdRng::seed_from_u64(seed);
    let mut calls = String::new();
    let noise: String = (0..512)
        .map(|_| format!("\\{:02x}", rng.random::<u8>()))
        .collect();
    for _ in 0..CALLS {
        let mut arguments = String::new();
        for kind in params.split_whitespace() {
            let value = number(&mut rng, kind == "i64");
            let value = if kind == "i32" {
                i64::from(value as i32)
            } else {
                value
            };
            let _ = write!(arguments, " ({kind}.const {value})");
        }
        let drops = "drop ".repeat(results.split_whitespace().count());
        let _ = writeln!(calls, "(call $f{arguments}) {drops}");
    }
    let text = format!(
        r#"(module (import "{space}" "{name}" (func $f (param {params}) (result {results})))
             (memory (export "memory") 2)
             (data (i32.const 60000) "{noise}")
             (func (export "_start") {calls}))"#
    );
    wat::parse_str(text).expect("a module")
}

#[tokio::test]
async fn any_argument_gives_an_error_number() {
    static PANICS: AtomicUsize = AtomicUsize::new(0);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        // Other tests may fail meanwhile, on threads of their own.
        if matches!(std::thread::current().name(), Some("guest" | "compile")) {
            PANICS.fetch_add(1, Ordering::Relaxed);
        }
        before(info);
    }));
    let world = World::new();
    let imports = world.machine.signatures();
    assert!(imports.len() >= 46, "{} imports", imports.len());
    for (index, import) in imports.iter().enumerate() {
        let path = format!("/bin/call-{index}");
        world.file(&path, &module(import, index as u64), 0o755);
        let sandbox = world.sandbox(Limits {
            memory: Some(64 << 20),
            pids: Some(50),
            ..Limits::default()
        });
        let (handle, _out) = start(&sandbox, &[&path]).await;
        // Some calls wait, as they should.
        if tokio::time::timeout(Duration::from_millis(300), handle.wait())
            .await
            .is_err()
        {
            sandbox.signal(Some(1), Signal::KILL).expect("a process");
        }
        sandbox.finished().await;
        assert_eq!(
            PANICS.load(Ordering::Relaxed),
            0,
            "{}.{}",
            import.0,
            import.1
        );
        assert!(
            sandbox.usage().memory_peak <= 3 << 20,
            "{}.{}",
            import.0,
            import.1
        );
        assert_eq!(sandbox.memory.used(), 0, "{}.{}", import.0, import.1);
    }
}

#[test]
fn preview1_has_the_signatures_of_wasmtime_wasi() {
    let engine = wasmtime::Engine::default();
    let mut linker = wasmtime::Linker::new(&engine);
    wasmtime_wasi::p1::add_to_linker_async(&mut linker, |context| context).expect("linked");
    let context = wasmtime_wasi::WasiCtxBuilder::new().build_p1();
    let mut store = wasmtime::Store::new(&engine, context);
    let items: Vec<_> = linker
        .iter(&mut store)
        .filter_map(|(space, name, item)| {
            Some((space.to_owned(), name.to_owned(), item.into_func()?))
        })
        .collect();
    let words = |list: Vec<wasmtime::ValType>| {
        list.iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(" ")
    };
    let described = items.into_iter().map(|(space, name, function)| {
        let ty = function.ty(&store);
        (
            space,
            name,
            words(ty.params().collect()),
            words(ty.results().collect()),
        )
    });
    let mut theirs: Vec<_> = described.collect();
    let ours = crate::world::machine().signatures();
    let mut ours: Vec<_> = ours
        .into_iter()
        .filter(|import| import.0 == "wasi_snapshot_preview1")
        .collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}
