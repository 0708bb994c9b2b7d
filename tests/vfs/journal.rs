//! What survives: everything that was said to have happened, at whatever byte the process was killed; what a damaged or
//! foreign journal does; what a failing or full disk does.

use crate::support::{AsRoot, CREATE, WRITE, on_disk, scratch, small, with_limits};
use schooner::base::errno::Errno;
use schooner::store::disk::{Disk, Item, Open};
use schooner::vfs::image::ImageTree;
use schooner::vfs::overlay::{Limits, Overlay};
use schooner::vfs::{Cred, Filesystem, Kind, Make, Namespace, host_clock};
use std::sync::Arc;

fn items(disk: &Arc<dyn Disk>) -> Vec<Item> {
    let mut items = disk.list("own").unwrap_or_default();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    items
}

fn names(disk: &Arc<dyn Disk>) -> Vec<String> {
    items(disk).into_iter().map(|i| i.name).collect()
}

#[test]
fn a_container_that_changes_nothing_writes_nothing() {
    let (_folder, disk) = scratch();
    let image = small(&["file f 3"]);
    let tree = Namespace::new(on_disk(&image, &disk), false);
    assert_eq!(tree.text("f").as_deref(), Ok("abc"));
    assert_eq!(disk.stat("own").expect("stat"), None);
}

#[test]
fn host_names_are_numbers() {
    let (_folder, disk) = scratch();
    let tree = Namespace::new(on_disk(&small(&[]), &disk), false);
    let odd = [
        "CON",
        "a:b",
        "A",
        "a",
        "..x",
        "x\\..\\y",
        "ü\u{202e}",
        " ",
        "-rf",
        "new\nline",
    ];
    for name in odd {
        tree.put(name, name);
    }
    for name in odd {
        assert_eq!(tree.text(name).as_deref(), Ok(name));
    }
    let plain = |n: &String| n == "journal" || n[1..].bytes().all(|b| b.is_ascii_hexdigit());
    assert!(names(&disk).iter().all(plain), "{:?}", names(&disk));
    assert_eq!(names(&disk).len(), odd.len() + 1);
}

#[test]
fn contents_and_attributes_come_back() {
    let (_folder, disk) = scratch();
    let image = small(&["dir d", "file d/f 1000", "file g 5"]);
    let root = Cred::root();
    let before = {
        let overlay = on_disk(&image, &disk);
        let tree = Namespace::new(overlay.clone(), false);
        tree.put("d/new", "contents");
        let file = tree.file("d/f", &WRITE).expect("opens");
        file.write_at(&root, 500, b"CHANGED", false).expect("write");
        tree.chown(&root, "/", "g", Some(7), Some(8), true)
            .expect("chown");
        tree.mknod(&root, "/", "pipe", Kind::Fifo, 0o600, (0, 0))
            .expect("mknod");
        tree.mknod(&root, "/", "dev", Kind::CharDevice, 0o600, (1, 3))
            .expect("mknod");
        tree.symlink(&root, "../x", "/", "link").expect("symlink");
        drop(file);
        overlay.flush().expect("flush");
        let stat = |p| tree.stat(&root, "/", p, false).expect("stat");
        ["d", "d/new", "d/f", "g", "pipe", "dev", "link"].map(stat)
    };
    let overlay = on_disk(&image, &disk);
    let tree = Namespace::new(overlay.clone(), false);
    let stat = |p| tree.stat(&root, "/", p, false).expect("stat");
    assert_eq!(
        ["d", "d/new", "d/f", "g", "pipe", "dev", "link"].map(stat),
        before
    );
    assert_eq!(tree.text("d/new").as_deref(), Ok("contents"));
    let f = tree.text("d/f").expect("text");
    assert_eq!((f.len(), &f[499..508]), (1000, "gCHANGEDo"));
    assert_eq!(overlay.size_rw(), 1000 + 8 + 5 + 4);
}

#[test]
fn a_killed_process_leaves_no_garbage_for_long() {
    let (_folder, disk) = scratch();
    let image = small(&["file f 1000"]);
    let overlay = on_disk(&image, &disk);
    let tree = Namespace::new(overlay.clone(), false);
    tree.put("kept", "kept");
    tree.put("open", "open");
    let file = tree.file("open", &WRITE).expect("opens");
    tree.unlink(&Cred::root(), "/", "open").expect("unlink");
    assert_eq!(names(&disk).len(), 3);
    // A kill in the middle of a copy-up: bytes without a word in the journal.
    disk.open("own/f2", Open::New)
        .and_then(|f| f.append(b"half"))
        .expect("half a copy");
    // The kill: nothing is closed.
    std::mem::forget((file, tree, overlay));
    let overlay = on_disk(&image, &disk);
    let tree = Namespace::new(overlay.clone(), false);
    assert_eq!(names(&disk).len(), 2);
    assert_eq!(tree.list("/"), ["f", "kept"]);
    assert_eq!(tree.text("f").map(|t| t.len()), Ok(1000));
    let free = overlay.statfs().blocks_free;
    tree.unlink(&Cred::root(), "/", "kept").expect("unlink");
    assert_eq!(overlay.statfs().blocks_free, free + 1);
}

#[test]
fn a_long_journal_is_rewritten() {
    let (_folder, disk) = scratch();
    let image = small(&["file f 3", "file g 3"]);
    let overlay = on_disk(&image, &disk);
    overlay.unlink(1, "g").expect("unlink");
    for n in 0..6000 {
        let (from, to) = (format!("n{n}"), format!("n{}", n + 1));
        match n {
            0 => overlay
                .make(1, &to, &Make::new(Kind::File, 0o644))
                .map(|_| ()),
            _ => overlay.rename(1, &from, 1, &to, false),
        }
        .expect("an operation");
    }
    let len = items(&disk)
        .iter()
        .find(|i| i.name == "journal")
        .map(|i| i.len);
    assert!(len < Some(400_000), "{len:?}");
    assert_eq!(names(&disk), ["journal"]);
    drop(overlay);
    let tree = Namespace::new(on_disk(&image, &disk), false);
    assert_eq!(tree.list("/"), ["f", "n6000"]);
}

#[test]
fn a_journal_of_another_image_is_refused() {
    let (_folder, disk) = scratch();
    on_disk(&small(&[]), &disk)
        .make(1, "x", &Make::new(Kind::File, 0o644))
        .expect("make");
    let other = Overlay::open(
        ImageTree::empty(),
        Arc::clone(&disk),
        "own",
        Limits::default(),
        host_clock(),
    );
    assert_eq!(
        other.err().map(|e| e.kind()),
        Some(std::io::ErrorKind::InvalidData)
    );
}

#[test]
fn a_flipped_bit_drops_the_rest_and_says_so() {
    let (_folder, disk) = scratch();
    let image = small(&[]);
    let overlay = on_disk(&image, &disk);
    for n in 0..20 {
        overlay
            .make(1, &format!("f{n:02}"), &Make::new(Kind::File, 0o644))
            .expect("make");
    }
    drop(overlay);
    let file = disk.open("own/journal", Open::Write).expect("the journal");
    let middle = file.len().expect("length") / 2;
    let mut byte = [0];
    file.read_at(middle, &mut byte).expect("read");
    file.write_at(middle, &[byte[0] ^ 4]).expect("flip");
    let overlay = on_disk(&image, &disk);
    assert!(overlay.dropped() > 0);
    let left = Namespace::new(overlay, false).list("/");
    assert!((5..15).contains(&left.len()), "{left:?}");
}

#[test]
fn space_runs_out_as_on_a_full_disk() {
    let (_folder, disk) = scratch();
    let root = Cred::root();
    let limits = Limits {
        bytes: 10_000,
        files: 8,
    };
    let image = small(&["file big 20000", "file f 9000"]);
    let overlay = with_limits(&image, &disk, limits);
    let tree = Namespace::new(overlay.clone(), false);
    let file = tree.file("a", &CREATE).expect("opens");
    assert_eq!(file.write_at(&root, 0, &[1; 6000], false), Ok((6000, 6000)));
    assert_eq!(
        file.write_at(&root, 6000, &[1; 6000], false),
        Ok((4000, 10_000))
    );
    assert_eq!(
        file.write_at(&root, 10_000, &[1; 10], false),
        Err(Errno::Nospc)
    );
    assert_eq!(
        file.write_at(&root, 0, &[2; 10], false),
        Ok((10, 10)),
        "overwriting needs no space"
    );
    assert_eq!(file.truncate(&root, 20_000), Err(Errno::Nospc));
    let big = tree.file("big", &WRITE).expect("opens");
    assert_eq!(
        big.write_at(&root, 0, b"x", false),
        Err(Errno::Nospc),
        "a copy-up needs space"
    );
    assert_eq!(tree.text("big").map(|t| t.len()), Ok(20_000));
    assert_eq!(overlay.statfs().blocks_free, 0);
    file.truncate(&root, 0).expect("truncate");
    assert_eq!(
        tree.file("f", &WRITE)
            .and_then(|f| f.write_at(&root, 9000, &[1; 5000], false)),
        Ok((1000, 10_000))
    );
    tree.unlink(&root, "/", "f")
        .expect("removing works on a full disk");
    let made = (0..20)
        .take_while(|n| tree.mkdir(&root, "/", &format!("d{n}"), 0o755).is_ok())
        .count();
    assert!((4..9).contains(&made), "{made}");
    assert_eq!(tree.mkdir(&root, "/", "more", 0o755), Err(Errno::Nospc));
    assert_eq!(tree.symlink(&root, "x", "/", "more"), Err(Errno::Nospc));
    tree.rmdir(&root, "/", "d0").expect("removing works");
    drop((file, big, tree, overlay));
    assert_eq!(names(&disk), ["f4", "journal"]);
}
