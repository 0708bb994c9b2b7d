//! What `--tmpfs /path:options` and `--mount type=tmpfs` ask of a filesystem in memory.

use crate::base::size;
use crate::wire::Mount;

/// A filesystem in memory; what is `None` has the default of its place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tmpfs {
    /// Bytes.
    pub size: Option<u64>,
    /// Files.
    pub files: Option<u64>,
    /// Permissions of its root; by default those of the folder that it covers.
    pub mode: Option<u16>,
    pub uid: u32,
    pub gid: u32,
    pub read_only: bool,
    pub exec: bool,
}

/// Why options cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadOption {
    /// Docker does not know it.
    Unknown(String),
    /// The kernel does not: the option as it stands.
    Value(String),
}

/// Options that change nothing a guest could see here.
const WITHOUT_EFFECT: [&str; 33] = [
    "suid",
    "nosuid",
    "dev",
    "nodev",
    "sync",
    "async",
    "dirsync",
    "remount",
    "mand",
    "nomand",
    "atime",
    "noatime",
    "diratime",
    "nodiratime",
    "bind",
    "rbind",
    "unbindable",
    "runbindable",
    "private",
    "rprivate",
    "shared",
    "rshared",
    "slave",
    "rslave",
    "relatime",
    "norelatime",
    "strictatime",
    "nostrictatime",
    "defaults",
    "mpol",
    "huge",
    "nr_blocks",
    "nosymfollow",
];

impl Tmpfs {
    /// Reads `size=64m,mode=1770,uid=1000,ro,exec`; a later option wins.
    pub fn parse(options: &str) -> Result<Tmpfs, BadOption> {
        let mut made = Tmpfs::default();
        for option in options.split(',').filter(|o| !o.is_empty()) {
            let (key, value) = option.split_once('=').unwrap_or((option, ""));
            let wrong = || BadOption::Value(option.to_owned());
            let number = |text: &str| text.parse().map_err(|_| wrong());
            match key {
                "size" => made.size = Some(bytes(value).ok_or_else(wrong)?),
                "nr_inodes" => made.files = Some(bytes(value).ok_or_else(wrong)?),
                "mode" => {
                    let mode = u16::from_str_radix(value, 8).map_err(|_| wrong())?;
                    made.mode = Some(mode & 0o7777);
                }
                "uid" => made.uid = number(value)?,
                "gid" => made.gid = number(value)?,
                "ro" => made.read_only = true,
                "rw" => made.read_only = false,
                "exec" => made.exec = true,
                "noexec" => made.exec = false,
                key if WITHOUT_EFFECT.contains(&key) => {}
                key => return Err(BadOption::Unknown(key.to_owned())),
            }
        }
        Ok(made)
    }

    /// Reads `--mount type=tmpfs`, whose options were checked.
    pub fn of(mount: &Mount) -> Result<Tmpfs, BadOption> {
        let options = mount.tmpfs_options.clone().unwrap_or_default();
        let size = match options.size_bytes {
            0 => None,
            n => {
                let wrong = |_| BadOption::Value(format!("size={n}"));
                Some(u64::try_from(n).map_err(wrong)?)
            }
        };
        let mode = u16::try_from(options.mode & 0o7777).unwrap_or_default();
        let says = |word: &str| options.options.iter().flatten().any(|o| *o == [word]);
        Ok(Tmpfs {
            size,
            mode: (mode != 0).then_some(mode),
            read_only: mount.read_only,
            exec: says("exec"),
            ..Tmpfs::default()
        })
    }
}

/// A size as the kernel reads it: bytes with a binary suffix, or a share of a machine's memory, for which we take 8 GiB.
fn bytes(text: &str) -> Option<u64> {
    if let Some(percent) = text.strip_suffix('%') {
        let percent: u64 = percent.parse().ok()?;
        return Some((8_u64 << 30).saturating_mul(percent) / 100);
    }
    size::parse_binary(text)
        .ok()
        .and_then(|n| u64::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_dockers() {
        let made = Tmpfs::parse("size=1m,mode=1770,uid=5,exec,ro,nosuid,mpol=x").unwrap();
        assert_eq!((made.size, made.mode), (Some(1 << 20), Some(0o1770)));
        assert_eq!(
            (made.uid, made.gid, made.exec, made.read_only),
            (5, 0, true, true)
        );
        assert_eq!(Tmpfs::parse(""), Ok(Tmpfs::default()));
        assert_eq!(Tmpfs::parse("ro,rw").map(|t| t.read_only), Ok(false));
        for (text, wrong) in [
            ("foo=bar", BadOption::Unknown("foo".to_owned())),
            ("foo", BadOption::Unknown("foo".to_owned())),
            ("size=x", BadOption::Value("size=x".to_owned())),
            ("mode=9", BadOption::Value("mode=9".to_owned())),
            ("uid=x", BadOption::Value("uid=x".to_owned())),
        ] {
            assert_eq!(Tmpfs::parse(text), Err(wrong), "{text}");
        }
    }
}
