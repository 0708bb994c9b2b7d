//! A container's file tree: the image's tree, the container's own files above it, and the mounts.
//!
//! Image trees are built once and shared; the overlay of one container is open at most once. Both maps are leaf locks but for the
//! overlay's, which is held while an overlay opens, so that two openers cannot meet.

use super::files::make_dirs;
use super::mounts::Mounter;
use super::volumes::VolumeTrees;
use super::{etc, user};
use crate::base::digest::Digest;
use crate::base::errno::Errno;
use crate::engine::container::limits::Limits;
use crate::engine::ports::{LaunchError, LentMount};
use crate::engine::record::Record;
use crate::engine::{Doorway, Error, Result, powers};
use crate::kernel::Door;
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

/// Files that a container may make, in its own tree and in each of its memory filesystems.
pub const FILES: u64 = 256 << 10;

/// The trees of images and containers.
#[derive(Clone)]
pub struct Trees {
    store: Arc<Store>,
    images: Arc<Mutex<HashMap<String, Weak<ImageTree>>>>,
    overlays: Arc<Mutex<HashMap<String, Weak<Overlay>>>>,
    /// The last trees stay: the next `run` of the same image needs them.
    recent: Arc<Mutex<Vec<Arc<ImageTree>>>>,
    pub volumes: Arc<VolumeTrees>,
    /// Where the engine's own socket leads.
    doorway: Option<Doorway>,
}

/// Image trees that are kept although nothing uses them.
const RECENT: usize = 8;

impl Trees {
    pub fn new(store: Arc<Store>, volumes: Arc<VolumeTrees>, doorway: Option<Doorway>) -> Self {
        Trees {
            store,
            images: Arc::default(),
            overlays: Arc::default(),
            recent: Arc::default(),
            volumes,
            doorway,
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

    /// The container's own files, whether it runs or not.
    pub fn upper(&self, record: &Record, clock: &Clock) -> Result<Arc<Overlay>> {
        let disk = Limits::of(&record.host_config).disk;
        self.overlay(record, self.image(record)?, disk, clock)
    }

    /// Bytes of a container's own files while it does not run; 0 when they cannot be read.
    pub fn stopped_size(&self, record: &Record, clock: &Clock) -> u64 {
        self.upper(record, clock)
            .map_or(0, |overlay| overlay.size_rw())
    }

    /// Where a folder of the state folder is on the host, for messages.
    pub fn describe(&self, dir: &str) -> String {
        format!("{}/{dir}", self.store.disk().describe())
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
    /// What answers behind socket files, by device and inode.
    pub doors: Vec<((u64, u64), Door)>,
}

/// Opens and mounts everything that pid 1 will see.
pub fn build(
    trees: &Trees,
    record: &Record,
    lent: &[LentMount],
    clock: &Clock,
) -> Result<Root, LaunchError> {
    let host = &record.host_config;
    let limits = Limits::of(host);
    let memory = MemoryCounter::new(Some(limits.memory));
    let charge = charge(&memory);
    let overlay = trees.overlay(record, trees.image(record)?, limits.disk, clock)?;
    let at = |what: &str| {
        let what = what.to_owned();
        move |e: Errno| {
            let words = e.words().to_lowercase();
            LaunchError::Other(Error::system(format!("mounting {what}: {words}")))
        }
    };

    let namespace = Arc::new(Namespace::new(overlay.clone(), false));
    let dev = DevFs::new(record.config.tty, clock).map_err(at("/dev"))?;
    let shm = u64::try_from(host.shm_size).unwrap_or_default();
    let shm = memory_files(shm, 0o1777, &charge, clock).map_err(at("/dev/shm"))?;
    dev.mount(&namespace, shm).map_err(at("/dev"))?;
    let read_only = MountOptions {
        read_only: true,
        noexec: true,
    };
    let sys = memory_files(0, 0o555, &charge, clock).map_err(at("/sys"))?;
    namespace
        .mount("/sys", sys, None, read_only)
        .map_err(at("/sys"))?;
    etc::mount(&namespace, record, clock).map_err(at("/etc"))?;
    let mounter = Mounter {
        namespace: &namespace,
        volumes: &trees.volumes,
        charge: &charge,
        clock,
        lent,
        doorway: trees.doorway.as_ref(),
    };
    mounter.mount_all(record)?;
    let doors = mounter.doors(record);
    // Places for mounts were made while the tree could still be written.
    make_working_dir(&namespace, &record.config.working_dir).map_err(LaunchError::Other)?;
    if host.readonly_rootfs {
        namespace.seal_root();
    }
    let groups = host.group_add.clone().unwrap_or_default();
    let mut user = user::find(&namespace, &record.config.user, &groups)?;
    (user.cred.powers, user.cred.locked) = powers::of(host);
    Ok(Root {
        namespace,
        overlay,
        dev,
        memory,
        limits,
        user,
        doors,
    })
}

/// What archives see of the files of a container that runs.
pub fn archived(namespace: &Namespace, record: &Record) -> Namespace {
    namespace.only(|at| at == "/" || etc::is_ours(at) || Mounter::shares(record, at))
}

/// What archives see of the files of a container that does not run.
pub fn stopped(trees: &Trees, record: &Record, clock: &Clock) -> Result<Arc<Namespace>> {
    let namespace = Arc::new(Namespace::new(trees.upper(record, clock)?, false));
    let system = |e: Errno| Error::system(e.words().to_lowercase());
    etc::mount(&namespace, record, clock).map_err(system)?;
    let mounter = Mounter {
        namespace: &namespace,
        volumes: &trees.volumes,
        charge: &overlay::uncharged(),
        clock,
        lent: &[],
        doorway: trees.doorway.as_ref(),
    };
    mounter.mount_shared(record).map_err(|e| match e {
        LaunchError::Program(words) => Error::system(words),
        LaunchError::Other(error) => error,
    })?;
    if record.host_config.readonly_rootfs {
        namespace.seal_root();
    }
    Ok(namespace)
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

/// A filesystem of the engine's own in memory.
fn memory_files(
    bytes: u64,
    mode: u16,
    charge: &Charge,
    clock: &Clock,
) -> crate::vfs::Result<Arc<dyn Filesystem>> {
    let limits = overlay::Limits {
        bytes,
        files: FILES,
    };
    let options = TmpfsOptions {
        mode,
        limits,
        ..TmpfsOptions::default()
    };
    let tree = Overlay::tmpfs(&options, charge.clone(), clock.clone())?;
    Ok(Arc::new(tree))
}
