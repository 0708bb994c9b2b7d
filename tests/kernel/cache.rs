//! Compiled code is trusted only when our own key signed it (S14).

use crate::world::{World, guest};
use schooner::kernel::{CompileEvent, Machine, MachineConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Runs a program on a new machine over a cache folder; gives its exit code and how often something was compiled.
pub async fn run_program_on(dir: &Path, program: &[u8]) -> (i32, usize) {
    let compiled = Arc::new(AtomicUsize::new(0));
    let count = compiled.clone();
    let mut config = MachineConfig::new(dir);
    config.on_compile = Some(Arc::new(move |event| {
        if matches!(event, CompileEvent::Started { .. }) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }));
    let world = World::on(Machine::new(config).expect("a machine"));
    world.file("/bin/it", program, 0o755);
    let code = world.run(&["it"]).await.code();
    (code, compiled.load(Ordering::Relaxed))
}

/// The same with a module that ends with 9.
async fn run_on(dir: &Path) -> (i32, usize) {
    let body = r#"(func (export "_start") (call $exit (i32.const 9)))"#;
    run_program_on(dir, &guest(body)).await
}

fn files(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir)
        .expect("the cache")
        .flatten()
        .map(|entry| entry.path());
    entries
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect()
}

/// A copy of a cache folder that no machine has mapped.
fn copy_of(dir: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    for entry in std::fs::read_dir(dir).expect("the cache").flatten() {
        std::fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copied");
    }
    copy
}

#[tokio::test]
async fn changed_code_is_compiled_again() {
    let original = tempfile::tempdir().expect("a folder");
    assert_eq!(run_on(original.path()).await, (9, 1));
    assert_eq!(
        run_on(original.path()).await,
        (9, 0),
        "taken from the cache"
    );
    for extension in ["code", "mac"] {
        for place in [0, 20] {
            let dir = copy_of(original.path());
            let [path] = files(dir.path(), extension).try_into().expect("one file");
            let mut bytes = std::fs::read(&path).expect("readable");
            bytes[place] ^= 1;
            std::fs::write(&path, bytes).expect("writable");
            let case = format!("{extension} changed at {place}");
            assert_eq!(run_on(dir.path()).await, (9, 1), "{case}");
            assert_eq!(run_on(dir.path()).await, (9, 0), "{case}, and kept again");
        }
    }
    let dir = copy_of(original.path());
    std::fs::write(dir.path().join("key"), [7; 32]).expect("writable");
    assert_eq!(run_on(dir.path()).await, (9, 1), "signed with another key");
    let dir = copy_of(original.path());
    let [mac] = files(dir.path(), "mac").try_into().expect("one file");
    std::fs::remove_file(mac).expect("removed");
    assert_eq!(run_on(dir.path()).await, (9, 1), "not signed");
}

#[cfg(unix)]
#[tokio::test]
async fn the_cache_is_the_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let parent = tempfile::tempdir().expect("a folder");
    let dir = parent.path().join("cache");
    run_on(&dir).await;
    let mode = |path: &Path| std::fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    for path in std::fs::read_dir(&dir).expect("the cache").flatten() {
        assert_eq!(mode(&path.path()), 0o600);
    }
}

#[tokio::test]
async fn many_who_want_one_module_share_a_compilation() {
    let dir = tempfile::tempdir().expect("a folder");
    let machine = Machine::new(MachineConfig::new(dir.path())).expect("a machine");
    let bytes = guest(r#"(func (export "_start"))"#);
    let count = Arc::new(AtomicUsize::new(0));
    let all: Vec<_> = (0..8)
        .map(|_| {
            let (machine, bytes, count) = (machine.clone(), bytes.clone(), count.clone());
            tokio::spawn(async move {
                let tell = move |event| {
                    if matches!(event, CompileEvent::Started { .. }) {
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                };
                machine.precompile(bytes, tell).await
            })
        })
        .collect();
    for task in all {
        task.await.expect("no panic").expect("compiled");
    }
    assert_eq!(count.load(Ordering::Relaxed), 1);
}
