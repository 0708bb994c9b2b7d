//! Who asks, and what a mode lets them do: owner, group, other; what root's capabilities pass; the sticky bit.

use super::super::{Attr, Kind};
use crate::base::capability::{Capabilities, Capability};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cred {
    /// User; 0 has the powers.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Further groups.
    pub groups: Vec<u32>,
    /// What user 0 may do beyond its modes: the bounding set, which nobody grows.
    pub powers: Capabilities,
    /// Set-id bits of programs are ignored (`no-new-privileges`).
    pub locked: bool,
}

impl Cred {
    /// User 0 with the powers that Docker leaves to it.
    pub fn root() -> Cred {
        Cred::user(0, 0)
    }

    /// A user with one group.
    pub fn user(uid: u32, gid: u32) -> Cred {
        Cred {
            uid,
            gid,
            groups: Vec::new(),
            powers: Capabilities::DOCKER,
            locked: false,
        }
    }

    /// Whether this is user 0, with whatever powers.
    pub fn is_root(&self) -> bool {
        self.uid == 0
    }

    /// The capabilities in effect: user 0 has its powers, others none.
    pub fn effective(&self) -> Capabilities {
        match self.is_root() {
            true => self.powers,
            false => Capabilities::NONE,
        }
    }

    /// Whether a capability is in effect.
    pub fn can(&self, what: Capability) -> bool {
        self.effective().has(what)
    }

    /// Whether a group is one of theirs.
    pub fn in_group(&self, gid: u32) -> bool {
        self.gid == gid || self.groups.contains(&gid)
    }

    /// Whether they own the node, or count as its owner.
    pub fn owns(&self, attr: &Attr) -> bool {
        self.uid == attr.uid || self.can(Capability::FOWNER)
    }

    /// Whether the node's mode grants all of `access`.
    pub fn may(&self, attr: &Attr, access: Access) -> bool {
        if self.can(Capability::DAC_OVERRIDE) {
            // Reads and writes anything, and runs what somebody may run; any directory may be searched.
            return !access.exec || attr.kind == Kind::Dir || attr.mode & 0o111 != 0;
        }
        let shift = if self.uid == attr.uid {
            6
        } else if self.in_group(attr.gid) {
            3
        } else {
            0
        };
        let granted = attr.mode >> shift & 0o7;
        granted & access.bits() == access.bits()
    }

    /// Whether a name for `victim` may be taken from `dir`, as far as the sticky bit goes.
    pub fn passes_sticky(&self, dir: &Attr, victim: &Attr) -> bool {
        dir.mode & super::super::S_ISVTX == 0 || self.owns(victim) || self.owns(dir)
    }
}

/// A set of read, write, execute (search).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Read.
    pub read: bool,
    /// Write.
    pub write: bool,
    /// Execute a file, search a directory.
    pub exec: bool,
}

impl Access {
    /// Reading alone.
    pub const READ: Access = Access::from_bits(4);
    /// Writing alone.
    pub const WRITE: Access = Access::from_bits(2);
    /// Executing or searching alone.
    pub const EXEC: Access = Access::from_bits(1);
    /// Changing a directory: writing and searching it.
    pub const CHANGE_DIR: Access = Access::from_bits(3);

    /// From `R_OK` 4, `W_OK` 2, `X_OK` 1.
    pub const fn from_bits(bits: u16) -> Access {
        Access {
            read: bits & 4 != 0,
            write: bits & 2 != 0,
            exec: bits & 1 != 0,
        }
    }

    /// As three bits of a mode.
    pub const fn bits(self) -> u16 {
        (self.read as u16) << 2 | (self.write as u16) << 1 | self.exec as u16
    }
}
