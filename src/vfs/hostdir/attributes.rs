//! Attributes: what the host says of a node, and changing what it can be told.

use super::super::{Attr, Ino, Kind, Make, Result, SetAttr};
use super::owners::{Owners, SET_ID};
use super::{FILES, HostDir, Seen, system};
use crate::base::errno::Errno;

impl HostDir {
    pub(super) fn get_attr(&self, ino: Ino) -> Result<Attr> {
        if let Some(open) = self.open_file(ino) {
            return Ok(self.shown(system::stat_file(&open.file)?, ino));
        }
        match self.place(ino) {
            Ok((_, _, seen)) => Ok(self.shown(seen, ino)),
            // A folder that lost its name while somebody is in it.
            Err(Errno::Noent) => match super::FOLDERS.get(self.owner, ino) {
                Some(dir) => Ok(self.shown(system::stat_dir(&dir)?, ino)),
                None => Err(Errno::Noent),
            },
            Err(error) => Err(error),
        }
    }

    pub(super) fn change_attr(&self, ino: Ino, set: &SetAttr) -> Result<()> {
        if let Some(size) = set.size {
            let open = self.file(ino, true)?;
            open.file.set_len(size).map_err(system::errno)?;
        }
        if (SetAttr {
            size: None,
            ..set.clone()
        }) == SetAttr::default()
        {
            return Ok(());
        }
        if let Some(open) = self.open_file(ino) {
            let seen = system::stat_file(&open.file)?;
            let host = self.host_part(&seen, set)?;
            return system::set_file(&open.file, &host);
        }
        let (dir, name, seen) = self.place(ino)?;
        let host = self.host_part(&seen, set)?;
        system::set_named(&dir, &name, seen.key, &host)
    }

    /// Keeps what the host is not to be told, and answers the rest.
    fn host_part(&self, seen: &Seen, set: &SetAttr) -> Result<SetAttr> {
        let Seen { key, attr } = seen;
        let mut host = SetAttr {
            size: None,
            ..set.clone()
        };
        let mut kept = self.kept.lock();
        if (set.uid.is_some() || set.gid.is_some()) && self.owners != Owners::Real {
            kept.keep_owner(*key, set.uid, set.gid)?;
            (host.uid, host.gid) = (None, None);
        }
        if let Some(mode) = set.mode {
            kept.keep_mode(self.owners, *key, attr.kind, mode)?;
            host.mode = (attr.kind != Kind::Symlink).then_some(mode & !SET_ID);
        }
        Ok(host)
    }

    /// What a new node lacks of its owner and mode, whatever the engine's own umask and user made of it.
    pub(super) fn dress(&self, seen: &Seen, what: &Make) -> Result<SetAttr> {
        self.kept.lock().forget(seen.key);
        let mut now = seen.attr.clone();
        self.kept.lock().show(self.owners, seen.key, &mut now);
        let mode = what.mode & 0o7777;
        let set = SetAttr {
            mode: (now.mode != mode && now.kind != Kind::Symlink).then_some(mode),
            uid: (now.uid != what.uid).then_some(what.uid),
            gid: (now.gid != what.gid).then_some(what.gid),
            ..SetAttr::default()
        };
        self.host_part(seen, &set)
    }

    /// The handle of a file that somebody holds.
    pub(super) fn open_file(&self, ino: Ino) -> Option<super::Open> {
        let pinned = self.nodes.lock().pinned(ino);
        pinned.or_else(|| FILES.get(self.owner, ino))
    }
}
