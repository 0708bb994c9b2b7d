//! The names below `/proc`, their numbers, kinds and modes.
//!
//! An inode number says all about a node: the process in the upper half, the kind in the next 16 bits, the descriptor (or the
//! file's place in its table) in the lowest 16.

use super::View;
use super::{mounts, net, process, system};
use crate::base::errno::Errno;
use crate::kernel::sandbox::Sandbox;
use crate::vfs::{Ino, Kind, Result};
use std::sync::Arc;

/// What stands behind a file of the system.
#[derive(Clone, Copy)]
pub(super) enum SystemMake {
    Dir,
    Link(&'static str),
    Text(fn(&Arc<Sandbox>) -> String),
}

/// A file, directory or link outside the processes.
pub(super) struct SystemFile {
    /// The directory it is in: a place in this table; `None` for the root.
    pub parent: Option<usize>,
    pub name: &'static str,
    pub make: SystemMake,
}

const fn text(
    parent: Option<usize>,
    name: &'static str,
    make: fn(&Arc<Sandbox>) -> String,
) -> SystemFile {
    SystemFile {
        parent,
        name,
        make: SystemMake::Text(make),
    }
}

const fn dir(parent: Option<usize>, name: &'static str) -> SystemFile {
    SystemFile {
        parent,
        name,
        make: SystemMake::Dir,
    }
}

const NET: Option<usize> = Some(0);
const SYS: Option<usize> = Some(1);
const SYS_KERNEL: Option<usize> = Some(2);
const SYS_RANDOM: Option<usize> = Some(3);

pub(super) const SYSTEM: &[SystemFile] = &[
    dir(None, "net"),
    dir(None, "sys"),
    dir(SYS, "kernel"),
    dir(SYS_KERNEL, "random"),
    text(None, "cmdline", system::cmdline),
    text(None, "cpuinfo", system::cpuinfo),
    text(None, "filesystems", system::filesystems),
    text(None, "loadavg", system::loadavg),
    text(None, "meminfo", system::meminfo),
    SystemFile {
        parent: None,
        name: "mounts",
        make: SystemMake::Link("self/mounts"),
    },
    text(None, "stat", system::stat),
    text(None, "swaps", system::swaps),
    text(None, "uptime", system::uptime),
    text(None, "version", system::version),
    text(NET, "dev", net::dev),
    text(NET, "route", net::route),
    text(NET, "tcp", net::tcp),
    text(NET, "tcp6", net::tcp6),
    text(NET, "udp", net::udp),
    text(NET, "udp6", net::udp6),
    text(NET, "unix", net::unix),
    text(NET, "arp", net::arp),
    text(NET, "if_inet", net::if_inet),
    text(SYS_KERNEL, "domainname", system::domainname),
    text(SYS_KERNEL, "hostname", system::hostname),
    text(SYS_KERNEL, "osrelease", system::osrelease),
    text(SYS_KERNEL, "ostype", system::ostype),
    text(SYS_KERNEL, "pid_max", system::pid_max),
    text(SYS_KERNEL, "version", system::kernel_version),
    text(SYS_RANDOM, "uuid", system::uuid),
];

/// What stands behind a file of a process.
#[derive(Clone, Copy)]
pub(super) enum PidMake {
    Text(fn(&Arc<Sandbox>, &View) -> Vec<u8>),
    Link(fn(&View) -> String),
}

/// A file or link of a process.
pub(super) struct PidFile {
    pub name: &'static str,
    pub mode: u16,
    /// Only for the process's own user and root.
    pub private: bool,
    pub make: PidMake,
}

const fn file(name: &'static str, make: fn(&Arc<Sandbox>, &View) -> Vec<u8>) -> PidFile {
    PidFile {
        name,
        mode: 0o444,
        private: false,
        make: PidMake::Text(make),
    }
}

const fn link(name: &'static str, make: fn(&View) -> String) -> PidFile {
    PidFile {
        name,
        mode: 0o777,
        private: true,
        make: PidMake::Link(make),
    }
}

pub(super) const PID_FILES: &[PidFile] = &[
    file("cgroup", process::cgroup),
    file("cmdline", process::cmdline),
    file("comm", process::comm),
    link("cwd", process::cwd),
    PidFile {
        name: "environ",
        mode: 0o400,
        private: true,
        make: PidMake::Text(process::environ),
    },
    link("exe", process::exe),
    file("limits", process::limits),
    file("maps", process::maps),
    file("mountinfo", mounts::mountinfo),
    file("mounts", mounts::mounts),
    file("oom_score", process::zero),
    file("oom_score_adj", process::zero),
    link("root", process::root),
    file("stat", process::stat),
    file("statm", process::statm),
    file("status", process::status),
];

/// A node of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Node {
    Root,
    SelfLink,
    ThreadSelf,
    /// A place in [`SYSTEM`].
    System(usize),
    /// A process, or its only task.
    Pid {
        pid: u32,
        task: bool,
    },
    /// A place in [`PID_FILES`].
    PidFile {
        pid: u32,
        task: bool,
        place: usize,
    },
    TaskDir {
        pid: u32,
    },
    FdDir {
        pid: u32,
    },
    FdInfoDir {
        pid: u32,
    },
    Fd {
        pid: u32,
        fd: u16,
    },
    FdInfo {
        pid: u32,
        fd: u16,
    },
}

/// The root's number.
pub(super) const ROOT: Ino = 1;

impl Node {
    pub fn encode(self) -> Ino {
        let (pid, kind, low) = match self {
            Node::Root => return ROOT,
            Node::SelfLink => (0, 1, 0),
            Node::ThreadSelf => (0, 2, 0),
            Node::System(place) => (0, 3, place as u64),
            Node::Pid { pid, task } => (pid, 4 + u64::from(task), 0),
            Node::PidFile { pid, task, place } => (pid, 6 + u64::from(task), place as u64),
            Node::TaskDir { pid } => (pid, 8, 0),
            Node::FdDir { pid } => (pid, 9, 0),
            Node::FdInfoDir { pid } => (pid, 10, 0),
            Node::Fd { pid, fd } => (pid, 11, fd.into()),
            Node::FdInfo { pid, fd } => (pid, 12, fd.into()),
        };
        u64::from(pid) << 32 | kind << 16 | low
    }

    pub fn decode(ino: Ino) -> Result<Node> {
        let (pid, kind, low) = (
            (ino >> 32) as u32,
            ino >> 16 & 0xffff,
            (ino & 0xffff) as u16,
        );
        let place = usize::from(low);
        Ok(match kind {
            0 if ino == ROOT => Node::Root,
            1 => Node::SelfLink,
            2 => Node::ThreadSelf,
            3 if place < SYSTEM.len() => Node::System(place),
            4 | 5 => Node::Pid {
                pid,
                task: kind == 5,
            },
            6 | 7 if place < PID_FILES.len() => Node::PidFile {
                pid,
                task: kind == 7,
                place,
            },
            8 => Node::TaskDir { pid },
            9 => Node::FdDir { pid },
            10 => Node::FdInfoDir { pid },
            11 => Node::Fd { pid, fd: low },
            12 => Node::FdInfo { pid, fd: low },
            _ => return Err(Errno::Noent),
        })
    }

    /// The process that the node belongs to.
    pub fn pid(self) -> Option<u32> {
        match self {
            Node::Root | Node::SelfLink | Node::ThreadSelf | Node::System(_) => None,
            Node::Pid { pid, .. }
            | Node::PidFile { pid, .. }
            | Node::TaskDir { pid }
            | Node::FdDir { pid }
            | Node::FdInfoDir { pid }
            | Node::Fd { pid, .. }
            | Node::FdInfo { pid, .. } => Some(pid),
        }
    }

    pub fn kind(self) -> Kind {
        match self {
            Node::SelfLink | Node::ThreadSelf | Node::Fd { .. } => Kind::Symlink,
            Node::System(place) => match SYSTEM[place].make {
                SystemMake::Dir => Kind::Dir,
                SystemMake::Link(_) => Kind::Symlink,
                SystemMake::Text(_) => Kind::File,
            },
            Node::PidFile { place, .. } => match PID_FILES[place].make {
                PidMake::Text(_) => Kind::File,
                PidMake::Link(_) => Kind::Symlink,
            },
            Node::FdInfo { .. } => Kind::File,
            _ => Kind::Dir,
        }
    }

    pub fn mode(self) -> u16 {
        match self {
            Node::FdDir { .. } | Node::FdInfoDir { .. } => 0o500,
            Node::FdInfo { .. } => 0o400,
            Node::PidFile { place, .. } => PID_FILES[place].mode,
            _ => match self.kind() {
                Kind::Dir => 0o555,
                Kind::Symlink => 0o777,
                _ => 0o444,
            },
        }
    }

    /// The children that have names; processes and descriptors have numbers.
    pub fn children(self) -> impl Iterator<Item = (&'static str, Node)> {
        let mut children = Vec::new();
        let system = |parent: Option<usize>| {
            let here = SYSTEM
                .iter()
                .enumerate()
                .filter(move |(_, file)| file.parent == parent);
            here.map(|(place, file)| (file.name, Node::System(place)))
        };
        match self {
            Node::Root => {
                children.extend(system(None));
                children.extend([("self", Node::SelfLink), ("thread-self", Node::ThreadSelf)]);
            }
            Node::System(place) if super::is_dir(&self) => children.extend(system(Some(place))),
            Node::Pid { pid, task } => {
                let files = PID_FILES.iter().enumerate();
                children.extend(
                    files.map(|(place, file)| (file.name, Node::PidFile { pid, task, place })),
                );
                children.extend([
                    ("fd", Node::FdDir { pid }),
                    ("fdinfo", Node::FdInfoDir { pid }),
                ]);
                if !task {
                    children.push(("task", Node::TaskDir { pid }));
                }
            }
            _ => {}
        }
        children.into_iter()
    }

    pub fn parent(self) -> Node {
        match self {
            Node::System(place) => SYSTEM[place].parent.map_or(Node::Root, Node::System),
            Node::Pid { pid, task: true } => Node::TaskDir { pid },
            Node::PidFile { pid, task, .. } => Node::Pid { pid, task },
            Node::TaskDir { pid } | Node::FdDir { pid } | Node::FdInfoDir { pid } => {
                Node::Pid { pid, task: false }
            }
            Node::Fd { pid, .. } => Node::FdDir { pid },
            Node::FdInfo { pid, .. } => Node::FdInfoDir { pid },
            Node::Root | Node::SelfLink | Node::ThreadSelf | Node::Pid { .. } => Node::Root,
        }
    }
}
