//! A tar of local files: a file, a link, or a folder with everything in it, sorted by name. No link is followed.

use super::failed;
use super::system::{Details, details, slashed};
use crate::oci::layer::{Entry, EntryKind};
use crate::oci::layer_write::LayerWriter;
use std::collections::HashMap;
use std::fs::{File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

/// Writes the archive of what lies at `path`, which is called `name` in it.
pub fn pack(path: &Path, name: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut work = Packing {
        out: LayerWriter::new(out),
        linked: HashMap::new(),
    };
    let mut todo = vec![(path.to_owned(), name.to_owned())];
    while let Some((path, name)) = todo.pop() {
        let meta = std::fs::symlink_metadata(&path);
        let meta = meta.map_err(|e| failed("lstat", &path.to_string_lossy(), &e))?;
        work.member(&path, &name, &meta)?;
        if meta.is_dir() {
            todo.extend(inside(&path, &name)?);
        }
    }
    work.out.end()
}

/// What a folder holds, last name first.
fn inside(path: &Path, name: &str) -> io::Result<Vec<(PathBuf, String)>> {
    let shown = path.to_string_lossy();
    let list = std::fs::read_dir(path).map_err(|e| failed("open", &shown, &e))?;
    let mut found = Vec::new();
    for entry in list {
        let entry = entry.map_err(|e| failed("readdir", &shown, &e))?;
        let own = entry.file_name();
        let own = own.to_str().ok_or_else(|| {
            let path = entry.path();
            io::Error::other(format!("{}: the name is not UTF-8", path.display()))
        })?;
        found.push((
            entry.path(),
            format!("{}/{own}", name.trim_end_matches('/')),
        ));
    }
    found.sort_by(|a, b| b.1.cmp(&a.1));
    Ok(found)
}

struct Packing<'w> {
    out: LayerWriter<&'w mut dyn Write>,
    /// The first name of each file with several.
    linked: HashMap<(u64, u64), String>,
}

impl Packing<'_> {
    fn member(&mut self, path: &Path, name: &str, meta: &Metadata) -> io::Result<()> {
        let own = details(meta);
        let Some(mut entry) = entry(name, meta, &own) else {
            return Ok(());
        };
        let shown = path.to_string_lossy();
        if entry.kind == EntryKind::Symlink {
            let target = std::fs::read_link(path).map_err(|e| failed("readlink", &shown, &e))?;
            entry.link = slashed(&target);
        }
        if let Some(file) = own.linked {
            if let Some(first) = self.linked.get(&file) {
                entry.kind = EntryKind::HardLink;
                entry.link.clone_from(first);
            } else {
                self.linked.insert(file, name.to_owned());
            }
        }
        match entry.kind {
            EntryKind::File => {
                let mut file = File::open(path).map_err(|e| failed("open", &shown, &e))?;
                self.out.entry(&entry, &mut file)
            }
            _ => self.out.entry(&entry, &mut io::empty()),
        }
    }
}

/// `None` for sockets, which tar cannot say.
fn entry(name: &str, meta: &Metadata, own: &Details) -> Option<Entry> {
    let kind = own.kind?;
    let seconds = |at: std::time::SystemTime| match at.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
        Err(before) => {
            let whole = i64::try_from(before.duration().as_secs()).unwrap_or(i64::MAX);
            -whole - i64::from(before.duration().subsec_nanos() > 0)
        }
    };
    let mtime = meta.modified().map_or(0, seconds);
    Some(Entry {
        path: name.to_owned(),
        kind,
        mode: own.mode,
        uid: own.uid,
        gid: own.gid,
        mtime: mtime.saturating_mul(1_000_000_000),
        size: if kind == EntryKind::File {
            meta.len()
        } else {
            0
        },
        offset: 0,
        link: String::new(),
        rdev: own.rdev,
    })
}
