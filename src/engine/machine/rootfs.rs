//! A container's file tree: the image's tree, the container's own files above it, and the mounts.
//!
//! Image trees are built once and shared; the overlay of one container is open at most once. Both maps are leaf locks but for the
//! overlay's, which is held while an overlay opens, so that two openers cannot meet.

use super::files::make_dirs;
use super::{etc, user};
use crate::base::digest::Digest;
use crate::base::errno::Errno;
use crate::base::size;
use crate::engine::container::limits::Limits;
use crate::engine::record::Record;
use crate::engine::{Error, Result};
use crate::kernel::limits::MemoryCounter;
use crate::oci::LayerData;
use crate::store::{ImageRecord, Store, Table, container_dir};
use crate::vfs::dev::DevFs;
use crate::vfs::image::{ImageTree, InitLayer};
use crate::vfs::overlay::{self, Charge, Overlay, TmpfsOptions};
use crate::vfs::{Clock, Filesystem, MountOptions, Namespace, Time};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::{Arc, Weak};

/// Files that a container may make.
const FILES: u64 = 256 << 10;

/// The trees of images and containers.
#[derive(Clone)]
pub struct Trees {
    store: Arc<Store>,
    images: Arc<Mutex<HashMap<String, Weak<ImageTree>>>>,
    overlays: Arc<Mutex<HashMap<String, Weak<Overlay>>>>,
    /// The last trees stay: the next `run` of the same image needs them.
    recent: Arc<Mutex<Vec<Arc<ImageTree>>>>,
}

/// Image trees that are kept although nothing uses them.
const RECENT: usize = 8;

impl Trees {
    pub fn new(store: Arc<Store>) -> Self {
        Trees {
            store,
            images: Arc::default(),
            overlays: Arc::default(),
            recent: Arc::default(),
        }
    }

    /// The tree of a container's image, with the init layer.
    pub fn image(&self, record: &Record) -> Result<Arc<ImageTree>> {
        if let Some(known) = self
            .images
            .lock()
            .get(&record.image)
            .and_then(Weak::upgrade)
        {
            return Ok(known);
        }
        let layers = self.store.layers(&self.image_record(record)?)?;
        let layers: Vec<_> = layers
            .iter()
            .map(|l| (l.data.clone(), l.index.clone()))
            .collect();
        let layers: Vec<(Arc<dyn LayerData>, &crate::oci::LayerIndex)> = layers
            .iter()
            .map(|(d, i)| (d.clone(), i.as_ref()))
            .collect();
        // A fixed time: inode numbers and attributes must be the same at the next start.
        let tree = ImageTree::build(&layers, &InitLayer::docker(Time(0)))
            .map_err(|e| Error::system(e.to_string()))?;
        let tree = Arc::new(tree);
        self.images
            .lock()
            .insert(record.image.clone(), Arc::downgrade(&tree));
        let mut recent = self.recent.lock();
        recent.insert(0, tree.clone());
        recent.truncate(RECENT);
        Ok(tree)
    }

    /// The image's record, or what the container held of it when the image was removed.
    fn image_record(&self, record: &Record) -> Result<ImageRecord> {
        let id: Digest = record
            .image
            .parse()
            .map_err(|_| Error::system(format!("{} is no image id", record.image)))?;
        if let Some(image) = self.store.images().get(&id)? {
            return Ok(image);
        }
        let held: Option<Vec<ImageRecord>> = self.store.records().get(Table::Holds, &record.id)?;
        let found = held.into_iter().flatten().find(|image| image.id == id);
        found.ok_or_else(|| Error::not_found(format!("No such image: {}", record.image)))
    }

    pub fn image_size(&self, record: &Record) -> u64 {
        self.image_record(record).map_or(0, |image| image.size)
    }

    /// The container's own files over the image's; the same value for everybody who asks while it is open.
    pub fn overlay(
        &self,
        record: &Record,
        image: Arc<ImageTree>,
        bytes: u64,
        clock: &Clock,
    ) -> Result<Arc<Overlay>> {
        let mut overlays = self.overlays.lock();
        if let Some(open) = overlays.get(&record.id).and_then(Weak::upgrade) {
            return Ok(open);
        }
        let dir = format!("{}/upper", container_dir(&record.id));
        let limits = overlay::Limits {
            bytes,
            files: FILES,
        };
        let overlay = Overlay::open(
            image,
            self.store.disk().clone(),
            &dir,
            limits,
            clock.clone(),
        )?;
        if overlay.dropped() > 0 {
            tracing::warn!(container = %record.id, bytes = overlay.dropped(), "the end of the file journal was damaged");
        }
        let overlay = Arc::new(overlay);
        overlays.retain(|_, open| open.strong_count() > 0);
        overlays.insert(record.id.clone(), Arc::downgrade(&overlay));
        Ok(overlay)
    }

    /// Bytes of a container's own files while it does not run; 0 when they cannot be read.
    pub fn stopped_size(&self, record: &Record, clock: &Clock) -> u64 {
        let open = self
            .image(record)
            .and_then(|image| self.overlay(record, image, u64::MAX, clock));
        open.map_or(0, |overlay| overlay.size_rw())
    }

    pub fn forget(&self, id: &str) {
        self.overlays.lock().remove(id);
    }
}

/// Everything of a container but its processes.
pub struct Root {
    pub namespace: Arc<Namespace>,
    pub overlay: Arc<Overlay>,
    pub dev: DevFs,
    pub memory: Arc<MemoryCounter>,
    pub limits: Limits,
    pub user: user::User,
}

/// Opens and mounts everything that pid 1 will see.
pub fn build(trees: &Trees, record: &Record, clock: &Clock) -> Result<Root> {
    let host = &record.host_config;
    let limits = Limits::of(host);
    let memory = MemoryCounter::new(Some(limits.memory));
    let charge = charge(&memory);
    let overlay = trees.overlay(record, trees.image(record)?, limits.disk, clock)?;
    let at = |what: &str| {
        let what = what.to_owned();
        move |e: Errno| Error::system(format!("mounting {what}: {}", e.words().to_lowercase()))
    };

    // Mount points are made while the tree can still be written.
    let open = Namespace::new(overlay.clone(), false);
    let temporary = temporaries(record)?;
    for mount in &temporary {
        make_dirs(&open, &mount.target).map_err(at(&mount.target))?;
    }
    make_working_dir(&open, &record.config.working_dir)?;
    drop(open);

    let namespace = Arc::new(Namespace::new(overlay.clone(), host.readonly_rootfs));
    let dev = DevFs::new(record.config.tty, clock).map_err(at("/dev"))?;
    let shm = u64::try_from(host.shm_size).unwrap_or_default();
    let shm = tmpfs(shm, 0o1777, 0, 0, &charge, clock).map_err(at("/dev/shm"))?;
    dev.mount(&namespace, shm).map_err(at("/dev"))?;
    let read_only = MountOptions {
        read_only: true,
        noexec: true,
    };
    let sys = tmpfs(0, 0o555, 0, 0, &charge, clock).map_err(at("/sys"))?;
    namespace
        .mount("/sys", sys, None, read_only)
        .map_err(at("/sys"))?;
    etc::mount(&namespace, record, clock).map_err(at("/etc"))?;
    for mount in temporary {
        let fs = tmpfs(mount.size, mount.mode, mount.uid, mount.gid, &charge, clock)
            .map_err(at(&mount.target))?;
        namespace
            .mount(&mount.target, fs, None, mount.options)
            .map_err(at(&mount.target))?;
    }
    let groups = host.group_add.clone().unwrap_or_default();
    let user = user::find(&namespace, &record.config.user, &groups)?;
    Ok(Root {
        namespace,
        overlay,
        dev,
        memory,
        limits,
        user,
    })
}

/// The working directory exists when pid 1 starts; the words are Docker's.
pub fn make_working_dir(namespace: &Namespace, dir: &str) -> Result<()> {
    if dir.is_empty() {
        return Ok(());
    }
    match make_dirs(namespace, dir) {
        Ok(()) => Ok(()),
        Err(Errno::Notdir) => Err(Error::system(format!(
            "Cannot mkdir: {dir} is not a directory"
        ))),
        Err(e) => Err(Error::system(format!(
            "mkdir {dir}: {}",
            e.words().to_lowercase()
        ))),
    }
}

/// Memory files count as the container's memory.
fn charge(memory: &Arc<MemoryCounter>) -> Charge {
    let memory = memory.clone();
    Arc::new(move |bytes| {
        if bytes < 0 {
            memory.release(bytes.unsigned_abs());
            return true;
        }
        memory.charge(bytes.unsigned_abs()).is_ok()
    })
}

fn tmpfs(
    bytes: u64,
    mode: u16,
    uid: u32,
    gid: u32,
    charge: &Charge,
    clock: &Clock,
) -> crate::vfs::Result<Arc<dyn Filesystem>> {
    let limits = overlay::Limits {
        bytes,
        files: FILES,
    };
    let options = TmpfsOptions {
        mode,
        uid,
        gid,
        limits,
    };
    Ok(Arc::new(Overlay::tmpfs(
        &options,
        charge.clone(),
        clock.clone(),
    )?))
}

struct Temporary {
    target: String,
    size: u64,
    mode: u16,
    uid: u32,
    gid: u32,
    options: MountOptions,
}

/// `--tmpfs` and `--mount type=tmpfs`, parents before what lies below them.
fn temporaries(record: &Record) -> Result<Vec<Temporary>> {
    let host = &record.host_config;
    let mut all = Vec::new();
    for (target, options) in host.tmpfs.iter().flatten() {
        all.push(temporary(target, options)?);
    }
    for mount in host.mounts.iter().flatten().filter(|m| m.kind == "tmpfs") {
        let mut made = temporary(&mount.target, "")?;
        let options = mount.tmpfs_options.clone().unwrap_or_default();
        made.size = u64::try_from(options.size_bytes)
            .ok()
            .filter(|n| *n > 0)
            .unwrap_or(made.size);
        made.mode = u16::try_from(options.mode & 0o7777)
            .ok()
            .filter(|m| *m > 0)
            .unwrap_or(made.mode);
        made.options.read_only |= mount.read_only;
        all.push(made);
    }
    all.sort_by(|a, b| a.target.cmp(&b.target));
    Ok(all)
}

/// Reads `size=64m,mode=1770,uid=1000,ro,exec`; Docker's defaults are rw and noexec.
fn temporary(target: &str, options: &str) -> Result<Temporary> {
    let mut made = Temporary {
        target: target.to_owned(),
        size: overlay::Limits::default().bytes,
        mode: 0o1777,
        uid: 0,
        gid: 0,
        options: MountOptions {
            read_only: false,
            noexec: true,
        },
    };
    for option in options.split(',').filter(|o| !o.is_empty()) {
        let wrong = || Error::invalid(format!("invalid tmpfs option \"{option}\""));
        match option.split_once('=') {
            Some(("size", text)) => {
                made.size = size::parse_binary(text)
                    .ok()
                    .and_then(|n| u64::try_from(n).ok())
                    .ok_or_else(wrong)?
            }
            Some(("mode", text)) => {
                made.mode = u16::from_str_radix(text, 8).map_err(|_| wrong())? & 0o7777
            }
            Some(("uid", text)) => made.uid = text.parse().map_err(|_| wrong())?,
            Some(("gid", text)) => made.gid = text.parse().map_err(|_| wrong())?,
            None if option == "ro" => made.options.read_only = true,
            None if option == "exec" => made.options.noexec = false,
            // The others (nosuid, nodev, noatime …) change nothing that a guest could see here.
            _ => {}
        }
    }
    Ok(made)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tmpfs_options_are_dockers() {
        let made = temporary("/t", "size=1m,mode=1770,uid=5,exec,ro,nosuid").unwrap();
        assert_eq!(
            (made.size, made.mode, made.uid, made.gid),
            (1 << 20, 0o1770, 5, 0)
        );
        assert_eq!(
            made.options,
            MountOptions {
                read_only: true,
                noexec: false
            }
        );
        assert!(temporary("/t", "").unwrap().options.noexec);
        assert_eq!(
            temporary("/t", "size=x").err().unwrap().message,
            "invalid tmpfs option \"size=x\""
        );
    }
}
