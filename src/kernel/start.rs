//! Starting a process from outside: pid 1, and what `docker exec` adds later. Errors speak in runc's words.

use super::deliver::Signals;
use super::description::{Description, Object};
use super::device::Device;
use super::fd::FdTable;
use super::life::{Begin, spawn};
use super::pipe::{PipeReader, PipeWriter};
use super::process::{Birth, Identity, ImageInfo, Paths, Process, Rlimits};
use super::program::{LoadError, load};
use super::sandbox::Sandbox;
use super::status::ExitStatus;
use super::tty::Pty;
use crate::base::errno::Errno;
use crate::vfs::{Access, At, Cred, Kind};
use std::sync::Arc;

/// What a process starts with.
pub struct ProcessSpec {
    pub argv: Vec<String>,
    pub env: Vec<String>,
    pub cwd: String,
    pub cred: Cred,
    pub umask: u16,
    pub stdio: Stdio,
}

/// Where 0, 1 and 2 lead.
pub enum Stdio {
    /// Pipes; without a `stdin`, reading gives the end of the file at once, as `/dev/null`.
    Pipes {
        stdin: Option<PipeReader>,
        stdout: PipeWriter,
        stderr: PipeWriter,
    },
    /// A terminal, which becomes the process's controlling terminal.
    Tty(Arc<Pty>),
}

/// Why nothing was started. `Display` gives runc's words, to which the engine adds its own prefix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StartError {
    #[error("exec: \"{name}\": executable file not found in $PATH")]
    NotFound { name: String },
    #[error("exec: \"{path}\": stat {path}: {}", words(*errno))]
    Stat { path: String, errno: Errno },
    #[error("exec: \"{path}\": permission denied")]
    PermissionDenied { path: String },
    #[error("exec: \"{path}\": is a directory: permission denied")]
    IsDirectory { path: String },
    #[error("chdir to cwd (\"{cwd}\") set in config.json failed: {}", words(*errno))]
    Cwd { cwd: String, errno: Errno },
    #[error("no command specified")]
    Empty,
    /// The container has ended, or its table is full.
    #[error("cannot start a process: {}", words(*errno))]
    Refused { errno: Errno },
}

impl StartError {
    /// Docker's exit code for it: 127 for what is not there, 126 for what cannot be run.
    pub fn code(&self) -> i32 {
        match self {
            StartError::NotFound { .. }
            | StartError::Stat {
                errno: Errno::Noent,
                ..
            } => 127,
            StartError::Cwd {
                errno: Errno::Noent,
                ..
            } => 127,
            StartError::Empty | StartError::Refused { .. } => 125,
            _ => 126,
        }
    }
}

/// Go's spelling of an error number: lower case.
fn words(errno: Errno) -> String {
    errno.words().to_lowercase()
}

/// runc's words; of WebAssembly, which runc does not know, also what is wrong with it.
fn reason(error: &LoadError) -> String {
    let short = words(error.errno());
    match error {
        LoadError::Unfit(why) => {
            let first = why.lines().next().unwrap_or_default();
            format!("{short}: {first}")
        }
        _ => short,
    }
}

/// A process that was started from outside.
#[derive(Clone)]
pub struct ProcessHandle {
    pub pid: u32,
    pub process: Arc<Process>,
    /// Why the program could not run although it was there: it has printed `exec format error` and ends with 255.
    pub format_error: Option<String>,
}

impl ProcessHandle {
    /// Waits for the process's end. Its children may live on.
    pub async fn wait(&self) -> ExitStatus {
        self.process.watch().await
    }

    /// Its number among all processes of the machine.
    pub fn number(&self) -> u32 {
        self.process.number
    }

    /// How it ended, if it has.
    pub fn status(&self) -> Option<ExitStatus> {
        self.process.status()
    }
}

impl Sandbox {
    /// Starts a process: the first becomes pid 1, later ones have no parent in the sandbox.
    ///
    /// Dropping the future starts nothing. What cannot be executed although it exists starts, prints
    /// `exec NAME: exec format error` and ends with 255, as under runc; of WebAssembly that does not fit it also says why.
    pub async fn start(
        self: &Arc<Sandbox>,
        spec: ProcessSpec,
    ) -> Result<ProcessHandle, StartError> {
        let name = spec.argv.first().cloned().ok_or(StartError::Empty)?;
        let root = Cred::root();
        let cwd = self
            .namespace
            .real_path(&root, "/", &spec.cwd)
            .map_err(|errno| StartError::Cwd {
                cwd: spec.cwd.clone(),
                errno,
            })?;
        let path = find(self, &spec.cred, &cwd, &name, &spec.env)?;
        let at = At::Path(&cwd);
        let loaded = load(
            self,
            &spec.cred,
            at,
            &path,
            spec.argv.clone(),
            spec.env.clone(),
        )
        .await;
        let (begin, info, problem) = match loaded {
            Ok(image) => {
                let info = image.info.clone();
                (Begin::Program(image), info, None)
            }
            Err(error) => {
                let info = ImageInfo {
                    argv: spec.argv.clone(),
                    env: spec.env.clone(),
                    exe: path.clone(),
                };
                (Begin::Nothing(ExitStatus::exited(255)), info, Some(error))
            }
        };
        let identity = identity(&spec.cred, &begin);
        let files = self.stdio(&spec.stdio);
        let rlimits = self.limits().rlimits;
        if let Some(error) = &problem {
            let line = format!("exec {path}: {}\n", reason(error));
            if let Ok(stderr) = files.get(2) {
                // A terminal or pipe that nobody has read yet has room for a line.
                let _ = stderr.try_write(&spec.cred, line.as_bytes());
            }
        }
        let process = self
            .table
            .add(None, |pid| {
                let birth = Birth {
                    signals: Signals::new(pid == 1 && !self.is_mortal()),
                    files,
                    paths: Paths {
                        cwd,
                        umask: spec.umask & 0o777,
                    },
                    identity,
                    image: Arc::new(info),
                    limits: rlimits,
                    nice: 0,
                };
                Process::new(pid, self, birth)
            })
            .map_err(|errno| StartError::Refused { errno })?;
        if let Stdio::Tty(terminal) = &spec.stdio
            && (terminal.session().is_none() && terminal.acquire(process.pid, process.pid).is_ok())
        {
            self.table.set_terminal(process.pid, terminal.clone());
        }
        let format_error = problem.and_then(|error| match error {
            LoadError::Format(reason) | LoadError::Unfit(reason) => Some(reason),
            LoadError::Errno(_) => None,
        });
        spawn(process.clone(), begin);
        Ok(ProcessHandle {
            pid: process.pid,
            process,
            format_error,
        })
    }

    fn stdio(self: &Arc<Sandbox>, stdio: &Stdio) -> FdTable {
        let (nofile, _) = self.limits().rlimits.0[Rlimits::NOFILE];
        let mut files = FdTable::new(nofile.max(3));
        let three = match stdio {
            Stdio::Pipes {
                stdin,
                stdout,
                stderr,
            } => [
                match stdin {
                    Some(reader) => Description::reader(reader.clone()),
                    None => Description::device(Device::Null),
                },
                Description::writer(stdout.clone()),
                Description::writer(stderr.clone()),
            ],
            Stdio::Tty(terminal) => {
                let index = self.add_terminal(terminal);
                let object = Object::Terminal {
                    slave: terminal.open_slave(),
                    index,
                    node: None,
                };
                let shared = Description::new(object, super::open::O_RDWR);
                [shared.clone(), shared.clone(), shared]
            }
        };
        for description in three {
            // The table is empty and holds at least three.
            let _ = files.insert(0, description, false);
        }
        files.set_limit(nofile);
        files
    }
}

fn identity(cred: &Cred, begin: &Begin) -> Identity {
    let mut identity = Identity::of(cred.clone());
    let lent = match begin {
        Begin::Program(image) => image.lends(cred),
        _ => None,
    };
    if let Some(effective) = lent {
        (identity.saved_uid, identity.saved_gid) = (effective.uid, effective.gid);
        identity.cred = Arc::new(effective);
    }
    identity
}

/// Go's `exec.LookPath` inside the container.
fn find(
    sandbox: &Sandbox,
    cred: &Cred,
    cwd: &str,
    name: &str,
    env: &[String],
) -> Result<String, StartError> {
    let tree = &sandbox.namespace;
    let check = |path: &str| {
        let attr = tree.stat(cred, cwd, path, true)?;
        match attr.kind {
            Kind::Dir => Err(Errno::Isdir),
            _ => tree.access(cred, cwd, path, Access::EXEC),
        }
    };
    if name.contains('/') {
        let path = name.to_owned();
        return match check(name) {
            Ok(()) => Ok(path),
            Err(Errno::Isdir) => Err(StartError::IsDirectory { path }),
            Err(Errno::Acces | Errno::Perm) => Err(StartError::PermissionDenied { path }),
            Err(errno) => Err(StartError::Stat { path, errno }),
        };
    }
    let path = env
        .iter()
        .rev()
        .find_map(|pair| pair.strip_prefix("PATH="))
        .unwrap_or_default();
    let folders = path.split(':').filter(|folder| !folder.is_empty());
    folders
        .map(|folder| format!("{}/{name}", folder.trim_end_matches('/')))
        .find(|candidate| !name.is_empty() && check(candidate).is_ok())
        .ok_or_else(|| StartError::NotFound {
            name: name.to_owned(),
        })
}
