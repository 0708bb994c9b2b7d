//! What an overlay promises beside names: open files without names, listings under change, times, `diff`, copy-up.

use crate::support::{AsRoot, CREATE, READ, WRITE, clock, image, layer, memory, small};
use schooner::base::errno::Errno;
use schooner::vfs::overlay::{ChangeKind, Limits, Overlay, uncharged};
use schooner::vfs::{Cred, Filesystem, Kind, Make, Namespace, SetAttr, SetTime, Time};
use std::sync::atomic::Ordering;

fn diff(overlay: &Overlay) -> Vec<String> {
    let letter = |kind| match kind {
        ChangeKind::Modified => 'C',
        ChangeKind::Added => 'A',
        ChangeKind::Deleted => 'D',
    };
    let changes = overlay.changes().into_iter();
    changes
        .map(|c| format!("{} {}", letter(c.kind), c.path))
        .collect()
}

#[test]
fn an_open_file_outlives_its_name() {
    let overlay = memory(small(&["file f 3"]));
    let tree = Namespace::new(overlay.clone(), false);
    let root = Cred::root();
    tree.put("new", "hello");
    for (path, text) in [("f", "abc"), ("new", "hello")] {
        let file = tree.file(path, &WRITE).expect("opens");
        tree.unlink(&root, "/", path).expect("unlink");
        assert_eq!(tree.stat(&root, "/", path, false), Err(Errno::Noent));
        let mut buf = [0; 9];
        assert_eq!(file.read_at(0, &mut buf), Ok(text.len()));
        assert_eq!(&buf[..text.len()], text.as_bytes());
        assert_eq!(file.attr().map(|a| a.nlink), Ok(0));
        assert_eq!(file.write_at(&root, 0, b"J", false), Ok((1, 1)));
        assert_eq!(file.read_at(0, &mut buf[..1]), Ok(1));
        assert_eq!(buf[0], b'J');
    }
    assert_eq!(overlay.statfs().blocks_free, overlay.statfs().blocks);
    assert_eq!(overlay.size_rw(), 0);
}

#[test]
fn a_removed_folder_is_empty_for_whoever_has_it_open() {
    let tree = Namespace::new(memory(small(&["dir d", "file d/f 1"])), false);
    let root = Cred::root();
    let dir = tree.file("d", &READ).expect("opens");
    tree.unlink(&root, "/", "d/f").expect("unlink");
    tree.rmdir(&root, "/", "d").expect("rmdir");
    assert_eq!(dir.read_dir(0, 9), Ok(vec![]));
    assert_eq!(tree.mkdir(&root, &dir, "x", 0o755), Err(Errno::Noent));
    assert_eq!(
        tree.open(&root, &dir, "f", &CREATE).err(),
        Some(Errno::Noent)
    );
    tree.mkdir(&root, "/", "d", 0o755).expect("mkdir");
    assert_eq!(tree.list("d"), Vec::<String>::new());
}

#[test]
fn a_listing_sees_what_stays_exactly_once() {
    let names: Vec<String> = (0..40).map(|n| format!("file i{n:02} 1")).collect();
    let lines: Vec<&str> = names.iter().map(String::as_str).collect();
    let overlay = memory(small(&lines));
    for n in 0..40 {
        overlay
            .make(1, &format!("o{n}"), &Make::new(Kind::File, 0o644))
            .expect("make");
    }
    let mut seen = Vec::new();
    let (mut cookie, mut round) = (0, 0);
    loop {
        let entries = overlay.read_dir(1, cookie, 7).expect("a list");
        let Some(last) = entries.last() else { break };
        cookie = last.next;
        seen.extend(entries.into_iter().map(|e| e.name));
        // Odd ones stay; even ones come, go, and are replaced in place.
        let even = |n: usize| (n * 2) % 40;
        let _ = overlay.unlink(1, &format!("i{:02}", even(round)));
        let _ = overlay.unlink(1, &format!("o{}", even(round + 3)));
        if round < 20 {
            overlay
                .make(1, &format!("t{round}"), &Make::new(Kind::File, 0o644))
                .expect("make");
        }
        for odd in ["i01", "i39", "o1", "o39"] {
            overlay
                .make(1, "tmp", &Make::new(Kind::File, 0o644))
                .expect("make");
            overlay.rename(1, "tmp", 1, odd, false).expect("replace");
        }
        round += 1;
    }
    for n in (1..40).step_by(2) {
        for name in [format!("i{n:02}"), format!("o{n}")] {
            let times = seen.iter().filter(|s| **s == name).count();
            assert_eq!(times, 1, "{name}");
        }
    }
}

#[test]
fn times_move_as_on_linux() {
    let (hand, clock) = clock();
    let image = small(&["dir d", "file d/f 3"]);
    let overlay = Overlay::memory(image, Limits::default(), uncharged(), clock);
    let d = overlay.lookup(1, "d").expect("d");
    let f = overlay.lookup(d, "f").expect("f");
    let times = |ino| {
        overlay
            .attr(ino)
            .map(|a| (a.atime.0, a.mtime.0, a.ctime.0))
            .expect("attr")
    };
    let tick = || hand.fetch_add(10, Ordering::Relaxed) + 10;
    let mut buf = [0; 3];
    tick();
    overlay.read(f, 0, &mut buf).expect("read");
    assert_eq!(
        times(f),
        (1, 1, 1),
        "reading an image's file leaves no trace"
    );
    let t = tick();
    overlay.write(f, 0, b"x").expect("write");
    assert_eq!(times(f), (1, t, t));
    assert_eq!(times(d), (0, 0, 0));
    let read = tick();
    overlay.read(f, 0, &mut buf).expect("read");
    assert_eq!(times(f), (read, t, t));
    tick();
    overlay.read(f, 0, &mut buf).expect("read");
    assert_eq!(times(f), (read, t, t), "atime after mtime stays");
    let t2 = tick();
    let mode = SetAttr {
        mode: Some(0o600),
        ..SetAttr::default()
    };
    overlay.set_attr(f, &mode).expect("chmod");
    assert_eq!(times(f), (read, t, t2));
    let t3 = tick();
    overlay.rename(d, "f", 1, "g", false).expect("rename");
    assert_eq!(times(d), (0, t3, t3));
    assert_eq!(times(f), (read, t, t3));
    let t4 = tick();
    overlay
        .set_attr(
            f,
            &SetAttr {
                size: Some(3),
                ..SetAttr::default()
            },
        )
        .expect("truncate");
    assert_eq!(times(f), (read, t4, t4));
}

#[test]
fn diff_says_what_docker_says() {
    let image = image(&[layer(
        "1",
        &[
            "dir a",
            "dir a/b",
            "file a/b/f 1",
            "file a/b/g 1",
            "file a/b/h 1",
            "dir c",
            "file c/x 1",
            "dir d",
            "file d/y 1",
            "link l a",
            "file k 1",
            "hard a/k k",
            "dir e",
            "file e/z 1",
            "dir q",
        ],
    )]);
    let overlay = memory(image);
    let tree = Namespace::new(overlay.clone(), false);
    let root = Cred::root();
    assert_eq!(diff(&overlay), Vec::<String>::new());
    // Reading, and undoing, leave nothing behind.
    tree.text("a/b/f").expect("read");
    tree.put("tmp", "x");
    tree.unlink(&root, "/", "tmp").expect("unlink");
    assert_eq!(diff(&overlay), Vec::<String>::new());
    tree.put("a/b/f", "other");
    tree.chmod(&root, "/", "a/b/g", 0o600, true).expect("chmod");
    tree.unlink(&root, "/", "c/x").expect("unlink");
    tree.rmdir(&root, "/", "c").expect("rmdir");
    tree.rename(&root, "/", "d", "/", "n", false)
        .expect("rename");
    tree.mkdir(&root, "/", "new", 0o755).expect("mkdir");
    tree.put("new/file", "x");
    tree.unlink(&root, "/", "l").expect("unlink");
    tree.mkdir(&root, "/", "l", 0o755).expect("mkdir");
    tree.put("k", "both names");
    tree.rename(&root, "/", "e/z", "/", "q/z", false)
        .expect("rename");
    assert_eq!(
        diff(&overlay),
        [
            "C /a",
            "C /a/b",
            "C /a/b/f",
            "C /a/b/g",
            "C /a/k",
            "D /c",
            "D /d",
            "C /e",
            "D /e/z",
            "C /k",
            "C /l",
            "A /n",
            "A /n/y",
            "A /new",
            "A /new/file",
            "C /q",
            "A /q/z",
        ]
    );
}

#[test]
fn appending_is_one_step_and_holes_read_as_zeroes() {
    let tree = Namespace::new(memory(small(&["file f 3"])), false);
    let root = Cred::root();
    let file = tree.file("f", &WRITE).expect("opens");
    assert_eq!(file.write_at(&root, 0, b"XY", true), Ok((2, 5)));
    assert_eq!(file.write_at(&root, 9000, b"!", false), Ok((1, 9001)));
    let text = tree.text("f").expect("text");
    assert_eq!(&text[..6], "abcXY\0");
    assert_eq!((text.len(), text.ends_with("\0!")), (9001, true));
    file.truncate(&root, 4).expect("truncate");
    file.truncate(&root, 6).expect("truncate");
    assert_eq!(tree.text("f").as_deref(), Ok("abcX\0\0"));
    assert_eq!(
        file.write_at(&root, u64::MAX, b"x", false),
        Err(Errno::Fbig)
    );
    assert_eq!(
        file.write_at(&root, i64::MAX as u64, b"x", false),
        Err(Errno::Fbig)
    );
    assert_eq!(tree.truncate(&root, "/", "f", u64::MAX), Err(Errno::Fbig));
}

#[test]
fn given_times_are_kept() {
    let tree = Namespace::new(memory(small(&["file f 3"])), false);
    let root = Cred::root();
    let (a, m) = (SetTime::To(Time(-5)), SetTime::To(Time(7)));
    tree.set_times(&root, "/", "f", a, m, true).expect("times");
    let attr = tree.stat(&root, "/", "f", true).expect("stat");
    assert_eq!((attr.atime, attr.mtime), (Time(-5), Time(7)));
    assert!(attr.ctime > Time(7));
}

#[test]
fn a_tree_deeper_than_any_path_harms_nobody() {
    let overlay = memory(small(&[]));
    let tree = Namespace::new(overlay.clone(), false);
    let root = Cred::root();
    // Chains of 1,000 folders, each moved to the bottom of the next.
    let deep = "d/".repeat(1000);
    let mut below = None;
    for round in 0..8 {
        let mut at = overlay
            .make(1, &format!("r{round}"), &Make::new(Kind::Dir, 0o755))
            .expect("make");
        for _ in 0..1000 {
            at = overlay
                .make(at, "d", &Make::new(Kind::Dir, 0o755))
                .expect("make");
        }
        if let Some(name) = below.replace(format!("r{round}")) {
            overlay.rename(1, &name, at, "d", false).expect("rename");
        }
    }
    let top = tree.file("r7", &READ).expect("opens");
    let next = tree.open(&root, &top, &deep, &READ).expect("opens");
    let last = tree.open(&root, &next, &deep, &READ).expect("opens");
    assert_eq!(
        tree.open(&root, &last, &deep, &READ).err(),
        Some(Errno::Nametoolong)
    );
    assert_eq!(tree.real_path(&root, &last, &deep), Err(Errno::Nametoolong));
    let changes = overlay.changes();
    assert!(changes.iter().all(|c| c.path.len() < 4096) && changes.len() > 2000);
    assert_eq!(
        overlay.rename(1, "r7", last.place().ino, "x", false),
        Err(Errno::Inval)
    );
}
