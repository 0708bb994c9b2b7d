//! A folder of the host against the same table and the same model as our own trees, and what is special about it:
//! a host that changes things meanwhile, links that lead out, owners that the host cannot say.

use crate::model::Model;
use crate::op::{Op, Outcome, Subject, Value};
use crate::ours::Ours;
use crate::random::{look, op, prepare};
use crate::support::{AsRoot, CREATE, READ, WRITE};
use proptest::prelude::*;
use schooner::base::errno::Errno;
use schooner::vfs::hostdir::{HostDir, Owners};
use schooner::vfs::{Cred, Filesystem, Kind, Make, Namespace, SetAttr};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::sync::Arc;

/// A scratch folder of root's, where directories count their links as the model does.
pub fn folder() -> tempfile::TempDir {
    let shm = Path::new("/dev/shm");
    let made = match shm.is_dir() {
        true => tempfile::tempdir_in(shm),
        false => tempfile::tempdir(),
    };
    let made = made.expect("a folder");
    std::fs::set_permissions(made.path(), std::fs::Permissions::from_mode(0o755)).expect("chmod");
    made
}

/// The rules for owners that this process can be tested with.
pub fn rules() -> Vec<Owners> {
    let (uid, gid) = (rustix::process::geteuid(), rustix::process::getegid());
    let mut rules = vec![Owners::Mapped {
        uid: uid.as_raw(),
        gid: gid.as_raw(),
    }];
    if uid.is_root() {
        rules.push(Owners::Real);
    }
    rules
}

fn tree(path: &Path) -> Namespace {
    Namespace::new(Arc::new(HostDir::open(path).expect("opens")), false)
}

/// Hosts count the links of directories in their own ways.
struct Loose(Box<dyn Subject>);

impl Subject for Loose {
    fn run(&mut self, op: &Op) -> Outcome {
        let mut outcome = self.0.run(op);
        if let Ok(Value::Stat(seen)) = &mut outcome
            && seen.mode & 0o170000 == 0o040000
        {
            seen.nlink = 0;
        }
        outcome
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_folder_of_the_host_is_the_model(ops in prop::collection::vec(op(), 1..60)) {
        for owners in rules() {
            let folder = folder();
            let host = HostDir::with_owners(folder.path(), owners).expect("opens");
            let mut ours = Loose(Box::new(Ours::over(Arc::new(host))));
            let mut model = Loose(Box::new(Model::new()));
            prepare(&mut ours);
            prepare(&mut model);
            for op in &ops {
                prop_assert_eq!(ours.run(op), model.run(op), "{:?}", op);
            }
            prop_assert_eq!(look(&mut ours), look(&mut model));
            // Whoever opens the folder later finds the same, but for what the host could not say.
            if owners == Owners::Real {
                let again = HostDir::with_owners(folder.path(), owners).expect("opens");
                let mut again = Loose(Box::new(Ours::over(Arc::new(again))));
                prop_assert_eq!(look(&mut again), look(&mut model));
            }
        }
    }
}

#[test]
fn what_the_host_does_is_seen() {
    let folder = folder();
    let tree = tree(folder.path());
    std::fs::write(folder.path().join("f"), "one").expect("written");
    assert_eq!(tree.text("/f").as_deref(), Ok("one"));
    std::fs::write(folder.path().join("f"), "two").expect("written");
    assert_eq!(tree.text("/f").as_deref(), Ok("two"));
    std::fs::create_dir(folder.path().join("d")).expect("made");
    std::fs::rename(folder.path().join("f"), folder.path().join("d/g")).expect("moved");
    assert_eq!(tree.text("/f"), Err(Errno::Noent));
    assert_eq!(tree.text("/d/g").as_deref(), Ok("two"));
    tree.put("/d/h", "guest");
    let text = std::fs::read_to_string(folder.path().join("d/h"));
    assert_eq!(text.expect("read"), "guest");
    std::fs::rename(folder.path().join("d"), folder.path().join("e")).expect("moved");
    assert_eq!(tree.text("/d/g"), Err(Errno::Noent));
    assert_eq!(tree.text("/e/g").as_deref(), Ok("two"));
    // Another folder in its place is another folder, although the old one was open.
    std::fs::create_dir(folder.path().join("d")).expect("made");
    assert_eq!(tree.text("/d/g"), Err(Errno::Noent));
}

#[test]
fn links_are_resolved_inside() {
    let (folder, outside) = (folder(), folder());
    std::fs::write(outside.path().join("canary"), "untouched").expect("written");
    symlink(outside.path(), folder.path().join("out")).expect("link");
    symlink(outside.path().join("canary"), folder.path().join("file")).expect("link");
    symlink("../../../../../../etc", folder.path().join("up")).expect("link");
    let tree = tree(folder.path());
    for path in ["/out/canary", "/file", "/up/passwd", "/out/x"] {
        assert_eq!(tree.text(path), Err(Errno::Noent), "{path}");
    }
    let text = tree.readlink(&Cred::root(), "/", "/out").expect("a link");
    assert_eq!(text, outside.path().to_str().expect("text"));
    // Writing through it makes nothing outside either: the link leads to nowhere in the guest.
    let made = tree.file("/file", &CREATE).map(drop);
    assert_eq!(made, Err(Errno::Noent));
    let canary = std::fs::read_to_string(outside.path().join("canary"));
    assert_eq!(canary.expect("read"), "untouched");
}

#[test]
fn what_is_held_lives_on() {
    let folder = folder();
    let tree = tree(folder.path());
    tree.put("/f", "kept");
    let held = tree.file("/f", &WRITE).expect("opens");
    tree.unlink(&Cred::root(), "/", "/f").expect("unlinked");
    let mut buf = [0; 9];
    assert_eq!(held.read_at(0, &mut buf), Ok(4));
    assert_eq!(held.write_at(&Cred::root(), 4, b"!", false), Ok((1, 5)));
    assert_eq!(held.attr().map(|a| (a.nlink, a.size)), Ok((0, 5)));
    tree.put("/f", "another");
    assert_eq!(held.read_at(0, &mut buf), Ok(5));
    assert_eq!(&buf[..5], b"kept!");

    // The host replaces a file as editors do: who has the old one open goes on with it.
    let old = tree.file("/f", &READ).expect("opens");
    std::fs::write(folder.path().join("new"), "newer").expect("written");
    std::fs::rename(folder.path().join("new"), folder.path().join("f")).expect("moved");
    assert_eq!(old.read_at(0, &mut buf), Ok(7));
    assert_eq!(tree.text("/f").as_deref(), Ok("newer"));

    tree.mkdir(&Cred::root(), "/", "/d", 0o755).expect("made");
    let dir = tree.file("/d", &READ).expect("opens");
    tree.rmdir(&Cred::root(), "/", "/d").expect("removed");
    assert_eq!(dir.read_dir(0, 9), Ok(Vec::new()));
    let inside = tree.mkdir(&Cred::root(), &dir, "x", 0o755);
    assert_eq!(inside, Err(Errno::Noent));
}

#[test]
fn one_file_can_be_bound() {
    let folder = folder();
    let path = folder.path().join("conf");
    std::fs::write(&path, "a").expect("written");
    let file = HostDir::open(&path).expect("opens");
    assert_eq!(file.kind(), Kind::File);
    let root = file.root();
    let mut buf = [0; 9];
    assert_eq!(file.read(root, 0, &mut buf), Ok(1));
    assert_eq!(file.append(root, b"b"), Ok((1, 1)));
    assert_eq!(std::fs::read_to_string(&path).expect("read"), "ab");
    // As with Docker, what the host puts in its place is another file.
    std::fs::write(folder.path().join("new"), "other").expect("written");
    std::fs::rename(folder.path().join("new"), &path).expect("moved");
    assert_eq!(file.read(root, 0, &mut buf), Ok(2));
    assert_eq!(file.attr(root).map(|a| a.size), Ok(2));
    assert_eq!(file.lookup(root, "x"), Err(Errno::Notdir));
}

#[test]
fn listings_give_everything_once_whatever_else_changes() {
    let folder = folder();
    for n in 0..5000 {
        std::fs::write(folder.path().join(format!("keep{n}")), "").expect("written");
    }
    let tree = tree(folder.path());
    let dir = tree.file("/", &READ).expect("opens");
    let (mut cookie, mut seen, mut round) = (0, Vec::new(), 0);
    loop {
        let entries = dir.read_dir(cookie, 100).expect("entries");
        let Some(last) = entries.last() else { break };
        cookie = last.next;
        seen.extend(entries.into_iter().map(|e| e.name));
        round += 1;
        std::fs::write(folder.path().join(format!("new{round}")), "").expect("written");
        if round > 3 {
            let gone = folder.path().join(format!("new{}", round - 3));
            std::fs::remove_file(gone).expect("removed");
        }
    }
    seen.retain(|name| name.starts_with("keep"));
    seen.sort();
    assert_eq!(seen.len(), 5000);
    seen.dedup();
    assert_eq!(seen.len(), 5000);
}

#[test]
fn what_the_host_cannot_say_is_remembered() {
    let folder = folder();
    let owners = Owners::Mapped {
        uid: rustix::process::geteuid().as_raw(),
        gid: rustix::process::getegid().as_raw(),
    };
    let host = HostDir::with_owners(folder.path(), owners).expect("opens");
    let tree = Namespace::new(Arc::new(host), false);
    tree.put("/f", "x");
    let root = Cred::root();
    tree.chown(&root, "/", "/f", Some(1000), Some(1000), true)
        .expect("chown");
    tree.chmod(&root, "/", "/f", 0o4755, true).expect("chmod");
    let seen = tree.stat(&root, "/", "/f", true).expect("stat");
    assert_eq!((seen.uid, seen.gid, seen.mode), (1000, 1000, 0o4755));
    let host = std::fs::metadata(folder.path().join("f")).expect("stat");
    assert_eq!(host.mode() & 0o7777, 0o755);
    assert_eq!(host.uid(), rustix::process::geteuid().as_raw());
    // A new file of the same name starts anew.
    tree.unlink(&root, "/", "/f").expect("unlinked");
    tree.put("/f", "y");
    let seen = tree.stat(&root, "/", "/f", true).expect("stat");
    assert_eq!((seen.uid, seen.mode), (0, 0o644));
}

#[test]
fn nothing_of_a_guest_gets_power_on_the_host() {
    let folder = folder();
    let host = HostDir::open(folder.path()).expect("opens");
    for kind in [Kind::CharDevice, Kind::BlockDevice, Kind::Socket] {
        let made = host.make(host.root(), "x", &Make::new(kind, 0o666));
        assert_eq!(made, Err(Errno::Perm), "{kind:?}");
    }
    let ino = host
        .make(host.root(), "f", &Make::new(Kind::File, 0o6755))
        .expect("made");
    assert_eq!(host.attr(ino).map(|a| a.mode), Ok(0o6755));
    let mode = || {
        std::fs::metadata(folder.path().join("f"))
            .expect("stat")
            .mode()
            & 0o7777
    };
    assert_eq!(mode(), 0o755);
    let set = SetAttr {
        mode: Some(0o2711),
        ..SetAttr::default()
    };
    host.set_attr(ino, &set).expect("chmod");
    assert_eq!(
        (mode(), host.attr(ino).expect("attr").mode),
        (0o711, 0o2711)
    );
    for name in ["..", ".", "", "a/b"] {
        assert_eq!(
            host.lookup(host.root(), name),
            Err(Errno::Noent),
            "{name:?}"
        );
        let made = host.make(host.root(), name, &Make::new(Kind::Dir, 0o755));
        assert_eq!(made, Err(Errno::Inval), "{name:?}");
    }
}
