//! Compiled code: in memory by digest, on disk as one file per module and engine configuration.
//!
//! Promises that a file is loaded only if its keyed digest (HMAC-SHA-256 under a key of this state folder) is right, that
//! anything else is compiled again, and that images never bring compiled code. The folder is the owner's alone.
//! `programs` is a leaf lock; one cell per digest lets one compilation run and the others wait for it.

use super::abi::component::ProgramPre;
use super::context::Context;
use super::program::LoadError;
use crate::base::component::is_component;
use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OnceCell;
use wasmtime::component::Component;
use wasmtime::{Engine, InstancePre, Module};

/// SHA-256 of a module's bytes.
pub type Digest = [u8; 32];

/// A program that can be instantiated at once.
pub struct Loaded {
    pub digest: Digest,
    pub(super) code: Ready,
}

/// Both kinds of program, linked.
pub(super) enum Ready {
    Module {
        module: Module,
        pre: InstancePre<Context>,
    },
    Component(ProgramPre<Context>),
}

/// Both kinds of program, compiled.
#[derive(Clone)]
pub(super) enum Code {
    Module(Module),
    Component(Component),
}

/// Which of them some bytes are.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Module,
    Component,
}

impl Kind {
    pub fn of(bytes: &[u8]) -> Kind {
        match is_component(bytes) {
            true => Kind::Component,
            false => Kind::Module,
        }
    }
}

impl Code {
    /// Runs the compiler.
    pub fn compile(engine: &Engine, bytes: &[u8]) -> wasmtime::Result<Code> {
        match Kind::of(bytes) {
            Kind::Module => Module::from_binary(engine, bytes).map(Code::Module),
            Kind::Component => Component::from_binary(engine, bytes).map(Code::Component),
        }
    }

    fn serialize(&self) -> wasmtime::Result<Vec<u8>> {
        match self {
            Code::Module(module) => module.serialize(),
            Code::Component(component) => component.serialize(),
        }
    }
}

type Cell = Arc<OnceCell<Result<Arc<Loaded>, LoadError>>>;

/// How many modules stay in memory when nobody runs them.
const KEPT: usize = 256;

/// The cache of one machine.
pub struct Cache {
    dir: PathBuf,
    key: [u8; 32],
    /// Of the engine's version and configuration: part of each file's name and of what is authenticated.
    compatibility: Digest,
    programs: Mutex<HashMap<Digest, Cell>>,
}

impl Cache {
    /// Opens the folder, making it and its key when they are missing.
    pub fn open(dir: &Path, engine: &Engine) -> io::Result<Cache> {
        make_private_dir(dir)?;
        remove_leftovers(dir);
        let mut hasher = ShaHasher(Sha256::new());
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Cache {
            dir: dir.to_owned(),
            key: key(&dir.join("key"))?,
            compatibility: hasher.0.finalize().into(),
            programs: Mutex::new(HashMap::new()),
        })
    }

    /// The place of a module in memory, filled or to be filled.
    pub(super) fn cell(&self, digest: Digest) -> Cell {
        let mut programs = self.programs.lock();
        if programs.len() >= KEPT {
            // What somebody runs or waits for is held elsewhere too.
            programs.retain(|_, cell| match cell.get() {
                Some(Ok(loaded)) => Arc::strong_count(loaded) > 1,
                Some(Err(_)) => false,
                None => true,
            });
        }
        programs.entry(digest).or_default().clone()
    }

    /// Lets the next who asks for a module begin anew.
    pub(super) fn forget(&self, digest: &Digest) {
        self.programs.lock().remove(digest);
    }

    /// A module that is in memory.
    pub(super) fn ready(&self, digest: &Digest) -> Option<Arc<Loaded>> {
        self.programs
            .lock()
            .get(digest)?
            .get()?
            .as_ref()
            .ok()
            .cloned()
    }

    /// Loads a program from disk. `None` if it is not there or not what we wrote.
    pub(super) fn load(&self, engine: &Engine, digest: &Digest, kind: Kind) -> Option<Code> {
        let (code, tag) = self.paths(digest);
        let mut file = open_code(&code).ok()?;
        let expected = fs::read(&tag).ok()?;
        let mut mac = self.mac(digest);
        let mut whole = Vec::new();
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer).ok()? {
                0 => break,
                count => {
                    mac.update(&buffer[..count]);
                    if kind == Kind::Component {
                        whole.extend_from_slice(&buffer[..count]);
                    }
                }
            }
        }
        if !same(&mac.finish(), &expected) {
            tracing::warn!(file = %code.display(), "compiled code was changed; it is compiled again");
            return None;
        }
        file.rewind().ok()?;
        // SAFETY: the bytes behind this very handle carry a MAC that only this state folder's key makes, over what `serialize`
        // gave for this engine configuration. The folder is writable by the owner alone, whom we trust. Wasmtime has no way to
        // map a component from an open file, so the bytes that were checked are given to it.
        let loaded = unsafe {
            match kind {
                Kind::Module => Module::deserialize_open_file(engine, file).map(Code::Module),
                Kind::Component => Component::deserialize(engine, whole).map(Code::Component),
            }
        };
        loaded
            .inspect_err(
                |error| tracing::warn!(%error, "compiled code does not load; it is compiled again"),
            )
            .ok()
    }

    /// Writes a program to disk and loads a module back from there: mapped files share their pages and start faster.
    /// Failing to write is no failure to run.
    pub(super) fn store(&self, engine: &Engine, digest: &Digest, code: Code) -> Code {
        match (self.write(digest, &code), &code) {
            (Ok(()), Code::Module(_)) => self.load(engine, digest, Kind::Module).unwrap_or(code),
            (Ok(()), Code::Component(_)) => code,
            (Err(error), _) => {
                tracing::warn!(%error, "compiled code is not kept");
                code
            }
        }
    }

    fn write(&self, digest: &Digest, code: &Code) -> io::Result<()> {
        let code = code
            .serialize()
            .map_err(|error| io::Error::other(error.to_string()))?;
        let mut mac = self.mac(digest);
        mac.update(&code);
        let (code_path, tag_path) = self.paths(digest);
        self.replace(&code_path, &code)?;
        self.replace(&tag_path, &mac.finish())
    }

    /// Files appear whole: written beside, then renamed.
    fn replace(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let beside = self.dir.join(format!("tmp-{:016x}", rand::random::<u64>()));
        let written = private_file(&beside).and_then(|mut file| file.write_all(bytes));
        written
            .and_then(|()| fs::rename(&beside, path))
            .inspect_err(|_| {
                let _ = fs::remove_file(&beside);
            })
    }

    fn paths(&self, digest: &Digest) -> (PathBuf, PathBuf) {
        let name = format!("{}-{}", hex(&digest[..16]), hex(&self.compatibility[..8]));
        (
            self.dir.join(format!("{name}.code")),
            self.dir.join(format!("{name}.mac")),
        )
    }

    fn mac(&self, digest: &Digest) -> Mac {
        let mut mac = Mac::new(&self.key);
        mac.update(digest);
        mac.update(&self.compatibility);
        mac
    }
}

/// HMAC-SHA-256 (RFC 2104) with a 32-byte key.
struct Mac {
    inner: Sha256,
    outer: Sha256,
}

impl Mac {
    fn new(key: &[u8; 32]) -> Mac {
        let pad = |byte: u8| {
            let mut block = [byte; 64];
            block.iter_mut().zip(key).for_each(|(b, k)| *b ^= k);
            Sha256::new_with_prefix(block)
        };
        Mac {
            inner: pad(0x36),
            outer: pad(0x5c),
        }
    }

    fn update(&mut self, bytes: &[u8]) {
        self.inner.update(bytes);
    }

    fn finish(mut self) -> [u8; 32] {
        self.outer.update(self.inner.finalize());
        self.outer.finalize().into()
    }
}

/// Compares without telling by the time how much was right.
fn same(left: &[u8; 32], right: &[u8]) -> bool {
    left.len() == right.len()
        && left
            .iter()
            .zip(right)
            .fold(0, |diff, (l, r)| diff | (l ^ r))
            == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Feeds a `Hash` into SHA-256: std's own hasher may change from build to build.
struct ShaHasher(Sha256);

impl Hasher for ShaHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        0
    }
}

fn key(path: &Path) -> io::Result<[u8; 32]> {
    if let Ok(bytes) = fs::read(path)
        && let Ok(key) = bytes.try_into()
    {
        return Ok(key);
    }
    let key: [u8; 32] = rand::random();
    let _ = fs::remove_file(path);
    private_file(path)?.write_all(&key)?;
    Ok(key)
}

/// What a killed engine was writing.
fn remove_leftovers(dir: &Path) {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    for entry in entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("tmp-")) {
        let _ = fs::remove_file(entry.path());
    }
}

fn make_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)
}

fn open_code(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    // What mapping it as executable asks for: FILE_GENERIC_READ and FILE_GENERIC_EXECUTE.
    #[cfg(windows)]
    std::os::windows::fs::OpenOptionsExt::access_mode(&mut options, 0x0012_0089 | 0x0012_00a0);
    options.open(path)
}

fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mac_is_hmac_sha_256() {
        // Python's hmac.new(b"k" * 32, b"what do ya want", "sha256").
        let mut mac = Mac::new(&[b'k'; 32]);
        mac.update(b"what do ");
        mac.update(b"ya want");
        assert_eq!(
            hex(&mac.finish()),
            "f0d8b5c50e520a68a1fc3ff92e144bdc024b6810ce1f44ce84abb3b9d1593563"
        );
    }
}
