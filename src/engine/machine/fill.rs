//! What a container's volumes get when it is created: what the image has at their places, if they are empty.

use super::mounts::make_place;
use super::rootfs::Trees;
use crate::base::errno::Errno;
use crate::engine::container::limits::Limits;
use crate::engine::record::{Mounted, Record};
use crate::engine::{Error, Result};
use crate::store::container_dir;
use crate::vfs::{Clock, Cred, Filesystem, Namespace, copy_tree};

/// Makes the places of a container's volumes, and copies what the image has there into empty ones.
pub fn fill_volumes(trees: &Trees, record: &Record, clock: &Clock) -> Result<()> {
    let volumes: Vec<&Mounted> = record.mounts.iter().filter(|m| m.is_volume()).collect();
    if volumes.is_empty() {
        return Ok(());
    }
    let disk = Limits::of(&record.host_config).disk;
    let root = trees.overlay(record, trees.image(record)?, disk, clock)?;
    let inside = Namespace::new(root, false);
    for mounted in volumes {
        fill(trees, record, &inside, mounted)?;
    }
    Ok(())
}

fn fill(trees: &Trees, record: &Record, inside: &Namespace, mounted: &Mounted) -> Result<()> {
    let at = mounted.point.destination.as_str();
    // The path that Docker names is that of its own storage driver.
    let merged = || format!("{}/merged{at}", trees.describe(&container_dir(&record.id)));
    let found = match inside.resolve(&Cred::root(), "/", at, true) {
        Ok(found) => Some(found),
        Err(Errno::Noent) => None,
        Err(e) => {
            return Err(Error::system(format!(
                "{}: {}",
                merged(),
                e.words().to_lowercase()
            )));
        }
    };
    let is_dir = match &found {
        Some(found) => found.mount.fs.attr(found.ino).map_err(system)?.is_dir(),
        None => true,
    };
    if mounted.only_over_folders && !is_dir {
        return Err(Error::system(format!(
            "cannot mount volume over existing file, file exists {}",
            merged()
        )));
    }
    if at == "/" {
        return Ok(());
    }
    make_place(inside, at, true).map_err(system)?;
    let (true, Some(found)) = (mounted.copy, found) else {
        return Ok(());
    };
    let volume = trees
        .volumes
        .mount(&mounted.point.name, &mounted.point.source)?;
    let is_empty = volume
        .read_dir(volume.root(), 0, 1)
        .map_err(system)?
        .is_empty();
    if !is_empty {
        return Ok(());
    }
    if !is_dir {
        return Err(Error::system(format!(
            "source {} is not directory",
            merged()
        )));
    }
    let from: &dyn Filesystem = &*found.mount.fs;
    copy_tree(from, found.ino, &*volume, volume.root()).map_err(system)
}

fn system(e: Errno) -> Error {
    Error::system(e.words().to_lowercase())
}
