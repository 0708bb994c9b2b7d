//! /dev as runc makes it: a small tmpfs with device nodes and links, and devpts on /dev/pts.
//!
//! The nodes are numbers alone; the kernel does what they stand for when one is opened. As in Docker, /dev is an
//! ordinary writable directory otherwise: files can be made in it and `null` can be removed.

use super::overlay::{Limits, Overlay, TmpfsOptions, uncharged};
use super::{
    Attr, Clock, ContentId, DirEntry, Filesystem, Ino, Kind, Make, MountOptions, Namespace, Result,
    SetAttr, StatFs, Time,
};
use crate::base::errno::Errno;
use parking_lot::RwLock;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Major and minor numbers as Linux assigns them.
pub mod numbers {
    /// Swallows and gives nothing.
    pub const NULL: (u32, u32) = (1, 3);
    /// Swallows and gives zeroes.
    pub const ZERO: (u32, u32) = (1, 5);
    /// Gives zeroes; writing fails with `ENOSPC`.
    pub const FULL: (u32, u32) = (1, 7);
    /// Random bytes.
    pub const RANDOM: (u32, u32) = (1, 8);
    /// Random bytes.
    pub const URANDOM: (u32, u32) = (1, 9);
    /// The process's controlling terminal.
    pub const TTY: (u32, u32) = (5, 0);
    /// The container's terminal.
    pub const CONSOLE: (u32, u32) = (5, 1);
    /// Makes a new pseudo-terminal.
    pub const PTMX: (u32, u32) = (5, 2);
    /// Major number of the slave sides; the minor is N of /dev/pts/N.
    pub const PTS_MAJOR: u32 = 136;
}

/// A container's /dev.
pub struct DevFs {
    /// What is mounted on /dev.
    pub tree: Arc<Overlay>,
    /// What is mounted on /dev/pts; the kernel adds and removes terminals.
    pub pts: Arc<PtsFs>,
}

impl DevFs {
    /// Makes the nodes. `console` is there when the container has a terminal.
    pub fn new(console: bool, clock: &Clock) -> Result<DevFs> {
        let options = TmpfsOptions {
            mode: 0o755,
            limits: Limits {
                bytes: 64 << 20,
                files: 4096,
            },
            ..TmpfsOptions::default()
        };
        let tree = Arc::new(Overlay::tmpfs(&options, uncharged(), Arc::clone(clock))?);
        let root = tree.root();
        for name in ["pts", "shm", "mqueue"] {
            tree.make(root, name, &Make::new(Kind::Dir, 0o755))?;
        }
        let devices = [
            ("null", numbers::NULL),
            ("zero", numbers::ZERO),
            ("full", numbers::FULL),
            ("random", numbers::RANDOM),
            ("urandom", numbers::URANDOM),
            ("tty", numbers::TTY),
            ("console", numbers::CONSOLE),
        ];
        for (name, rdev) in devices {
            let mut make = Make::new(Kind::CharDevice, 0o666);
            make.rdev = rdev;
            if name == "console" {
                if !console {
                    continue;
                }
                make.mode = 0o620;
                make.gid = 5;
            }
            tree.make(root, name, &make)?;
        }
        let links = [
            ("fd", "/proc/self/fd"),
            ("stdin", "/proc/self/fd/0"),
            ("stdout", "/proc/self/fd/1"),
            ("stderr", "/proc/self/fd/2"),
            ("core", "/proc/kcore"),
            ("ptmx", "pts/ptmx"),
        ];
        for (name, target) in links {
            let mut make = Make::new(Kind::Symlink, 0o777);
            make.target = Some(target.to_owned());
            tree.make(root, name, &make)?;
        }
        let pts = Arc::new(PtsFs::new(Arc::clone(clock)));
        Ok(DevFs { tree, pts })
    }

    /// Mounts /dev, /dev/pts and, on /dev/shm, a tmpfs made by the caller.
    pub fn mount(&self, namespace: &Namespace, shm: Arc<dyn Filesystem>) -> Result<()> {
        let noexec = MountOptions {
            noexec: true,
            ..MountOptions::default()
        };
        let tree: Arc<dyn Filesystem> = self.tree.clone();
        let pts: Arc<dyn Filesystem> = self.pts.clone();
        namespace.mount("/dev", tree, None, MountOptions::default())?;
        namespace.mount("/dev/pts", pts, None, noexec)?;
        namespace.mount("/dev/shm", shm, None, noexec)
    }
}

/// devpts: `ptmx` and the slave sides of the terminals that exist.
pub struct PtsFs {
    slaves: RwLock<BTreeMap<u32, Attr>>,
    clock: Clock,
    born: Time,
}

const ROOT: Ino = 1;
const PTMX: Ino = 2;
/// Terminal N is node N + 3, as on Linux.
const FIRST: Ino = 3;

impl PtsFs {
    fn new(clock: Clock) -> PtsFs {
        let born = clock();
        PtsFs {
            slaves: RwLock::default(),
            clock,
            born,
        }
    }

    /// A terminal appears as /dev/pts/N, owned by whoever opened it, group tty.
    pub fn add(&self, number: u32, uid: u32) {
        let now = (self.clock)();
        let mut attr = Attr::new(FIRST + Ino::from(number), Kind::CharDevice, 0o620);
        attr.uid = uid;
        attr.gid = 5;
        attr.rdev = (numbers::PTS_MAJOR, number);
        (attr.atime, attr.mtime, attr.ctime) = (now, now, now);
        self.slaves.write().insert(number, attr);
    }

    /// The terminal is gone.
    pub fn remove(&self, number: u32) {
        self.slaves.write().remove(&number);
    }

    fn slave(ino: Ino) -> Option<u32> {
        u32::try_from(ino.checked_sub(FIRST)?).ok()
    }
}

impl Filesystem for PtsFs {
    fn type_name(&self) -> &'static str {
        "devpts"
    }

    fn root(&self) -> Ino {
        ROOT
    }

    fn lookup(&self, dir: Ino, name: &str) -> Result<Ino> {
        if dir != ROOT {
            return Err(Errno::Notdir);
        }
        if name == "ptmx" {
            return Ok(PTMX);
        }
        let number: u32 = name.parse().map_err(|_| Errno::Noent)?;
        let slaves = self.slaves.read();
        let attr = slaves.get(&number).filter(|_| number.to_string() == name);
        attr.map(|a| a.ino).ok_or(Errno::Noent)
    }

    fn attr(&self, ino: Ino) -> Result<Attr> {
        let mut attr = match ino {
            ROOT => Attr::new(ROOT, Kind::Dir, 0o755),
            PTMX => {
                let mut attr = Attr::new(PTMX, Kind::CharDevice, 0o666);
                attr.rdev = numbers::PTMX;
                attr
            }
            _ => {
                let slaves = self.slaves.read();
                let attr = Self::slave(ino).and_then(|n| slaves.get(&n));
                return attr.cloned().ok_or(Errno::Noent);
            }
        };
        (attr.atime, attr.mtime, attr.ctime) = (self.born, self.born, self.born);
        Ok(attr)
    }

    fn set_attr(&self, ino: Ino, set: &SetAttr) -> Result<()> {
        let now = (self.clock)();
        let mut slaves = self.slaves.write();
        let Some(attr) = Self::slave(ino).and_then(|n| slaves.get_mut(&n)) else {
            return Err(Errno::Perm);
        };
        attr.mode = set.mode.unwrap_or(attr.mode);
        attr.uid = set.uid.unwrap_or(attr.uid);
        attr.gid = set.gid.unwrap_or(attr.gid);
        attr.atime = set.atime.unwrap_or(attr.atime);
        attr.mtime = set.mtime.unwrap_or(attr.mtime);
        attr.ctime = now;
        Ok(())
    }

    fn read_dir(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        if dir != ROOT {
            return Err(Errno::Notdir);
        }
        // A node's number serves as its cookie.
        let ptmx = (cookie < PTMX && max > 0).then(|| ("ptmx".to_owned(), PTMX));
        let slaves = self.slaves.read();
        let first = u32::try_from((cookie + 1).saturating_sub(FIRST)).unwrap_or(u32::MAX);
        let rest = slaves.range(first..).map(|(n, a)| (n.to_string(), a.ino));
        let entries = ptmx.into_iter().chain(rest).take(max);
        Ok(entries
            .map(|(name, ino)| DirEntry {
                name,
                ino,
                kind: Kind::CharDevice,
                next: ino,
            })
            .collect())
    }

    fn parent(&self, dir: Ino) -> Result<Ino> {
        match dir {
            ROOT => Ok(ROOT),
            _ => Err(Errno::Notdir),
        }
    }

    fn read_link(&self, _ino: Ino) -> Result<String> {
        Err(Errno::Inval)
    }

    fn make(&self, _dir: Ino, name: &str, _what: &Make) -> Result<Ino> {
        match self.lookup(ROOT, name) {
            Ok(_) => Err(Errno::Exist),
            Err(_) => Err(Errno::Perm),
        }
    }

    fn link(&self, _ino: Ino, _dir: Ino, _name: &str) -> Result<()> {
        Err(Errno::Perm)
    }

    fn unlink(&self, _dir: Ino, _name: &str) -> Result<()> {
        Err(Errno::Perm)
    }

    fn rmdir(&self, _dir: Ino, _name: &str) -> Result<()> {
        Err(Errno::Perm)
    }

    fn rename(&self, _: Ino, _: &str, _: Ino, _: &str, _: bool) -> Result<()> {
        Err(Errno::Perm)
    }

    fn read(&self, _ino: Ino, _offset: u64, _buf: &mut [u8]) -> Result<usize> {
        Err(Errno::Nxio)
    }

    fn write(&self, _ino: Ino, _offset: u64, _buf: &[u8]) -> Result<usize> {
        Err(Errno::Nxio)
    }

    fn sync(&self, _ino: Ino) -> Result<()> {
        Ok(())
    }

    fn hold(&self, _ino: Ino) {}

    fn release(&self, _ino: Ino) {}

    fn statfs(&self) -> StatFs {
        StatFs {
            magic: 0x1cd1,
            block_size: 4096,
            ..StatFs::default()
        }
    }

    fn content_id(&self, _ino: Ino) -> Option<ContentId> {
        None
    }
}
