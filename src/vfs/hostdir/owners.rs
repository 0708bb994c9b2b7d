//! Whose a file of the host is, as the guest sees it, and what the host cannot say.
//!
//! An engine that runs as root on a Unix passes owners through in both directions, as Docker does. Any other engine can
//! only act as its user: that user's files appear as root's (0:0), files of the host's root as nobody's (65534), as in
//! a rootless Docker. What such an engine cannot write into the host (another owner; every mode on Windows) it keeps
//! here, for as long as the mount lives. Set-id bits are kept here too, always: a guest must not lend its user's rights
//! to programs of the host.

use super::super::{Attr, Kind, Result, S_ISGID, S_ISUID};
use super::nodes::Key;
use crate::base::errno::Errno;
use std::collections::HashMap;

/// The bits of a mode that never reach the host.
pub(super) const SET_ID: u16 = S_ISUID | S_ISGID;
/// Nodes about which something is kept; a guest must not fill our memory with them.
const MOST: usize = 64 << 10;
/// Whoever has no name in here.
const NOBODY: u32 = 65534;

/// How owners cross the border.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owners {
    /// As they are: the engine is root.
    Real,
    /// The engine's user and group are root here.
    Mapped { uid: u32, gid: u32 },
    /// The host has no such numbers: everything is root's.
    None,
}

impl Owners {
    fn show(self, attr: &mut Attr) {
        let map = |id: u32, own: u32| match id {
            id if id == own => 0,
            0 => NOBODY,
            id => id,
        };
        match self {
            Owners::Real => {}
            Owners::Mapped { uid, gid } => {
                attr.uid = map(attr.uid, uid);
                attr.gid = map(attr.gid, gid);
            }
            Owners::None => (attr.uid, attr.gid) = (0, 0),
        }
    }
}

/// What is kept of one node.
#[derive(Clone, Copy, Debug, Default)]
struct Kept {
    uid: Option<u32>,
    gid: Option<u32>,
    /// Set-id bits; every bit where the host has no modes.
    mode: Option<u16>,
}

/// What is kept of all nodes of a mount.
#[derive(Default)]
pub(super) struct Memory(HashMap<Key, Kept>);

impl Memory {
    /// Turns the host's attributes into the guest's.
    pub fn show(&self, owners: Owners, key: Key, attr: &mut Attr) {
        owners.show(attr);
        let Some(kept) = self.0.get(&key) else { return };
        attr.uid = kept.uid.unwrap_or(attr.uid);
        attr.gid = kept.gid.unwrap_or(attr.gid);
        match kept.mode {
            None => {}
            Some(mode) if owners == Owners::None => attr.mode = mode,
            Some(mode) => attr.mode = attr.mode & !SET_ID | mode & SET_ID,
        }
    }

    pub fn keep_owner(&mut self, key: Key, uid: Option<u32>, gid: Option<u32>) -> Result<()> {
        let kept = self.entry(key)?;
        kept.uid = uid.or(kept.uid);
        kept.gid = gid.or(kept.gid);
        Ok(())
    }

    /// Keeps what the host is not told of a mode.
    pub fn keep_mode(&mut self, owners: Owners, key: Key, kind: Kind, mode: u16) -> Result<()> {
        if kind == Kind::Symlink {
            return Ok(());
        }
        if owners != Owners::None && mode & SET_ID == 0 {
            if let Some(kept) = self.0.get_mut(&key) {
                kept.mode = None;
            }
            return Ok(());
        }
        self.entry(key)?.mode = Some(mode);
        Ok(())
    }

    /// The node is gone, or new: numbers of the host are used again.
    pub fn forget(&mut self, key: Key) {
        self.0.remove(&key);
    }

    fn entry(&mut self, key: Key) -> Result<&mut Kept> {
        if self.0.len() >= MOST && !self.0.contains_key(&key) {
            return Err(Errno::Nospc);
        }
        Ok(self.0.entry(key).or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: Key = Key { dev: 1, ino: 2 };

    fn shown(memory: &Memory, owners: Owners, uid: u32, mode: u16) -> (u32, u16) {
        let mut attr = Attr::new(2, Kind::File, mode);
        attr.uid = uid;
        memory.show(owners, KEY, &mut attr);
        (attr.uid, attr.mode)
    }

    #[test]
    fn the_engines_user_is_root_and_root_is_nobody() {
        let memory = Memory::default();
        let mapped = Owners::Mapped {
            uid: 1000,
            gid: 1000,
        };
        assert_eq!(shown(&memory, mapped, 1000, 0o644).0, 0);
        assert_eq!(shown(&memory, mapped, 0, 0o644).0, NOBODY);
        assert_eq!(shown(&memory, mapped, 33, 0o644).0, 33);
        assert_eq!(shown(&memory, Owners::Real, 0, 0o644).0, 0);
        assert_eq!(shown(&memory, Owners::None, 77, 0o644).0, 0);
    }

    #[test]
    fn what_the_host_cannot_say_is_kept() {
        let mut memory = Memory::default();
        let mapped = Owners::Mapped {
            uid: 1000,
            gid: 1000,
        };
        memory.keep_owner(KEY, Some(5), None).unwrap();
        memory.keep_mode(mapped, KEY, Kind::File, 0o4755).unwrap();
        assert_eq!(shown(&memory, mapped, 1000, 0o755), (5, 0o4755));
        memory.keep_mode(mapped, KEY, Kind::File, 0o700).unwrap();
        assert_eq!(shown(&memory, mapped, 1000, 0o700), (5, 0o700));
        memory.forget(KEY);
        assert_eq!(shown(&memory, mapped, 1000, 0o700), (0, 0o700));
        memory
            .keep_mode(Owners::None, KEY, Kind::File, 0o600)
            .unwrap();
        assert_eq!(shown(&memory, Owners::None, 0, 0o777), (0, 0o600));
    }

    #[test]
    fn a_guest_cannot_fill_it() {
        let mut memory = Memory::default();
        for ino in 0..MOST as u64 {
            memory
                .keep_owner(Key { dev: 1, ino }, Some(1), None)
                .unwrap();
        }
        let more = memory.keep_owner(Key { dev: 2, ino: 1 }, Some(1), None);
        assert_eq!(more, Err(Errno::Nospc));
        assert!(memory.keep_owner(KEY, Some(2), None).is_ok());
    }
}
