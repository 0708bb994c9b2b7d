//! Linux's capabilities: the parts that root's power is made of, by name and number (capabilities(7)).
//!
//! Which of them mean something to a container's files and processes is for `vfs` and `kernel` to say.

use std::fmt;

/// One capability, by its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capability(u8);

impl Capability {
    pub const CHOWN: Capability = Capability(0);
    pub const DAC_OVERRIDE: Capability = Capability(1);
    pub const FOWNER: Capability = Capability(3);
    pub const FSETID: Capability = Capability(4);
    pub const KILL: Capability = Capability(5);
    pub const SETGID: Capability = Capability(6);
    pub const SETUID: Capability = Capability(7);
    pub const NET_RAW: Capability = Capability(13);
    pub const MKNOD: Capability = Capability(27);
}

/// Every name without `CAP_`, at the place of its number.
pub const NAMES: [&str; 41] = [
    "CHOWN",
    "DAC_OVERRIDE",
    "DAC_READ_SEARCH",
    "FOWNER",
    "FSETID",
    "KILL",
    "SETGID",
    "SETUID",
    "SETPCAP",
    "LINUX_IMMUTABLE",
    "NET_BIND_SERVICE",
    "NET_BROADCAST",
    "NET_ADMIN",
    "NET_RAW",
    "IPC_LOCK",
    "IPC_OWNER",
    "SYS_MODULE",
    "SYS_RAWIO",
    "SYS_CHROOT",
    "SYS_PTRACE",
    "SYS_PACCT",
    "SYS_ADMIN",
    "SYS_BOOT",
    "SYS_NICE",
    "SYS_RESOURCE",
    "SYS_TIME",
    "SYS_TTY_CONFIG",
    "MKNOD",
    "LEASE",
    "AUDIT_WRITE",
    "AUDIT_CONTROL",
    "SETFCAP",
    "MAC_OVERRIDE",
    "MAC_ADMIN",
    "SYSLOG",
    "WAKE_ALARM",
    "BLOCK_SUSPEND",
    "AUDIT_READ",
    "PERFMON",
    "BPF",
    "CHECKPOINT_RESTORE",
];

/// A set of capabilities. Prints as the 16 digits of `/proc/PID/status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities(u64);

impl Capabilities {
    pub const NONE: Capabilities = Capabilities(0);
    pub const ALL: Capabilities = Capabilities((1 << NAMES.len()) - 1);
    /// What Docker leaves to root.
    pub const DOCKER: Capabilities = Capabilities(0xa804_25fb);

    pub const fn has(self, one: Capability) -> bool {
        self.0 & 1 << one.0 != 0
    }

    pub const fn and(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 & other.0)
    }

    pub const fn without(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 & !other.0)
    }

    const fn or(self, other: Capabilities) -> Capabilities {
        Capabilities(self.0 | other.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// A name as `--cap-add` takes it: in any case, with `CAP_` or without, or `ALL`. `None` if there is no such capability.
    pub fn named(name: &str) -> Option<Capabilities> {
        let upper = name.to_ascii_uppercase();
        let bare = upper.strip_prefix("CAP_").unwrap_or(&upper);
        if bare == "ALL" {
            return Some(Capabilities::ALL);
        }
        let number = NAMES.iter().position(|known| *known == bare)?;
        Some(Capabilities(1 << number))
    }

    /// Docker's default set with some added and some dropped, by Docker's rules: dropping `ALL` leaves what was added, and
    /// adding `ALL` leaves what was not dropped. Unknown names count as nothing.
    pub fn tweaked(add: &[String], drop: &[String]) -> Capabilities {
        let set = |names: &[String]| {
            names
                .iter()
                .filter_map(|n| Capabilities::named(n))
                .fold(Capabilities::NONE, Capabilities::or)
        };
        let (added, dropped) = (set(add), set(drop));
        if dropped == Capabilities::ALL {
            // Also where both are `ALL`.
            return added;
        }
        match added == Capabilities::ALL {
            true => added.without(dropped),
            false => Capabilities::DOCKER.without(dropped).or(added),
        }
    }
}

impl fmt::LowerHex for Capabilities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tweaked(add: &[&str], drop: &[&str]) -> String {
        let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        format!("{:x}", Capabilities::tweaked(&owned(add), &owned(drop)))
    }

    #[test]
    fn dockers_arithmetic() {
        // As a real Docker 28.5 shows them in CapBnd.
        assert_eq!(tweaked(&[], &[]), "a80425fb");
        assert_eq!(tweaked(&["CAP_NET_ADMIN"], &[]), "a80435fb");
        assert_eq!(tweaked(&[], &["CHOWN"]), "a80425fa");
        assert_eq!(tweaked(&[], &["all"]), "0");
        assert_eq!(tweaked(&["chown"], &["ALL"]), "1");
        assert_eq!(tweaked(&["ALL"], &["CAP_CHOWN"]), "1fffffffffe");
        assert_eq!(tweaked(&["KILL"], &["KILL"]), "a80425fb");
    }

    #[test]
    fn names_stand_at_their_numbers() {
        for (one, name) in [
            (Capability::CHOWN, "CHOWN"),
            (Capability::DAC_OVERRIDE, "DAC_OVERRIDE"),
            (Capability::FOWNER, "FOWNER"),
            (Capability::FSETID, "FSETID"),
            (Capability::KILL, "KILL"),
            (Capability::SETGID, "SETGID"),
            (Capability::SETUID, "SETUID"),
            (Capability::NET_RAW, "NET_RAW"),
            (Capability::MKNOD, "MKNOD"),
        ] {
            let set = Capabilities::named(name).unwrap();
            assert!(set.has(one), "{name}");
        }
        assert_eq!(Capabilities::named("CAP_NOPE"), None);
    }
}
