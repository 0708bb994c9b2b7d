//! S32: whoever changes the state folder is found out; the damaged object is named and the others keep working.

use crate::world::*;
use schooner::base::digest::Digest;
use schooner::store::disk::{Disk, MemoryDisk, Open};
use schooner::store::{Error, Finding, Severity, Store};
use std::sync::Arc;

fn flip(disk: &dyn Disk, path: &str, offset: u64) {
    let file = disk.open(path, Open::Write).expect(path);
    let mut byte = [0];
    assert_eq!(file.read_at(offset, &mut byte).expect(path), 1);
    file.write_at(offset, &[byte[0] ^ 0x40]).expect(path);
}

fn blob(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

fn two_images() -> (Arc<MemoryDisk>, Store) {
    let disk = Arc::new(MemoryDisk::default());
    let store = Store::open(disk.clone()).expect("a new folder");
    import(&store, 1).expect("import");
    import(&store, 2).expect("import");
    assert_eq!(store.check().expect("check"), []);
    (disk, store)
}

fn damage(store: &Store) -> Vec<Finding> {
    let mut found = store.check().expect("check");
    found.retain(|finding| finding.severity == Severity::Damage);
    found
}

#[test]
fn a_flipped_byte_in_a_layer_is_named_and_the_other_image_works() {
    let (disk, store) = two_images();
    let images = store.images().list().expect("list");
    let layer = images[0].layers[0].diff_id;
    flip(&*disk, &blob(&layer), 5000);
    let found = damage(&store);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!(found[0].object, format!("blob {layer}"));
    assert!(
        found[0].what.contains(&images[0].id.short()),
        "{}",
        found[0].what
    );
    assert_eq!(store.layers(&images[1]).expect("the other").len(), 1);
}

#[test]
fn a_damaged_or_missing_config_is_named() {
    let (disk, store) = two_images();
    let images = store.images().list().expect("list");
    flip(&*disk, &blob(&images[0].id), 3);
    disk.remove(&blob(&images[1].id)).expect("remove");
    let objects: Vec<String> = damage(&store).into_iter().map(|f| f.object).collect();
    let expected = images.iter().map(|image| format!("blob {}", image.id));
    assert_eq!(objects, expected.collect::<Vec<_>>());
    let error = store.images().config(&images[0].id).expect_err("damaged");
    assert!(matches!(error, Error::Damaged { .. }), "{error}");
    let error = store.images().config(&images[1].id).expect_err("missing");
    assert!(matches!(error, Error::Missing(_)), "{error}");
}

#[test]
fn taking_the_image_in_again_mends_a_missing_layer() {
    let (disk, store) = two_images();
    let image = store.images().list().expect("list").remove(0);
    disk.remove(&blob(&image.layers[0].diff_id))
        .expect("remove");
    let found = damage(&store);
    assert!(found[0].what.starts_with("is missing"), "{found:?}");
    assert!(store.layers(&image).is_err());
    import(&store, 1).expect("again");
    import(&store, 2).expect("again");
    assert_eq!(damage(&store), []);
}

#[test]
fn a_damaged_index_is_made_again() {
    let (disk, store) = two_images();
    let image = store.images().list().expect("list").remove(0);
    let path = format!("indexes/{}", image.layers[0].diff_id.hex());
    for offset in [0, 8, 40] {
        flip(&*disk, &path, offset);
        let layers = store.layers(&image).expect("made again");
        assert_eq!(layers[0].index.entries.len(), 2);
        assert_eq!(damage(&store), []);
    }
    disk.remove(&path).expect("remove");
    assert!(store.layers(&image).is_ok());
}

#[test]
fn strangers_are_orphans_and_go_with_a_collection() {
    let (disk, store) = two_images();
    let digest = Digest::of(b"stranger");
    disk.place(&blob(&digest), b"stranger".to_vec());
    let found = store.check().expect("check");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].severity, Severity::Orphan);
    let gone = store.collect().expect("collect");
    assert_eq!(gone.iter().map(|c| c.digest).collect::<Vec<_>>(), [digest]);
    assert_eq!(store.check().expect("check"), []);
}

/// The record file is the hardest: nothing may panic, hang or pass for sound when a record has changed.
#[test]
fn flipped_bytes_in_the_record_file_never_pass_for_truth() {
    let (disk, store) = two_images();
    let truth = state(&store);
    drop(store);
    let file = disk.open("state.redb", Open::Read).expect("records");
    let len = file.len().expect("len");
    let mut bytes = vec![0; len as usize];
    let mut at = 0;
    while at < bytes.len() {
        at += file.read_at(at as u64, &mut bytes[at..]).expect("read");
    }
    let written: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] != 0).collect();
    let step = (written.len() / 300).max(1);
    let mut noticed = 0;
    for offset in written.into_iter().step_by(step) {
        let mut changed = bytes.clone();
        changed[offset] ^= 0x10;
        let copy = Arc::new(MemoryDisk::default());
        for path in disk.paths() {
            match disk.stat(&path).expect("stat").expect("there").is_dir {
                true => copy.place_dir(&path),
                false if path != "state.redb" => {
                    let file = disk.open(&path, Open::Read).expect("open");
                    let mut all = vec![0; file.len().expect("len") as usize];
                    file.read_at(0, &mut all).expect("read");
                    copy.place(&path, all);
                }
                false => copy.place(&path, changed.clone()),
            }
        }
        let Ok(store) = Store::open(copy) else {
            noticed += 1;
            continue;
        };
        match store.check() {
            Ok(found) if found.iter().all(|f| f.severity == Severity::Orphan) => {
                assert_eq!(state(&store), truth, "byte {offset} changed unnoticed");
            }
            _ => noticed += 1,
        }
    }
    assert!(noticed > 0);
}
