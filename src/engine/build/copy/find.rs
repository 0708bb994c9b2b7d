//! Which files the sources of `COPY` and `ADD` mean, in the context or in an image, and the sum that stands for them.

use super::hash;
use super::scope::{self, Blocked, follow};
use crate::base::glob::{self, Glob};
use crate::vfs::image::{ImageTree, ROOT};
use crate::vfs::{Ino, Kind};
use std::sync::Arc;

/// Files to copy from.
#[derive(Clone)]
pub struct Source {
    pub tree: Arc<ImageTree>,
    /// The context, and not an image.
    pub context: bool,
    /// Paths that `.dockerignore` took away although they were sent.
    pub hidden: Vec<String>,
}

/// One thing to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// As it was asked for; its last component names a file in a folder.
    pub path: String,
    pub ino: Ino,
    pub folder: bool,
    pub sum: String,
}

/// Finds what the sources mean. Error texts are Docker's, without `COPY failed: `.
pub fn find(source: &Source, wanted: &[String]) -> Result<Vec<Found>, String> {
    let mut all = Vec::new();
    for path in wanted {
        if source.context && climbs(path) {
            return Err(format!(
                "forbidden path outside the build context: {path} ()"
            ));
        }
        let path = path.trim_start_matches('/');
        let path = path.strip_prefix("./").unwrap_or(path);
        if glob::is_pattern(path) {
            source.matching(path, &mut all)?;
        } else {
            all.push(source.one(path)?);
        }
    }
    match all.is_empty() {
        true => Err("no source files were specified".to_owned()),
        false => Ok(all),
    }
}

/// The sum of everything that was found.
pub fn sum(found: &[Found]) -> String {
    match found {
        [one] => one.sum.clone(),
        all => {
            let sums: Vec<String> = all.iter().map(|f| f.sum.clone()).collect();
            hash::together("multi", &sums)
        }
    }
}

/// Whether a path leaves the folder that it begins in.
fn climbs(path: &str) -> bool {
    let mut depth = 0i64;
    path.split('/').any(|part| {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth < 0
    })
}

impl Source {
    fn one(&self, path: &str) -> Result<Found, String> {
        let missing = || {
            let words = format!("stat {path}: file does not exist");
            match self.context {
                true => {
                    format!("file not found in build context or excluded by .dockerignore: {words}")
                }
                false => words,
            }
        };
        let scope = follow(&self.tree, path).map_err(|blocked| match blocked {
            Blocked::NotADirectory => format!("stat {path}: not a directory"),
            Blocked::TooManyLinks => format!("stat {path}: too many levels of symbolic links"),
        })?;
        let ino = scope
            .ino
            .filter(|_| !self.hidden.contains(&scope.path))
            .ok_or_else(missing)?;
        let damaged = || format!("read {path}: input/output error");
        let folder = self.tree.kind(ino) == Some(Kind::Dir);
        let sum = match folder {
            true => {
                let mut sums = Vec::new();
                self.sums(ino, &scope.path, &mut sums).ok_or_else(damaged)?;
                sums.sort();
                hash::together("dir", &sums)
            }
            false => format!(
                "file:{}",
                hash::sum(&self.tree, ino, &scope.path).ok_or_else(damaged)?
            ),
        };
        Ok(Found {
            path: path.to_owned(),
            ino,
            folder,
            sum,
        })
    }

    /// The sums of a folder and of everything in it; the root of a context has none itself.
    fn sums(&self, ino: Ino, path: &str, sums: &mut Vec<String>) -> Option<()> {
        let mut todo = vec![(ino, path.to_owned())];
        while let Some((ino, path)) = todo.pop() {
            if !path.is_empty() {
                sums.push(hash::sum(&self.tree, ino, &path)?);
            }
            todo.extend(self.children(ino, &path));
        }
        Some(())
    }

    /// What is in a folder, with paths; nothing for what is no folder.
    pub fn children(&self, ino: Ino, path: &str) -> Vec<(Ino, String)> {
        let below = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}/{name}"),
        };
        scope::names(&self.tree, ino)
            .map(|(name, ino)| (ino, below(name)))
            .filter(|(_, path)| !self.hidden.contains(path))
            .collect()
    }

    /// Everything in the tree that fits a pattern, in the order of a walk.
    fn matching(&self, pattern: &str, all: &mut Vec<Found>) -> Result<(), String> {
        // As in Docker, a pattern that cannot be read fits nothing.
        let Ok(glob) = Glob::new(pattern) else {
            return Ok(());
        };
        // `*` never crosses a slash, so only this deep.
        let depth = pattern.matches('/').count();
        let mut todo = vec![(ROOT, String::new())];
        while let Some((ino, path)) = todo.pop() {
            if !path.is_empty() && glob.matches(&path) {
                all.push(self.one(&path)?);
            }
            if path.is_empty() || path.matches('/').count() < depth {
                todo.extend(self.children(ino, &path).into_iter().rev());
            }
        }
        Ok(())
    }
}
