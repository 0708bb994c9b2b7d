//! A folder of the host as a tar, as Docker's client packs it: everybody's files are root's, links stay links.

use crate::base::ignore::Ignore;
use std::io::{self, Write};
use std::path::Path;
use std::time::UNIX_EPOCH;
use tar::{Builder, EntryType, Header};

/// A tar in the making.
pub struct Pack<'w> {
    tar: Builder<&'w mut dyn Write>,
}

impl<'w> Pack<'w> {
    pub fn new(to: &'w mut dyn Write) -> Self {
        Pack {
            tar: Builder::new(to),
        }
    }

    /// Everything in a folder that is not ignored. With `replaced`, a `.dockerignore` comes from elsewhere.
    pub fn folder(&mut self, root: &Path, ignore: &Ignore, replaced: bool) -> io::Result<()> {
        let mut todo = vec![String::new()];
        while let Some(folder) = todo.pop() {
            let mut names: Vec<String> = Vec::new();
            for entry in std::fs::read_dir(root.join(&folder))? {
                // What is no UTF-8 can be named by no Dockerfile.
                names.extend(entry?.file_name().into_string().ok());
            }
            names.sort();
            let mut folders = Vec::new();
            for name in names {
                let path = match folder.as_str() {
                    "" => name,
                    above => format!("{above}/{name}"),
                };
                if replaced && path == ".dockerignore" {
                    continue;
                }
                let kind = std::fs::symlink_metadata(root.join(&path))?.file_type();
                let out = ignore.excludes(&path);
                if !out {
                    self.member(root, &path)?;
                }
                if kind.is_dir() && (!out || ignore.looks_into(&path)) {
                    folders.push(path);
                }
            }
            todo.extend(folders.into_iter().rev());
        }
        Ok(())
    }

    /// One file, link or folder.
    fn member(&mut self, root: &Path, path: &str) -> io::Result<()> {
        let full = root.join(path);
        let meta = std::fs::symlink_metadata(&full)?;
        let modified = meta
            .modified()?
            .duration_since(UNIX_EPOCH)
            .map_or(0, |d| d.as_secs());
        let mut header = header(modified, mode(&meta));
        if meta.is_symlink() {
            let to = std::fs::read_link(&full)?;
            header.set_entry_type(EntryType::Symlink);
            return self.tar.append_link(&mut header, path, to);
        }
        if meta.is_dir() {
            header.set_entry_type(EntryType::Directory);
            return self
                .tar
                .append_data(&mut header, format!("{path}/"), io::empty());
        }
        if !meta.is_file() {
            // Sockets and devices are not sent.
            return Ok(());
        }
        header.set_size(meta.len());
        let file = std::fs::File::open(&full)?;
        // A file that grows meanwhile must not break the archive.
        self.tar
            .append_data(&mut header, path, io::Read::take(file, meta.len()))
    }

    /// A file with this content.
    pub fn file(&mut self, path: &str, content: &[u8]) -> io::Result<()> {
        let mut header = header(0, 0o600);
        header.set_size(content.len() as u64);
        self.tar.append_data(&mut header, path, content)
    }

    pub fn finish(mut self) -> io::Result<()> {
        self.tar.finish()
    }
}

fn header(modified: u64, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mtime(modified);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(0);
    header
}

/// Permission bits; hosts without them give what Docker's client gives there.
fn mode(meta: &std::fs::Metadata) -> u32 {
    #[cfg(unix)]
    {
        std::os::unix::fs::MetadataExt::mode(meta) & 0o7777
    }
    #[cfg(not(unix))]
    {
        let _ = meta;
        0o755
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn ignored_files_are_not_packed_and_what_is_taken_back_is() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["a/keep", "a/drop", "b.md", "README.md", "c"] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        }
        let ignore = Ignore::parse("a\n!a/keep\n*.md\n!README.md\n").unwrap();
        let mut bytes = Vec::new();
        let mut pack = Pack::new(&mut bytes);
        pack.folder(folder.path(), &ignore, false).unwrap();
        pack.file("d", b"y").unwrap();
        pack.finish().unwrap();
        let mut archive = tar::Archive::new(&bytes[..]);
        let mut names = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let mut content = String::new();
            entry.read_to_string(&mut content).unwrap();
            assert_eq!(entry.header().uid().unwrap(), 0);
            names.push(format!("{}={content}", entry.path().unwrap().display()));
        }
        assert_eq!(names, ["README.md=x", "c=x", "a/keep=x", "d=y"]);
    }
}
