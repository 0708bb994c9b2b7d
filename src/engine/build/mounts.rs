//! `RUN --mount`: what the container of a step gets beside its image's files.
//!
//! Files of the context, of a stage or of an image are mounted as they lie there, with a memory above them where they may be
//! written; caches are kept by the engine ([`Caches`](super::caches::Caches)); secrets are asked for when the step is really
//! done, and are in memory alone. Nothing of all this gets into the layer: the places that were made for mounts go afterwards.

use super::builder::{Builder, Failed, State};
use super::caches::{Held, Wanted};
use super::config::below;
use super::copy::{Found, Source, find, follow};
use super::dockerfile::{Mount, MountKind};
use crate::base::errno::Errno;
use crate::base::host_path;
use crate::base::strconv::quote;
use crate::engine::ports::{Lent, LentFiles, LentMount};
use crate::engine::{Error, Result, blocking};
use crate::vfs::image::{ImageTree, ROOT};
use crate::vfs::overlay::{Limits, Overlay, TmpfsOptions, uncharged};
use crate::vfs::{Cred, Filesystem, Ino, Namespace, OpenOptions, SetAttr, copy_tree, host_clock};
use std::sync::Arc;

/// Where secrets are put that nobody gave a place.
const SECRETS: &str = "/run/secrets";
/// Of a secret's file.
const SECRET_MODE: u16 = 0o400;

/// The mounts of one step: understood and found, nothing made yet.
#[derive(Default)]
pub struct StepMounts {
    all: Vec<Placed>,
    /// Stands for them in the cache of steps.
    pub key: Vec<String>,
}

struct Placed {
    mount: Mount,
    /// From the root, clean; empty for a secret that only becomes a variable.
    at: String,
    files: Option<(Arc<ImageTree>, Ino)>,
}

/// What was made of them.
#[derive(Default)]
pub struct Made {
    pub lent: Lent,
    /// Caches in use.
    pub held: Vec<Held>,
    /// Places that are not in the image, what lies deeper first.
    stubs: Vec<String>,
}

impl Builder {
    /// Understands the mounts of a step. Nothing that has to be fetched is fetched but the context.
    /// `command` is for error lines.
    pub async fn mounts(
        &mut self,
        state: &State,
        texts: &[String],
        command: &str,
    ) -> Result<StepMounts, Failed> {
        let mut variables = state.args.seen();
        variables.extend(state.changing.variables());
        let lexer = self.lexer;
        let mut found = StepMounts::default();
        for text in texts {
            let expand = |value: &str| lexer.word(value, &variables);
            let mount = Mount::parse(text, expand).map_err(Error::system)?;
            let at = place(&mount, &state.changing.config.working_dir)?;
            let (files, sum) = self.mounted_files(&mount, command).await?;
            found.key.push(format!("{at} {mount:?} {sum}"));
            found.all.push(Placed { mount, at, files });
        }
        Ok(found)
    }

    /// The files that a mount shows or begins with, and what stands for them.
    async fn mounted_files(
        &mut self,
        mount: &Mount,
        command: &str,
    ) -> Result<(Option<(Arc<ImageTree>, Ino)>, String), Failed> {
        let shows = match mount.kind {
            MountKind::Bind => true,
            MountKind::Cache => !mount.from.is_empty(),
            _ => false,
        };
        if !shows {
            return Ok((None, String::new()));
        }
        let source = self.source(&mount.from, "RUN").await?;
        let path = host_path::clean(&format!("/{}", mount.source));
        if path == "/" && !source.context {
            let sum = format!("tree:{}", source.tree.fingerprint());
            return Ok((Some((source.tree, ROOT)), sum));
        }
        let (kind, wanted) = (mount.kind, path.clone());
        let looked = blocking(move || {
            let one = find(&source, std::slice::from_ref(&wanted));
            Ok(one.map(|found| (found, source)))
        })
        .await?;
        let Some((Found { ino, sum, .. }, Source { tree, .. })) = looked
            .ok()
            .and_then(|(found, source)| Some((found.into_iter().next()?, source)))
        else {
            return Err(match kind {
                MountKind::Cache => {
                    let why = format!("open {path}: no such file or directory");
                    let command = quote(command);
                    let words = format!("process {command} did not complete successfully: {why}");
                    Error::system(words).into()
                }
                _ => super::copied::not_there(&path),
            });
        };
        Ok((Some((tree, ino)), sum))
    }

    /// Makes everything: takes caches, asks for secrets. `words` are the command, for people.
    pub async fn make_mounts(
        &self,
        state: &State,
        mounts: StepMounts,
        words: &[String],
    ) -> Result<Made> {
        let mut made = Made::default();
        let (layers, image) = (self.engine.layers.clone(), state.image.clone());
        let tree = blocking(move || layers.files_of(&image)).await?;
        for placed in mounts.all {
            let Placed { mount, at, files } = placed;
            if !at.is_empty() {
                made.stubs.extend(missing(&tree, &at));
            }
            match mount.kind {
                MountKind::Bind => {
                    let (tree, ino) = files.unwrap_or((ImageTree::empty(), ROOT));
                    made.mount(at, LentFiles::Image(tree), Some(ino), mount.read_only);
                }
                MountKind::Cache => {
                    let held = self.cache_mount(&mount, files, words).await?;
                    let files = LentFiles::Shared(held.fs.clone());
                    made.mount(at, files, None, mount.read_only);
                    made.held.push(held);
                }
                MountKind::Tmpfs => {
                    let bytes = Some(mount.size).filter(|n| *n > 0);
                    made.mount(at, LentFiles::Memory { bytes }, None, mount.read_only);
                }
                MountKind::Secret => self.secret(&mount, at, &mut made).await?,
                // No agent of a client reaches a guest.
                MountKind::Ssh if mount.required => {
                    let id = if mount.id.is_empty() {
                        "default"
                    } else {
                        &mount.id
                    };
                    return Err(Error::system(format!("unset ssh forward key {id}")));
                }
                MountKind::Ssh => {}
            }
        }
        made.stubs.sort_by_key(|path| std::cmp::Reverse(path.len()));
        made.stubs.dedup();
        Ok(made)
    }

    async fn cache_mount(
        &self,
        mount: &Mount,
        files: Option<(Arc<ImageTree>, Ino)>,
        words: &[String],
    ) -> Result<Held> {
        let name = match mount.id.as_str() {
            "" => host_path::clean(&mount.target),
            id => id.to_owned(),
        };
        let owner = (mount.uid, mount.gid, mount.mode);
        let base = files.as_ref().map(|(tree, ino)| (tree.fingerprint(), *ino));
        let wanted = Wanted {
            key: format!("{name} {owner:?} {base:?}"),
            sharing: mount.sharing.unwrap_or_default(),
            description: format!(
                "cached mount {} from exec {} with id {}",
                mount.target,
                words.join(" "),
                quote(&format!("/{name}"))
            ),
        };
        let held = self.engine.caches.take(wanted, self.engine.clock.now());
        let held = tokio::select! {
            held = held => held?,
            () = self.out.closed() => return Err(super::out::cancelled()),
        };
        if held.is_new {
            let (fs, mount) = (held.fs.clone(), mount.clone());
            blocking(move || begin(&*fs, &mount, files).map_err(system)).await?;
        }
        Ok(held)
    }

    /// A file with a secret, a variable, or both.
    async fn secret(&self, mount: &Mount, at: String, made: &mut Made) -> Result<()> {
        let id = secret_id(mount);
        let value = match &self.secrets {
            Some(secrets) => secrets.secret(&id).await?,
            None => None,
        };
        let Some(value) = value else {
            return match mount.required {
                true => Err(Error::system(format!("secret {id}: not found"))),
                false => Ok(()),
            };
        };
        if let Some(name) = &mount.env {
            let value = String::from_utf8_lossy(&value);
            made.lent.env.push(format!("{name}={value}"));
        }
        if !at.is_empty() {
            let (fs, ino) = file(&value, mount).map_err(system)?;
            made.mount(at, LentFiles::Shared(fs), Some(ino), true);
        }
        Ok(())
    }
}

impl Made {
    fn mount(&mut self, at: String, files: LentFiles, root: Option<Ino>, read_only: bool) {
        self.lent.mounts.push(LentMount {
            at,
            files,
            root,
            read_only,
        });
    }

    /// Removes the places that were made for mounts and in which nothing was left.
    pub fn clear(&self, upper: &Arc<Overlay>) {
        let tree = Namespace::new(upper.clone(), false);
        let root = Cred::root();
        for path in &self.stubs {
            let Ok(attr) = tree.stat(&root, "/", path, false) else {
                continue;
            };
            // What the step left there is not empty and stays.
            let _ = match attr.is_dir() {
                true => tree.rmdir(&root, "/", path),
                false if attr.size == 0 => tree.unlink(&root, "/", path),
                false => Ok(()),
            };
        }
    }
}

/// Where a mount goes; empty for a secret that is a variable alone. Errors are BuildKit's.
fn place(mount: &Mount, working_dir: &str) -> Result<String> {
    let target = match (mount.kind, mount.target.as_str()) {
        (MountKind::Secret, "") if mount.env.is_some() => return Ok(String::new()),
        (MountKind::Secret, "") => format!("{SECRETS}/{}", secret_id(mount)),
        (MountKind::Ssh, _) => return Ok(String::new()),
        (_, "") => working_dir.to_owned(),
        (_, target) => target.to_owned(),
    };
    let at = match target.as_str() {
        "" => "/".to_owned(),
        target => below(working_dir, target)?,
    };
    match at.as_str() {
        "/" => Err(Error::system("invalid mount target \"/\"")),
        _ => Ok(at),
    }
}

/// The name under which the client knows a secret.
fn secret_id(mount: &Mount) -> String {
    let given = [&mount.source, &mount.id]
        .into_iter()
        .find(|t| !t.is_empty());
    let name = || mount.target.rsplit('/').next().unwrap_or_default();
    given.map_or_else(|| name().to_owned(), String::clone)
}

/// The places on the way to a mount that an image does not have, in the image's own spelling.
fn missing(tree: &ImageTree, at: &str) -> Vec<String> {
    let Ok(scope) = follow(tree, at) else {
        return Vec::new();
    };
    let mut all = Vec::new();
    let mut path = scope.path.as_str();
    while !path.is_empty() {
        match follow(tree, path) {
            Ok(found) if found.ino.is_none() => all.push(format!("/{path}")),
            _ => break,
        }
        path = path.rsplit_once('/').map_or("", |(above, _)| above);
    }
    all
}

/// What a new cache begins with.
fn begin(
    cache: &dyn Filesystem,
    mount: &Mount,
    files: Option<(Arc<ImageTree>, Ino)>,
) -> crate::vfs::Result<()> {
    if let Some((tree, ino)) = files {
        let from = Overlay::memory(tree, Limits::default(), uncharged(), host_clock());
        copy_tree(&from, ino, cache, cache.root())?;
    }
    let set = SetAttr {
        mode: mount.mode.or(Some(0o755)).filter(|_| mount.from.is_empty()),
        uid: mount.uid,
        gid: mount.gid,
        ..SetAttr::default()
    };
    cache.set_attr(cache.root(), &set)
}

/// A file in memory with a secret in it.
fn file(value: &[u8], mount: &Mount) -> crate::vfs::Result<(Arc<dyn Filesystem>, Ino)> {
    let root = Cred::root();
    let made = Overlay::tmpfs(&TmpfsOptions::default(), uncharged(), host_clock())?;
    let fs: Arc<dyn Filesystem> = Arc::new(made);
    let tree = Namespace::new(fs.clone(), false);
    let options = OpenOptions {
        write: true,
        create: true,
        mode: mount.mode.unwrap_or(SECRET_MODE),
        ..OpenOptions::default()
    };
    let file = tree.open(&root, "/", "/secret", &options)?;
    let mut done = 0;
    while done < value.len() {
        done += file.write_at(&root, done as u64, &value[done..], false)?.0;
    }
    file.chmod(&root, mount.mode.unwrap_or(SECRET_MODE))?;
    file.chown(&root, mount.uid, mount.gid)?;
    let ino = file.place().ino;
    Ok((fs, ino))
}

fn system(e: Errno) -> Error {
    Error::system(e.words().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(text: &str) -> Mount {
        Mount::parse(text, |value| Ok(value.to_owned())).unwrap()
    }

    #[test]
    fn places_are_below_the_working_directory_and_never_the_root() {
        let at = |text: &str| place(&mount(text), "/w").map_err(|e| e.message);
        assert_eq!(at("target=c/../d"), Ok("/w/d".to_owned()));
        assert_eq!(at("type=cache,target=/c/"), Ok("/c".to_owned()));
        assert_eq!(at("type=secret,id=a"), Ok("/run/secrets/a".to_owned()));
        assert_eq!(at("type=secret,id=a,env=A"), Ok(String::new()));
        assert_eq!(at("type=secret,id=a,env=A,target=/x"), Ok("/x".to_owned()));
        let refused = Err("invalid mount target \"/\"".to_owned());
        assert_eq!(at("target=/"), refused);
        assert_eq!(secret_id(&mount("type=secret,target=/a/b")), "b");
    }
}
