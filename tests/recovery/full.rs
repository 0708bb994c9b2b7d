//! R05: a full disk is named, and what gives room still works.

use crate::world::*;
use schooner::store::disk::MemoryDisk;
use schooner::store::{Error, Store};
use std::sync::Arc;

/// Room that is left for one more image, from nothing to almost enough.
const ROOMS: [u64; 7] = [0, 1, 4096, 50_000, 200_000, 220_000, 235_000];

#[test]
fn a_full_disk_is_named_and_removing_gives_room() {
    for room in ROOMS {
        let disk = Arc::new(MemoryDisk::default());
        let store = Store::open(disk.clone()).expect("a new folder");
        let image = import(&store, 1).expect("room enough");
        create_container(&store, "c1", &image).expect("room enough");
        let before = state(&store);
        disk.set_limit(disk.used() + room);

        let error = import(&store, 2).expect_err("no room");
        assert!(matches!(error, Error::Full), "{room}: {error}");
        assert_eq!(error.to_string(), "no space left on device");
        assert_eq!(state(&store), before, "{room}: nothing has changed");
        let left: Vec<_> = disk.paths();
        let left = left.iter().filter(|path| path.starts_with("tmp/"));
        assert_eq!(left.count(), 0, "{room}: half a blob remains");

        remove_container(&store, "c1").unwrap_or_else(|e| panic!("{room}: rm: {e}"));
        let removed = store.images().remove(&image.id);
        assert!(removed.unwrap_or_else(|e| panic!("{room}: rmi: {e}")));
        store
            .collect()
            .unwrap_or_else(|e| panic!("{room}: prune: {e}"));
        import(&store, 2).unwrap_or_else(|e| panic!("{room}: there is room again: {e}"));
        assert_sound(&store, "after prune");
        drop(store);
        let again = Store::open(disk).expect("opening");
        assert_eq!(state(&again).images.len(), 1);
    }
}

#[test]
fn a_folder_on_a_full_disk_opens() {
    let disk = Arc::new(MemoryDisk::default());
    let store = Store::open(disk.clone()).expect("a new folder");
    import(&store, 1).expect("room enough");
    drop(store);
    disk.set_limit(disk.used());
    let store = Store::open(disk).expect("a full disk is no reason not to start");
    assert_eq!(state(&store).images.len(), 1);
    let image = store.images().list().expect("list").remove(0);
    store.images().remove(&image.id).expect("rmi");
}

/// Everybody removes at once: those who wait for another's failed commit get their turn with the reserve too.
#[test]
fn many_can_remove_at_once_on_a_full_disk() {
    let disk = Arc::new(MemoryDisk::default());
    let store = Store::open(disk.clone()).expect("a new folder");
    let image = import(&store, 1).expect("room enough");
    let ids: Vec<String> = (0..12).map(|number| format!("c{number}")).collect();
    for id in &ids {
        create_container(&store, id, &image).expect("room enough");
    }
    disk.set_limit(disk.used());
    std::thread::scope(|scope| {
        for id in &ids {
            let store = &store;
            scope
                .spawn(move || remove_container(store, id).unwrap_or_else(|e| panic!("{id}: {e}")));
        }
    });
    assert!(state(&store).containers.is_empty());
    assert_sound(&store, "after all");
}
