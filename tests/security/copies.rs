//! S03: while a guest or the host swaps folders and links, archives of a container neither read nor write outside of it.

use crate::binds::{OUTSIDE, Scene, swap};
use schooner::vfs::hostdir::HostDir;
use schooner::vfs::{Cred, Namespace, UnpackOptions, pack, unpack};
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long the guest and the host swap.
const TIME: Duration = Duration::from_secs(2);

fn guest(scene: &Scene) -> Arc<Namespace> {
    let tree = HostDir::open(&scene.inside).expect("opens");
    Arc::new(Namespace::new(Arc::new(tree), false))
}

/// A tar of `swap/f` and `swap/new`, made of a tree that holds nothing else.
fn tar() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("swap")).expect("made");
    for name in ["f", "new"] {
        std::fs::write(folder.path().join("swap").join(name), "from the tar").expect("written");
    }
    let tree = HostDir::open(folder.path()).expect("opens");
    let tree = Arc::new(Namespace::new(Arc::new(tree), true));
    let mut bytes = Vec::new();
    let top = tree.top();
    pack::tree(tree, top, ".")
        .read_to_end(&mut bytes)
        .expect("a tar");
    bytes
}

#[test]
fn s03_no_copy_leaves_the_container() {
    let scene = Scene::new();
    let before = std::fs::metadata(scene.outside.join("f")).expect("there");
    let (ended, swaps, read, written) = (
        AtomicBool::new(false),
        AtomicU64::new(0),
        AtomicU64::new(0),
        AtomicU64::new(0),
    );
    let tar = tar();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let mine = guest(&scene);
            while !ended.load(Ordering::Relaxed) {
                swap(&mine, &scene);
                swaps.fetch_add(1, Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            let tree = guest(&scene);
            while !ended.load(Ordering::Relaxed) {
                for path in ["/", "/swap", "/swap/f", "/swap/"] {
                    let Ok(place) = tree.resolve(&Cred::root(), "/", path, false) else {
                        continue;
                    };
                    let mut bytes = Vec::new();
                    // What is moved away under the walk may end it.
                    let _ = pack::tree(tree.clone(), place, "x").read_to_end(&mut bytes);
                    let text = String::from_utf8_lossy(&bytes);
                    assert!(!text.contains(OUTSIDE), "read outside");
                    read.fetch_add(u64::from(text.contains("from the tar")), Ordering::Relaxed);
                }
            }
        });
        scope.spawn(|| {
            let tree = guest(&scene);
            while !ended.load(Ordering::Relaxed) {
                let done = unpack(
                    &tree,
                    &tree.top(),
                    "/",
                    &mut &tar[..],
                    UnpackOptions::default(),
                );
                written.fetch_add(u64::from(done.is_ok()), Ordering::Relaxed);
            }
        });
        let end = Instant::now() + TIME;
        while Instant::now() < end {
            std::thread::yield_now();
            std::thread::park_timeout(Duration::from_millis(20));
        }
        ended.store(true, Ordering::Relaxed);
    });
    scene.check(&before);
    let counts = [&swaps, &read, &written].map(|n| n.load(Ordering::Relaxed));
    println!("swaps, reads, writes: {counts:?}");
    assert!(
        counts.iter().all(|n| *n > 0),
        "nothing was tried: {counts:?}"
    );
}
