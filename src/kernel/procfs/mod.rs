//! `/proc`: a read-only tree whose files are made at each read from the sandbox's own state, in Linux's formats.
//!
//! No host object stands behind any of it: links lead to guest paths or to descriptions of the same sandbox. What belongs to
//! a process (environment, descriptors, cwd) is refused to other users. `nodes` names the files, `process`, `system`,
//! `net` and `mounts` write them. Holds no lock of its own.

mod mounts;
mod net;
mod nodes;
mod process;
mod system;
#[cfg(test)]
mod tests;

use super::description::{Description, Object};
use super::process::{Process, current};
use super::sandbox::Sandbox;
use super::table::{Entry, RunState};
use crate::base::errno::Errno;
use crate::vfs::{Attr, DirEntry, Follow, Generated, Ino, Kind, MountOptions, Result, Source};
use nodes::{Node, PID_FILES, ROOT, SYSTEM};
use std::sync::{Arc, Weak};

/// `uname -s`: what scripts look for, as everywhere behind Docker.
pub const OSTYPE: &str = "Linux";
/// `uname -r`: the interface that is followed, and that it is not that kernel.
pub const OSRELEASE: &str = concat!("6.12.0-schooner-", env!("CARGO_PKG_VERSION"));
/// `uname -v`.
pub const VERSION: &str = "#1 SMP WASI sandbox";
/// `uname -m`.
pub const MACHINE: &str = "wasm32";
/// Clock ticks per second of `/proc/PID/stat`.
const HZ: u64 = 100;

/// One sandbox's `/proc`.
pub struct ProcFs {
    sandbox: Weak<Sandbox>,
}

/// Mounts `/proc` in a sandbox's tree; nothing happens where the image has no such directory.
pub(super) fn mount(sandbox: &Arc<Sandbox>) {
    let tree = Generated::new(Arc::new(ProcFs {
        sandbox: Arc::downgrade(sandbox),
    }));
    if let Err(errno) =
        sandbox
            .namespace
            .mount("/proc", Arc::new(tree), None, MountOptions::default())
    {
        tracing::debug!(sandbox = %sandbox.id, %errno, "no /proc");
    }
}

/// A process and its place in the table, read at one moment.
struct View {
    process: Arc<Process>,
    ppid: u32,
    pgrp: u32,
    sid: u32,
    state: RunState,
}

impl View {
    fn new(entry: &Entry) -> View {
        View {
            process: entry.process.clone(),
            ppid: entry.ppid,
            pgrp: entry.pgrp,
            sid: entry.sid,
            state: entry.state,
        }
    }

    fn is_zombie(&self) -> bool {
        matches!(self.state, RunState::Zombie(_))
    }

    /// `R`, `S`, `T` or `Z`.
    fn letter(&self) -> char {
        match self.state {
            RunState::Zombie(_) => 'Z',
            RunState::Stopped => 'T',
            RunState::Running if self.process.usage.waits() && current() != self.process.pid => 'S',
            RunState::Running => 'R',
        }
    }
}

impl ProcFs {
    fn sandbox(&self) -> Result<Arc<Sandbox>> {
        self.sandbox.upgrade().ok_or(Errno::Io)
    }

    fn view(&self, pid: u32) -> Result<View> {
        self.sandbox()?
            .table
            .with(pid, View::new)
            .ok_or(Errno::Noent)
    }

    /// Refuses those who may not look inside a process: other users than its own and root (ptrace(2), "access mode").
    fn inspect(&self, pid: u32) -> Result<View> {
        let view = self.view(pid)?;
        let asker = current();
        if asker == 0 || asker == pid {
            return Ok(view);
        }
        let asker = self.sandbox()?.table.get(asker).ok_or(Errno::Acces)?.cred();
        match asker.is_root() || asker.uid == view.process.cred().uid {
            true => Ok(view),
            false => Err(Errno::Acces),
        }
    }

    fn description(&self, pid: u32, fd: u16) -> Result<Arc<Description>> {
        let view = self.inspect(pid)?;
        view.process
            .files
            .lock()
            .get(fd.into())
            .map_err(|_| Errno::Noent)
    }

    fn node(&self, ino: Ino) -> Result<Node> {
        let node = Node::decode(ino)?;
        if let Some(pid) = node.pid() {
            self.view(pid)?;
        }
        Ok(node)
    }

    fn content(&self, ino: Ino) -> Result<Vec<u8>> {
        let sandbox = self.sandbox()?;
        match self.node(ino)? {
            Node::System(place) => match SYSTEM[place].make {
                nodes::SystemMake::Text(make) => Ok(make(&sandbox).into_bytes()),
                _ => Err(Errno::Isdir),
            },
            Node::PidFile { pid, place, .. } => {
                let file = &PID_FILES[place];
                let view = match file.private {
                    true => self.inspect(pid)?,
                    false => self.view(pid)?,
                };
                match file.make {
                    nodes::PidMake::Text(make) => Ok(make(&sandbox, &view)),
                    nodes::PidMake::Link(_) => Err(Errno::Inval),
                }
            }
            Node::FdInfo { pid, fd } => {
                let description = self.description(pid, fd)?;
                let offset = description.tell().unwrap_or(0);
                Ok(format!(
                    "pos:\t{offset}\nflags:\t0{:o}\nmnt_id:\t1\n",
                    description.flags()
                )
                .into_bytes())
            }
            Node::Fd { .. } | Node::SelfLink | Node::ThreadSelf => Err(Errno::Inval),
            _ => Err(Errno::Isdir),
        }
    }

    /// The pid that `/proc/self` means.
    fn own(&self) -> Result<u32> {
        match current() {
            0 => Err(Errno::Noent),
            pid => Ok(pid),
        }
    }

    /// The text of what a descriptor leads to.
    fn describe(description: &Arc<Description>) -> String {
        let number = description.attr().map_or(0, |attr| attr.ino);
        match &description.object {
            Object::File(file) => file.path().to_owned(),
            Object::Pipe {
                node: Some(node), ..
            } => node.path().to_owned(),
            Object::Pipe { .. } => format!("pipe:[{number}]"),
            Object::Socket(_) => format!("socket:[{number}]"),
            Object::Terminal { index, .. } => format!("/dev/pts/{index}"),
            Object::Device(_, Some(node)) => node.path().to_owned(),
            Object::Device(device, None) => {
                format!("/dev/{}", format!("{device:?}").to_lowercase())
            }
        }
    }
}

impl Source for ProcFs {
    fn type_name(&self) -> &'static str {
        "proc"
    }

    fn root(&self) -> Ino {
        ROOT
    }

    fn lookup(&self, dir: Ino, name: &str) -> Result<Ino> {
        let node = self.node(dir)?;
        let sandbox = self.sandbox()?;
        if let Some(child) = node.children().find(|(known, _)| *known == name) {
            return Ok(child.1.encode());
        }
        // Numbers are written one way only: `/proc/01` is not there.
        let number: u32 = name.parse().map_err(|_| Errno::Noent)?;
        if number.to_string() != name {
            return Err(Errno::Noent);
        }
        let child = match node {
            Node::Root if sandbox.table.get(number).is_some() => Node::Pid {
                pid: number,
                task: false,
            },
            Node::TaskDir { pid } if pid == number => Node::Pid { pid, task: true },
            Node::FdDir { pid } | Node::FdInfoDir { pid } => {
                let fd = u16::try_from(number).map_err(|_| Errno::Noent)?;
                self.description(pid, fd)?;
                match node {
                    Node::FdDir { .. } => Node::Fd { pid, fd },
                    _ => Node::FdInfo { pid, fd },
                }
            }
            _ => return Err(Errno::Noent),
        };
        Ok(child.encode())
    }

    fn attr(&self, ino: Ino) -> Result<Attr> {
        let node = self.node(ino)?;
        let mut attr = Attr::new(ino, node.kind(), node.mode());
        if let Some(pid) = node.pid() {
            let cred = self.view(pid)?.process.cred();
            (attr.uid, attr.gid) = (cred.uid, cred.gid);
        }
        if let Node::Fd { pid, fd } = node {
            // As on Linux, the bits tell what the descriptor is open for.
            let description = self.description(pid, fd)?;
            attr.mode = 0o100;
            attr.mode |= if description.readable() { 0o400 } else { 0 };
            attr.mode |= if description.writable() { 0o200 } else { 0 };
        }
        let now = crate::vfs::Time(self.sandbox()?.machine.clock().realtime());
        (attr.atime, attr.mtime, attr.ctime) = (now, now, now);
        Ok(attr)
    }

    fn read_dir(&self, dir: Ino, cookie: u64, max: usize) -> Result<Vec<DirEntry>> {
        /// Numbers come after the names.
        const NUMBERS: u64 = 1 << 32;
        let node = self.node(dir)?;
        let mut entries = Vec::new();
        for (place, (name, child)) in node.children().enumerate() {
            let next = place as u64 + 1;
            if next > cookie {
                entries.push(DirEntry {
                    name: name.to_owned(),
                    ino: child.encode(),
                    kind: child.kind(),
                    next,
                });
            }
        }
        let mut numbers: Vec<(u32, Node)> = Vec::new();
        match node {
            Node::Root => self.sandbox()?.table.each(|entry| {
                let pid = entry.process.pid;
                numbers.push((pid, Node::Pid { pid, task: false }));
            }),
            Node::TaskDir { pid } => numbers.push((pid, Node::Pid { pid, task: true })),
            Node::FdDir { pid } | Node::FdInfoDir { pid } => {
                let view = self.inspect(pid)?;
                for (number, _) in view.process.files.lock().list() {
                    let fd = number as u16;
                    numbers.push(match node {
                        Node::FdDir { .. } => (number, Node::Fd { pid, fd }),
                        _ => (number, Node::FdInfo { pid, fd }),
                    });
                }
            }
            _ => {}
        }
        for (number, child) in numbers {
            let next = NUMBERS + u64::from(number) + 1;
            if next > cookie {
                entries.push(DirEntry {
                    name: number.to_string(),
                    ino: child.encode(),
                    kind: child.kind(),
                    next,
                });
            }
        }
        entries.truncate(max);
        Ok(entries)
    }

    fn parent(&self, dir: Ino) -> Result<Ino> {
        Ok(self.node(dir)?.parent().encode())
    }

    fn read_link(&self, ino: Ino) -> Result<String> {
        match self.node(ino)? {
            Node::SelfLink => Ok(self.own()?.to_string()),
            Node::ThreadSelf => self.own().map(|pid| format!("{pid}/task/{pid}")),
            Node::System(place) => match SYSTEM[place].make {
                nodes::SystemMake::Link(text) => Ok(text.to_owned()),
                _ => Err(Errno::Inval),
            },
            Node::PidFile { pid, place, .. } => match PID_FILES[place].make {
                nodes::PidMake::Link(make) => Ok(make(&self.inspect(pid)?)),
                nodes::PidMake::Text(_) => Err(Errno::Inval),
            },
            Node::Fd { pid, fd } => Ok(ProcFs::describe(&self.description(pid, fd)?)),
            _ => Err(Errno::Inval),
        }
    }

    fn follow(&self, ino: Ino) -> Result<Follow> {
        if let Node::Fd { pid, fd } = self.node(ino)? {
            let description = self.description(pid, fd)?;
            if !matches!(description.object, Object::File(_)) {
                return Ok(Follow::Itself);
            }
        }
        self.read_link(ino).map(Follow::Text)
    }

    fn followed_attr(&self, ino: Ino) -> Result<Attr> {
        match self.node(ino)? {
            Node::Fd { pid, fd } => self.description(pid, fd)?.attr(),
            _ => self.attr(ino),
        }
    }

    fn text(&self, ino: Ino) -> Result<Vec<u8>> {
        self.content(ino)
    }
}

/// Whether a node is a directory is asked often enough to have a name.
fn is_dir(node: &Node) -> bool {
    node.kind() == Kind::Dir
}
