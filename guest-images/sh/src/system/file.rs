//! Files and descriptors.

use super::{Kernel, errno::errno};
use crate::sys;
use enumset::EnumSet;
use std::ffi::CStr;
use std::future::{Future, ready};
use std::io::SeekFrom;
use std::rc::Rc;
use yash_env::io::Fd;
use yash_env::path::{Path, PathBuf};
use yash_env::str::{UnixStr, UnixString};
use yash_env::system::r#virtual::VirtualDir;
use yash_env::system::{
    AT_FDCWD, Chdir, Close, Dir, Dup, Errno, Fcntl, FdFlag, FileType, Fstat, GetCwd, Gid,
    IsExecutableFile, Mode, OfdAccess, Open, OpenFlag, Pipe, Result, Seek, Uid, Umask,
};

/// The kernel's paths are UTF-8.
fn path(path: &CStr) -> Result<&str> {
    path.to_str().map_err(|_| Errno::EILSEQ)
}

/// A file's attributes.
#[derive(Clone, Copy, Debug)]
pub struct Stat(pub sys::Stat);

impl yash_env::system::Stat for Stat {
    fn dev(&self) -> u64 {
        self.0.dev
    }
    fn ino(&self) -> u64 {
        self.0.ino
    }
    fn mode(&self) -> Mode {
        Mode::from_bits_retain(self.0.mode & 0o7777)
    }
    fn r#type(&self) -> FileType {
        match self.0.file_type() {
            schooner_sys::S_IFREG => FileType::Regular,
            schooner_sys::S_IFDIR => FileType::Directory,
            schooner_sys::S_IFLNK => FileType::Symlink,
            schooner_sys::S_IFIFO => FileType::Fifo,
            schooner_sys::S_IFBLK => FileType::BlockDevice,
            schooner_sys::S_IFCHR => FileType::CharacterDevice,
            schooner_sys::S_IFSOCK => FileType::Socket,
            _ => FileType::Other,
        }
    }
    fn nlink(&self) -> u64 {
        self.0.nlink
    }
    fn uid(&self) -> Uid {
        Uid(self.0.uid)
    }
    fn gid(&self) -> Gid {
        Gid(self.0.gid)
    }
    fn size(&self) -> u64 {
        self.0.size
    }
}

impl Fstat for Kernel {
    type Stat = Stat;
    fn fstat(&self, fd: Fd) -> Result<Stat> {
        sys::fstat(fd.0).map(Stat).map_err(errno)
    }
    fn fstatat(&self, dir_fd: Fd, name: &CStr, follow_symlinks: bool) -> Result<Stat> {
        let dir = if dir_fd == AT_FDCWD { -1 } else { dir_fd.0 };
        let flags = i32::from(!follow_symlinks);
        sys::statat(dir, path(name)?, flags)
            .map(Stat)
            .map_err(errno)
    }
}

impl IsExecutableFile for Kernel {
    fn is_executable_file(&self, name: &CStr) -> bool {
        let regular = |name: &str| {
            sys::stat(name).is_ok_and(|stat| stat.file_type() == schooner_sys::S_IFREG)
        };
        path(name).is_ok_and(|name| regular(name) && sys::access(name, sys::X_OK).is_ok())
    }
}

impl Open for Kernel {
    fn open(
        &self,
        name: &CStr,
        access: OfdAccess,
        flags: EnumSet<OpenFlag>,
        mode: Mode,
    ) -> impl Future<Output = Result<Fd>> + use<> {
        ready((|| {
            let mut bits = match access {
                OfdAccess::WriteOnly => sys::O_WRONLY,
                OfdAccess::ReadWrite => sys::O_RDWR,
                _ => sys::O_RDONLY,
            };
            for flag in flags {
                bits |= match flag {
                    OpenFlag::Append => sys::O_APPEND,
                    OpenFlag::CloseOnExec => sys::O_CLOEXEC,
                    OpenFlag::Create => sys::O_CREAT,
                    OpenFlag::Directory => sys::O_DIRECTORY,
                    OpenFlag::Exclusive => sys::O_EXCL,
                    OpenFlag::NoCtty => sys::O_NOCTTY,
                    OpenFlag::NoFollow => sys::O_NOFOLLOW,
                    OpenFlag::NonBlock => sys::O_NONBLOCK,
                    OpenFlag::Truncate => sys::O_TRUNC,
                    _ => 0,
                };
            }
            sys::open(path(name)?, bits, mode.bits())
                .map(Fd)
                .map_err(errno)
        })())
    }

    fn open_tmpfile(&self, parent_dir: &Path) -> Result<Fd> {
        // Memory first: it leaves no trace in `diff` and works with a read-only root.
        let parent = parent_dir.as_unix_str().to_str().unwrap_or("/tmp");
        let mut result = Err(Errno::ENOENT);
        for dir in ["/dev/shm", parent, "/tmp", "."] {
            let name = format!("{dir}/.sh-{}", sys::getpid());
            let flags = sys::O_RDWR | sys::O_CREAT | sys::O_TRUNC | sys::O_NOFOLLOW;
            result = sys::open(&name, flags, 0o600).map(Fd).map_err(errno);
            if result.is_ok() {
                let _ = std::fs::remove_file(&name);
                break;
            }
        }
        result
    }

    fn fdopendir(&self, _fd: Fd) -> Result<impl Dir + use<>> {
        Err::<VirtualDir<std::vec::IntoIter<Rc<UnixStr>>>, _>(Errno::ENOSYS)
    }

    fn opendir(&self, name: &CStr) -> Result<impl Dir + use<>> {
        let names = sys::read_dir(path(name)?).map_err(errno)?.into_iter();
        let names: Vec<Rc<UnixStr>> = names.map(|name| Rc::from(UnixStr::new(&name))).collect();
        Ok(VirtualDir::new(names))
    }
}

impl Close for Kernel {
    fn close(&self, fd: Fd) -> Result<()> {
        match sys::close(fd.0) {
            Err(sys::Errno::EBADF) => Ok(()),
            result => result.map_err(errno),
        }
    }
}

impl Pipe for Kernel {
    fn pipe(&self) -> Result<(Fd, Fd)> {
        sys::pipe()
            .map(|(reader, writer)| (Fd(reader), Fd(writer)))
            .map_err(errno)
    }
}

impl Dup for Kernel {
    fn dup(&self, from: Fd, to_min: Fd, flags: EnumSet<FdFlag>) -> Result<Fd> {
        let cloexec = flags.contains(FdFlag::CloseOnExec);
        sys::dup_min(from.0, to_min.0, cloexec)
            .map(Fd)
            .map_err(errno)
    }
    fn dup2(&self, from: Fd, to: Fd) -> Result<Fd> {
        sys::dup2(from.0, to.0).map(|()| to).map_err(errno)
    }
}

impl Fcntl for Kernel {
    fn ofd_access(&self, fd: Fd) -> Result<OfdAccess> {
        Ok(match sys::status_flags(fd.0).map_err(errno)? & 3 {
            sys::O_RDONLY => OfdAccess::ReadOnly,
            sys::O_WRONLY => OfdAccess::WriteOnly,
            _ => OfdAccess::ReadWrite,
        })
    }
    fn get_and_set_nonblocking(&self, fd: Fd, nonblocking: bool) -> Result<bool> {
        let mut list = self.nonblocking.borrow_mut();
        let place = list.iter().position(|own| *own == fd.0);
        match (place, nonblocking) {
            (None, true) => list.push(fd.0),
            (Some(place), false) => {
                list.swap_remove(place);
            }
            _ => {}
        }
        Ok(place.is_some())
    }
    fn fcntl_getfd(&self, fd: Fd) -> Result<EnumSet<FdFlag>> {
        let flags = sys::fd_flags(fd.0).map_err(errno)?;
        let mut set = EnumSet::empty();
        if flags & schooner_sys::FD_CLOEXEC != 0 {
            set.insert(FdFlag::CloseOnExec);
        }
        Ok(set)
    }
    fn fcntl_setfd(&self, fd: Fd, flags: EnumSet<FdFlag>) -> Result<()> {
        let cloexec = flags.contains(FdFlag::CloseOnExec);
        sys::set_fd_flags(fd.0, u32::from(cloexec)).map_err(errno)
    }
}

impl Seek for Kernel {
    fn lseek(&self, fd: Fd, position: SeekFrom) -> Result<u64> {
        let (offset, whence) = match position {
            SeekFrom::Start(offset) => (offset as i64, 0),
            SeekFrom::Current(offset) => (offset, 1),
            SeekFrom::End(offset) => (offset, 2),
        };
        sys::lseek(fd.0, offset, whence).map_err(errno)
    }
}

impl Umask for Kernel {
    fn umask(&self, new_mask: Mode) -> Mode {
        Mode::from_bits_retain(sys::umask(new_mask.bits()).unwrap_or(0o022))
    }
}

impl GetCwd for Kernel {
    fn getcwd(&self) -> Result<PathBuf> {
        sys::getcwd()
            .map(|path| PathBuf::from(UnixString::from(path)))
            .map_err(errno)
    }
}

impl Chdir for Kernel {
    fn chdir(&self, name: &CStr) -> Result<()> {
        sys::chdir(path(name)?).map_err(errno)
    }
}
