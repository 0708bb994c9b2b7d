//! `volume create -o`: what the `local` driver is told, checked in its words.

use crate::base::size;
use crate::engine::container::Tmpfs;
use crate::engine::{Error, Result};
use crate::wire::StringMap;

/// Where a volume's files are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backing {
    /// In the state folder, up to so many bytes (`-o size=`).
    Own { size: Option<u64> },
    /// A folder of the host (`-o type=none -o o=bind -o device=/path`).
    Folder { device: String },
    /// Memory, for as long as some container runs with it (`-o type=tmpfs`).
    Memory(Tmpfs),
    /// Something that the host's kernel would have to mount.
    Foreign,
}

/// Refuses what the driver does not know and what is incomplete.
pub fn check(options: &StringMap) -> Result<()> {
    if let Some(unknown) = options
        .keys()
        .find(|k| !matches!(k.as_str(), "type" | "o" | "device" | "size"))
    {
        return Err(Error::invalid(format!("invalid option: {unknown:?}")));
    }
    for (option, needs) in [
        ("device", &["type"][..]),
        ("type", &["device"]),
        ("o", &["device", "type"]),
    ] {
        let missing = needs.iter().find(|n| !options.contains_key(**n));
        if let (true, Some(missing)) = (options.contains_key(option), missing) {
            return Err(Error::invalid(format!(
                "missing required option: {missing:?}"
            )));
        }
    }
    match options
        .get("size")
        .map(|text| (text, size::parse_binary(text)))
    {
        Some((_, Err(e))) => Err(Error::invalid(e.to_string())),
        Some((text, Ok(bytes))) if bytes <= 0 => {
            Err(Error::invalid(format!("invalid size: '{text}'")))
        }
        _ => Ok(()),
    }
}

impl Backing {
    /// What checked options mean.
    pub fn of(options: &StringMap) -> Backing {
        let text = |key: &str| options.get(key).map_or("", String::as_str);
        let size = size::parse_binary(text("size"))
            .ok()
            .and_then(|n| u64::try_from(n).ok());
        match text("type") {
            "" => Backing::Own { size },
            "none" if text("o").split(',').any(|o| matches!(o, "bind" | "rbind")) => {
                Backing::Folder {
                    device: text("device").to_owned(),
                }
            }
            "tmpfs" => match Tmpfs::parse(text("o")) {
                Ok(tmpfs) => Backing::Memory(tmpfs),
                Err(_) => Backing::Foreign,
            },
            _ => Backing::Foreign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(options: &[(&str, &str)]) -> StringMap {
        options
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .collect()
    }

    #[test]
    fn refusals_are_the_drivers() {
        for (options, words) in [
            (&[("foo", "bar")][..], "invalid option: \"foo\""),
            (&[("type", "tmpfs")], "missing required option: \"device\""),
            (&[("o", "bind")], "missing required option: \"device\""),
            (&[("device", "/x")], "missing required option: \"type\""),
            (&[("size", "x")], "invalid size: 'x'"),
        ] {
            assert_eq!(check(&map(options)).unwrap_err().message, words);
        }
        assert!(
            check(&map(&[
                ("type", "nfs"),
                ("device", ":/x"),
                ("o", "addr=1.2.3.4")
            ]))
            .is_ok()
        );
    }

    #[test]
    fn the_backing_follows_from_the_options() {
        let of = |options: &[(&str, &str)]| Backing::of(&map(options));
        assert_eq!(of(&[]), Backing::Own { size: None });
        assert_eq!(
            of(&[("size", "1m")]),
            Backing::Own {
                size: Some(1 << 20)
            }
        );
        let folder = of(&[("type", "none"), ("o", "ro,bind"), ("device", "/srv")]);
        assert_eq!(
            folder,
            Backing::Folder {
                device: "/srv".to_owned()
            }
        );
        let memory = of(&[
            ("type", "tmpfs"),
            ("device", "tmpfs"),
            ("o", "size=1m,uid=5"),
        ]);
        let Backing::Memory(tmpfs) = memory else {
            panic!("{memory:?}")
        };
        assert_eq!((tmpfs.size, tmpfs.uid), (Some(1 << 20), 5));
        assert_eq!(of(&[("type", "nfs"), ("device", ":/x")]), Backing::Foreign);
    }
}
