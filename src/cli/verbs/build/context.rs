//! Where the context comes from: a folder, or standard input with an archive or a Dockerfile. Errors are Docker's.

use crate::base::ignore::Ignore;
use crate::cli::error::{Error, Result};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};
use tokio::io::AsyncReadExt;

/// What a Dockerfile is called when nobody says otherwise.
pub const DOCKERFILE: &str = "Dockerfile";
const IGNORE: &str = ".dockerignore";
/// Bytes by which an archive is known.
const MAGIC: usize = 1024;

/// What is to be sent.
pub enum Context {
    /// A folder of the host.
    Folder {
        root: PathBuf,
        ignore: Ignore,
        /// The content of a `.dockerignore`, for when one has to be sent that is not in the folder.
        rules: Option<String>,
        /// Relative to the folder, with forward slashes.
        dockerfile: String,
        /// Its content, when it does not lie in the folder.
        outside: Option<Vec<u8>>,
    },
    /// An archive: its beginning, the rest of which is on standard input.
    Archive { begin: Vec<u8>, dockerfile: String },
    /// A Dockerfile and nothing else.
    Alone(Vec<u8>),
    /// An address from which the engine fetches it.
    Remote { address: String, dockerfile: String },
}

impl Context {
    /// Finds it. `file` is `--file`.
    pub async fn find(given: &str, file: &str) -> Result<Context> {
        if given == "-" {
            if file == "-" {
                return Err(Error::plain(
                    "invalid argument: can't use stdin for both build context and dockerfile",
                ));
            }
            return stdin(file).await;
        }
        let path = Path::new(given);
        if !path.exists() {
            let known = ["http://", "https://", "git://", "git@", "github.com/"];
            if known.iter().any(|s| given.starts_with(s)) {
                return Ok(Context::Remote {
                    address: given.to_owned(),
                    dockerfile: file.to_owned(),
                });
            }
            return Err(Error::plain(format!(
                "unable to prepare context: path {given:?} not found"
            )));
        }
        let prepare = |why: String| Error::plain(format!("unable to prepare context: {why}"));
        let root = path.canonicalize().map_err(|e| prepare(e.to_string()))?;
        if !root.is_dir() {
            return Err(prepare(format!(
                "context must be a directory: {}",
                root.display()
            )));
        }
        let (dockerfile, outside) = match file {
            "-" => {
                let mut content = Vec::new();
                tokio::io::stdin().read_to_end(&mut content).await?;
                (random_name(), Some(content))
            }
            file => located(&root, file).map_err(prepare)?,
        };
        let rules = std::fs::read_to_string(root.join(IGNORE)).ok();
        let mut patterns = rules.clone().unwrap_or_default();
        let plain = Ignore::parse(&patterns)
            .map_err(|e| Error::plain(format!("error checking context: {e}")))?;
        // The engine needs both; it leaves them out of copies itself.
        for needed in [IGNORE, dockerfile.as_str()] {
            if plain.excludes(needed) {
                patterns.push_str(&format!("\n!{needed}"));
            }
        }
        let ignore = Ignore::parse(&patterns)
            .map_err(|e| Error::plain(format!("error checking context: {e}")))?;
        Ok(Context::Folder {
            root,
            ignore,
            rules,
            dockerfile,
            outside,
        })
    }

    /// The path of the Dockerfile in what is sent.
    pub fn dockerfile(&self) -> &str {
        match self {
            Context::Folder { dockerfile, .. }
            | Context::Archive { dockerfile, .. }
            | Context::Remote { dockerfile, .. } => dockerfile,
            Context::Alone(_) => DOCKERFILE,
        }
    }
}

/// A name that no file of the context has.
fn random_name() -> String {
    let digits: [u8; 10] = rand::random();
    let hex: String = digits.iter().map(|d| format!("{d:02x}")).collect();
    format!(".dockerfile.{hex}")
}

async fn stdin(file: &str) -> Result<Context> {
    let mut begin = Vec::with_capacity(MAGIC);
    let mut input = tokio::io::stdin();
    while begin.len() < MAGIC && input.read_buf(&mut begin).await? > 0 {}
    if is_archive(&begin) {
        let dockerfile = if file.is_empty() { DOCKERFILE } else { file }.to_owned();
        return Ok(Context::Archive { begin, dockerfile });
    }
    input.read_to_end(&mut begin).await?;
    Ok(Context::Alone(begin))
}

/// The Dockerfile's path in the folder; one that lies elsewhere is read.
fn located(root: &Path, file: &str) -> std::result::Result<(String, Option<Vec<u8>>), String> {
    let wanted = match file {
        "" => {
            let usual = root.join(DOCKERFILE);
            let lower = root.join(DOCKERFILE.to_lowercase());
            if !usual.exists() && lower.exists() {
                lower
            } else {
                usual
            }
        }
        file => std::env::current_dir()
            .map_err(|e| e.to_string())?
            .join(file),
    };
    let clean: PathBuf = wanted
        .components()
        .filter(|c| !matches!(c, Component::CurDir))
        .collect();
    let found = clean.canonicalize().map_err(|e| {
        let why = match e.kind() {
            std::io::ErrorKind::NotFound => "no such file or directory".to_owned(),
            _ => e.to_string(),
        };
        format!(
            "unable to evaluate symlinks in Dockerfile path: lstat {}: {why}",
            clean.display()
        )
    })?;
    match found.strip_prefix(root) {
        Ok(inside) => {
            let parts: Vec<_> = inside
                .components()
                .map(|c| c.as_os_str().to_string_lossy())
                .collect();
            Ok((parts.join("/"), None))
        }
        Err(_) => {
            let content =
                std::fs::read(&found).map_err(|e| format!("unable to open Dockerfile: {e}"))?;
            Ok((random_name(), Some(content)))
        }
    }
}

/// Whether bytes begin an archive: a compressed one, or a tar.
fn is_archive(begin: &[u8]) -> bool {
    const PACKED: [&[u8]; 4] = [
        b"\x1f\x8b\x08",
        b"BZh",
        b"\xfd7zXZ\x00",
        b"\x28\xb5\x2f\xfd",
    ];
    if PACKED.iter().any(|magic| begin.starts_with(magic)) {
        return true;
    }
    begin.first_chunk::<512>().is_some_and(|block| {
        let header = tar::Header::from_byte_slice(block);
        let mut again = header.clone();
        again.set_cksum();
        matches!((header.cksum(), again.cksum()), (Ok(a), Ok(b)) if a == b) && block[0] != 0
    })
}

/// Writes the whole context as a tar.
pub fn write(context: Context, to: &mut dyn Write) -> std::io::Result<()> {
    match context {
        Context::Folder {
            root,
            ignore,
            rules,
            dockerfile,
            outside,
        } => {
            let mut pack = super::pack::Pack::new(to);
            pack.folder(&root, &ignore, outside.is_some())?;
            if let Some(content) = outside {
                let rules = rules.unwrap_or_else(|| IGNORE.to_owned());
                pack.file(IGNORE, format!("{rules}\n{dockerfile}\n").as_bytes())?;
                pack.file(&dockerfile, &content)?;
            }
            pack.finish()
        }
        // Nothing is sent.
        Context::Remote { .. } => Ok(()),
        Context::Alone(content) => {
            let mut pack = super::pack::Pack::new(to);
            pack.file(DOCKERFILE, &content)?;
            pack.finish()
        }
        Context::Archive { begin, .. } => {
            to.write_all(&begin)?;
            let mut rest = std::io::stdin().lock();
            let mut buffer = vec![0; 64 << 10];
            loop {
                match rest.read(&mut buffer)? {
                    0 => return Ok(()),
                    count => to.write_all(&buffer[..count])?,
                }
            }
        }
    }
}
