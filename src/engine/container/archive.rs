//! `cp`'s side of the engine: what lies at a path of a container, as a tar, and tars unpacked there.
//!
//! Running or not, archives see the container's own files and what is mounted of volumes and of the host, as Docker's do: no
//! memory filesystems, no /proc, no /dev. All paths are walked in that tree alone (`vfs::Namespace`), so neither a link in the
//! container nor one in a tar leads to the host (S03).

use crate::base::bridge::{self, Produced};
use crate::base::errno::Errno;
use crate::base::host_path::clean;
use crate::engine::machine::user;
use crate::engine::options::ArchivePut;
use crate::engine::record::Record;
use crate::engine::{Engine, Error, Result, Timestamp, blocking};
use crate::vfs::{
    Attr, Cred, Kind, Namespace, Place, S_ISGID, S_ISUID, S_ISVTX, UnpackError, UnpackOptions,
    pack, unpack,
};
use crate::wire::PathStat;
use bytes::Bytes;
use futures_util::Stream;
use std::io;

/// Symbolic links that are followed for `LinkTarget`.
const SYMLINKS: u32 = 40;

impl Engine {
    /// What lies at a path; a link at its end is not followed, and its target told.
    pub async fn archive_stat(&self, id: &str, path: &str) -> Result<PathStat> {
        let record = self.find(id)?.look(Clone::clone);
        let (runtime, id, path) = (self.runtime.clone(), id.to_owned(), path.to_owned());
        blocking(move || stat(&*runtime.files(&record)?, &id, &path)).await
    }

    /// What lies at a path, and the tar of it. The tar ends early, with an error, if something fails while it is made.
    pub async fn archive_get(&self, id: &str, path: &str) -> Result<(PathStat, Produced)> {
        let container = self.find(id)?;
        let record = container.look(Clone::clone);
        let (runtime, id) = (self.runtime.clone(), id.to_owned());
        // As Docker: cleaned, but for what a slash or a dot at the end says.
        let path = preserve_end(clean(&format!("/{path}")), path);
        let (stat, pack) = blocking(move || {
            let files = runtime.files(&record)?;
            let stat = stat(&files, &id, &path)?;
            let place = resolve(&files, &id, &path)?;
            let pack = pack::tree(files, place, &stat.name);
            Ok((stat, pack))
        })
        .await?;
        self.tell(&container, "archive-path", &[]);
        let archive = bridge::produce(move |out| {
            let mut pack = pack;
            io::copy(&mut pack, out).map(drop)
        });
        Ok((stat, archive))
    }

    /// Unpacks a tar in a folder.
    pub async fn archive_put<S>(&self, id: &str, options: ArchivePut, body: S) -> Result<()>
    where
        S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
    {
        let container = self.find(id)?;
        let record = container.look(Clone::clone);
        let (runtime, id) = (self.runtime.clone(), id.to_owned());
        let mut tar = bridge::readable(body);
        blocking(move || {
            let files = runtime.files(&record)?;
            put(&files, &record, &id, &options, &mut tar)
        })
        .await?;
        self.tell(&container, "extract-to-dir", &[]);
        Ok(())
    }
}

fn put(
    files: &Namespace,
    record: &Record,
    id: &str,
    options: &ArchivePut,
    tar: &mut dyn io::Read,
) -> Result<()> {
    let path = preserve_end(clean(&format!("/{}", options.path)), &options.path);
    let root = Cred::root();
    let to = files.resolve(&root, "/", &path, true);
    let to = to.map_err(|e| lstat_error(e, id, &path))?;
    let attr = to.mount.fs.attr(to.ino);
    if !attr.map_err(|e| lstat_error(e, id, &path))?.is_dir() {
        return Err(Error::invalid("extraction point is not a directory"));
    }
    if to.mount.options().read_only {
        return Err(Error::invalid(match to.mount.at.as_str() {
            "/" => "container rootfs is marked read-only",
            _ => "mounted volume is marked read-only",
        }));
    }
    let owner = match record.config.user.as_str() {
        user if options.copy_owner && !user.is_empty() => {
            let user = user::find(files, user, &[])?;
            Some((user.cred.uid, user.cred.gid))
        }
        _ => None,
    };
    let how = UnpackOptions {
        keep_kinds: options.keep_kinds,
        owner,
    };
    let dest = path.trim_end_matches('/');
    let dest = if dest.is_empty() { "/" } else { dest };
    unpack(files, &to, dest, tar, how).map_err(|e| match e {
        // Docker takes any missing file for the missing folder.
        UnpackError::Call {
            error: Errno::Noent,
            ..
        } => not_found(id, &options.path),
        other => Error::system(other.to_string()),
    })
}

fn resolve(files: &Namespace, id: &str, path: &str) -> Result<Place> {
    let found = files.resolve(&Cred::root(), "/", path, false);
    found.map_err(|e| lstat_error(e, id, path))
}

fn stat(files: &Namespace, id: &str, path: &str) -> Result<PathStat> {
    let place = resolve(files, id, path)?;
    let attr = place.mount.fs.attr(place.ino);
    let attr = attr.map_err(|e| lstat_error(e, id, path))?;
    let link_target = match attr.kind {
        Kind::Symlink => follow(files, path)?,
        _ => String::new(),
    };
    Ok(PathStat {
        name: base(path).to_owned(),
        size: i64::try_from(attr.size).unwrap_or(i64::MAX),
        mode: go_mode(&attr),
        mtime: Timestamp(attr.mtime.0).rfc3339(),
        link_target,
    })
}

/// Where a link leads in the end, as far as there is something: Docker's `FollowSymlinkInScope`.
fn follow(files: &Namespace, path: &str) -> Result<String> {
    let mut todo: Vec<String> = path.split('/').rev().map(str::to_owned).collect();
    let (mut at, mut links) = (Vec::<String>::new(), 0);
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                at.pop();
                continue;
            }
            _ => at.push(part),
        }
        let here = format!("/{}", at.join("/"));
        if let Ok(text) = files.readlink(&Cred::root(), "/", &here) {
            links += 1;
            if links > SYMLINKS {
                return Err(Error::system(format!(
                    "evalSymlinksInScope: too many links in {path}"
                )));
            }
            at.pop();
            if text.starts_with('/') {
                at.clear();
            }
            todo.extend(text.split('/').rev().map(str::to_owned));
        }
    }
    Ok(format!("/{}", at.join("/")))
}

/// Go's `os.FileMode`, which is not `st_mode`.
fn go_mode(attr: &Attr) -> u32 {
    let kind = match attr.kind {
        Kind::File => 0,
        Kind::Dir => 1 << 31,
        Kind::Symlink => 1 << 27,
        Kind::BlockDevice => 1 << 26,
        Kind::Fifo => 1 << 25,
        Kind::Socket => 1 << 24,
        Kind::CharDevice => 1 << 26 | 1 << 21,
    };
    let bit = |bit, flag: u32| if attr.mode & bit != 0 { flag } else { 0 };
    kind | u32::from(attr.mode & 0o777)
        | bit(S_ISUID, 1 << 23)
        | bit(S_ISGID, 1 << 22)
        | bit(S_ISVTX, 1 << 20)
}

/// Go's `filepath.Base`.
fn base(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        path => path.rsplit('/').next().unwrap_or(path),
    }
}

/// Keeps what `/.` and `/` at the end of a path say, which cleaning takes away.
fn preserve_end(mut cleaned: String, given: &str) -> String {
    if base(given) == "." && !given.ends_with('/') && !given.is_empty() {
        if !cleaned.ends_with('/') {
            cleaned.push('/');
        }
        cleaned.push('.');
    }
    if given.ends_with('/') && !cleaned.ends_with('/') {
        cleaned.push('/');
    }
    cleaned
}

fn not_found(id: &str, path: &str) -> Error {
    Error::not_found(format!("Could not find the file {path} in container {id}"))
}

fn lstat_error(e: Errno, id: &str, path: &str) -> Error {
    match e {
        Errno::Noent => not_found(id, path),
        e => Error::system(format!("lstat {path}: {}", e.words().to_lowercase())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_of_paths_are_kept() {
        for (given, kept) in [
            ("a", "/a"),
            ("/a/", "/a/"),
            ("/a/.", "/a/."),
            ("/", "/"),
            ("/.", "/."),
            ("/a/..", "/"),
            ("/a/b/../f", "/a/f"),
        ] {
            assert_eq!(
                preserve_end(clean(&format!("/{given}")), given),
                kept,
                "{given}"
            );
        }
        for (path, name) in [
            ("/a/b", "b"),
            ("/a/", "a"),
            ("/a/.", "."),
            ("/", "/"),
            ("/.", "."),
        ] {
            assert_eq!(base(path), name, "{path}");
        }
    }

    #[test]
    fn modes_are_gos() {
        let mode = |kind, mode| go_mode(&Attr::new(1, kind, mode));
        assert_eq!(mode(Kind::Dir, 0o755), 2_147_484_141);
        assert_eq!(mode(Kind::Symlink, 0o777), 134_218_239);
        assert_eq!(mode(Kind::File, 0o4755), 1 << 23 | 0o755);
        assert_eq!(mode(Kind::Dir, 0o1777), 1 << 31 | 1 << 20 | 0o777);
        assert_eq!(mode(Kind::CharDevice, 0o666), 1 << 26 | 1 << 21 | 0o666);
    }
}
