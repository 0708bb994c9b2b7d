//! Mounts: crossing them, their borders, and that read-only means every call (S17).

use crate::support::{AsRoot, CREATE, READ, WRITE, memory, small};
use schooner::base::errno::Errno;
use schooner::vfs::overlay::{Overlay, TmpfsOptions, uncharged};
use schooner::vfs::{
    Access, At, Cred, Filesystem, Kind, Make, MountOptions, Namespace, SetTime, Time, host_clock,
};
use std::sync::Arc;

const RO: MountOptions = MountOptions {
    read_only: true,
    noexec: true,
};

fn tmpfs() -> Arc<Overlay> {
    Arc::new(Overlay::tmpfs(&TmpfsOptions::default(), uncharged(), host_clock()).expect("tmpfs"))
}

fn tree() -> Namespace {
    let image = small(&[
        "dir a",
        "dir a/m",
        "file a/f 3",
        "dir etc",
        "file etc/hosts 0",
        "link l /a/m",
    ]);
    Namespace::new(memory(image), false)
}

#[test]
fn paths_cross_mounts_both_ways() {
    let tree = tree();
    let root = Cred::root();
    tree.mount("/a/m", tmpfs(), None, MountOptions::default())
        .expect("mount");
    tree.put("/l/x", "hello");
    assert_eq!(tree.list("/a/m"), ["x"]);
    assert_eq!(tree.text("/a/m/../f").as_deref(), Ok("cde"));
    assert_eq!(
        tree.real_path(&root, "/", "l/./../m").as_deref(),
        Ok("/a/m")
    );
    assert_eq!(tree.real_path(&root, "/a/m", "..").as_deref(), Ok("/a"));
    assert_eq!(
        tree.real_path(&root, "/a/m", "../../../..").as_deref(),
        Ok("/")
    );
    let place = tree.resolve(&root, "/", "/a/m", true).expect("a place");
    assert_eq!(tree.real_path(&root, &place, ".").as_deref(), Ok("/a/m"));
    assert_eq!(
        tree.real_path(&root, At::Place(&place), "..").as_deref(),
        Ok("/a")
    );
    let dir = tree.file("/a/m", &READ).expect("opens");
    assert_eq!(dir.path(), "/a/m");
    assert_eq!(
        tree.open(&root, &dir, "x", &READ)
            .map(|f| f.path().to_owned())
            .as_deref(),
        Ok("/a/m/x")
    );
    assert_eq!(
        dir.parent().map(|p| p.ino),
        tree.resolve(&root, "/", "/a", true).map(|p| p.ino)
    );
    let dev = |path| tree.stat(&root, "/", path, true).map(|a| a.dev);
    assert_ne!(dev("/a"), dev("/a/m"));
}

#[test]
fn nothing_moves_or_links_across_and_mount_points_are_busy() {
    let tree = tree();
    let root = Cred::root();
    tree.mount("/a/m", tmpfs(), None, MountOptions::default())
        .expect("mount");
    tree.put("/a/m/x", "x");
    assert_eq!(
        tree.rename(&root, "/", "/a/m/x", "/", "/a/x", false),
        Err(Errno::Xdev)
    );
    assert_eq!(
        tree.link(&root, "/", "/a/m/x", true, "/", "/a/x"),
        Err(Errno::Xdev)
    );
    assert_eq!(
        tree.rename(&root, "/", "/a/m", "/", "/a/n", false),
        Err(Errno::Busy)
    );
    assert_eq!(tree.rmdir(&root, "/", "/a/m"), Err(Errno::Busy));
    // What holds a mount point may move, and the mount moves along.
    assert_eq!(tree.rename(&root, "/", "/a", "/", "/b", false), Ok(()));
    assert_eq!(tree.text("/b/m/x").as_deref(), Ok("x"));
}

#[test]
fn files_are_mounted_on_files() {
    let tree = tree();
    let root = Cred::root();
    let other = tmpfs();
    let ino = other
        .make(other.root(), "generated", &Make::new(Kind::File, 0o644))
        .expect("make");
    other
        .write(ino, 0, b"127.0.0.1 localhost\n")
        .expect("write");
    let options = MountOptions::default();
    assert_eq!(
        tree.mount("/etc", other.clone(), Some(ino), options),
        Err(Errno::Notdir)
    );
    tree.mount("/etc/hosts", other.clone(), Some(ino), options)
        .expect("mount");
    assert_eq!(
        tree.text("/etc/hosts").as_deref(),
        Ok("127.0.0.1 localhost\n")
    );
    assert_eq!(tree.unlink(&root, "/", "/etc/hosts"), Err(Errno::Busy));
    tree.put("/etc/new", "");
    assert_eq!(
        tree.rename(&root, "/", "/etc/new", "/", "/etc/hosts", false),
        Err(Errno::Busy)
    );
    tree.put("/etc/hosts", "changed");
    let mut buf = [0; 99];
    assert_eq!(other.read(ino, 0, &mut buf), Ok(7));
    let at: Vec<String> = tree.mounts().into_iter().map(|m| m.at).collect();
    assert_eq!(at, ["/", "/etc/hosts"]);
}

#[test]
fn read_only_means_every_call() {
    let image = small(&["dir d", "file f 3", "file x 3", "link l f"]);
    let tree = Namespace::new(memory(image), true);
    let root = Cred::root();
    let rofs = Err(Errno::Rofs);
    let now = (SetTime::Now, SetTime::Now);
    assert_eq!(tree.file("f", &WRITE).err(), Some(Errno::Rofs));
    assert_eq!(tree.file("new", &CREATE).err(), Some(Errno::Rofs));
    let cut = schooner::vfs::OpenOptions {
        truncate: true,
        ..READ
    };
    assert_eq!(tree.file("f", &cut).err(), Some(Errno::Rofs));
    assert_eq!(tree.mkdir(&root, "/", "new", 0o755), rofs);
    assert_eq!(tree.mkdir(&root, "/", "d", 0o755), Err(Errno::Exist));
    assert_eq!(
        tree.mknod(&root, "/", "new", Kind::Fifo, 0o644, (0, 0)),
        rofs
    );
    assert_eq!(tree.symlink(&root, "f", "/", "new"), rofs);
    assert_eq!(tree.link(&root, "/", "f", false, "/", "new"), rofs);
    assert_eq!(tree.unlink(&root, "/", "f"), rofs);
    assert_eq!(tree.unlink(&root, "/", "nothing"), rofs);
    assert_eq!(tree.rmdir(&root, "/", "d"), rofs);
    assert_eq!(tree.rename(&root, "/", "f", "/", "g", false), rofs);
    assert_eq!(tree.rename(&root, "/", "f", "/", "x", false), rofs);
    assert_eq!(tree.chmod(&root, "/", "f", 0o600, true), rofs);
    assert_eq!(tree.chown(&root, "/", "f", Some(1), None, true), rofs);
    assert_eq!(tree.chown(&root, "/", "l", Some(1), None, false), rofs);
    assert_eq!(tree.set_times(&root, "/", "f", now.0, now.1, true), rofs);
    assert_eq!(
        tree.set_times(&root, "/", "f", SetTime::To(Time(1)), SetTime::Omit, true),
        rofs
    );
    assert_eq!(tree.truncate(&root, "/", "f", 0), rofs);
    assert_eq!(tree.access(&root, "/", "f", Access::WRITE), rofs);
    let file = tree.file("f", &READ).expect("opens");
    assert_eq!(file.write_at(&root, 0, b"x", false), Err(Errno::Badf));
    assert_eq!(file.truncate(&root, 0), Err(Errno::Inval));
    assert_eq!(file.chmod(&root, 0o600), rofs);
    assert_eq!(file.chown(&root, Some(1), None), rofs);
    assert_eq!(file.set_times(&root, now.0, now.1), rofs);
    assert_eq!(tree.text("f").as_deref(), Ok("bcd"));
    assert_eq!(tree.list("/"), ["d", "f", "l", "x"]);
}

#[test]
fn a_read_only_mount_inside_a_writable_tree() {
    let tree = tree();
    let root = Cred::root();
    let other = tmpfs();
    other
        .make(other.root(), "f", &Make::new(Kind::File, 0o755))
        .expect("make");
    tree.mount("/a/m", other, None, RO).expect("mount");
    assert_eq!(tree.unlink(&root, "/", "/a/m/f"), Err(Errno::Rofs));
    assert_eq!(
        tree.chmod(&root, "/", "/a/m", 0o700, true),
        Err(Errno::Rofs)
    );
    assert_eq!(
        tree.link(&root, "/", "/a/f", false, "/", "/a/m/g"),
        Err(Errno::Rofs)
    );
    assert_eq!(
        tree.rename(&root, "/", "/a/f", "/", "/a/m/f", false),
        Err(Errno::Xdev)
    );
    assert_eq!(
        tree.open_exec(&root, "/", "/a/m/f").err(),
        Some(Errno::Acces)
    );
    assert_eq!(
        tree.access(&root, "/", "/a/m/f", Access::EXEC),
        Err(Errno::Acces)
    );
    tree.put("/a/new", "still writable");
    assert_eq!(
        tree.open_exec(&root, "/", "/a/new").err(),
        Some(Errno::Acces)
    );
    tree.chmod(&root, "/", "/a/new", 0o100, true)
        .expect("chmod");
    assert!(tree.open_exec(&root, "/", "/a/new").is_ok());
    assert_eq!(
        tree.open_exec(&Cred::user(5, 5), "/", "/a/new").err(),
        Some(Errno::Acces)
    );
    assert_eq!(tree.open_exec(&root, "/", "/a").err(), Some(Errno::Acces));
}
