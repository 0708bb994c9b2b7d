//! What a user has mounted into a container: binds, volumes and memory, parents before what lies below them.
//!
//! A place that is missing is made, in whatever is mounted there by then: in the container's own tree, in a volume, on the
//! host. The words of failures are runc's, as Docker passes them on.

use super::door;
use super::files::make_dirs;
use super::rootfs::FILES;
use super::volumes::VolumeTrees;
use crate::base::errno::Errno;
use crate::base::host_path::clean;
use crate::engine::container::{self, BadOption, Tmpfs};
use crate::engine::ports::{LaunchError, LentFiles, LentMount};
use crate::engine::record::{Mounted, Record};
use crate::engine::{Doorway, Error};
use crate::kernel::Door;
use crate::vfs::hostdir::{self, HostDir};
use crate::vfs::overlay::{Charge, Limits, Overlay, TmpfsOptions};
use crate::vfs::{Clock, Cred, Filesystem, Ino, Kind, MountOptions, Namespace, OpenOptions};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// Mounts what users ask for.
pub struct Mounter<'a> {
    pub namespace: &'a Namespace,
    pub volumes: &'a VolumeTrees,
    /// Memory files count as the container's memory.
    pub charge: &'a Charge,
    pub clock: &'a Clock,
    /// Mounts that the record does not know.
    pub lent: &'a [LentMount],
    /// Where the engine's own socket leads.
    pub doorway: Option<&'a Doorway>,
}

/// One mount on its way.
enum Wanted<'a> {
    Memory(Tmpfs),
    Other(&'a Mounted),
    Lent(&'a LentMount),
}

/// A filesystem, the part of it that is wanted, and what runc would call its source and its flags.
struct Source {
    fs: Arc<dyn Filesystem>,
    root: Option<Ino>,
    name: String,
    flags: String,
    options: MountOptions,
}

impl Mounter<'_> {
    /// Mounts everything that a record says.
    pub fn mount_all(&self, record: &Record) -> Result<(), LaunchError> {
        let mut all = Vec::new();
        for mounted in &record.mounts {
            if mounted.point.kind != "tmpfs" {
                all.push((mounted.point.destination.clone(), Wanted::Other(mounted)));
            }
        }
        let host = &record.host_config;
        for mount in host.mounts.iter().flatten().filter(|m| m.kind == "tmpfs") {
            let at = clean(&mount.target);
            let tmpfs = Tmpfs::of(mount).map_err(|e| refused(&at, e))?;
            all.push((at, Wanted::Memory(tmpfs)));
        }
        for (target, options) in host.tmpfs.iter().flatten() {
            let at = clean(target);
            let tmpfs = Tmpfs::parse(options).map_err(|e| refused(&at, e))?;
            all.push((at, Wanted::Memory(tmpfs)));
        }
        for lent in self.lent {
            all.push((lent.at.clone(), Wanted::Lent(lent)));
        }
        // By depth, as Docker does: a parent never covers what was mounted below it.
        all.sort_by_key(|(at, _)| at.matches('/').count());
        for (at, wanted) in all {
            match wanted {
                Wanted::Memory(tmpfs) => self.memory(&at, &tmpfs)?,
                Wanted::Other(mounted) => self.other(&at, mounted)?,
                Wanted::Lent(lent) => self.lent(&at, lent)?,
            }
        }
        Ok(())
    }

    /// Mounts what outlives the container alone: volumes and what is the host's.
    pub fn mount_shared(&self, record: &Record) -> Result<(), LaunchError> {
        let shared = record.mounts.iter().filter(|m| m.point.kind != "tmpfs");
        let mut all: Vec<&Mounted> = shared.collect();
        all.sort_by_key(|m| m.point.destination.matches('/').count());
        for mounted in all {
            self.other(&mounted.point.destination, mounted)?;
        }
        Ok(())
    }

    /// The doorway, if this mount asks for the engine's own socket.
    fn way_in(&self, mounted: &Mounted) -> Option<&Doorway> {
        let source = mounted.point.source.as_str();
        self.doorway
            .filter(|way| !mounted.is_volume() && way.is_meant(source))
    }

    /// The sockets of the engine that were mounted: their device and inode, and where they lead.
    pub fn doors(&self, record: &Record) -> Vec<((u64, u64), Door)> {
        let asked = record.mounts.iter().filter_map(|mounted| {
            let way = self.way_in(mounted)?;
            let at = mounted.point.destination.as_str();
            let attr = self.namespace.stat(&Cred::root(), "/", at, true).ok()?;
            // Another mount may have covered it.
            (attr.kind == Kind::Socket).then(|| ((attr.dev, attr.ino), door::door(way)))
        });
        asked.collect()
    }

    /// Whether what is mounted at a path is one of those.
    pub fn shares(record: &Record, at: &str) -> bool {
        let mut all = record.mounts.iter();
        all.any(|m| m.point.kind != "tmpfs" && m.point.destination == at)
    }

    fn memory(&self, at: &str, tmpfs: &Tmpfs) -> Result<(), LaunchError> {
        let covered = self.namespace.stat(&Cred::root(), "/", at, true);
        let default = Limits::default();
        let options = TmpfsOptions {
            mode: tmpfs
                .mode
                .or(covered.ok().map(|a| a.mode))
                .unwrap_or(0o1777),
            uid: tmpfs.uid,
            gid: tmpfs.gid,
            limits: Limits {
                bytes: tmpfs.size.unwrap_or(default.bytes),
                files: tmpfs.files.unwrap_or(FILES),
            },
        };
        let made = Overlay::tmpfs(&options, self.charge.clone(), self.clock.clone());
        let source = Source {
            fs: Arc::new(made.map_err(|e| failed("tmpfs", at, &words(e)))?),
            root: None,
            name: "tmpfs".to_owned(),
            flags: "MS_NOSUID|MS_NODEV|MS_NOEXEC".to_owned(),
            options: MountOptions {
                read_only: tmpfs.read_only,
                noexec: !tmpfs.exec,
            },
        };
        self.place(at, source)
    }

    fn other(&self, at: &str, mounted: &Mounted) -> Result<(), LaunchError> {
        let (fs, root) = match mounted.is_volume() {
            true => self.volume(mounted).map_err(LaunchError::Other)?,
            false if self.way_in(mounted).is_some() => (door::socket_file(), None),
            false => (bind(mounted)?, None),
        };
        let source = Source {
            fs,
            root,
            name: mounted.point.source.clone(),
            flags: "MS_BIND|MS_REC".to_owned(),
            options: MountOptions {
                read_only: !mounted.point.rw,
                noexec: false,
            },
        };
        self.place(at, source)
    }

    fn lent(&self, at: &str, lent: &LentMount) -> Result<(), LaunchError> {
        let fs: Arc<dyn Filesystem> = match &lent.files {
            LentFiles::Shared(fs) => fs.clone(),
            LentFiles::Image(tree) => {
                let (charge, clock) = (self.charge.clone(), self.clock.clone());
                Arc::new(Overlay::memory(
                    tree.clone(),
                    Limits::default(),
                    charge,
                    clock,
                ))
            }
            LentFiles::Memory { bytes } => {
                let tmpfs = Tmpfs {
                    size: *bytes,
                    mode: Some(0o1777),
                    read_only: lent.read_only,
                    exec: true,
                    ..Tmpfs::default()
                };
                return self.memory(at, &tmpfs);
            }
        };
        let source = Source {
            fs,
            root: lent.root,
            name: "lent".to_owned(),
            flags: "MS_BIND|MS_REC".to_owned(),
            options: MountOptions {
                read_only: lent.read_only,
                noexec: false,
            },
        };
        self.place(at, source)
    }

    /// A volume, or the part of it that is asked for, which no link may lead out of.
    fn volume(&self, mounted: &Mounted) -> Result<(Arc<dyn Filesystem>, Option<Ino>), Error> {
        let (point, subpath) = (&mounted.point, mounted.subpath.as_str());
        let fs = self.volumes.mount(&point.name, &point.source)?;
        if subpath.is_empty() {
            return Ok((fs, None));
        }
        let inside = Namespace::new(fs.clone(), true);
        if leads_out(&inside, subpath) {
            return Err(Error::system(format!(
                "path concatenation escapes the base directory, base: {}, subpath: {subpath}",
                point.source
            )));
        }
        let found = inside
            .resolve(&Cred::root(), "/", subpath, true)
            .map_err(|e| {
                let path = format!("{}/{subpath}", point.source);
                Error::system(format!(
                    "cannot access path {path}: lstat {path}: {}",
                    words(e)
                ))
            })?;
        Ok((fs, Some(found.ino)))
    }

    /// Mounts over a place, which is made if it is missing.
    fn place(&self, at: &str, source: Source) -> Result<(), LaunchError> {
        let Source {
            fs,
            root,
            name,
            flags,
            options,
        } = source;
        if at == "/proc" || at.starts_with("/proc/") {
            let why = format!(
                "create mountpoint for {at} mount: check proc-safety of {at} mount: \"{at}\" cannot be mounted because it is inside /proc"
            );
            return Err(failed(&name, at, &why));
        }
        if at == "/" {
            let why =
                "create mountpoint for / mount: mountpoint \"/\" is on the top of rootfs \"/\"";
            return Err(failed(&name, at, why));
        }
        let is_dir = fs
            .attr(root.unwrap_or_else(|| fs.root()))
            .map(|a| a.is_dir());
        let is_dir = is_dir.map_err(|e| failed(&name, at, &words(e)))?;
        if let Err(e) = make_place(self.namespace, at, is_dir) {
            let why = format!(
                "create mountpoint for {at} mount: make mountpoint \"{at}\": mkdirat {at}: {}",
                words(e)
            );
            return Err(failed(&name, at, &why));
        }
        let mounted = self.namespace.mount(at, fs, root, options);
        mounted.map_err(|e| {
            failed(
                &name,
                at,
                &format!("mount src={name}, dst={at}, flags={flags}: {}", words(e)),
            )
        })
    }
}

/// A folder or file of the host; a missing one is made, or refused, as the request was.
fn bind(mounted: &Mounted) -> Result<Arc<dyn Filesystem>, LaunchError> {
    let source = mounted.point.source.as_str();
    let path = Path::new(source);
    let missing = |e: &io::Error| e.kind() == io::ErrorKind::NotFound;
    if hostdir::probe(path).as_ref().is_err_and(missing) {
        if !mounted.make_source {
            return Err(LaunchError::Other(Error::invalid(format!(
                "invalid mount config for type \"bind\": bind source path does not exist: {source}"
            ))));
        }
        hostdir::make_folders(path).map_err(|e| {
            let words = container::words(e);
            LaunchError::Other(Error::system(format!(
                "error while creating mount source path '{source}': mkdir {source}: {words}"
            )))
        })?;
    }
    match HostDir::open(path) {
        Ok(tree) => Ok(Arc::new(tree)),
        Err(e) => Err(LaunchError::Program(format!(
            "failed to fulfil mount request: open {source}: {}",
            container::words(e)
        ))),
    }
}

/// A folder and its parents, or an empty file.
pub fn make_place(namespace: &Namespace, at: &str, is_dir: bool) -> Result<(), Errno> {
    if is_dir {
        return match make_dirs(namespace, at) {
            // A file is in the way: mounting says so.
            Err(Errno::Notdir) if exists(namespace, at) => Ok(()),
            made => made,
        };
    }
    if exists(namespace, at) {
        return Ok(());
    }
    let parent = at.rsplit_once('/').map_or("/", |(parent, _)| parent);
    make_dirs(namespace, parent)?;
    let options = OpenOptions {
        write: true,
        create: true,
        mode: 0o755,
        ..OpenOptions::default()
    };
    namespace.open(&Cred::root(), "/", at, &options).map(drop)
}

fn exists(namespace: &Namespace, at: &str) -> bool {
    namespace.stat(&Cred::root(), "/", at, true).is_ok()
}

/// Whether some link on the way is absolute or climbs above the volume: Docker refuses it, where following it inside the
/// volume would mount something else than was meant.
fn leads_out(volume: &Namespace, subpath: &str) -> bool {
    let mut todo: Vec<String> = subpath.split('/').rev().map(str::to_owned).collect();
    let (mut at, mut links): (Vec<String>, u32) = (Vec::new(), 0);
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                if at.pop().is_none() {
                    return true;
                }
                continue;
            }
            _ => at.push(part),
        }
        let path = format!("/{}", at.join("/"));
        if let Ok(text) = volume.readlink(&Cred::root(), "/", &path) {
            links += 1;
            if text.starts_with('/') || links > 40 {
                return true;
            }
            at.pop();
            todo.extend(text.split('/').rev().map(str::to_owned));
        }
    }
    false
}

fn words(e: Errno) -> String {
    e.words().to_lowercase()
}

fn failed(source: &str, at: &str, why: &str) -> LaunchError {
    LaunchError::Program(format!(
        "error mounting \"{source}\" to rootfs at \"{at}\": {why}"
    ))
}

fn refused(at: &str, option: BadOption) -> LaunchError {
    match option {
        BadOption::Unknown(name) => {
            LaunchError::Other(Error::system(format!("invalid tmpfs option \"{name}\"")))
        }
        BadOption::Value(text) => {
            let flags = "MS_NOSUID|MS_NODEV|MS_NOEXEC";
            let why =
                format!("mount src=tmpfs, dst={at}, flags={flags}, data={text}: invalid argument");
            failed("tmpfs", at, &why)
        }
    }
}
