//! R04: the n-th disk call fails, for every n: one clear error, a sound store, and the retry succeeds.

use crate::world::*;
use schooner::store::disk::{FailingDisk, MemoryDisk};
use schooner::store::{Commit, Result, Store, Table};
use std::io;
use std::sync::Arc;

type Step = fn(&Store, attempt: u32) -> Result<()>;

struct Scenario {
    name: &'static str,
    before: Step,
    act: Step,
    /// Holds once `act` has succeeded.
    after: fn(&Store),
}

fn nothing(_: &Store, _: u32) -> Result<()> {
    Ok(())
}

fn one_image(store: &Store, _: u32) -> Result<()> {
    import(store, 1).map(drop)
}

fn image_and_container(store: &Store, _: u32) -> Result<()> {
    let image = import(store, 1)?;
    create_container(store, "c0", &image)
}

fn first_image(store: &Store) -> Result<schooner::store::ImageRecord> {
    let found = store.images().resolve("", Some(&reference(1)))?;
    Ok(found.expect("the image that was there before"))
}

const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "import",
        before: nothing,
        act: |store, _| import(store, 1).map(drop),
        after: |store| assert_eq!(state(store).tags.len(), 1),
    },
    Scenario {
        name: "import beside another",
        before: one_image,
        act: |store, _| import(store, 2).map(drop),
        after: |store| assert_eq!(state(store).images.len(), 2),
    },
    Scenario {
        name: "tag",
        before: one_image,
        act: |store, _| {
            let id = first_image(store)?.id;
            store.images().tag("docker.io/library/b:1", &id).map(drop)
        },
        after: |store| assert_eq!(state(store).tags.len(), 2),
    },
    Scenario {
        name: "untag",
        before: one_image,
        act: |store, _| store.images().untag(&reference(1)).map(drop),
        after: |store| assert!(state(store).tags.is_empty()),
    },
    Scenario {
        name: "remove and collect",
        before: one_image,
        act: |store, _| {
            for image in store.images().list()? {
                store.images().remove(&image.id)?;
            }
            store.collect().map(drop)
        },
        after: |store| {
            assert_eq!(state(store), State::default());
            assert!(store.check().expect("check").is_empty(), "orphans remain");
        },
    },
    Scenario {
        name: "create a container",
        before: one_image,
        act: |store, attempt| create_container(store, &format!("c{attempt}"), &first_image(store)?),
        after: |store| assert!(!state(store).containers.is_empty()),
    },
    Scenario {
        name: "note a state and flush",
        before: image_and_container,
        act: |store, _| {
            let running = serde_json::json!({"Id": "c0", "Running": true});
            let records = store.records();
            records.put(Commit::Later, Table::Containers, "c0", &running)?;
            records.flush()
        },
        after: |store| {
            let found: Option<serde_json::Value> =
                store.records().get(Table::Containers, "c0").expect("read");
            assert_eq!(found.expect("c0")["Running"], true);
        },
    },
    Scenario {
        name: "remove a container",
        before: image_and_container,
        act: |store, _| remove_container(store, "c0"),
        after: |store| assert!(state(store).containers.is_empty()),
    },
    Scenario {
        name: "two steps of a build, and its end",
        before: one_image,
        act: |store, attempt| {
            let below = step(store, 10 * attempt, &first_image(store)?)?;
            let last = step(store, 10 * attempt + 1, &below)?;
            store.settle()?;
            match store.images().get(&last.id)? {
                Some(_) => Ok(()),
                None => Err(schooner::store::Error::Missing("the last step".to_owned())),
            }
        },
        after: |store| assert!(state(store).images.len() >= 3),
    },
    Scenario {
        name: "read layers",
        before: one_image,
        act: |store, _| {
            let layers = store.layers(&first_image(store)?)?;
            let mut start = [0; 512];
            let read = layers[0].data.read_at(0, &mut start);
            let n = read.map_err(|e| schooner::store::Error::io("a layer", e))?;
            assert_eq!(n, 512);
            Ok(())
        },
        after: |_| {},
    },
    Scenario {
        name: "check",
        before: image_and_container,
        act: |store, _| store.check().map(drop),
        after: |store| assert_eq!(store.check().expect("check"), []),
    },
];

fn world(kind: io::ErrorKind) -> (Arc<FailingDisk>, Arc<MemoryDisk>) {
    let memory = Arc::new(MemoryDisk::default());
    (Arc::new(FailingDisk::new(memory.clone(), kind)), memory)
}

fn play(scenario: &Scenario, nth: u64, kind: io::ErrorKind) -> bool {
    let (disk, memory) = world(kind);
    let store = Store::open(disk.clone()).expect("a new folder");
    (scenario.before)(&store, 0).expect("before");
    disk.fail(nth, 1);
    let outcome = (scenario.act)(&store, 1);
    let reached = disk.has_failed();
    disk.heal();
    let when = format!("{}, call {nth} fails", scenario.name);
    match outcome {
        Ok(()) => (scenario.after)(&store),
        Err(error) => {
            let words = error.to_string();
            assert!(reached, "{when}: {words}");
            assert!(!words.contains("Previous"), "{when}: {words}");
            if kind == io::ErrorKind::StorageFull {
                assert_eq!(words, "no space left on device", "{when}");
            }
        }
    }
    assert_sound(&store, &when);
    (scenario.act)(&store, 2).unwrap_or_else(|e| panic!("{when}: the retry: {e}"));
    (scenario.after)(&store);
    drop(store);
    let again = Store::open(memory).unwrap_or_else(|e| panic!("{when}: opening again: {e}"));
    (scenario.after)(&again);
    assert_sound(&again, &when);
    reached
}

#[test]
fn every_call_of_every_scenario_may_fail() {
    for scenario in SCENARIOS {
        let mut nth = 1;
        while play(scenario, nth, io::ErrorKind::Other) {
            nth += 1;
        }
        assert!(nth > 2, "{} makes no disk calls", scenario.name);
    }
}

#[test]
fn a_disk_that_is_full_for_one_call_is_named() {
    for scenario in &SCENARIOS[..2] {
        let mut nth = 1;
        while play(scenario, nth, io::ErrorKind::StorageFull) {
            nth += 3;
        }
    }
}

#[test]
fn a_folder_opens_after_a_failed_opening() {
    for nth in 1.. {
        let (disk, memory) = world(io::ErrorKind::Other);
        disk.fail(nth, 1);
        let first = Store::open(disk.clone());
        let reached = disk.has_failed();
        disk.heal();
        drop(first);
        let store = Store::open(disk).unwrap_or_else(|e| panic!("call {nth} failed: {e}"));
        import(&store, 1).expect("a usable store");
        drop(store);
        assert_sound(&Store::open(memory).expect("opening"), "after all");
        if !reached {
            break;
        }
    }
}

/// The disk stays broken for a while: every call says so, and none of them hangs or spoils anything.
#[test]
fn a_disk_that_stays_broken_is_survived() {
    let (disk, _) = world(io::ErrorKind::Other);
    let store = Store::open(disk.clone()).expect("a new folder");
    let image = import(&store, 1).expect("import");
    disk.fail(1, u64::MAX);
    assert!(import(&store, 2).is_err());
    assert!(store.images().untag(&reference(1)).is_err());
    assert!(create_container(&store, "c1", &image).is_err());
    disk.heal();
    assert_eq!(state(&store).images, [image.id]);
    import(&store, 2).expect("the disk is well again");
    assert_sound(&store, "after the break");
}
