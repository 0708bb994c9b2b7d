//! `COPY` and `ADD` as steps of a stage.

use super::builder::{Builder, Failed, State};
use super::config::below;
use super::copy::{Found, LayerTar, Manner, Placed, Placing, Source, find, mode, owner, sum};
use super::dockerfile::{Copied, Instruction, MountKind};
use super::download::{self, is_remote};
use super::needs;
use super::options::Frontend;
use crate::base::digest::Digest;
use crate::base::ignore::Ignore;
use crate::base::{host_path, id};
use crate::engine::ports::{Files, Layers};
use crate::engine::{Error, Result, blocking};
use crate::oci::compress;
use crate::vfs::Ino;
use crate::vfs::image::{ImageTree, ROOT};
use std::io::{self, Read};
use std::sync::Arc;

impl Builder {
    /// Copies files into a new layer. With `add`, local archives are unpacked.
    pub async fn copy(
        &mut self,
        state: &mut State,
        copied: &Copied,
        add: bool,
    ) -> Result<(), Failed> {
        let keyword = if add { "ADD" } else { "COPY" };
        download::check(copied, add, state.frontend)?;
        let (remote, local): (Vec<String>, Vec<String>) =
            copied.sources.iter().cloned().partition(|s| is_remote(s));
        let mut downloads = Vec::new();
        for address in &remote {
            downloads.push(self.downloaded(copied, address).await?);
        }
        let source = match local.is_empty() && !remote.is_empty() {
            true => None,
            false => Some(self.source(&copied.from, keyword).await?),
        };
        let nothing = || Source {
            tree: ImageTree::empty(),
            context: true,
            hidden: Vec::new(),
        };
        let source = source.unwrap_or_else(nothing);
        let (within, wanted) = (
            source.clone(),
            Copied {
                sources: local,
                ..copied.clone()
            },
        );
        let alone = !copied.inline.is_empty() || !remote.is_empty();
        let found = blocking(move || {
            Ok(match wanted.sources.is_empty() && alone {
                true => Ok(Vec::new()),
                false => find(&within, &wanted.sources).map_err(|why| {
                    let alone = |path: &&String| find(&within, std::slice::from_ref(path)).is_err();
                    let missing = wanted.sources.iter().find(alone).cloned();
                    (why, missing.unwrap_or_default())
                }),
            })
        })
        .await?;
        let found = found.map_err(|(why, path)| match state.frontend {
            Frontend::Classic => Error::system(format!("{keyword} failed: {why}")).into(),
            Frontend::BuildKit => not_there(&path),
        })?;
        let mut found: Vec<(Source, Found)> =
            found.into_iter().map(|one| (source.clone(), one)).collect();
        found.extend(
            downloads
                .iter()
                .map(|d| (d.source.clone(), d.found.clone())),
        );
        if found.len() + copied.inline.len() > 1 && !copied.destination.ends_with('/') {
            return Err(Error::system(format!(
                "When using {keyword} with more than one source file, the destination must be a directory and end with a /"
            ))
            .into());
        }
        let new = state.next(
            comment(state, copied, &found, keyword),
            told(copied, keyword),
        );
        if self.cached(state, &new).await? {
            return Ok(());
        }
        let work = Work {
            layers: self.engine.layers.clone(),
            image: state.image.clone(),
            found,
            destination: destination(&state.changing.config.working_dir, &copied.destination)?,
            copied: copied.clone(),
            add,
            now: self.engine.clock.now().0,
        };
        let (members, archives) = blocking(move || work.members()).await?;
        state.image = self.make(new, Some(LayerTar::new(members))).await?;
        drop((archives, downloads));
        Ok(())
    }

    /// Fetches the context where an instruction is about to copy from it.
    pub async fn needs_files(&mut self, what: &Instruction) -> Result<()> {
        let (copied, keyword) = match what {
            Instruction::Copy(copied) => (copied, "COPY"),
            Instruction::Add(copied) => (copied, "ADD"),
            Instruction::Run { flags, .. } => {
                for mount in needs::mounts(flags) {
                    match mount.from.as_str() {
                        "" if mount.kind == MountKind::Bind => drop(self.source("", "RUN").await?),
                        from => drop(self.named_files(from).await?),
                    }
                }
                return Ok(());
            }
            _ => return Ok(()),
        };
        match copied.from.as_str() {
            "" if copied.sources.iter().all(|s| is_remote(s)) => {}
            "" => drop(self.source("", keyword).await?),
            from => drop(self.named_files(from).await?),
        }
        Ok(())
    }

    /// The context, a stage that is done, or an image.
    pub async fn source(&mut self, from: &str, keyword: &str) -> Result<Source> {
        if from.is_empty() {
            let missing = |e: Error| e.context(&format!("{keyword} failed"));
            return self.files().await.map_err(missing);
        }
        let invalid = |e: Error| e.context(&format!("invalid from flag value {from}"));
        let named = self
            .done
            .iter()
            .find(|(name, _)| !name.is_empty() && *name == from.to_lowercase());
        let stage = match (named, from.parse::<usize>()) {
            (Some(stage), _) => Some(stage),
            (None, Ok(number)) => match self.done.get(number) {
                Some(stage) => Some(stage),
                None if number == self.done.len() => {
                    return Err(invalid(Error::system("refers to current build stage")));
                }
                None => return Err(invalid(Error::system("index out of bounds"))),
            },
            (None, Err(_)) => None,
        };
        let image = match stage {
            Some((_, image)) => image.clone(),
            None => {
                if let Some(source) = self.named_files(from).await.map_err(invalid)? {
                    return Ok(source);
                }
                let name = self.contexts.image(from).unwrap_or(from);
                let platform = self.options.platform.as_ref();
                let image = self.image(name, platform).await.map_err(invalid)?;
                image.id.clone()
            }
        };
        let layers = self.engine.layers.clone();
        let tree = blocking(move || layers.files_of(&image)).await?;
        Ok(Source {
            tree,
            context: false,
            hidden: Vec::new(),
        })
    }
}

/// Everything that making the layer needs, on a thread that may wait.
struct Work {
    layers: Arc<dyn Layers>,
    image: String,
    /// What is copied, each from where it is.
    found: Vec<(Source, Found)>,
    destination: String,
    copied: Copied,
    add: bool,
    now: i64,
}

impl Work {
    /// The members of the layer, and the archives whose files they are.
    fn members(self) -> Result<(Vec<Placed>, Vec<Files>)> {
        let target = self.layers.files_of(&self.image)?;
        let chown = match self.copied.chown.as_str() {
            "" => None,
            text => Some(owner(&target, text).map_err(Error::system)?),
        };
        // What comes from another image keeps its owners, what comes from the context becomes root's.
        let keep = !self.copied.from.is_empty() && chown.is_none();
        let without = self.copied.exclude.iter().map(String::as_str);
        let manner = Manner {
            owner: (!keep).then(|| chown.unwrap_or_default()),
            mode: match self.copied.chmod.as_str() {
                "" => None,
                text => Some(mode(text).map_err(Error::system)?),
            },
            without: Ignore::new(without).map_err(|e| Error::system(e.to_string()))?,
        };
        let failed = |why| Error::system(format!("failed to copy files: {why}"));
        let mut placing = Placing::new(target, self.now);
        let mut archives = Vec::new();
        for (source, found) in &self.found {
            let file = !found.folder && self.add;
            let unpack = file && self.copied.unpack.unwrap_or(!is_remote_file(source));
            if unpack && is_archive(&source.tree, found.ino) {
                let mut file = Contents::new(source.tree.clone(), found.ino);
                let files = self.layers.take_in(&mut file)?;
                let unpacked = Source {
                    tree: files.tree.clone(),
                    context: false,
                    hidden: Vec::new(),
                };
                archives.push(files);
                let scope = placing.locate(&self.destination).map_err(failed)?;
                let kept = Manner::default();
                placing
                    .contents(&unpacked, ROOT, &scope, &self.destination, &kept)
                    .map_err(failed)?;
                continue;
            }
            placing
                .copy(source, found, &self.destination, &manner)
                .map_err(failed)?;
        }
        for inline in &self.copied.inline {
            placing
                .write(&inline.name, &inline.content, &self.destination, &manner)
                .map_err(failed)?;
        }
        Ok((placing.into_members(), archives))
    }
}

/// The words that stand for the step in the history and in the cache.
fn comment(
    state: &State,
    copied: &Copied,
    found: &[(Source, Found)],
    keyword: &str,
) -> Vec<String> {
    let mut sums: Vec<Found> = found.iter().map(|(_, found)| found.clone()).collect();
    sums.extend(copied.inline.iter().map(|inline| Found {
        path: inline.name.clone(),
        ino: ROOT,
        folder: false,
        sum: format!("file:{}", Digest::of(inline.content.as_bytes()).hex()),
    }));
    let mut flags = String::new();
    for (flag, value) in [("chown", &copied.chown), ("chmod", &copied.chmod)] {
        if !value.is_empty() {
            flags.push_str(&format!("--{flag}={value}"));
        }
    }
    if let Some(unpack) = copied.unpack {
        flags.push_str(&format!("--unpack={unpack}"));
    }
    let sum = sum(&sums);
    let mut command = state.changing.shell();
    command.push(format!(
        "#(nop) {keyword} {flags}{sum} in {} ",
        copied.destination
    ));
    command
}

/// BuildKit's words in the history.
fn told(copied: &Copied, keyword: &str) -> String {
    let mut words = vec![keyword.to_owned()];
    for (flag, value) in [("chown", &copied.chown), ("chmod", &copied.chmod)] {
        if !value.is_empty() {
            words.push(format!("--{flag}={value}"));
        }
    }
    words.extend(copied.sources.iter().cloned());
    words.extend(
        copied
            .inline
            .iter()
            .map(|inline| format!("<<{}", inline.name)),
    );
    words.extend([copied.destination.clone(), "# buildkit".to_owned()]);
    words.join(" ")
}

/// BuildKit's words for a file that is not there; the reference in them is made anew each time there too.
pub fn not_there(path: &str) -> Failed {
    let id = id::random();
    let path = host_path::clean(&format!("/{path}"));
    Failed {
        message: format!(
            "failed to calculate checksum of ref {}::{}: {path:?}: not found",
            &id[..25],
            &id[25..50]
        ),
        around: "failed to compute cache key: ".to_owned(),
        ..Failed::default()
    }
}

/// Below the working directory; a slash at the end stays.
fn destination(working_dir: &str, wanted: &str) -> Result<String> {
    if wanted.is_empty() || wanted == "." {
        return Ok(format!(
            "{}/",
            below(working_dir, ".")?.trim_end_matches('/')
        ));
    }
    let clean = below(working_dir, wanted)?;
    let slash = if wanted.ends_with('/') || wanted.ends_with("/.") {
        "/"
    } else {
        ""
    };
    Ok(format!("{}{slash}", clean.trim_end_matches('/')))
}

pub fn is_address(source: &str) -> bool {
    source.starts_with("http://") || source.starts_with("https://")
}

/// `COPY` fetches nothing.
pub fn not_for_copy(frontend: Frontend) -> Error {
    let words = "source can't be a URL for COPY";
    match frontend {
        Frontend::Classic => Error::system(format!("COPY failed: {words}")),
        Frontend::BuildKit => Error::system(words),
    }
}

/// Only what was fetched comes from a tree that is neither the context nor an image's: `ADD` has no `--from`.
fn is_remote_file(source: &Source) -> bool {
    !source.context
}

/// Whether a file is a tar, compressed or not: its first header is one.
fn is_archive(tree: &Arc<ImageTree>, ino: Ino) -> bool {
    let mut file = Contents::new(tree.clone(), ino);
    let mut block = Vec::with_capacity(512);
    let read =
        compress::Reader::new(&mut file).and_then(|plain| plain.take(512).read_to_end(&mut block));
    let Some(block) = block.first_chunk::<512>().filter(|_| read.is_ok()) else {
        return false;
    };
    let header = tar::Header::from_byte_slice(block);
    let stored = header.cksum().ok();
    let mut again = header.clone();
    again.set_cksum();
    block.iter().any(|b| *b != 0) && stored.is_some() && stored == again.cksum().ok()
}

/// A file of a tree, read from its beginning.
struct Contents {
    tree: Arc<ImageTree>,
    ino: Ino,
    done: u64,
}

impl Contents {
    fn new(tree: Arc<ImageTree>, ino: Ino) -> Self {
        Contents { tree, ino, done: 0 }
    }
}

impl Read for Contents {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self
            .tree
            .read(self.ino, self.done, buffer)
            .map_err(|e| io::Error::other(e.words().to_lowercase()))?;
        self.done += count as u64;
        Ok(count)
    }
}
