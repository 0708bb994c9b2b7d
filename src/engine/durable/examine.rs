//! Looking into the layers of stored images: what each changes, and what their programs ask for.

use super::images::digest;
use crate::engine::ports::{ImageProgram, LayerChanges};
use crate::engine::{Error, Result};
use crate::oci::layer_changes::Tree;
use crate::oci::program::Program;
use crate::oci::{EntryKind, LayerData};
use crate::store::{ImageRecord, Layer, Store};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The largest file that is looked at as a program.
const PROGRAM: u64 = 256 << 20;

fn layers(store: &Store, id: &str) -> Result<(ImageRecord, Vec<Arc<Layer>>)> {
    let id = digest(id)?;
    let record = store.images().get(&id)?;
    let record = record.ok_or_else(|| Error::not_found(format!("No such image: {id}")))?;
    let layers = store.layers(&record)?;
    Ok((record, layers))
}

/// The changes of each layer, lowest first.
pub fn changes(store: &Store, id: &str) -> Result<Vec<LayerChanges>> {
    let (record, layers) = layers(store, id)?;
    let mut tree = Tree::default();
    let changed = record
        .layers
        .iter()
        .zip(&layers)
        .map(|(own, layer)| LayerChanges {
            diff_id: own.diff_id.to_string(),
            changes: tree.apply(&layer.index),
        });
    Ok(changed.collect())
}

/// Every WebAssembly file that a container of the image would see, by path.
pub fn programs(store: &Store, id: &str) -> Result<Vec<ImageProgram>> {
    let (_, layers) = layers(store, id)?;
    let mut files: BTreeMap<&str, (&Arc<dyn LayerData>, u64, u64)> = BTreeMap::new();
    for layer in &layers {
        for whiteout in &layer.index.whiteouts {
            let inside = format!("{}/", whiteout.path);
            let all = whiteout.opaque && whiteout.path.is_empty();
            files.retain(|path, _| {
                let own = !whiteout.opaque && *path == whiteout.path;
                !(all || own || path.starts_with(&inside))
            });
        }
        for entry in &layer.index.entries {
            let place = (&layer.data, entry.offset, entry.size);
            match entry.kind {
                EntryKind::File => drop(files.insert(&entry.path, place)),
                EntryKind::HardLink => {
                    if let Some(place) = files.get(entry.link.as_str()).copied() {
                        files.insert(&entry.path, place);
                    }
                }
                EntryKind::Dir => {}
                _ => drop(files.remove(entry.path.as_str())),
            }
        }
    }
    let mut programs = Vec::new();
    for (path, (data, offset, size)) in files {
        let mut start = [0; 4];
        if !(8..=PROGRAM).contains(&size) || read(data, offset, &mut start).is_err() {
            continue;
        }
        if start != *b"\0asm" {
            continue;
        }
        let mut bytes = vec![0; usize::try_from(size).unwrap_or(0)];
        read(data, offset, &mut bytes)?;
        programs.push(ImageProgram {
            path: format!("/{path}"),
            size,
            program: Program::read(&bytes),
        });
    }
    Ok(programs)
}

fn read(data: &Arc<dyn LayerData>, offset: u64, buffer: &mut [u8]) -> std::io::Result<()> {
    let mut filled = 0;
    while filled < buffer.len() {
        match data.read_at(offset + filled as u64, &mut buffer[filled..])? {
            0 => return Err(std::io::ErrorKind::UnexpectedEof.into()),
            n => filled += n,
        }
    }
    Ok(())
}
