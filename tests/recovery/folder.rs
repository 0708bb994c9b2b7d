//! The folder itself on the host's disk: private, owned by one engine, and not opened by an older program.

use crate::world::*;
use schooner::store::disk::{Disk, Open};
use schooner::store::{Commit, Error, RealDisk, SCHEMA, Store, Table};

#[test]
fn one_engine_owns_a_folder() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let store = Store::open_dir(dir.path()).expect("free");
    let error = Store::open_dir(dir.path()).expect_err("taken");
    let words = error.to_string();
    assert!(matches!(error, Error::Locked { .. }), "{words}");
    assert!(
        words.contains(&format!("pid {}", std::process::id())),
        "{words}"
    );
    drop(store);
    Store::open_dir(dir.path()).expect("free again");
}

#[test]
fn a_newer_folder_is_left_alone() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let store = Store::open_dir(dir.path()).expect("new");
    let newer = serde_json::json!({"number": SCHEMA + 1, "written_by": "9.9.9"});
    let records = store.records();
    records
        .put(Commit::Durable, Table::Meta, "schema", &newer)
        .expect("put");
    drop(store);
    let error = Store::open_dir(dir.path()).expect_err("newer");
    assert!(matches!(error, Error::Newer { .. }), "{error}");
    assert!(error.to_string().contains("newer schooner"), "{error}");
}

#[test]
fn images_and_containers_survive_on_the_hosts_disk() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let store = Store::open_dir(dir.path()).expect("new");
    let image = import(&store, 1).expect("import");
    create_container(&store, "c1", &image).expect("create");
    let before = state(&store);
    drop(store);
    let store = Store::open_dir(dir.path()).expect("again");
    assert_eq!(state(&store), before);
    assert_eq!(store.check().expect("check"), []);
    // A removed image stays for its container.
    store.images().remove(&image.id).expect("rmi");
    store.collect().expect("collect");
    assert_eq!(store.layers(&image).expect("held").len(), 1);
    assert_eq!(store.check().expect("check"), []);
    remove_container(&store, "c1").expect("rm");
    assert_eq!(store.collect().expect("collect").len(), 2);
}

#[test]
fn sixteen_threads_commit_at_once() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let store = Store::open_dir(dir.path()).expect("new");
    std::thread::scope(|scope| {
        for thread in 0..16 {
            let store = &store;
            scope.spawn(move || {
                for number in 0..10 {
                    let key = format!("{thread}-{number}");
                    let put = store
                        .records()
                        .put(Commit::Durable, Table::Volumes, &key, &number);
                    put.expect("commit");
                }
            });
        }
    });
    drop(store);
    let store = Store::open_dir(dir.path()).expect("again");
    let all: Vec<(String, u32)> = store.records().list(Table::Volumes).expect("list");
    assert_eq!(all.len(), 160);
}

#[test]
#[cfg(unix)]
fn everything_is_for_the_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a scratch folder");
    let home = dir.path().join("deep/home");
    let store = Store::open_dir(&home).expect("new");
    let image = import(&store, 1).expect("import");
    create_container(&store, "c1", &image).expect("create");
    let mut folders = vec![home];
    while let Some(folder) = folders.pop() {
        let mode = |path: &std::path::Path| {
            std::fs::metadata(path)
                .expect("metadata")
                .permissions()
                .mode()
                & 0o777
        };
        assert_eq!(mode(&folder), 0o700, "{}", folder.display());
        for item in std::fs::read_dir(&folder).expect("list").flatten() {
            let path = item.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path), 0o600, "{}", path.display());
            }
        }
    }
}

#[test]
fn paths_cannot_leave_the_folder() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let disk = RealDisk::new(dir.path().join("home")).expect("new");
    for path in [
        "../x",
        "/etc/x",
        "a/../../x",
        "a\\x",
        "C:x",
        "a//x",
        ".hidden",
        "nul\0",
        "a.",
    ] {
        assert!(disk.open(path, Open::Create).is_err(), "{path:?}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).expect("list").count(), 1);
}

#[test]
#[cfg(unix)]
fn a_folder_that_others_use_is_left_as_it_is() {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("a scratch folder");
    let mode = || {
        fs::metadata(dir.path())
            .expect("metadata")
            .permissions()
            .mode()
            & 0o7777
    };
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).expect("chmod");
    fs::write(dir.path().join("index.html"), "hello").expect("write");
    let error = Store::open_dir(dir.path()).expect_err("somebody's folder");
    assert!(error.to_string().contains("open to others"), "{error}");
    assert_eq!(mode(), 0o755);
    fs::remove_file(dir.path().join("index.html")).expect("remove");
    fs::write(dir.path().join("engine.log"), "").expect("write");
    Store::open_dir(dir.path()).expect("an engine's folder");
    assert_eq!(mode(), 0o700);
}

#[test]
fn appending_goes_on_at_the_end_for_every_handle() {
    let dir = tempfile::tempdir().expect("a scratch folder");
    let disk = RealDisk::new(dir.path().join("home")).expect("new");
    let one = disk.open("log", Open::Create).expect("open");
    let two = disk.open("log", Open::Create).expect("open");
    assert_eq!(one.append(b"aa").expect("append"), 0);
    assert_eq!(two.append(b"bb").expect("append"), 2);
    one.write_at(0, b"A").expect("write");
    assert_eq!(one.append(b"c").expect("append"), 4);
    let bytes = std::fs::read(dir.path().join("home/log")).expect("read");
    assert_eq!(bytes, b"Aabbc");
}
