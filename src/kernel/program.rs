//! From a path to a program: `\0asm` is one, `#!` names its interpreter, anything else is ENOEXEC.
//!
//! Compiling is the cache's; permission checks are the tree's.

use super::cache::Loaded;
use super::machine::MAX_PROGRAM;
use super::process::ImageInfo;
use super::sandbox::Sandbox;
use crate::base::errno::Errno;
use crate::vfs::{At, Cred, OpenFile, S_ISGID, S_ISUID};
use std::sync::Arc;

/// `#!` scripts may name scripts, this deep (Linux's `BINPRM_MAX_RECURSION` allows about as many).
const INTERPRETERS: usize = 4;
/// How much of a `#!` line counts (Linux's `BINPRM_BUF_SIZE`).
const FIRST_LINE: usize = 256;

/// A program ready to run.
#[derive(Clone)]
pub struct Image {
    pub program: Arc<Loaded>,
    pub info: ImageInfo,
    /// The owner whose powers the program runs with, by its set-id bits.
    pub set_uid: Option<u32>,
    pub set_gid: Option<u32>,
}

impl Image {
    /// Who its set-id bits make of somebody who runs it; `None` where they change nothing.
    pub fn lends(&self, cred: &Cred) -> Option<Cred> {
        if cred.locked || (self.set_uid.is_none() && self.set_gid.is_none()) {
            return None;
        }
        Some(Cred {
            uid: self.set_uid.unwrap_or(cred.uid),
            gid: self.set_gid.unwrap_or(cred.gid),
            ..cred.clone()
        })
    }
}

/// Why a program cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("{0}")]
    Errno(Errno),
    /// Not a program: ENOEXEC, and in words what it is.
    #[error("exec format error: {0}")]
    Format(String),
    /// WebAssembly that cannot run here: ENOEXEC, and in words what is wrong with it or missing for it.
    #[error("exec format error: {0}")]
    Unfit(String),
}

impl LoadError {
    pub fn errno(&self) -> Errno {
        match self {
            LoadError::Errno(errno) => *errno,
            LoadError::Format(_) | LoadError::Unfit(_) => Errno::Noexec,
        }
    }
}

impl From<Errno> for LoadError {
    fn from(errno: Errno) -> LoadError {
        LoadError::Errno(errno)
    }
}

/// Finds the program behind a path and what its argument vector becomes.
pub async fn load(
    sandbox: &Arc<Sandbox>,
    cred: &Cred,
    at: At<'_>,
    path: &str,
    argv: Vec<String>,
    env: Vec<String>,
) -> Result<Image, LoadError> {
    let mut argv = argv;
    let mut path = path.to_owned();
    for depth in 0..=INTERPRETERS {
        // Interpreters are named from the cwd, whatever the script was named from.
        let file = sandbox.namespace.open_exec(cred, at, &path)?;
        let mut head = [0; FIRST_LINE];
        let count = file.read_at(0, &mut head)?;
        let head = &head[..count];
        if head.starts_with(b"\0asm") {
            let attr = file.attr()?;
            let program = compiled(sandbox, &file, attr.size).await?;
            return Ok(Image {
                program,
                info: ImageInfo {
                    argv,
                    env,
                    exe: file.path().to_owned(),
                },
                set_uid: (attr.mode & S_ISUID != 0).then_some(attr.uid),
                set_gid: (attr.mode & S_ISGID != 0 && attr.mode & 0o010 != 0).then_some(attr.gid),
            });
        }
        let Some((interpreter, argument)) = interpreter(head) else {
            return Err(LoadError::Format(describe(head)));
        };
        if depth == INTERPRETERS {
            break;
        }
        let rest = argv.into_iter().skip(1);
        argv = std::iter::once(interpreter.clone())
            .chain(argument)
            .chain(std::iter::once(path))
            .chain(rest)
            .collect();
        path = interpreter;
    }
    Err(Errno::Loop.into())
}

/// The interpreter of a `#!` line and its one argument.
fn interpreter(head: &[u8]) -> Option<(String, Option<String>)> {
    let line = head.strip_prefix(b"#!")?;
    let end = line.iter().position(|b| *b == b'\n').unwrap_or(line.len());
    // A carriage return stays: `#!/bin/sh\r` names a file that does not exist, as on Linux.
    let line = std::str::from_utf8(&line[..end])
        .ok()?
        .trim_matches([' ', '\t']);
    let (name, argument) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let argument = argument.trim_matches([' ', '\t']);
    (!name.is_empty()).then(|| {
        (
            name.to_owned(),
            (!argument.is_empty()).then(|| argument.to_owned()),
        )
    })
}

fn describe(head: &[u8]) -> String {
    let what = match head {
        [0x7f, b'E', b'L', b'F', ..] => "an ELF program; this engine runs WebAssembly",
        [b'M', b'Z', ..] => "a Windows program; this engine runs WebAssembly",
        [] => "an empty file",
        _ => "neither a WebAssembly module nor a script with `#!`",
    };
    what.to_owned()
}

async fn compiled(
    sandbox: &Arc<Sandbox>,
    file: &OpenFile,
    size: u64,
) -> Result<Arc<Loaded>, LoadError> {
    if size > MAX_PROGRAM {
        return Err(LoadError::Unfit(format!(
            "a program of {size} bytes; the limit is {MAX_PROGRAM}"
        )));
    }
    let machine = &sandbox.machine;
    let place = file.place();
    let content = place.mount.fs.content_id(place.ino);
    if let Some(content) = &content
        && let Some(loaded) = machine.known(content)
    {
        return Ok(loaded);
    }
    let mut bytes = vec![0; size as usize];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(filled as u64, &mut bytes[filled..])? {
            0 => break,
            count => filled += count,
        }
    }
    bytes.truncate(filled);
    let loaded = machine.compile(bytes).await?;
    if let Some(content) = content {
        machine.remember(content, &loaded);
    }
    Ok(loaded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_lines() {
        let owned = |name: &str, argument: Option<&str>| {
            Some((name.to_owned(), argument.map(str::to_owned)))
        };
        assert_eq!(interpreter(b"#!/bin/sh\necho"), owned("/bin/sh", None));
        assert_eq!(
            interpreter(b"#! /usr/bin/env  python -u \nx"),
            owned("/usr/bin/env", Some("python -u"))
        );
        assert_eq!(interpreter(b"#!/bin/sh\r\n"), owned("/bin/sh\r", None));
        for bad in [&b"#!"[..], b"#!\n/bin/sh", b"# !/bin/sh", b"", b"#!\xff\n"] {
            assert_eq!(interpreter(bad), None);
        }
    }
}
