//! S17, S18: a bind mount is its folder and nothing else, and read-only means every call.

use crate::support::{World, text};
use schooner::base::errno::Errno;
use schooner::vfs::hostdir::HostDir;
use schooner::vfs::{Cred, Filesystem, Namespace, OpenFile, OpenOptions, Result, SetTime};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A bound folder with `swap/f` in it, and a folder outside with a canary of the same name.
pub struct Scene {
    _folder: tempfile::TempDir,
    pub inside: std::path::PathBuf,
    pub outside: std::path::PathBuf,
}

pub const OUTSIDE: &str = "no guest may see or change this text";

impl Scene {
    pub fn new() -> Scene {
        let folder = tempfile::tempdir().expect("a folder");
        let (inside, outside) = (folder.path().join("inside"), folder.path().join("outside"));
        for path in [&inside, &outside, &inside.join("swap")] {
            std::fs::create_dir(path).expect("made");
        }
        std::fs::write(inside.join("swap/f"), "inside").expect("written");
        std::fs::write(outside.join("f"), OUTSIDE).expect("written");
        Scene {
            _folder: folder,
            inside,
            outside,
        }
    }

    /// Everything outside as it was: one file, its bytes, its mode and time.
    pub fn check(&self, before: &std::fs::Metadata) {
        let names: Vec<_> = std::fs::read_dir(&self.outside)
            .expect("a list")
            .flatten()
            .map(|e| e.file_name())
            .collect();
        assert_eq!(names, ["f"]);
        let now = std::fs::metadata(self.outside.join("f")).expect("there");
        assert_eq!(
            std::fs::read_to_string(self.outside.join("f")).expect("read"),
            OUTSIDE
        );
        assert_eq!(now.permissions(), before.permissions());
        assert_eq!(now.modified().ok(), before.modified().ok());
    }
}

/// Swaps the folder and a link that leads out, in the guest's way and in the host's.
pub fn swap(guest: &Namespace, scene: &Scene) {
    let root = Cred::root();
    let target = scene.outside.to_str().expect("text");
    let _ = guest.rename(&root, "/", "/swap", "/", "/away", false);
    let _ = guest.symlink(&root, target, "/", "/swap");
    let _ = guest.unlink(&root, "/", "/swap");
    let _ = guest.rename(&root, "/", "/away", "/", "/swap", false);
    let (swap, away) = (scene.inside.join("swap"), scene.inside.join("away"));
    let _ = std::fs::rename(&swap, &away);
    link(&scene.outside, &swap);
    let _ = std::fs::remove_file(&swap);
    let _ = std::fs::rename(&away, &swap);
}

#[cfg(unix)]
fn link(to: &Path, at: &Path) {
    let _ = std::os::unix::fs::symlink(to, at);
}

#[cfg(windows)]
fn link(to: &Path, at: &Path) {
    let _ = std::os::windows::fs::symlink_dir(to, at);
}

fn open(guest: &Namespace, path: &str, write: bool) -> Result<OpenFile> {
    let options = OpenOptions {
        read: true,
        write,
        create: write,
        mode: 0o644,
        ..OpenOptions::default()
    };
    guest.open(&Cred::root(), "/", path, &options)
}

/// One round of everything that a guest can try below the folder. Answers how much of it worked.
fn try_all(guest: &Namespace, n: u64) -> u64 {
    let root = Cred::root();
    let now = SetTime::Now;
    let mut worked = 0;
    if let Ok(file) = open(guest, "/swap/f", false) {
        let mut buf = [0; 64];
        if let Ok(count) = file.read_at(0, &mut buf) {
            let seen = String::from_utf8_lossy(&buf[..count]).into_owned();
            assert!(
                !OUTSIDE.contains(&seen) || seen.is_empty(),
                "read outside: {seen}"
            );
            worked += 1;
        }
        // Through what is open already, too.
        let _ = guest.stat(&root, &file, ".", true);
    }
    let new = format!("/swap/n{n}");
    let outcomes = [
        open(guest, "/swap/f", true)
            .and_then(|f| f.write_at(&root, 0, b"inside", false))
            .map(drop),
        open(guest, &new, true).map(drop),
        guest.chmod(&root, "/", "/swap/f", 0o600, true),
        guest.set_times(&root, "/", "/swap/f", now, now, true),
        guest.truncate(&root, "/", "/swap/f", 6),
        guest.link(&root, "/", "/swap/f", false, "/", &format!("{new}l")),
        guest.symlink(&root, "/etc", "/", &format!("{new}s")),
        guest.mkdir(&root, "/", &format!("{new}d"), 0o755),
        guest.rename(&root, "/", &new, "/", &format!("{new}r"), false),
        guest.rmdir(&root, "/", &format!("{new}d")),
        guest.unlink(&root, "/", &format!("{new}l")),
        guest.unlink(&root, "/", &format!("{new}s")),
        guest.unlink(&root, "/", &format!("{new}r")),
    ];
    worked += outcomes.iter().filter(|o| o.is_ok()).count() as u64;
    if let Ok(dir) = open(guest, "/swap", false) {
        let inside = guest.open(
            &root,
            &dir,
            "f",
            &OpenOptions {
                read: true,
                ..OpenOptions::default()
            },
        );
        if let Ok(file) = inside {
            assert_ne!(file.attr().map(|a| a.size), Ok(OUTSIDE.len() as u64));
        }
    }
    worked
}

fn attack(time: Duration) {
    let scene = Scene::new();
    let before = std::fs::metadata(scene.outside.join("f")).expect("there");
    let guest = || {
        Namespace::new(
            Arc::new(HostDir::open(&scene.inside).expect("opens")),
            false,
        )
    };
    // One container that attacks itself, and a second one with the same folder.
    let (first, second) = (guest(), guest());
    let stop = AtomicBool::new(false);
    let (swaps, worked) = (AtomicU64::new(0), AtomicU64::new(0));
    let end = Instant::now() + time;
    std::thread::scope(|scope| {
        for guest in [&first, &second] {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    swap(guest, &scene);
                    swaps.fetch_add(2, Ordering::Relaxed);
                }
            });
        }
        let worker = |guest, from: u64| {
            let (stop, worked) = (&stop, &worked);
            move || {
                for n in from.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    worked.fetch_add(try_all(guest, n), Ordering::Relaxed);
                }
            }
        };
        let workers = [
            scope.spawn(worker(&first, 0)),
            scope.spawn(worker(&second, 1 << 32)),
        ];
        while Instant::now() < end && !workers.iter().any(|w| w.is_finished()) {
            std::thread::yield_now();
        }
        stop.store(true, Ordering::Relaxed);
        for worker in workers {
            worker.join().expect("no escape");
        }
    });
    scene.check(&before);
    let (swaps, worked) = (swaps.into_inner(), worked.into_inner());
    println!("{swaps} swaps, {worked} operations inside, none outside");
    assert!(swaps > 0 && worked > 0);
}

#[test]
fn s18_no_swap_leads_out() {
    attack(Duration::from_secs(2));
}

#[test]
#[ignore = "a minute; run with --ignored before a release"]
fn s18_no_swap_leads_out_in_a_minute() {
    attack(Duration::from_secs(60));
}

#[test]
fn s17_read_only_binds_refuse_every_call() {
    let world = World::new();
    let scene = Scene::new();
    let bind = format!("{}:/x:ro", scene.inside.display());
    let commands = [
        "echo y > /x/swap/f",
        "echo y >> /x/swap/f",
        "> /x/new",
        "rm /x/swap/f",
        "rm -rf /x/swap",
        "mv /x/swap/f /x/swap/g",
        "mv /x/swap/f /tmp/f",
        "ln /x/swap/f /x/swap/g",
        "ln /x/swap/f /tmp/g",
        "ln -s /etc /x/l",
        "mkdir /x/d",
        "chmod 777 /x/swap/f",
        "chown 1:1 /x/swap/f",
        "touch /x/swap/f",
        "truncate -s 0 /x/swap/f",
        "mkfifo /x/p",
    ];
    let script: Vec<String> = commands
        .iter()
        .map(|c| format!("({c}) 2>/dev/null && echo '{c}'"))
        .collect();
    let run = world.run(&[
        "run",
        "--rm",
        "-v",
        &bind,
        "alpine",
        "sh",
        "-c",
        &(script.join("\n") + "\ncat /x/swap/f"),
    ]);
    assert_eq!(text(&run.stdout), "inside", "{}", text(&run.stderr));
    let left: Vec<_> = std::fs::read_dir(&scene.inside)
        .expect("a list")
        .flatten()
        .map(|e| e.file_name())
        .collect();
    assert_eq!(left, ["swap"]);
}

#[test]
fn s18_paths_of_all_kinds_stay_inside() {
    let scene = Scene::new();
    link(&scene.outside, &scene.inside.join("out"));
    let guest = Namespace::new(
        Arc::new(HostDir::open(&scene.inside).expect("opens")),
        false,
    );
    let outside = scene.outside.to_str().expect("text");
    for path in [
        "/out/f",
        "/out/",
        "/out/.",
        "/out/../outside/f",
        "/swap/../../outside/f",
        "/../../outside/f",
        &format!("/swap/../{outside}/f"),
        "//out//f",
        "/C:/Windows",
        "/C:",
        r"/..\..\outside\f",
        r"/swap\..\..\outside\f",
        "/swap:stream",
        "/swap::$INDEX_ALLOCATION",
        "/nul/x",
        "/\u{2025}/outside/f",
    ] {
        let found = guest.stat(&Cred::root(), "/", path, true);
        assert!(
            matches!(found, Err(Errno::Noent | Errno::Notdir | Errno::Inval)),
            "{path}: {found:?}"
        );
    }
    let host = HostDir::open(&scene.inside).expect("opens");
    for name in ["..", "../outside", "/", outside, "swap/../../outside"] {
        assert_eq!(host.lookup(host.root(), name), Err(Errno::Noent), "{name}");
    }
}
