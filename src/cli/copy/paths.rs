//! What the arguments of `cp` mean: Docker's rules for slashes and dots at the end of a path, for links, for what exists.
//!
//! A path that ends in `/.` means what a folder holds, one that ends in a slash asserts a folder. What is copied keeps its
//! name in a folder that exists, and takes the name of a destination that does not.

use super::{failed, system};
use crate::base::host_path;
use std::io;
use std::path::{Component, MAIN_SEPARATOR, Path, PathBuf, is_separator};

/// Local links that are followed to a destination.
const SYMLINKS: usize = 10;

/// One side of a copy that is read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Absolute, with its end as given.
    pub path: String,
    pub is_dir: bool,
    /// What it is called in the archive, where that is not its own name; else empty.
    pub rebase: String,
}

/// The other side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Destination {
    /// With slashes, on Windows too.
    pub path: String,
    pub exists: bool,
    pub is_dir: bool,
}

/// How the names of an archive change on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rename {
    pub from: String,
    pub to: String,
}

impl Rename {
    /// Gives a cleaned name of the archive its new one; `.` and `/` stand for the archive's own root.
    pub fn apply(&self, name: &str) -> String {
        let root = matches!(self.from.as_str(), "." | "/" | "");
        let rest = match root {
            true if name.is_empty() => Some(""),
            true => Some(name),
            false => name
                .strip_prefix(&self.from)
                .filter(|rest| rest.is_empty() || rest.starts_with('/'))
                .map(|rest| rest.trim_start_matches('/')),
        };
        match rest {
            None => name.to_owned(),
            Some("") => self.to.clone(),
            Some(rest) => format!("{}/{rest}", self.to),
        }
    }
}

/// `CONTAINER:PATH`, or a path of this machine.
pub fn split_argument(text: &str) -> (&str, &str) {
    if text.starts_with('/') || Path::new(text).is_absolute() {
        return ("", text);
    }
    match text.split_once(':') {
        // `./a:b` is a local file.
        Some((container, path)) if !container.starts_with('.') => (container, path),
        _ => ("", text),
    }
}

/// The absolute, cleaned form of a local path, with its end as given.
pub fn absolute(path: &str) -> io::Result<String> {
    let mut whole = PathBuf::new();
    for part in std::env::current_dir()?.join(path).components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(whole.pop()),
            other => whole.push(other),
        }
    }
    let mut text = whole.to_string_lossy().into_owned();
    let ends_in_separator = |text: &str| text.ends_with(is_separator);
    if is_dot(path) {
        if !ends_in_separator(&text) {
            text.push(MAIN_SEPARATOR);
        }
        text.push('.');
    }
    if ends_in_separator(path) && !ends_in_separator(&text) {
        text.push(MAIN_SEPARATOR);
    }
    Ok(text)
}

/// Whether a path ends in `.`: what it holds, rather than it.
fn is_dot(path: &str) -> bool {
    base(path) == "." && !path.ends_with(is_separator)
}

/// Go's `filepath.Base`.
pub fn base(path: &str) -> &str {
    if path.is_empty() {
        return ".";
    }
    match path.trim_end_matches(is_separator) {
        "" => "/",
        path => path.rsplit(is_separator).next().unwrap_or(path),
    }
}

/// Refuses a local destination whose folder is missing, or that is a device. The words are Docker's.
pub fn check_output(path: &str) -> io::Result<()> {
    let parent = Path::new(path).parent().unwrap_or(Path::new(""));
    if !parent.as_os_str().is_empty() && !parent.exists() {
        return Err(io::Error::other(format!(
            "invalid output path: directory {:?} does not exist",
            parent.to_string_lossy()
        )));
    }
    match std::fs::metadata(path) {
        Ok(found) if !found.is_dir() && !found.is_file() => Err(io::Error::other(format!(
            "invalid output path: {path:?} must be a directory or a regular file: got a device"
        ))),
        _ => Ok(()),
    }
}

/// The folder and the name of a path with slashes; `/.` at its end is a name. A drive letter stays in front.
pub fn split_entry(path: &str) -> (String, String) {
    let drive = host_path::has_drive(path);
    let mut cleaned = host_path::clean(path);
    if drive {
        cleaned.remove(0);
    }
    if path.is_empty() {
        ".".clone_into(&mut cleaned);
    }
    if is_dot(path) {
        cleaned.push_str("/.");
    }
    let name = base(&cleaned).to_owned();
    let dir = match cleaned.trim_end_matches('/').rsplit_once('/') {
        Some(("", _)) => "/".to_owned(),
        // A drive without a slash is the folder that is current there.
        Some((dir, _)) if drive && !dir.contains('/') => format!("{dir}/"),
        Some((dir, _)) => dir.to_owned(),
        None if cleaned.starts_with('/') => "/".to_owned(),
        None => ".".to_owned(),
    };
    (dir, name)
}

/// Where a link of a container leads, as a path of the container.
pub fn join_link(link: &str, target: &str) -> String {
    match target.starts_with('/') {
        true => target.to_owned(),
        false => host_path::clean(&format!("{}/{target}", split_entry(link).0)),
    }
}

/// The path that is meant when a link is followed, with the link's own end, and the name that the copy gets.
pub fn rebase_link(given: &str, mut target: String) -> (String, String) {
    if is_dot(given) && !is_dot(&target) {
        target.push_str("/.");
    }
    if given.ends_with(is_separator) && !target.ends_with(is_separator) {
        target.push('/');
    }
    let name = match base(given) == base(&target) {
        true => String::new(),
        false => base(given).to_owned(),
    };
    (target, name)
}

impl Source {
    /// Looks at a local path; the last link is followed only if asked for.
    pub fn local(path: &str, follow: bool) -> io::Result<Source> {
        let real = |path: &Path| {
            system::real(path).map_err(|e| {
                // Go names the part that is missing.
                failed("lstat", &missing_part(path), &e)
            })
        };
        let (resolved, rebase) = if follow {
            let real = real(Path::new(path))?;
            rebase_link(path, real)
        } else {
            let cut = path.rfind(is_separator).map_or(0, |at| at + 1);
            let (dir, name) = path.split_at(cut);
            let dir = real(Path::new(dir))?;
            let dir = dir.trim_end_matches(is_separator);
            let resolved = format!("{dir}{MAIN_SEPARATOR}{name}");
            let renamed = path.ends_with(is_separator) && base(path) != base(&resolved);
            let rebase = if renamed { base(path) } else { "" };
            (resolved, rebase.to_owned())
        };
        let meta = std::fs::symlink_metadata(&resolved);
        let meta = meta.map_err(|e| failed("lstat", &resolved, &e))?;
        Ok(Source {
            is_dir: meta.is_dir(),
            path: resolved,
            rebase,
        })
    }

    /// What the top of the archive is called, unless the destination says otherwise.
    pub fn name(&self) -> String {
        match self.rebase.as_str() {
            "" if is_dot(&self.path) => ".".to_owned(),
            "" => base(&self.path).to_owned(),
            name => name.to_owned(),
        }
    }
}

/// The first part of a path that is missing, behind the links that lead to it.
fn missing_part(path: &Path) -> String {
    let mut at = path.to_owned();
    for _ in 0..SYMLINKS {
        let gone = at
            .ancestors()
            .take_while(|part| std::fs::symlink_metadata(part).is_err())
            .last();
        if let Some(gone) = gone {
            return gone.to_string_lossy().into_owned();
        }
        let Ok(target) = std::fs::read_link(&at) else {
            break;
        };
        at = at.parent().unwrap_or(Path::new("")).join(target);
    }
    at.to_string_lossy().into_owned()
}

impl Destination {
    /// Looks at a local path; links are followed, also one that leads nowhere.
    pub fn local(path: &str) -> io::Result<Destination> {
        let mut at = path.to_owned();
        for _ in 0..=SYMLINKS {
            let meta = match std::fs::symlink_metadata(&at) {
                Ok(meta) => meta,
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Destination::to_be(at),
                Err(e) => return Err(failed("lstat", &at, &e)),
            };
            if !meta.is_symlink() {
                return Ok(Destination {
                    path: system::slashed(Path::new(&at)),
                    exists: true,
                    is_dir: meta.is_dir(),
                });
            }
            let target = std::fs::read_link(&at).map_err(|e| failed("readlink", &at, &e))?;
            let parent = Path::new(&at).parent().unwrap_or(Path::new(""));
            at = parent.join(target).to_string_lossy().into_owned();
        }
        Err(io::Error::other(format!("too many symlinks in {path}")))
    }

    /// What is not there yet; its folder is.
    fn to_be(path: String) -> io::Result<Destination> {
        let parent = Path::new(path.trim_end_matches(is_separator)).parent();
        let parent = parent.unwrap_or(Path::new("/"));
        let shown = parent.to_string_lossy();
        let meta = std::fs::metadata(parent).map_err(|e| failed("stat", &shown, &e))?;
        if !meta.is_dir() {
            return Err(io::Error::other("not a directory"));
        }
        Ok(Destination {
            path: system::slashed(Path::new(&path)),
            exists: false,
            is_dir: false,
        })
    }
}

/// Decides where the archive is unpacked and what its names become. The errors are Docker's.
pub fn prepare(
    source: &Source,
    to: &Destination,
) -> Result<(String, Option<Rename>), &'static str> {
    let (dir, name) = split_entry(&to.path);
    if to.exists && to.is_dir {
        return Ok((to.path.clone(), None));
    }
    if to.exists && source.is_dir {
        return Err("cannot copy directory");
    }
    if !to.exists
        && !source.is_dir
        && (is_dot(&to.path) || to.path.ends_with(is_separator) || to.path.is_empty())
    {
        return Err("no such directory");
    }
    let from = source.name();
    Ok((dir, Some(Rename { from, to: name })))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(path: &str, is_dir: bool) -> Source {
        Source {
            path: path.to_owned(),
            is_dir,
            rebase: String::new(),
        }
    }

    fn to(path: &str, exists: bool, is_dir: bool) -> Destination {
        Destination {
            path: path.to_owned(),
            exists,
            is_dir,
        }
    }

    #[test]
    fn arguments_are_split_as_docker_splits_them() {
        for (text, split) in [
            ("c:/x", ("c", "/x")),
            ("c:", ("c", "")),
            (":/x", ("", "/x")),
            ("/abs:/x", ("", "/abs:/x")),
            ("./a:b", ("", "./a:b")),
            ("file", ("", "file")),
            ("-", ("", "-")),
            ("c:a:b", ("c", "a:b")),
        ] {
            assert_eq!(split_argument(text), split, "{text}");
        }
    }

    #[test]
    fn a_drive_letter_stays_in_front() {
        let split = |path| split_entry(path);
        assert_eq!(split("Z:/data/hn"), ("Z:/data".to_owned(), "hn".to_owned()));
        assert_eq!(split("Z:/hn"), ("Z:/".to_owned(), "hn".to_owned()));
        assert_eq!(split("/data/x/.."), ("/".to_owned(), "data".to_owned()));
        assert_eq!(split("/Z:/hn"), ("/Z:".to_owned(), "hn".to_owned()));
    }

    #[test]
    fn names_follow_dockers_table() {
        let renamed = |s: &Source, d: &Destination, name: &str| {
            let (dir, rename) = prepare(s, d)?;
            Ok((dir, rename.map_or(name.to_owned(), |r| r.apply(name))))
        };
        let here = |dir: &str, name: &str| Ok((dir.to_owned(), name.to_owned()));
        let (file, folder, inside) = (
            source("/s/f", false),
            source("/s/d", true),
            source("/s/d/.", true),
        );
        // Into a folder: the name stays.
        assert_eq!(renamed(&file, &to("/t", true, true), "f"), here("/t", "f"));
        assert_eq!(
            renamed(&folder, &to("/t/", true, true), "d/x"),
            here("/t/", "d/x")
        );
        assert_eq!(
            renamed(&inside, &to("/t", true, true), "x"),
            here("/t", "x")
        );
        // Over a file, or to a new name.
        assert_eq!(
            renamed(&file, &to("/t/g", true, false), "f"),
            here("/t", "g")
        );
        assert_eq!(
            renamed(&file, &to("/t/g", false, false), "f"),
            here("/t", "g")
        );
        assert_eq!(
            renamed(&folder, &to("/t/e/", false, false), "d/x"),
            here("/t", "e/x")
        );
        assert_eq!(
            renamed(&inside, &to("/t/e", false, false), "x"),
            here("/t", "e/x")
        );
        assert_eq!(
            renamed(&inside, &to("/t/e", false, false), ""),
            here("/t", "e")
        );
        // Refused.
        assert_eq!(
            renamed(&folder, &to("/t/g", true, false), "d"),
            Err("cannot copy directory")
        );
        assert_eq!(
            renamed(&file, &to("/t/n/", false, false), "f"),
            Err("no such directory")
        );
        assert_eq!(
            renamed(&file, &to("", false, false), "f"),
            Err("no such directory")
        );
    }

    #[test]
    fn ends_and_links() {
        for (path, split) in [
            ("/a/b", ("/a", "b")),
            ("/a/b/", ("/a", "b")),
            ("/a/b/.", ("/a/b", ".")),
            ("/a", ("/", "a")),
            ("/", ("/", "/")),
            ("a", ("/", "a")),
        ] {
            let (dir, name) = split_entry(path);
            assert_eq!((dir.as_str(), name.as_str()), split, "{path}");
        }
        assert_eq!(join_link("/a/l", "/x"), "/x");
        assert_eq!(join_link("/a/l", "../x"), "/x");
        assert_eq!(
            rebase_link("/a/l/", "/x/y".to_owned()),
            ("/x/y/".to_owned(), "l".to_owned())
        );
        assert_eq!(
            rebase_link("/a/l/.", "/x/y".to_owned()),
            ("/x/y/.".to_owned(), String::new())
        );
        let other = Rename {
            from: "a".to_owned(),
            to: "b".to_owned(),
        };
        assert_eq!(other.apply("ab"), "ab");
        assert_eq!(other.apply("a/a"), "b/a");
    }
}
