//! `ADD` of an address: the document is fetched and becomes a file to copy from.
//!
//! As in BuildKit the file is root's with mode 0600, its time is what the server says or 1970, and its name is the last part of the
//! address. Each build fetches it anew; the step is in the cache when the contents are the same. Repositories of git are refused.

use super::builder::{Builder, Failed, State};
use super::copied::{is_address, not_for_copy};
use super::copy::{Found, Source, find};
use super::dockerfile::{Copied, Instruction};
use super::options::Frontend;
use super::remote::{self, is_repository};
use crate::base::bridge::readable;
use crate::base::digest::{Digest, Hasher};
use crate::base::size;
use crate::engine::ports::{Fetched, Files, Layers};
use crate::engine::{Error, Result, blocking};
use crate::oci::layer_write::LayerWriter;
use crate::oci::{Entry, EntryKind};
use crate::wire::Progress;
use crate::wire::progress::ProgressDetail;
use std::io::{self, Read};

/// What a file is called whose address has no last part.
const NAMELESS: &str = "__unnamed__";
/// The longest document whose length is not told before, in bytes.
const UNTOLD: u64 = 256 << 20;

/// A document that was fetched.
pub struct Download {
    address: String,
    pub source: Source,
    pub found: Found,
    /// Keeps the file.
    _files: Files,
}

impl Builder {
    /// Fetches what an `ADD` names by address, each as a step of that name.
    pub async fn downloads(
        &mut self,
        state: &State,
        what: &Instruction,
        name: &str,
    ) -> Result<(), Failed> {
        let Instruction::Add(copied) = what else {
            return Ok(());
        };
        let mut variables = state.args.seen();
        variables.extend(state.changing.variables());
        let expand = |text: &String| self.lexer.word(text, &variables).map_err(Error::system);
        let copied = Copied {
            sources: copied.sources.iter().map(expand).collect::<Result<_>>()?,
            checksum: expand(&copied.checksum)?,
            ..copied.clone()
        };
        self.downloads.clear();
        for address in copied.sources.iter().filter(|s| is_remote(s)) {
            let wanted = checksum(&copied)?;
            let fetched = self.told(name.to_owned(), self.download(address, wanted));
            let download = fetched.await?;
            self.downloads.push(download);
        }
        Ok(())
    }

    /// What was fetched for a source of a step; fetched now where nobody has.
    pub async fn downloaded(&mut self, copied: &Copied, address: &str) -> Result<Download, Failed> {
        let known = self.downloads.iter().position(|d| d.address == address);
        match known {
            Some(at) => Ok(self.downloads.remove(at)),
            None => self.download(address, checksum(copied)?).await,
        }
    }

    async fn download(&self, address: &str, wanted: Option<Digest>) -> Result<Download, Failed> {
        let fetched = self
            .fetch(address)
            .await
            .map_err(|e| match self.options.frontend {
                Frontend::Classic => e.context("ADD failed").into(),
                Frontend::BuildKit => Failed {
                    around: "failed to load cache key: ".to_owned(),
                    ..Failed::from(e)
                },
            })?;
        let name = file_name(address);
        let (layers, path) = (self.engine.layers.clone(), name.clone());
        let length = fetched.length;
        let (files, digest, bytes) = blocking(move || take_in(&*layers, fetched, path)).await?;
        if let Some(wanted) = wanted.filter(|wanted| *wanted != digest) {
            return Err(Error::system(format!("digest mismatch {digest}: {wanted}")).into());
        }
        self.say_downloaded(bytes, length).await?;
        let source = Source {
            tree: files.tree.clone(),
            context: false,
            hidden: Vec::new(),
        };
        let within = source.clone();
        let found = blocking(move || find(&within, &[name]).map_err(Error::system)).await?;
        let nothing = || Error::system(format!("{address} gave no file"));
        Ok(Download {
            address: address.to_owned(),
            found: found.into_iter().next().ok_or_else(nothing)?,
            source,
            _files: files,
        })
    }

    async fn fetch(&self, address: &str) -> Result<Fetched> {
        if is_repository(address) {
            return Err(remote::no_git(address));
        }
        let fetched = self.engine.registries.fetch(address).await?;
        match (fetched.code, self.options.frontend) {
            (..400, _) => Ok(fetched),
            (_, Frontend::Classic) => Err(remote::refused(address, fetched).await),
            (code, Frontend::BuildKit) => {
                Err(Error::system(format!("invalid response status {code}")))
            }
        }
    }

    /// The classic builder's line about it, when all is there.
    async fn say_downloaded(&self, bytes: u64, length: Option<u64>) -> Result<()> {
        self.out
            .send(Progress {
                status: Some("Downloading".to_owned()),
                progress_detail: Some(ProgressDetail {
                    current: Some(bytes),
                    total: length,
                }),
                progress: Some(format!("{:>8}", size::decimal(bytes as f64))),
                ..Progress::default()
            })
            .await?;
        self.out.say("\n").await
    }
}

/// Whether a source of `ADD` is fetched; for `COPY` that is an error.
pub fn is_remote(source: &str) -> bool {
    is_address(source) || is_repository(source)
}

/// Refuses addresses where a step cannot have them.
pub fn check(copied: &Copied, add: bool, frontend: Frontend) -> Result<()> {
    let remote = |s: &&String| if add { is_remote(s) } else { is_address(s) };
    match copied.sources.iter().find(remote) {
        Some(_) if !add => Err(not_for_copy(frontend)),
        None if !copied.checksum.is_empty() => {
            Err(Error::system("checksum requires HTTP(S) or Git sources"))
        }
        _ => Ok(()),
    }
}

fn checksum(copied: &Copied) -> Result<Option<Digest>> {
    let bad = |_| Error::system("invalid checksum digest format");
    match copied.checksum.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(bad),
    }
}

/// The last part of an address's path.
fn file_name(address: &str) -> String {
    let path = url::Url::parse(address).map(|url| url.path().to_owned());
    let path = path.unwrap_or_default();
    let last = path.trim_end_matches('/').rsplit('/').next();
    let last = percent_encoding::percent_decode_str(last.unwrap_or_default()).decode_utf8_lossy();
    match last.as_ref() {
        "" | "." | ".." => NAMELESS.to_owned(),
        name => name.replace('/', "_"),
    }
}

/// Stores a document as a tree of one file: the tree, and the sum and length of the document.
fn take_in(layers: &dyn Layers, fetched: Fetched, name: String) -> Result<(Files, Digest, u64)> {
    let mut body = readable(fetched.body);
    let mut whole = Vec::new();
    let length = match fetched.length {
        Some(length) => length,
        None => (&mut body).take(UNTOLD + 1).read_to_end(&mut whole)? as u64,
    };
    if whole.len() as u64 > UNTOLD {
        let words = format!("a document of untold length ends at {UNTOLD} bytes");
        return Err(Error::system(words));
    }
    let entry = Entry {
        path: name,
        kind: EntryKind::File,
        mode: 0o600,
        uid: 0,
        gid: 0,
        mtime: fetched
            .modified
            .unwrap_or_default()
            .saturating_mul(1_000_000_000),
        size: length,
        offset: 0,
        link: String::new(),
        rdev: (0, 0),
    };
    let (mut head, mut tail) = (LayerWriter::new(Vec::new()), LayerWriter::new(Vec::new()));
    head.begin(&entry)?;
    tail.pad(length)?;
    tail.end()?;
    let mut document = Hashed {
        from: io::Cursor::new(whole).chain(body).take(length),
        hasher: Hasher::new(),
    };
    let files = {
        let head = io::Cursor::new(std::mem::take(head.out()));
        let tail = io::Cursor::new(std::mem::take(tail.out()));
        layers.take_in(&mut head.chain(&mut document).chain(tail))?
    };
    Ok((files, document.hasher.finish(), length))
}

/// Sums up what is read.
struct Hashed<R> {
    from: R,
    hasher: Hasher,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.from.read(buffer)?;
        self.hasher.update(&buffer[..count]);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_called_as_the_last_part_of_their_address() {
        for (address, name) in [
            ("http://h/a/b.txt?x=y#z", "b.txt"),
            ("http://h/a/", "a"),
            ("http://h/a%20b", "a b"),
            ("http://h", NAMELESS),
            ("http://h/%2e%2e", NAMELESS),
        ] {
            assert_eq!(file_name(address), name, "{address}");
        }
    }

    #[test]
    fn sums_are_for_what_is_fetched() {
        let copied = |source: &str, checksum: &str| Copied {
            sources: vec![source.to_owned()],
            checksum: checksum.to_owned(),
            ..Copied::default()
        };
        let told =
            |copied: &Copied, add| check(copied, add, Frontend::BuildKit).map_err(|e| e.message);
        assert_eq!(told(&copied("http://h/x", ""), true), Ok(()));
        let words = "source can't be a URL for COPY";
        assert_eq!(
            told(&copied("http://h/x", ""), false),
            Err(words.to_owned())
        );
        let words = "checksum requires HTTP(S) or Git sources";
        assert_eq!(told(&copied("x", "sha256:0"), true), Err(words.to_owned()));
        assert!(checksum(&copied("http://h/x", "foo")).is_err());
    }
}
