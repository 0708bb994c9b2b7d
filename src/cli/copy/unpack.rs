//! Puts a tar into a local folder, and nothing outside of it.
//!
//! The container and its engine are not trusted with the user's files: every call goes through a handle of the folder
//! (`cap-std`), which no link leads out of, neither one of the tar nor one that is there. What is in the way is replaced,
//! but never a folder by something else or the other way round. Files belong to the user, with the modes and times of the tar.

use super::system::{private, set_mode, special, symlink};
use super::{Rename, failed};
use crate::oci::layer::{Entry, EntryKind, members};
use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions};
use std::io::{self, Read};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Unpacks an archive whose names are changed by `renames`, one after the other.
pub fn unpack(to: &str, renames: &[Rename], tar: &mut dyn Read) -> io::Result<()> {
    let dir = Dir::open_ambient_dir(to, ambient_authority());
    let mut work = Unpacking {
        dir: dir.map_err(|e| failed("open", to, &e))?,
        to,
        folders: Vec::new(),
    };
    members(tar, |mut entry, contents| {
        for rename in renames {
            entry.path = rename.apply(&entry.path);
            if entry.kind == EntryKind::HardLink {
                entry.link = rename.apply(&entry.link);
            }
        }
        work.member(&entry, contents)
    })?;
    // A folder's own mode may forbid what comes into it, and its time changes with that.
    for (path, mode, mtime) in work.folders.iter().rev() {
        set_mode(&work.dir, path, *mode).map_err(|e| failed("chmod", path, &e))?;
        if let Ok(folder) = work.dir.open_dir(path) {
            // Not every system lets a folder's time be set.
            let _ = folder.into_std_file().set_modified(time(*mtime));
        }
    }
    Ok(())
}

struct Unpacking<'a> {
    dir: Dir,
    to: &'a str,
    folders: Vec<(String, u16, i64)>,
}

impl Unpacking<'_> {
    fn member(&mut self, entry: &Entry, contents: &mut dyn Read) -> io::Result<()> {
        let path = entry.path.as_str();
        if path.is_empty() {
            return Ok(());
        }
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        if !parent.is_empty() {
            let made = self.dir.create_dir_all(parent);
            made.map_err(|e| failed("mkdir", parent, &e))?;
        }
        let stays = self.make_way(entry)?;
        let done = match entry.kind {
            EntryKind::Dir if stays => Ok(()),
            EntryKind::Dir => self.dir.create_dir(path),
            EntryKind::File => return self.file(entry, contents),
            EntryKind::Symlink => symlink(&self.dir, &entry.link, path),
            EntryKind::HardLink => self.dir.hard_link(&entry.link, &self.dir, path),
            EntryKind::CharDevice | EntryKind::BlockDevice | EntryKind::Fifo => {
                // Made in its own folder, because the call follows links among the parents.
                let name = path.rsplit('/').next().unwrap_or(path);
                match parent {
                    "" => special(&self.dir, entry, name),
                    _ => self
                        .dir
                        .open_dir(parent)
                        .and_then(|dir| special(&dir, entry, name)),
                }
            }
        };
        done.map_err(|e| failed("create", path, &e))?;
        if entry.kind == EntryKind::Dir {
            let folder = (entry.path.clone(), entry.mode, entry.mtime);
            self.folders.push(folder);
        }
        Ok(())
    }

    /// Takes away what is in the way; true if it is a folder that stays.
    fn make_way(&self, entry: &Entry) -> io::Result<bool> {
        let path = entry.path.as_str();
        let found = match self.dir.symlink_metadata(path) {
            Ok(found) => found,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(e) => return Err(failed("lstat", path, &e)),
        };
        let (was, will) = (found.is_dir(), entry.kind == EntryKind::Dir);
        if was != will {
            let kind = |dir| if dir { "directory" } else { "non-directory" };
            return Err(io::Error::other(format!(
                "cannot overwrite {} {path:?} with {} {:?}",
                kind(was),
                kind(will),
                self.to
            )));
        }
        if !was {
            let gone = self.dir.remove_file(path);
            gone.map_err(|e| failed("unlinkat", path, &e))?;
        }
        Ok(was)
    }

    fn file(&self, entry: &Entry, contents: &mut dyn Read) -> io::Result<()> {
        let path = entry.path.as_str();
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        private(&mut options);
        let file = self.dir.open_with(path, &options);
        let mut file = file.map_err(|e| failed("open", path, &e))?;
        io::copy(contents, &mut file)?;
        let file = file.into_std();
        file.set_modified(time(entry.mtime))
            .map_err(|e| failed("utimensat", path, &e))?;
        set_mode(&self.dir, path, entry.mode).map_err(|e| failed("chmod", path, &e))
    }
}

fn time(nanos: i64) -> SystemTime {
    let span = Duration::from_nanos(nanos.unsigned_abs());
    match nanos < 0 {
        true => UNIX_EPOCH - span,
        false => UNIX_EPOCH + span,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::oci::layer_write::LayerWriter;

    /// A tar from members: kind, name, and a file's text or a link's target.
    fn tar(members: &[(EntryKind, &str, &str)]) -> Vec<u8> {
        let mut out = LayerWriter::new(Vec::new());
        for (kind, path, text) in members {
            let is_file = *kind == EntryKind::File;
            let entry = Entry {
                path: (*path).to_owned(),
                kind: *kind,
                mode: 0o640,
                uid: 0,
                gid: 0,
                mtime: 1_000_000_000,
                size: if is_file { text.len() as u64 } else { 0 },
                offset: 0,
                link: if is_file { "" } else { text }.to_owned(),
                rdev: (0, 0),
            };
            out.entry(&entry, &mut text.as_bytes()).unwrap();
        }
        out.finish().unwrap()
    }

    #[test]
    fn s03_no_member_and_no_link_reaches_outside() {
        use EntryKind::{Dir, File, HardLink, Symlink};
        let scratch = tempfile::tempdir().unwrap();
        let (to, outside) = (scratch.path().join("to"), scratch.path().join("outside"));
        std::fs::create_dir(&outside).unwrap();
        std::fs::write(outside.join("canary"), "untouched").unwrap();
        let away = outside.to_string_lossy().into_owned();
        for members in [
            &[(File, "../outside/canary", "evil")][..],
            &[(Symlink, "esc", "../outside"), (File, "esc/canary", "evil")],
            &[(Symlink, "esc", &away), (File, "esc/canary", "evil")],
            &[(Symlink, "esc", &away), (Dir, "esc/new", "")],
            &[
                (Symlink, "esc", "../outside"),
                (HardLink, "h", "esc/canary"),
            ],
            &[
                (Symlink, "a", ".."),
                (Symlink, "b", "a/outside"),
                (File, "b/new", "evil"),
            ],
        ] {
            std::fs::create_dir(&to).unwrap();
            let text = to.to_string_lossy();
            let refused = unpack(&text, &[], &mut &tar(members)[..]);
            assert!(refused.is_err(), "{members:?}");
            std::fs::remove_dir_all(&to).unwrap();
        }
        // A link that is there already is replaced, not written through.
        std::fs::create_dir(&to).unwrap();
        std::os::unix::fs::symlink(outside.join("canary"), to.join("f")).unwrap();
        let text = to.to_string_lossy();
        unpack(&text, &[], &mut &tar(&[(File, "f", "mine")])[..]).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("f")).unwrap(), "mine");
        assert!(!to.join("f").is_symlink());
        assert_eq!(
            std::fs::read_to_string(outside.join("canary")).unwrap(),
            "untouched"
        );
        assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
    }

    #[test]
    fn kinds_are_kept_and_names_changed() {
        use EntryKind::{Dir, File};
        let to = tempfile::tempdir().unwrap();
        std::fs::create_dir(to.path().join("d")).unwrap();
        std::fs::write(to.path().join("f"), "").unwrap();
        let text = to.path().to_string_lossy();
        let words = |members: &[_]| {
            let refused = unpack(&text, &[], &mut &tar(members)[..]);
            refused.unwrap_err().to_string()
        };
        assert_eq!(
            words(&[(File, "d", "x")]),
            format!("cannot overwrite directory \"d\" with non-directory {text:?}")
        );
        assert_eq!(
            words(&[(Dir, "f", "")]),
            format!("cannot overwrite non-directory \"f\" with directory {text:?}")
        );
        let rename = Rename {
            from: "d".to_owned(),
            to: "n".to_owned(),
        };
        let members = [(Dir, "d", ""), (File, "d/x", "x")];
        unpack(&text, &[rename], &mut &tar(&members)[..]).unwrap();
        assert_eq!(std::fs::read_to_string(to.path().join("n/x")).unwrap(), "x");
    }
}
