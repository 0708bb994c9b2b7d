//! Directory trees: sorted names, path joining, and the places where a path must not be touched.

use std::fs;
use std::io;

/// The names in a directory, in byte order, without `.` and `..`.
pub fn names(path: &str) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = fs::read_dir(path)?
        .map(|entry| entry.map(|e| e.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// `dir/name`, with one slash.
pub fn join(dir: &str, name: &str) -> String {
    if dir.ends_with('/') {
        format!("{dir}{name}")
    } else {
        format!("{dir}/{name}")
    }
}

/// The last part of a path, as `basename` understands it.
pub fn base(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "" } else { "/" };
    }
    trimmed.rsplit('/').next().unwrap_or(trimmed)
}

/// What `dirname` gives.
pub fn parent(path: &str) -> &str {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() {
        return if path.is_empty() { "." } else { "/" };
    }
    match trimmed.rfind('/') {
        None => ".",
        Some(at) => {
            let dir = trimmed[..at].trim_end_matches('/');
            if dir.is_empty() { "/" } else { dir }
        }
    }
}

/// The absolute path with links resolved. `missing` is how many trailing parts may be absent: 0, 1, or all.
pub fn real(path: &str, missing: usize) -> io::Result<String> {
    let mut todo: Vec<String> = path.split('/').rev().map(str::to_string).collect();
    let mut done = if path.starts_with('/') {
        String::new()
    } else {
        cwd()
    };
    if done == "/" {
        done.clear();
    }
    let (mut hops, mut absent) = (0, 0);
    while let Some(part) = todo.pop() {
        match part.as_str() {
            "" | "." => continue,
            ".." => {
                let end = done.rfind('/').unwrap_or(0);
                done.truncate(end);
                continue;
            }
            _ => {}
        }
        let next = format!("{done}/{part}");
        match crate::os::lstat(&next) {
            Ok(stat) if stat.is_link() => {
                hops += 1;
                if hops > 40 {
                    return Err(io::Error::other("Too many levels of symbolic links"));
                }
                let target = read_link(&next)?;
                if target.starts_with('/') {
                    done.clear();
                }
                todo.extend(target.split('/').rev().map(str::to_string));
            }
            Ok(_) => done = next,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                absent += 1;
                let last = todo.iter().all(|part| part.is_empty());
                if absent > missing || (missing == 1 && !last) {
                    return Err(error);
                }
                done = next;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(if done.is_empty() { "/".into() } else { done })
}

/// A link's target.
pub fn read_link(path: &str) -> io::Result<String> {
    Ok(fs::read_link(path)?.to_string_lossy().into_owned())
}

/// The current directory.
pub fn cwd() -> String {
    std::env::current_dir().map_or_else(|_| "/".into(), |path| path.to_string_lossy().into_owned())
}

/// Calls `each` for the path and everything beneath, parents first. Links are not followed. Returning `false` from `each` does not descend.
pub fn tree(path: &str, each: &mut dyn FnMut(&str, &crate::os::Stat) -> bool) -> io::Result<()> {
    let stat = crate::os::lstat(path)?;
    if !each(path, &stat) || !stat.is_dir() {
        return Ok(());
    }
    for name in names(path)? {
        let inner = join(path, &name);
        if let Err(error) = tree(&inner, each) {
            crate::warn(format_args!("{inner}: {}", crate::words(&error)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_paths() {
        for (path, dir, name) in [
            ("/usr/lib", "/usr", "lib"),
            ("/", "/", "/"),
            ("a", ".", "a"),
            ("a/b/", "a", "b"),
            ("//x", "/", "x"),
            ("", ".", ""),
        ] {
            assert_eq!((parent(path), base(path)), (dir, name), "{path}");
        }
    }
}
