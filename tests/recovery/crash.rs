//! R03: a power cut at any moment leaves a folder that opens, with everything that was acknowledged.

use crate::world::*;
use schooner::store::disk::RecordingDisk;
use schooner::store::{Commit, Store, Table};
use std::sync::Arc;

/// A moment after which the state was known to the caller.
struct Acknowledged {
    moment: usize,
    state: State,
}

/// Runs a life of a store; each step's end is an acknowledgement.
fn life(disk: &Arc<RecordingDisk>) -> Vec<Acknowledged> {
    let store = Store::open(disk.clone()).expect("a new folder");
    let mut known = Vec::new();
    let mut note = |store: &Store| {
        known.push(Acknowledged {
            moment: disk.moment(),
            state: state(store),
        });
    };
    note(&store);
    for number in 1..4 {
        import(&store, number).expect("import");
        note(&store);
    }
    let image = store.images().list().expect("list").remove(0);
    for id in ["c1", "c2", "c3"] {
        create_container(&store, id, &image).expect("create");
        note(&store);
        let running = serde_json::json!({"Id": id, "Running": true});
        let later = store
            .records()
            .put(Commit::Later, Table::Containers, id, &running);
        later.expect("memory");
    }
    store
        .images()
        .tag("docker.io/library/other:1", &image.id)
        .expect("tag");
    note(&store);
    remove_container(&store, "c2").expect("rm");
    note(&store);
    store.images().untag(&reference(2)).expect("untag");
    note(&store);
    let last = store.images().list().expect("list").remove(2);
    store.images().remove(&last.id).expect("rmi");
    note(&store);
    store.collect().expect("collect");
    note(&store);
    known
}

#[test]
fn whatever_was_acknowledged_survives_a_power_cut() {
    let disk = Arc::new(RecordingDisk::default());
    let known = life(&disk);
    let first = known[0].moment;
    let end = disk.moment();
    assert!(end - first > 50, "only {} moments", end - first);
    for moment in first..=end {
        for seed in 0..3 {
            let when = format!("cut after {moment} of {end} changes, seed {seed}");
            let left = Arc::new(disk.cut(moment, seed * 1000 + moment as u64));
            let store = Store::open(left).unwrap_or_else(|e| panic!("{when}: {e}"));
            let found = state(&store);
            let last = known.iter().rfind(|k| k.moment <= moment);
            let last = last.expect("at least the first").state.clone();
            let under_way = known.iter().find(|k| k.moment > moment);
            let allowed = under_way.map(|next| next.state.clone());
            assert!(
                found == last || Some(&found) == allowed.as_ref(),
                "{when}\nfound {found:#?}\nacknowledged {last:#?}\nunder way {allowed:#?}"
            );
            assert_sound(&store, &when);
        }
    }
}

/// Even the very first opening may be cut short.
#[test]
fn a_folder_whose_making_was_cut_short_opens() {
    let disk = Arc::new(RecordingDisk::default());
    drop(Store::open(disk.clone()).expect("a new folder"));
    for moment in 0..=disk.moment() {
        for seed in 0..5 {
            let left = Arc::new(disk.cut(moment, seed + 10 * moment as u64));
            let store =
                Store::open(left).unwrap_or_else(|e| panic!("{moment} changes, seed {seed}: {e}"));
            import(&store, 1).expect("a usable store");
        }
    }
}

#[test]
fn later_changes_come_with_the_next_durable_one() {
    let disk = Arc::new(RecordingDisk::default());
    let store = Store::open(disk.clone()).expect("a new folder");
    let records = store.records();
    records
        .put(Commit::Later, Table::Meta, "later", &1)
        .expect("later");
    records
        .put(Commit::Durable, Table::Meta, "durable", &2)
        .expect("durable");
    let left = Arc::new(disk.cut(disk.moment(), 7));
    let again = Store::open(left).expect("opening");
    let found: Option<u8> = again.records().get(Table::Meta, "later").expect("read");
    assert_eq!(found, Some(1));
}

/// A build's steps are not durable one by one: they come with somebody's durable change or at the build's end, whole, or not at all.
#[test]
fn steps_of_a_build_survive_whole_or_not_at_all() {
    let disk = Arc::new(RecordingDisk::default());
    let store = Store::open(disk.clone()).expect("a new folder");
    let base = import(&store, 1).expect("import");
    let first = disk.moment();
    let one = step(&store, 2, &base).expect("a step");
    assert_eq!(store.layers(&one).expect("readable at once").len(), 2);
    let unsynced = disk.moment();
    let two = step(&store, 3, &one).expect("a step");
    create_container(&store, "c1", &base).expect("somebody else's container");
    let carried = disk.moment();
    let three = step(&store, 4, &two).expect("a step");
    store.settle().expect("the end of the build");
    let settled = disk.moment();
    store.settle().expect("nothing to do");
    assert_eq!(disk.moment(), settled, "a second settling writes nothing");
    for moment in first..=settled {
        for seed in 0..3 {
            let when = format!("cut after {moment} of {settled} changes, seed {seed}");
            let left = Arc::new(disk.cut(moment, seed * 1000 + moment as u64));
            let again = Store::open(left).unwrap_or_else(|e| panic!("{when}: {e}"));
            assert_sound(&again, &when);
            let there = state(&again).images;
            for (image, from) in [(&one, carried), (&two, carried), (&three, settled)] {
                assert!(
                    moment < from || there.contains(&image.id),
                    "{when}: a step is lost"
                );
            }
            assert!(
                moment > unsynced || there == [base.id],
                "{when}: a step came early"
            );
            // Whatever a crash left of the blobs, the same step is made again.
            let parent = again.images().get(&base.id).expect("read").expect("base");
            step(&again, 2, &parent).expect("the step again");
            again.settle().expect("settling");
            assert_sound(&again, &when);
        }
    }
}
