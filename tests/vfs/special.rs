//! tmpfs and its account, /dev, generated trees, magic links, and many threads at once.

use crate::support::{AsRoot, CREATE, READ, memory, on_disk, scratch, small};
use parking_lot::Mutex;
use schooner::base::errno::Errno;
use schooner::vfs::dev::{DevFs, numbers};
use schooner::vfs::overlay::{Limits, Overlay, TmpfsOptions, uncharged};
use schooner::vfs::{
    Attr, Cred, DirEntry, Filesystem, Follow, Generated, Ino, Kind, Make, MountOptions, Namespace,
    Result, Source, host_clock,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

#[test]
fn tmpfs_is_charged_page_by_page_and_gives_back() {
    let account = Arc::new(AtomicI64::new(0));
    let seen = Arc::clone(&account);
    let charge = Arc::new(move |delta: i64| {
        // The sandbox has room for three pages.
        let before = seen.fetch_add(delta, Ordering::SeqCst);
        let fits = before + delta <= 3 * 4096;
        if !fits {
            seen.fetch_sub(delta, Ordering::SeqCst);
        }
        fits
    });
    let options = TmpfsOptions {
        mode: 0o1777,
        limits: Limits {
            bytes: 1 << 20,
            files: 100,
        },
        ..TmpfsOptions::default()
    };
    let tmpfs = Arc::new(Overlay::tmpfs(&options, charge, host_clock()).expect("tmpfs"));
    assert_eq!(tmpfs.attr(tmpfs.root()).map(|a| a.mode), Ok(0o1777));
    let f = tmpfs
        .make(1, "f", &Make::new(Kind::File, 0o644))
        .expect("make");
    assert_eq!(tmpfs.write(f, 0, &[7; 10_000]), Ok(10_000));
    assert_eq!(account.load(Ordering::SeqCst), 3 * 4096);
    assert_eq!(tmpfs.write(f, 10_000, &[7; 10_000]), Ok(3 * 4096 - 10_000));
    assert_eq!(tmpfs.write(f, 3 * 4096, b"x"), Err(Errno::Nospc));
    // A hole costs nothing.
    let size = schooner::vfs::SetAttr {
        size: Some(1 << 40),
        ..Default::default()
    };
    assert_eq!(tmpfs.set_attr(f, &size), Ok(()));
    assert_eq!(
        tmpfs.attr(f).map(|a| (a.size, a.blocks512)),
        Ok((1 << 40, 24))
    );
    let size = schooner::vfs::SetAttr {
        size: Some(1),
        ..Default::default()
    };
    assert_eq!(tmpfs.set_attr(f, &size), Ok(()));
    assert_eq!(account.load(Ordering::SeqCst), 4096);
    let mut buf = [1; 10];
    assert_eq!(tmpfs.read(f, 0, &mut buf), Ok(1));
    drop(tmpfs);
    assert_eq!(account.load(Ordering::SeqCst), 0);
}

#[test]
fn dev_is_as_in_docker() {
    let tree = Namespace::new(memory(small(&["dir dev"])), false);
    let root = Cred::root();
    let dev = DevFs::new(true, &host_clock()).expect("dev");
    let shm = Overlay::tmpfs(&TmpfsOptions::default(), uncharged(), host_clock()).expect("shm");
    dev.mount(&tree, Arc::new(shm)).expect("mount");
    assert_eq!(
        tree.list("/dev"),
        [
            "console", "core", "fd", "full", "mqueue", "null", "ptmx", "pts", "random", "shm",
            "stderr", "stdin", "stdout", "tty", "urandom", "zero"
        ]
    );
    let null = tree
        .stat(&Cred::user(5, 5), "/", "/dev/null", true)
        .expect("null");
    assert_eq!(
        (null.kind, null.mode, null.rdev),
        (Kind::CharDevice, 0o666, numbers::NULL)
    );
    assert_eq!(
        tree.readlink(&root, "/", "/dev/stdout").as_deref(),
        Ok("/proc/self/fd/1")
    );
    assert_eq!(
        tree.stat(&root, "/", "/dev/ptmx", true).map(|a| a.rdev),
        Ok(numbers::PTMX)
    );
    assert_eq!(tree.list("/dev/pts"), ["ptmx"]);
    dev.pts.add(0, 1000);
    dev.pts.add(12, 0);
    assert_eq!(tree.list("/dev/pts"), ["0", "12", "ptmx"]);
    let slave = tree
        .stat(&root, "/", "/dev/pts/12", true)
        .expect("a terminal");
    assert_eq!((slave.rdev, slave.mode, slave.gid), ((136, 12), 0o620, 5));
    assert_eq!(
        tree.stat(&root, "/", "/dev/pts/012", true),
        Err(Errno::Noent)
    );
    tree.chown(&root, "/", "/dev/pts/0", Some(5), None, true)
        .expect("chown");
    assert_eq!(
        tree.stat(&root, "/", "/dev/pts/0", true).map(|a| a.uid),
        Ok(5)
    );
    dev.pts.remove(12);
    assert_eq!(tree.list("/dev/pts"), ["0", "ptmx"]);
    assert_eq!(
        tree.mkdir(&root, "/", "/dev/pts/x", 0o755),
        Err(Errno::Perm)
    );
    assert_eq!(tree.unlink(&root, "/", "/dev/pts/0"), Err(Errno::Perm));
    tree.put("/dev/shm/x", "in memory");
    tree.unlink(&root, "/", "/dev/null")
        .expect("even this can be removed");
    tree.put("/dev/new", "a file");
    let options = schooner::vfs::OpenOptions {
        truncate: true,
        ..CREATE
    };
    let zero = tree.file("/dev/zero", &options).expect("opens");
    assert_eq!(
        (zero.kind(), zero.attr().map(|a| a.rdev)),
        (Kind::CharDevice, Ok(numbers::ZERO))
    );
}

/// /proc with one counter, a magic link and a link with text.
struct Counter(AtomicI64, Mutex<Vec<u8>>);

impl Source for Counter {
    fn type_name(&self) -> &'static str {
        "proc"
    }
    fn root(&self) -> Ino {
        1
    }
    fn lookup(&self, _dir: Ino, name: &str) -> Result<Ino> {
        match name {
            "count" => Ok(2),
            "out" => Ok(3),
            "self" => Ok(4),
            _ => Err(Errno::Noent),
        }
    }
    fn attr(&self, ino: Ino) -> Result<Attr> {
        Ok(match ino {
            1 => Attr::new(1, Kind::Dir, 0o555),
            2 => Attr::new(2, Kind::File, 0o644),
            ino => Attr::new(ino, Kind::Symlink, 0o777),
        })
    }
    fn read_dir(&self, _dir: Ino, _cookie: u64, _max: usize) -> Result<Vec<DirEntry>> {
        Ok(vec![])
    }
    fn parent(&self, _dir: Ino) -> Result<Ino> {
        Ok(1)
    }
    fn read_link(&self, ino: Ino) -> Result<String> {
        Ok(if ino == 3 { "pipe:[7]" } else { "." }.to_owned())
    }
    fn follow(&self, ino: Ino) -> Result<Follow> {
        match ino {
            3 => Ok(Follow::Itself),
            ino => self.read_link(ino).map(Follow::Text),
        }
    }
    fn followed_attr(&self, ino: Ino) -> Result<Attr> {
        Ok(Attr::new(ino, Kind::Fifo, 0o600))
    }
    fn text(&self, _ino: Ino) -> Result<Vec<u8>> {
        let n = self.0.fetch_add(1, Ordering::SeqCst);
        Ok(format!("{n}{n}{n}\n").into_bytes())
    }
    fn write(&self, _ino: Ino, bytes: &[u8]) -> Result<usize> {
        self.1.lock().extend(bytes);
        Ok(bytes.len())
    }
}

#[test]
fn generated_files_are_whole_and_magic_links_stop() {
    let tree = Namespace::new(
        memory(small(&["dir proc", "link stdout proc/self/out"])),
        false,
    );
    let root = Cred::root();
    let counter = Arc::new(Counter(AtomicI64::new(1), Mutex::default()));
    let fs = Arc::new(Generated::new(counter.clone()));
    tree.mount("/proc", fs, None, MountOptions::default())
        .expect("mount");
    let file = tree.file("/proc/self/count", &READ).expect("opens");
    let mut text = [0; 4];
    for n in 0..4 {
        assert_eq!(file.read_at(n, &mut text[n as usize..][..1]), Ok(1));
    }
    assert_eq!(&text, b"111\n");
    assert_eq!(tree.text("/proc/count").as_deref(), Ok("222\n"));
    let truncate = schooner::vfs::OpenOptions {
        truncate: true,
        ..CREATE
    };
    let file = tree.file("/proc/count", &truncate).expect("opens");
    assert_eq!(file.write_at(&root, 0, b"9", false), Ok((1, 1)));
    assert_eq!(*counter.1.lock(), b"9");
    assert_eq!(tree.file("/proc/new", &CREATE).err(), Some(Errno::Noent));
    assert_eq!(
        tree.mkdir(&root, "/", "/proc/new", 0o755),
        Err(Errno::Noent)
    );
    assert_eq!(
        tree.chmod(&root, "/", "/proc/count", 0o600, true),
        Err(Errno::Perm)
    );
    for options in [READ, CREATE, truncate] {
        let magic = tree.file("/stdout", &options).expect("opens");
        assert!(magic.is_magic());
        assert_eq!((magic.place().ino, magic.kind()), (3, Kind::Fifo));
        assert_eq!(magic.path(), "/proc/out");
    }
    assert_eq!(
        tree.stat(&root, "/", "/stdout", true).map(|a| a.kind),
        Ok(Kind::Fifo)
    );
    assert_eq!(
        tree.stat(&root, "/", "/proc/out", false).map(|a| a.kind),
        Ok(Kind::Symlink)
    );
    assert_eq!(
        tree.readlink(&root, "/", "/proc/out").as_deref(),
        Ok("pipe:[7]")
    );
    assert_eq!(tree.stat(&root, "/", "/stdout/x", true), Err(Errno::Notdir));
}

#[test]
fn threads_append_without_losing_a_line() {
    let (_folder, disk) = scratch();
    let image = small(&["file log 26", "dir d"]);
    let overlay = on_disk(&image, &disk);
    let tree = Namespace::new(overlay, false);
    std::thread::scope(|scope| {
        for thread in 0..4_u8 {
            let tree = &tree;
            scope.spawn(move || {
                let root = Cred::root();
                let file = tree.file("log", &CREATE).expect("opens");
                for _ in 0..200 {
                    file.write_at(&root, 0, &[b'0' + thread; 5], true)
                        .expect("append");
                }
            });
        }
    });
    let text = tree.text("log").expect("text");
    assert_eq!(text.len(), 26 + 4 * 200 * 5);
    let lines = text.as_bytes()[26..].chunks(5);
    assert!(
        lines
            .into_iter()
            .all(|line| line.iter().all(|b| *b == line[0]))
    );
}

#[test]
fn threads_rename_over_each_other_and_the_tree_stays_a_tree() {
    let (_folder, disk) = scratch();
    let image = small(&["dir a", "dir b", "dir a/x", "dir b/y"]);
    let overlay = on_disk(&image, &disk);
    let tree = Namespace::new(overlay.clone(), false);
    std::thread::scope(|scope| {
        for (from, to) in [
            ("a", "b/y/a"),
            ("b", "a/x/b"),
            ("b/y/a", "a"),
            ("a/x/b", "b"),
        ] {
            let tree = &tree;
            scope.spawn(move || {
                let root = Cred::root();
                for n in 0..500 {
                    let _ = tree.rename(&root, "/", from, "/", to, false);
                    let _ = tree.mkdir(&root, "/", &format!("{to}/n"), 0o755);
                    let _ = tree.rmdir(&root, "/", &format!("{from}/n"));
                    let _ = tree.open(&root, "/", &format!("{to}/f{}", n % 7), &CREATE);
                }
            });
        }
    });
    // Every directory is reached from the root, once: no loops, nothing lost.
    fn dirs(tree: &Namespace, path: &str) -> Vec<String> {
        let mut found = vec![];
        for name in tree.list(&format!("{path}/")) {
            let inner = format!("{path}/{name}");
            if tree
                .stat(&Cred::root(), "/", &inner, false)
                .is_ok_and(|a| a.is_dir())
            {
                found.extend(dirs(tree, &inner));
                found.push(name);
            }
        }
        found
    }
    let mut kept = dirs(&tree, "");
    kept.retain(|n| n != "n");
    kept.sort();
    assert_eq!(kept, ["a", "b", "x", "y"]);
    drop(tree);
    drop(overlay);
    let again = Namespace::new(on_disk(&image, &disk), false);
    let mut same = dirs(&again, "");
    same.retain(|n| n != "n");
    same.sort();
    assert_eq!(same, kept);
}
