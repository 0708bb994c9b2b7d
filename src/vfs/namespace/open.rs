//! Opening a path: for reading and writing, making the file, or to run it.

use super::super::{Follow, Kind, Make, Result};
use super::names::owned;
use super::walk::{Last, Walk};
use super::{Access, At, Cred, Namespace, OpenFile};
use crate::base::errno::Errno;

/// How to open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OpenOptions {
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// Every write goes to the end.
    pub append: bool,
    /// Make the file if it is missing.
    pub create: bool,
    /// With `create`: fail if it exists.
    pub exclusive: bool,
    /// Empty it.
    pub truncate: bool,
    /// Fail unless it is a directory.
    pub directory: bool,
    /// Fail if the last component is a symlink.
    pub nofollow: bool,
    /// Permissions of a new file, already masked.
    pub mode: u16,
}

impl Namespace {
    /// `openat`.
    pub fn open<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
        options: &OpenOptions,
    ) -> Result<OpenFile> {
        if options.create && options.directory {
            return Err(Errno::Inval);
        }
        let mut walk = Walk::begin_named(self.table(), cred, at.into(), path)?;
        if options.create {
            return open_or_make(&mut walk, path.to_owned(), options);
        }
        walk.all(path, !options.nofollow)?;
        open_existing(&walk, options)
    }

    /// Opens a program for `execve`: `EACCES` unless it is a regular file with an execute bit on a mount that allows it.
    pub fn open_exec<'a>(
        &self,
        cred: &Cred,
        at: impl Into<At<'a>>,
        path: &str,
    ) -> Result<OpenFile> {
        let mut walk = Walk::begin_named(self.table(), cred, at.into(), path)?;
        walk.all(path, true)?;
        if walk.attr.kind != Kind::File || walk.place.mount.options().noexec {
            return Err(Errno::Acces);
        }
        walk.permitted(Access::EXEC)?;
        let options = OpenOptions {
            read: true,
            ..OpenOptions::default()
        };
        OpenFile::new(&walk, &options)
    }
}

fn open_or_make(walk: &mut Walk<'_>, mut path: String, options: &OpenOptions) -> Result<OpenFile> {
    loop {
        let (last, slash) = walk.parent(&path)?;
        let Last::Name(name) = last else {
            return Err(match options.exclusive {
                true => Errno::Exist,
                false => Errno::Isdir,
            });
        };
        if slash {
            return Err(Errno::Isdir);
        }
        let (place, attr) = match walk.peek(name) {
            Ok(_) if options.exclusive => return Err(Errno::Exist),
            Ok(found) => found,
            Err(Errno::Noent) => {
                walk.place.writable()?;
                walk.permitted(Access::CHANGE_DIR)?;
                let make = Make::new(Kind::File, options.mode & 0o7777);
                let make = owned(walk.cred, &walk.attr, make);
                match walk.place.mount.fs.make(walk.place.ino, name, &make) {
                    // Somebody else made it in between.
                    Err(Errno::Exist) if !options.exclusive => continue,
                    made => made?,
                };
                let found = walk.peek(name)?;
                walk.enter(name, found)?;
                // Its mode binds the others: whoever makes a file has it open.
                return OpenFile::new(walk, options);
            }
            Err(error) => return Err(error),
        };
        if attr.kind != Kind::Symlink {
            walk.enter(name, (place, attr))?;
            return open_existing(walk, options);
        }
        if options.nofollow {
            return Err(Errno::Loop);
        }
        path = match walk.read_link(&place)? {
            Follow::Text(text) => text,
            Follow::Itself => {
                let attr = place.mount.fs.followed_attr(place.ino)?;
                walk.enter(name, (place, attr))?;
                walk.magic = true;
                return OpenFile::new(walk, options);
            }
        };
    }
}

fn open_existing(walk: &Walk<'_>, options: &OpenOptions) -> Result<OpenFile> {
    if walk.magic {
        if options.directory && !walk.attr.is_dir() {
            return Err(Errno::Notdir);
        }
        return OpenFile::new(walk, options);
    }
    let kind = walk.attr.kind;
    let changes = options.write || options.truncate;
    if options.directory && kind != Kind::Dir {
        return Err(Errno::Notdir);
    }
    match kind {
        Kind::Symlink => return Err(Errno::Loop),
        Kind::Dir if changes || options.create => return Err(Errno::Isdir),
        _ => {}
    }
    walk.permitted(Access {
        read: options.read,
        write: changes,
        exec: false,
    })?;
    if kind == Kind::Socket {
        return Err(Errno::Nxio);
    }
    if changes && kind == Kind::File {
        walk.place.writable()?;
    }
    let file = OpenFile::new(walk, options)?;
    if options.truncate && kind == Kind::File {
        file.place().truncate(walk.cred, 0)?;
    }
    Ok(file)
}
