//! Runs operations on our namespace.

use crate::op::{Flags, Op, Outcome, Seen, Subject, Value};
use schooner::base::errno::Errno;
use schooner::vfs::image::ImageTree;
use schooner::vfs::overlay::{Limits, Overlay, uncharged};
use schooner::vfs::{
    Access, Cred, Filesystem, Kind, Namespace, OpenOptions, SetTime, Time, host_clock,
};
use std::sync::Arc;

pub struct Ours {
    pub tree: Namespace,
    pub cred: Cred,
}

impl Ours {
    /// An empty tree in memory whose root is 0755.
    pub fn empty() -> Ours {
        let limits = Limits::default();
        let tree = Overlay::memory(ImageTree::empty(), limits, uncharged(), host_clock());
        Ours::over(Arc::new(tree))
    }

    pub fn over(tree: Arc<dyn Filesystem>) -> Ours {
        Ours {
            tree: Namespace::new(tree, false),
            cred: Cred::root(),
        }
    }

    fn open(&self, path: &str, flags: Flags) -> Result<schooner::vfs::OpenFile, Errno> {
        let options = OpenOptions {
            read: flags.read,
            write: flags.write,
            append: false,
            create: flags.create,
            exclusive: flags.exclusive,
            truncate: flags.truncate,
            directory: flags.directory,
            nofollow: flags.nofollow,
            mode: flags.mode,
        };
        self.tree.open(&self.cred, "/", path, &options)
    }
}

impl Subject for Ours {
    fn run(&mut self, op: &Op) -> Outcome {
        let cred = self.cred.clone();
        let tree = &self.tree;
        let write = Flags {
            write: true,
            ..Flags::default()
        };
        let read = Flags {
            read: true,
            ..Flags::default()
        };
        let done = match op {
            Op::As(uid, gid) => {
                self.cred = Cred::user(*uid, *gid);
                Ok(())
            }
            Op::Open(path, flags) => self.open(path, *flags).map(|_| ()),
            Op::Write(path, offset, bytes) => {
                let file = self.open(path, write)?;
                file.write_at(&cred, *offset, bytes, false).map(|_| ())
            }
            Op::Append(path, bytes) => {
                let file = self.open(path, write)?;
                file.write_at(&cred, 0, bytes, true).map(|_| ())
            }
            Op::Read(path) => {
                let file = self.open(path, read)?;
                let mut bytes = Vec::new();
                let mut buf = [0; 700];
                loop {
                    match file.read_at(bytes.len() as u64, &mut buf)? {
                        0 => return Ok(Value::Bytes(bytes)),
                        n => bytes.extend(&buf[..n]),
                    }
                }
            }
            Op::Truncate(path, size) => tree.truncate(&cred, "/", path, *size),
            Op::Mkdir(path, mode) => tree.mkdir(&cred, "/", path, *mode),
            Op::Rmdir(path) => tree.rmdir(&cred, "/", path),
            Op::Unlink(path) => tree.unlink(&cred, "/", path),
            Op::Rename(from, to, noreplace) => tree.rename(&cred, "/", from, "/", to, *noreplace),
            Op::Link(from, to, follow) => tree.link(&cred, "/", from, *follow, "/", to),
            Op::Symlink(target, path) => tree.symlink(&cred, target, "/", path),
            Op::Readlink(path) => return tree.readlink(&cred, "/", path).map(Value::Text),
            Op::Chmod(path, mode) => tree.chmod(&cred, "/", path, *mode, true),
            Op::Chown(path, uid, gid, follow) => tree.chown(&cred, "/", path, *uid, *gid, *follow),
            Op::Stat(path, follow) => {
                let attr = tree.stat(&cred, "/", path, *follow)?;
                return Ok(Value::Stat(Seen {
                    mode: attr.st_mode(),
                    uid: attr.uid,
                    gid: attr.gid,
                    nlink: attr.nlink,
                    size: match attr.kind {
                        Kind::File | Kind::Symlink => attr.size,
                        _ => 0,
                    },
                }));
            }
            Op::List(path) => {
                let directory = Flags {
                    directory: true,
                    ..read
                };
                let file = self.open(path, directory)?;
                let mut names = Vec::new();
                let mut cookie = 0;
                loop {
                    let entries = file.read_dir(cookie, 3)?;
                    let Some(last) = entries.last() else {
                        names.sort();
                        return Ok(Value::Names(names));
                    };
                    cookie = last.next;
                    names.extend(entries.into_iter().map(|e| e.name));
                }
            }
            Op::Access(path, bits) => tree.access(&cred, "/", path, Access::from_bits(*bits)),
            Op::Times(path, atime, mtime) => {
                let time = |seconds: &Option<i64>| match seconds {
                    None => SetTime::Now,
                    Some(seconds) => SetTime::To(Time(seconds * 1_000_000_000)),
                };
                tree.set_times(&cred, "/", path, time(atime), time(mtime), true)
            }
            Op::Mkfifo(path, mode) => tree.mknod(&cred, "/", path, Kind::Fifo, *mode, (0, 0)),
        };
        done.map(|()| Value::Done)
    }
}
