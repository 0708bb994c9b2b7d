//! Names: making, linking, removing, moving. The host checks structure, in one step with the change.

use super::super::{Ino, Kind, Make, Result};
use super::data::options;
use super::{FILES, FOLDERS, HostDir, border, system};
use crate::base::errno::Errno;
use cap_std::fs::Dir;
use std::fs::File;

impl HostDir {
    pub(super) fn link_text(&self, ino: Ino) -> Result<String> {
        let (dir, name, seen) = self.place(ino)?;
        if seen.attr.kind != Kind::Symlink {
            return Err(Errno::Inval);
        }
        let text = dir.read_link_contents(&*name).map_err(system::errno)?;
        let text = text
            .into_os_string()
            .into_string()
            .map_err(|_| Errno::Ilseq)?;
        Ok(if cfg!(windows) {
            text.replace('\\', "/")
        } else {
            text
        })
    }

    pub(super) fn make_node(&self, dir: Ino, name: &str, what: &Make) -> Result<Ino> {
        border::check(name, Errno::Inval)?;
        let folder = self.dir(dir)?;
        let made = match what.kind {
            Kind::File => new_file(&folder, name).map(Some),
            _ => new_node(&folder, name, what).map(|()| None),
        };
        let made = match made {
            Err(Errno::Exist) => return Err(self.taken(&folder, dir, name)),
            made => made?,
        };
        let seen = match &made {
            Some(file) => system::stat_file(file)?,
            None => system::stat(&folder, name)?,
        };
        if seen.attr.kind != what.kind {
            // Somebody was quicker.
            return Err(Errno::Noent);
        }
        let ino = self
            .nodes
            .lock()
            .seen(seen.key, what.kind, Some((dir, name)));
        let set = self.dress(&seen, what)?;
        match &made {
            Some(file) => system::set_file(file, &set)?,
            None => system::set_named(&folder, name, seen.key, &set)?,
        }
        Ok(ino)
    }

    /// `EEXIST`, or `EINVAL` where the name is taken by another spelling of it, which a guest cannot see.
    fn taken(&self, folder: &Dir, dir: Ino, name: &str) -> Errno {
        match system::stat(folder, name) {
            Ok(seen) if self.spelled(folder, dir, name, &seen).is_err() => Errno::Inval,
            _ => Errno::Exist,
        }
    }

    pub(super) fn add_name(&self, ino: Ino, dir: Ino, name: &str) -> Result<()> {
        border::check(name, Errno::Inval)?;
        let (from, old, seen) = self.place(ino)?;
        if seen.attr.kind == Kind::Dir {
            return Err(Errno::Perm);
        }
        let folder = self.dir(dir)?;
        match from.hard_link(&*old, &folder, name).map_err(system::errno) {
            Err(Errno::Exist) => return Err(self.taken(&folder, dir, name)),
            linked => linked?,
        }
        let kind = seen.attr.kind;
        self.nodes.lock().seen(seen.key, kind, Some((dir, name)));
        Ok(())
    }

    pub(super) fn remove_name(&self, dir: Ino, name: &str) -> Result<()> {
        let (victim, seen) = self.look_up(dir, name)?;
        if seen.attr.kind == Kind::Dir {
            return Err(Errno::Isdir);
        }
        self.keep_alive(victim, seen.attr.kind);
        system::unlink(&*self.dir(dir)?, name)?;
        self.gone(dir, name, &seen);
        Ok(())
    }

    pub(super) fn remove_dir(&self, dir: Ino, name: &str) -> Result<()> {
        let (victim, seen) = self.look_up(dir, name)?;
        if seen.attr.kind != Kind::Dir {
            return Err(Errno::Notdir);
        }
        self.keep_alive(victim, Kind::Dir);
        self.dir(dir)?.remove_dir(name).map_err(system::errno)?;
        self.gone(dir, name, &seen);
        Ok(())
    }

    pub(super) fn move_name(
        &self,
        (old_dir, old_name): (Ino, &str),
        (new_dir, new_name): (Ino, &str),
        noreplace: bool,
    ) -> Result<()> {
        border::check(new_name, Errno::Inval)?;
        let (moved, _) = self.look_up(old_dir, old_name)?;
        let (from, to) = (self.dir(old_dir)?, self.dir(new_dir)?);
        let victim = match system::stat(&to, new_name) {
            Ok(seen) => {
                let spelled = self.spelled(&to, new_dir, new_name, &seen);
                let ino = self.nodes.lock().number(seen.key);
                if spelled.is_err() && ino != moved {
                    return Err(Errno::Inval);
                }
                // Another spelling of the moved name itself is an ordinary renaming.
                spelled.is_ok().then_some((ino, seen))
            }
            Err(Errno::Noent) => None,
            Err(error) => return Err(error),
        };
        if let Some((ino, seen)) = &victim {
            self.nodes
                .lock()
                .seen(seen.key, seen.attr.kind, Some((new_dir, new_name)));
            if *ino == moved {
                // Two names of one file: nothing to do, POSIX says.
                return match noreplace {
                    true => Err(Errno::Exist),
                    false => Ok(()),
                };
            }
            self.keep_alive(*ino, seen.attr.kind);
        }
        system::rename(&from, old_name, &to, new_name, noreplace)?;
        if let Some((_, seen)) = victim {
            self.gone(new_dir, new_name, &seen);
        }
        self.nodes
            .lock()
            .renamed((old_dir, old_name), (new_dir, new_name));
        Ok(())
    }

    /// Before a node may lose its last name: whoever holds it goes on using it.
    fn keep_alive(&self, ino: Ino, kind: Kind) {
        if !self.nodes.lock().is_held(ino) {
            FILES.forget(self.owner, ino);
            return;
        }
        match kind {
            Kind::File => self.pin(ino),
            // Open, it would stay where it is on Windows.
            Kind::Dir if !cfg!(windows) => drop(self.dir(ino)),
            _ => {}
        }
    }

    /// After a name has gone, with its node if that was the last.
    fn gone(&self, dir: Ino, name: &str, seen: &super::Seen) {
        let mut nodes = self.nodes.lock();
        let ino = nodes.named(dir, name);
        nodes.forget_name(dir, name);
        let held = ino.is_some_and(|ino| nodes.is_held(ino));
        drop(nodes);
        let last = seen.attr.kind == Kind::Dir || seen.attr.nlink <= 1;
        if last && !held {
            self.kept.lock().forget(seen.key);
            if let Some(ino) = ino {
                FOLDERS.forget(self.owner, ino);
            }
        }
    }
}

fn new_file(folder: &Dir, name: &str) -> Result<File> {
    let mut options = options();
    options.write(true).create_new(true);
    system::private(&mut options);
    let file = folder.open_with(name, &options).map_err(system::errno)?;
    Ok(file.into_std())
}

fn new_node(folder: &Dir, name: &str, what: &Make) -> Result<()> {
    match what.kind {
        Kind::Dir => folder.create_dir(name).map_err(system::errno),
        Kind::Symlink => {
            let text = what.target.as_deref().ok_or(Errno::Inval)?;
            system::symlink(folder, name, text)
        }
        Kind::Fifo => system::fifo(folder, name),
        // No device and no socket of the host comes from a guest.
        _ => Err(Errno::Perm),
    }
}
