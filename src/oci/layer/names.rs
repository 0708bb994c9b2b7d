//! Names in a tar: made relative to the root or refused. No host path is ever made of them.
//!
//! The rules are Docker's: a name is cleaned as Go's `filepath.Clean` does it, an absolute one is taken from the root,
//! and one that climbs out is an error. Backslashes and colons are ordinary characters.

use super::super::error::{Error, Result};
use super::super::limits;

/// Refuses a member, naming it.
pub fn refuse<T>(name: &str, what: impl Into<String>) -> Result<T> {
    let mut entry = name.to_owned();
    if entry.len() > 256 {
        let cut = (0..=256).rev().find(|at| entry.is_char_boundary(*at));
        entry.truncate(cut.unwrap_or(0));
        entry.push('…');
    }
    let what = what.into();
    Err(Error::Entry { entry, what })
}

/// A name's bytes as text: UTF-8 without NUL, within Linux's limit.
pub fn text(bytes: Vec<u8>) -> Result<String> {
    let name = match String::from_utf8(bytes) {
        Ok(name) => name,
        Err(error) => {
            let lossy = String::from_utf8_lossy(error.as_bytes()).into_owned();
            return refuse(&lossy, "names must be UTF-8");
        }
    };
    if name.contains('\0') {
        return refuse(&name, "a name contains a NUL byte");
    }
    if name.len() >= limits::PATH {
        return refuse(&name, format!("a path is over {} bytes", limits::PATH - 1));
    }
    Ok(name)
}

/// The cleaned path relative to the root; empty for the root itself.
pub fn clean(name: &str) -> Result<String> {
    let absolute = name.starts_with('/');
    let mut parts: Vec<&str> = Vec::new();
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.pop().is_some() || absolute => {}
            ".." => return refuse(name, "the path is outside of the root"),
            _ if part.len() > limits::NAME => {
                return refuse(name, format!("a name is over {} bytes", limits::NAME));
            }
            _ => parts.push(part),
        }
    }
    Ok(parts.join("/"))
}

/// The prefix of whiteouts, and of everything that was AUFS's own.
const WHITEOUT: &str = ".wh.";
const AUFS: &str = ".wh..wh.";
const OPAQUE: &str = ".wh..wh..opq";

/// What a cleaned path says about layers.
#[derive(Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An ordinary member.
    Member,
    /// The path of the file or folder that is hidden.
    Whiteout(String),
    /// The path of the folder whose lower contents are hidden.
    Opaque(String),
    /// AUFS's bookkeeping, which Docker passes over.
    Nothing,
}

/// Reads whiteouts out of names (OCI image specification, layer.md).
pub fn meaning(path: &str) -> Result<Meaning> {
    if !path.contains(WHITEOUT) {
        return Ok(Meaning::Member);
    }
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", path));
    for part in parent.split('/') {
        if part.starts_with(AUFS) {
            return Ok(Meaning::Nothing);
        }
        if part.starts_with(WHITEOUT) {
            return refuse(path, "a whiteout is not a folder");
        }
    }
    if name == OPAQUE {
        return Ok(Meaning::Opaque(parent.to_owned()));
    }
    if name.starts_with(AUFS) {
        return Ok(Meaning::Nothing);
    }
    let Some(hidden) = name.strip_prefix(WHITEOUT) else {
        return Ok(Meaning::Member);
    };
    if matches!(hidden, "" | "." | "..") {
        return refuse(path, "the whiteout names nothing");
    }
    Ok(Meaning::Whiteout(match parent {
        "" => hidden.to_owned(),
        _ => format!("{parent}/{hidden}"),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_as_go_cleans_them() {
        for (given, cleaned) in [
            ("./", ""),
            ("/", ""),
            ("/etc/passwd", "etc/passwd"),
            ("./etc//passwd", "etc/passwd"),
            ("a/../b", "b"),
            ("/../x", "x"),
            ("a/./b/", "a/b"),
            ("C:\\boot.ini", "C:\\boot.ini"),
            ("a\\..\\..\\b", "a\\..\\..\\b"),
            ("...", "..."),
        ] {
            assert_eq!(clean(given).unwrap(), cleaned, "{given}");
        }
    }

    #[test]
    fn names_that_climb_out_are_refused() {
        for given in ["..", "../x", "a/../../x", "./../x"] {
            let error = clean(given).unwrap_err().to_string();
            assert!(error.contains("outside of the root"), "{given}: {error}");
        }
        assert!(clean(&"n".repeat(256)).is_err());
        assert!(clean(&"n".repeat(255)).is_ok());
        assert!(text(b"a\xff".to_vec()).is_err());
        assert!(text(b"a\0b".to_vec()).is_err());
        assert!(text(vec![b'a'; 4096]).is_err());
    }

    #[test]
    fn whiteouts_are_told_apart() {
        let white = |p: &str| Meaning::Whiteout(p.to_owned());
        let opaque = |p: &str| Meaning::Opaque(p.to_owned());
        assert_eq!(meaning("a/b").unwrap(), Meaning::Member);
        assert_eq!(meaning("a/x.wh.b").unwrap(), Meaning::Member);
        assert_eq!(meaning(".wh.a").unwrap(), white("a"));
        assert_eq!(meaning("d/.wh.a").unwrap(), white("d/a"));
        assert_eq!(meaning("d/.wh..a").unwrap(), white("d/.a"));
        assert_eq!(meaning("d/.wh..wh..opq").unwrap(), opaque("d"));
        assert_eq!(meaning(".wh..wh..opq").unwrap(), opaque(""));
        assert_eq!(meaning(".wh..wh.plnk").unwrap(), Meaning::Nothing);
        assert_eq!(meaning(".wh..wh.plnk/9").unwrap(), Meaning::Nothing);
        for wrong in ["d/.wh.", "d/.wh..", "d/.wh...", ".wh.d/f"] {
            assert!(meaning(wrong).is_err(), "{wrong}");
        }
    }
}
