//! The files that a client sent: where the Dockerfile is among them, and which of them are not to be seen.

use super::copy::{Source, follow};
use super::dockerfile::Dockerfile;
use crate::base::ignore::Ignore;
use crate::engine::ports::Files;
use crate::engine::{Error, Result};
use crate::vfs::image::ImageTree;
use std::sync::Arc;

/// What a Dockerfile is called when nobody says otherwise.
const NAME: &str = "Dockerfile";
const IGNORE: &str = ".dockerignore";
/// The longest Dockerfile that is read.
const LONGEST: u64 = 8 << 20;

/// The context of a build.
pub struct Context {
    pub source: Source,
    pub dockerfile: Dockerfile,
    /// There is a Dockerfile and nothing that could be copied.
    pub missing: bool,
    /// Keeps the files.
    _files: Files,
}

impl Context {
    /// A Dockerfile that came without a context; `files` are none.
    pub fn alone(files: Files, dockerfile: &[u8]) -> Result<Context> {
        let text = String::from_utf8_lossy(dockerfile);
        let parsed = Dockerfile::parse(NAME, &text).map_err(|e| Error::invalid(e.to_string()))?;
        Ok(Context {
            source: Source {
                context: true,
                hidden: Vec::new(),
                tree: Arc::clone(&files.tree),
            },
            dockerfile: parsed,
            missing: true,
            _files: files,
        })
    }

    /// Finds and reads the Dockerfile. Error lines are Docker's.
    pub fn open(files: Files, name: &str) -> Result<Context> {
        let wanted = if name.is_empty() { NAME } else { name };
        let lower = wanted.to_lowercase();
        let (name, bytes) = match read(&files.tree, wanted)? {
            Some(bytes) => (wanted, bytes),
            None => match read(&files.tree, &lower)? {
                Some(bytes) if wanted == NAME => (lower.as_str(), bytes),
                _ => {
                    return Err(Error::system(format!(
                        "Cannot locate specified Dockerfile: {wanted}"
                    )));
                }
            },
        };
        if bytes.is_empty() {
            return Err(Error::system(format!(
                "the Dockerfile ({name}) cannot be empty"
            )));
        }
        let text = String::from_utf8_lossy(&bytes);
        let dockerfile =
            Dockerfile::parse(name, &text).map_err(|e| Error::invalid(e.to_string()))?;
        let source = Source {
            context: true,
            hidden: hidden(&files.tree, name)?,
            tree: Arc::clone(&files.tree),
        };
        Ok(Context {
            source,
            dockerfile,
            missing: false,
            _files: files,
        })
    }
}

/// The Dockerfile and `.dockerignore` are always sent; they are not to be copied where the latter says so.
fn hidden(tree: &ImageTree, name: &str) -> Result<Vec<String>> {
    let Some(bytes) = read(tree, IGNORE)? else {
        return Ok(Vec::new());
    };
    let ignore = Ignore::parse(&String::from_utf8_lossy(&bytes))
        .map_err(|e| Error::system(e.to_string()))?;
    let name = name.trim_start_matches('/');
    let files = [IGNORE, name]
        .into_iter()
        .filter(|file| ignore.excludes(file));
    Ok(files.map(str::to_owned).collect())
}

/// The whole of a file; `None` when there is none.
fn read(tree: &ImageTree, path: &str) -> Result<Option<Vec<u8>>> {
    let Some(ino) = follow(tree, path).ok().and_then(|scope| scope.ino) else {
        return Ok(None);
    };
    let Some(attr) = tree.attr(ino).filter(|a| !a.is_dir()) else {
        return Err(Error::system(format!("read {path}: is a directory")));
    };
    if attr.size > LONGEST {
        return Err(Error::system(format!(
            "{path} is longer than {LONGEST} bytes"
        )));
    }
    let mut bytes = vec![0; usize::try_from(attr.size).unwrap_or_default()];
    let mut done = 0;
    while done < bytes.len() {
        match tree.read(ino, done as u64, &mut bytes[done..]) {
            Ok(0) => break,
            Ok(count) => done += count,
            Err(e) => {
                return Err(Error::system(format!(
                    "read {path}: {}",
                    e.words().to_lowercase()
                )));
            }
        }
    }
    bytes.truncate(done);
    Ok(Some(bytes))
}
