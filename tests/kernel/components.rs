//! Components of WASI 0.2 as processes: a Rust program of `wasm32-wasip2` (`tests/guests/src/bin/component.rs`), and small ones in
//! WebAssembly text for what no toolchain makes.

use crate::world::{Output, World, ready, run_in, spec, start};
use schooner::kernel::tty::{Pty, Size};
use schooner::kernel::{Limits, Rlimits, Sandbox, Signal, Stdio, pipe};
use schooner::vfs::{Access, Cred};
use std::path::Path;
use std::sync::Arc;

const PROGRAM: &[u8] = include_bytes!("guests/component.wasm.zst");

/// A world with the program as `/bin/c`.
fn world() -> World {
    let world = World::new();
    install(&world);
    world
}

fn install(world: &World) {
    let program = zstd::decode_all(PROGRAM).expect("zstd");
    world.file("/bin/c", &program, 0o755);
}

async fn run(sandbox: &Arc<Sandbox>, args: &[&str], input: &[u8]) -> Output {
    let argv: Vec<&str> = ["c"].iter().chain(args).copied().collect();
    run_in(sandbox, &argv, input).await.expect("started")
}

/// Runs it as pid 1 of a sandbox of its own: what it says, and its code.
async fn once(args: &[&str], input: &[u8]) -> (String, i32) {
    let output = run(&world().sandbox(Limits::default()), args, input).await;
    (output.text(), output.code())
}

fn said(text: &str) -> (String, i32) {
    (text.to_owned(), 0)
}

#[tokio::test]
async fn arguments_environment_and_streams() {
    let args = once(&["args", "a b", "ü"], b"").await;
    assert_eq!(args, said("[\"c\", \"args\", \"a b\", \"ü\"]\n"));
    assert_eq!(once(&["env", "HOME"], b"").await, said("Ok(\"/\")\n"));
    assert_eq!(once(&["cat"], b"").await, said(""));
    let long = "0123456789abcdef".repeat(20_000);
    assert_eq!(once(&["cat"], long.as_bytes()).await, said(&long));
    let sandbox = world().sandbox(Limits::default());
    let both = run(&sandbox, &["both"], b"").await;
    assert_eq!(
        (both.text(), both.errors()),
        ("to stdout\n".to_owned(), "to stderr\n".to_owned())
    );
}

#[tokio::test]
async fn exit_codes_are_those_of_a_native_program() {
    assert_eq!(once(&["exit", "0"], b"").await.1, 0);
    assert_eq!(once(&["exit", "1"], b"").await.1, 1);
    assert_eq!(once(&["fail"], b"").await.1, 1);
    assert_eq!(once(&["panic"], b"").await.1, 134);
    assert_eq!(once(&["abort"], b"").await.1, 134);
}

#[tokio::test]
async fn clocks_and_random_numbers() {
    assert_eq!(once(&["sleep", "5"], b"").await, said("slept true\n"));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let shown: u64 = once(&["clock"], b"")
        .await
        .0
        .trim()
        .parse()
        .expect("seconds");
    assert!(now.expect("after 1970").as_secs().abs_diff(shown) < 60);
    assert_ne!(once(&["random"], b"").await, once(&["random"], b"").await);
}

#[tokio::test]
async fn files_are_those_of_the_container() {
    let world = world();
    let sandbox = world.sandbox(Limits::default());
    let output = run(&sandbox, &["files", "/tmp/work"], b"").await;
    let expected = "first\nSECOND\n5 bytes\n\"first\"\n[\"one\", \"sub/\", \"three\"]\nErr(Some(55))\n\
                    Err(AlreadyExists)\nErr(NotFound)\nfalse\n";
    assert_eq!(
        (output.text().as_str(), output.code()),
        (expected, 0),
        "{}",
        output.errors()
    );
    world.file("/tmp/log", b"one,", 0o644);
    let appended = run(
        &world.sandbox(Limits::default()),
        &["append", "/tmp/log", "two"],
        b"",
    )
    .await;
    assert_eq!(appended.code(), 0, "{}", appended.errors());
    let read = run(
        &world.sandbox(Limits::default()),
        &["read", "/tmp/log"],
        b"",
    )
    .await;
    assert_eq!(read.text(), "Ok(\"one,two\")\n");
    // A path may climb, and /proc knows who asks.
    let name = once(&["read", "/tmp/../proc/self/comm"], b"").await;
    assert_eq!(name, said("Ok(\"c\\n\")\n"));
}

#[tokio::test]
async fn modes_and_owners_count() {
    let world = world();
    world.file("/tmp/secret", b"x", 0o600);
    let sandbox = world.sandbox(Limits::default());
    let ((out, stdout), (_err, stderr)) = (pipe(4096), pipe(4096));
    let mut plan = spec(&["c", "read", "/tmp/secret"], None, stdout, stderr);
    plan.cred = Cred::user(1000, 1000);
    let handle = sandbox.start(plan).await.expect("started");
    assert_eq!(
        crate::world::read_all(out).await,
        b"Err(PermissionDenied)\n"
    );
    assert_eq!(handle.wait().await.code, 0);
    let root = Cred::root();
    assert_eq!(
        world.tree.access(&root, "/", "/tmp/secret", Access::READ),
        Ok(())
    );
}

#[tokio::test]
async fn what_is_open_counts_as_a_descriptor() {
    let sandbox = world().sandbox(Limits {
        rlimits: Rlimits::new(20),
        ..Limits::default()
    });
    let output = run(&sandbox, &["hold", "/bin/c"], b"").await;
    assert!(output.text().starts_with("Err("), "{}", output.text());
}

#[tokio::test]
async fn signals_end_it_in_a_loop_and_in_a_call() {
    let world = world();
    for args in [
        &["c", "spin"][..],
        &["c", "sleep", "1000000"],
        &["c", "cat"],
    ] {
        let sandbox = world.sandbox(Limits::default());
        let ((stdin, _feed), (_out, stdout), (_err, stderr)) = (pipe(64), pipe(64), pipe(64));
        let plan = spec(args, Some(stdin), stdout, stderr);
        let handle = sandbox.start(plan).await.expect("started");
        sandbox
            .signal(Some(handle.pid), Signal::KILL)
            .expect("there");
        assert_eq!(handle.wait().await.code, 137, "{args:?}");
    }
}

#[tokio::test]
async fn a_closed_pipe_is_sigpipe() {
    let sandbox = world().sandbox(Limits::default());
    // pid 1 ignores what it does not catch, as on Linux.
    let (first, _kept) = start(&sandbox, &["c", "sleep", "1000000"]).await;
    let (handle, [out, _err]) = start(&sandbox, &["c", "yes"]).await;
    ready(&out).await;
    drop(out);
    assert_eq!(handle.wait().await.code, 141);
    sandbox
        .signal(Some(first.pid), Signal::KILL)
        .expect("there");
}

#[tokio::test]
async fn memory_is_charged_to_the_container() {
    let sandbox = world().sandbox(Limits {
        memory: Some(16 << 20),
        ..Limits::default()
    });
    let output = run(&sandbox, &["eat", "64"], b"").await;
    assert_eq!(output.code(), 137);
    assert!(output.status.oom && sandbox.usage().oom_killed);
    assert_eq!(sandbox.memory.used(), 0);
    assert_eq!(once(&["eat", "8"], b"").await, said("ate 8\n"));
}

#[tokio::test]
async fn terminals_are_told_from_pipes() {
    assert_eq!(once(&["tty"], b"").await, said("false false false\n"));
    let sandbox = world().sandbox(Limits::default());
    let terminal = Pty::new(Size::new(24, 80));
    let (_, unused) = pipe(1);
    let mut plan = spec(&["c", "tty"], None, unused.clone(), unused);
    plan.stdio = Stdio::Tty(terminal.clone());
    let handle = sandbox.start(plan).await.expect("started");
    assert_eq!(handle.wait().await.code, 0);
    let shown = terminal.read_output(64).await;
    assert_eq!(String::from_utf8_lossy(&shown), "true true true\r\n");
}

/// Runs a component that fails at once on a new machine over a cache folder.
async fn run_on(dir: &Path) -> (i32, usize) {
    let program = wat::parse_str(EMPTY).expect("a component");
    crate::cache::run_program_on(dir, &program).await
}

/// A command that says at once that it failed.
const EMPTY: &str = r#"(component
    (core module $m (func (export "run") (result i32) (i32.const 1)))
    (core instance $i (instantiate $m))
    (func $run (result (result)) (canon lift (core func $i "run")))
    (instance $face (export "run" (func $run)))
    (export "wasi:cli/run@0.2.3" (instance $face)))"#;

#[tokio::test]
async fn compiled_components_are_kept_and_checked() {
    let dir = tempfile::tempdir().expect("a folder");
    assert_eq!(run_on(dir.path()).await, (1, 1));
    assert_eq!(run_on(dir.path()).await, (1, 0), "taken from the cache");
    let entries = std::fs::read_dir(dir.path()).expect("the cache").flatten();
    let code = entries
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "code"))
        .expect("compiled code");
    let mut bytes = std::fs::read(&code).expect("readable");
    bytes[20] ^= 1;
    std::fs::write(&code, bytes).expect("writable");
    assert_eq!(
        run_on(dir.path()).await,
        (1, 1),
        "changed code is compiled again"
    );
}

#[tokio::test]
async fn what_cannot_run_says_which_interface_it_misses() {
    let refused = async |text: &str| {
        let world = World::new();
        world.file("/bin/c", &wat::parse_str(text).expect("a component"), 0o755);
        let sandbox = world.sandbox(Limits::default());
        let ((_out, stdout), (_err, stderr)) = (pipe(64), pipe(64));
        let handle = sandbox
            .start(spec(&["c"], None, stdout, stderr))
            .await
            .expect("started");
        assert_eq!(handle.wait().await.code, 255);
        handle.format_error.unwrap_or_default()
    };
    let http = r#"(component (import "wasi:http/types@0.2.0" (instance)))"#;
    assert_eq!(
        refused(http).await,
        "unknown import `wasi:http/types@0.2.0`"
    );
    let later = r#"(component (import "wasi:cli/environment@0.3.0" (instance)))"#;
    assert_eq!(
        refused(later).await,
        "unknown import `wasi:cli/environment@0.3.0`"
    );
    assert_eq!(
        refused("(component)").await,
        "a component that does not export `wasi:cli/run@0.2.0`: no command"
    );
    let wrong = r#"(component (import "wasi:random/random@0.2.0" (instance (export "get-random-u64" (func)))))"#;
    let wrong = refused(&wrong.replace("(component", &EMPTY[..EMPTY.len() - 1])).await;
    assert!(wrong.contains("get-random-u64"), "{wrong}");
}
