//! Runs operations on the real kernel, in a scratch folder; needs root, because scripts change users.

use crate::op::{Flags, Op, Outcome, Seen, Subject, Value};
use rustix::fs::{self, AtFlags, Mode, OFlags, RenameFlags, Timespec, Timestamps};
use rustix::io::Errno as Native;
use rustix::process::{Gid, Uid};
use rustix::thread::{set_thread_groups, set_thread_res_gid, set_thread_res_uid};
use schooner::base::errno::Errno;
use std::os::fd::OwnedFd;
use std::sync::Once;

/// The kernel, seen from one scratch folder. Changing users concerns this thread alone.
pub struct Linux {
    root: OwnedFd,
    _folder: tempfile::TempDir,
}

impl Linux {
    /// `None` without root.
    pub fn new() -> Option<Linux> {
        static UMASK: Once = Once::new();
        if !rustix::process::geteuid().is_root() {
            return None;
        }
        UMASK.call_once(|| {
            rustix::process::umask(Mode::empty());
        });
        // tmpfs counts the links of directories as ext4 does; other systems may not.
        let shm = std::path::Path::new("/dev/shm");
        let folder = match shm.is_dir() {
            true => tempfile::tempdir_in(shm),
            false => tempfile::tempdir(),
        }
        .expect("a scratch folder");
        let root = fs::open(folder.path(), OFlags::DIRECTORY, Mode::empty()).expect("open");
        fs::fchmod(&root, Mode::from_raw_mode(0o755)).expect("chmod");
        Some(Linux {
            root,
            _folder: folder,
        })
    }

    fn open(&self, path: &str, flags: Flags) -> Result<OwnedFd, Native> {
        let mut o = match (flags.read, flags.write) {
            (_, false) => OFlags::RDONLY,
            (false, true) => OFlags::WRONLY,
            (true, true) => OFlags::RDWR,
        };
        o |= OFlags::CLOEXEC | OFlags::NONBLOCK;
        for (set, flag) in [
            (flags.create, OFlags::CREATE),
            (flags.exclusive, OFlags::EXCL),
            (flags.truncate, OFlags::TRUNC),
            (flags.directory, OFlags::DIRECTORY),
            (flags.nofollow, OFlags::NOFOLLOW),
        ] {
            if set {
                o |= flag;
            }
        }
        fs::openat(&self.root, path, o, Mode::from_raw_mode(flags.mode.into()))
    }

    fn try_run(&mut self, op: &Op) -> Result<Value, Native> {
        let root = &self.root;
        let write = Flags {
            write: true,
            ..Flags::default()
        };
        let read = Flags {
            read: true,
            ..Flags::default()
        };
        let mode = |mode: u16| Mode::from_raw_mode(mode.into());
        let follow_flag = |follow: bool| match follow {
            true => AtFlags::empty(),
            false => AtFlags::SYMLINK_NOFOLLOW,
        };
        match op {
            Op::As(uid, gid) => become_user(*uid, *gid),
            Op::Open(path, flags) => self.open(path, *flags).map(|_| ())?,
            Op::Write(path, offset, bytes) => {
                let file = self.open(path, write)?;
                rustix::io::pwrite(&file, bytes, *offset)?;
            }
            Op::Append(path, bytes) => {
                let file = self.open(path, write)?;
                fs::seek(&file, fs::SeekFrom::End(0))?;
                rustix::io::write(&file, bytes)?;
            }
            Op::Read(path) => {
                let file = self.open(path, read)?;
                let mut bytes = Vec::new();
                let mut buf = [0; 4096];
                loop {
                    match rustix::io::read(&file, &mut buf)? {
                        0 => return Ok(Value::Bytes(bytes)),
                        n => bytes.extend(&buf[..n]),
                    }
                }
            }
            Op::Truncate(path, size) => {
                // `truncate` has no `at` form: a path through the folder's descriptor, whose checks are the same.
                use std::os::fd::AsRawFd;
                let full = format!("/proc/self/fd/{}/{path}", root.as_raw_fd());
                truncate(&full, *size)?;
            }
            Op::Mkdir(path, bits) => fs::mkdirat(root, path, mode(*bits))?,
            Op::Rmdir(path) => fs::unlinkat(root, path, AtFlags::REMOVEDIR)?,
            Op::Unlink(path) => fs::unlinkat(root, path, AtFlags::empty())?,
            Op::Rename(from, to, noreplace) => {
                let flags = match noreplace {
                    true => RenameFlags::NOREPLACE,
                    false => RenameFlags::empty(),
                };
                fs::renameat_with(root, from, root, to, flags)?;
            }
            Op::Link(from, to, follow) => {
                let flags = match follow {
                    true => AtFlags::SYMLINK_FOLLOW,
                    false => AtFlags::empty(),
                };
                fs::linkat(root, from, root, to, flags)?;
            }
            Op::Symlink(target, path) => fs::symlinkat(target, root, path)?,
            Op::Readlink(path) => {
                let text = fs::readlinkat(root, path, Vec::new())?;
                return Ok(Value::Text(text.to_string_lossy().into_owned()));
            }
            Op::Chmod(path, bits) => fs::chmodat(root, path, mode(*bits), AtFlags::empty())?,
            Op::Chown(path, uid, gid, follow) => {
                let (uid, gid) = (uid.map(Uid::from_raw), gid.map(Gid::from_raw));
                fs::chownat(root, path, uid, gid, follow_flag(*follow))?;
            }
            Op::Stat(path, follow) => {
                let stat = fs::statat(root, path, follow_flag(*follow))?;
                let sized = matches!(stat.st_mode & 0o170000, 0o100000 | 0o120000);
                return Ok(Value::Stat(Seen {
                    mode: stat.st_mode,
                    uid: stat.st_uid,
                    gid: stat.st_gid,
                    nlink: stat.st_nlink as u64,
                    size: if sized { stat.st_size as u64 } else { 0 },
                }));
            }
            Op::List(path) => {
                let directory = Flags {
                    directory: true,
                    ..read
                };
                let file = self.open(path, directory)?;
                let mut names = Vec::new();
                let mut buf = Vec::with_capacity(8192);
                let mut entries = fs::RawDir::new(&file, buf.spare_capacity_mut());
                while let Some(entry) = entries.next() {
                    let name = entry?.file_name().to_string_lossy().into_owned();
                    if name != "." && name != ".." {
                        names.push(name);
                    }
                }
                names.sort();
                return Ok(Value::Names(names));
            }
            Op::Access(path, bits) => {
                let access = fs::Access::from_bits_retain((*bits).into());
                fs::accessat(root, path, access, AtFlags::EACCESS)?;
            }
            Op::Times(path, atime, mtime) => {
                let time = |seconds: &Option<i64>| Timespec {
                    tv_sec: seconds.unwrap_or(0),
                    tv_nsec: if seconds.is_none() { fs::UTIME_NOW } else { 0 },
                };
                let times = Timestamps {
                    last_access: time(atime),
                    last_modification: time(mtime),
                };
                fs::utimensat(root, path, &times, AtFlags::empty())?;
            }
            Op::Mkfifo(path, bits) => {
                fs::mknodat(root, path, fs::FileType::Fifo, mode(*bits), 0)?;
            }
        }
        Ok(Value::Done)
    }
}

/// rustix has no `truncate` by path; `std` opens for writing and cuts, which fails the same way.
fn truncate(path: &str, size: u64) -> Result<(), Native> {
    let native = |e: std::io::Error| Native::from_io_error(&e).unwrap_or(Native::IO);
    let stat = fs::stat(path)?;
    match fs::FileType::from_raw_mode(stat.st_mode) {
        fs::FileType::Directory => return Err(Native::ISDIR),
        fs::FileType::RegularFile => {}
        _ => return Err(Native::INVAL),
    }
    let file = std::fs::OpenOptions::new().write(true).open(path);
    file.and_then(|f| f.set_len(size)).map_err(native)
}

fn become_user(uid: u32, gid: u32) {
    let root = Uid::ROOT;
    // Back to root first: only root may change at will.
    set_thread_res_uid(root, root, root).expect("back to root");
    set_thread_groups(&[]).expect("groups");
    let gid = Gid::from_raw(gid);
    set_thread_res_gid(gid, gid, gid).expect("group");
    let uid = Uid::from_raw(uid);
    set_thread_res_uid(uid, uid, root).expect("user");
}

impl Drop for Linux {
    fn drop(&mut self) {
        become_user(0, 0);
    }
}

impl Subject for Linux {
    fn run(&mut self, op: &Op) -> Outcome {
        self.try_run(op).map_err(|error| match error {
            Native::PERM => Errno::Perm,
            Native::NOENT => Errno::Noent,
            Native::ACCESS => Errno::Acces,
            Native::BUSY => Errno::Busy,
            Native::EXIST => Errno::Exist,
            Native::XDEV => Errno::Xdev,
            Native::NOTDIR => Errno::Notdir,
            Native::ISDIR => Errno::Isdir,
            Native::INVAL => Errno::Inval,
            Native::FBIG => Errno::Fbig,
            Native::NOSPC => Errno::Nospc,
            Native::ROFS => Errno::Rofs,
            Native::MLINK => Errno::Mlink,
            Native::NAMETOOLONG => Errno::Nametoolong,
            Native::NOTEMPTY => Errno::Notempty,
            Native::LOOP => Errno::Loop,
            Native::OPNOTSUPP => Errno::Notsup,
            Native::NXIO => Errno::Nxio,
            Native::BADF => Errno::Badf,
            other => panic!("{op:?}: {other}"),
        })
    }
}
