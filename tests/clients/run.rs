//! Runs cases with any client against any engine, several at once, and keeps what each command answered.

use crate::list::Listed;
use crate::normalise::normalise;
use crate::progress;
use crate::transcript::{Answer, Step};
use crate::world::plugin;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Mutex;
use std::time::Duration;

/// How long one command may take; a case that hangs must not hang the suite.
const PATIENCE: Duration = Duration::from_secs(60);
/// Cases at once: most of them wait for something most of the time.
const AT_ONCE: usize = 6;

/// A `docker`-like program and the engine it talks to.
#[derive(Clone, Debug)]
pub struct Target {
    pub client: PathBuf,
    /// As in `DOCKER_HOST`.
    pub host: String,
}

/// The answers of each case by its title, in the order of its commands.
pub type Answers = BTreeMap<String, Vec<Answer>>;

/// Runs all; those marked `@alone` come last, one after the other.
pub fn run(target: &Target, cases: &[Listed]) -> Answers {
    let links = tempfile::tempdir().expect("a folder");
    link(&target.client, links.path());
    let (alone, together): (Vec<&Listed>, Vec<&Listed>) = cases.iter().partition(|c| c.alone());
    let queue = Mutex::new(together.into_iter());
    let answers = Mutex::new(Answers::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let next = queue.lock().expect("a lock").next();
                    let Some(listed) = next else { break };
                    let done = one(target, links.path(), listed);
                    answers.lock().expect("a lock").insert(listed.title(), done);
                }
            });
        }
    });
    let mut answers = answers.into_inner().expect("a lock");
    for listed in alone {
        answers.insert(listed.title(), one(target, links.path(), listed));
    }
    answers
}

/// Runs the commands of one case in a folder of their own.
fn one(target: &Target, links: &Path, listed: &Listed) -> Vec<Answer> {
    let folder = tempfile::Builder::new()
        .prefix("k_")
        .tempdir()
        .expect("a folder");
    if let Some(plugin) = plugin().filter(|_| listed.buildx()) {
        let plugins = folder.path().join(".docker/cli-plugins");
        std::fs::create_dir_all(&plugins).expect("a folder");
        #[cfg(unix)]
        std::os::unix::fs::symlink(plugin, plugins.join("docker-buildx")).expect("a link");
    }
    let shell = Shell {
        target,
        buildx: listed.buildx(),
        links,
        folder: folder.path(),
    };
    listed.case.steps.iter().map(|s| shell.step(s)).collect()
}

/// Puts the client into a folder under the name `docker`.
pub fn link(client: &Path, folder: &Path) {
    #[cfg(unix)]
    std::os::unix::fs::symlink(client, folder.join("docker")).expect("a link");
    #[cfg(not(unix))]
    std::fs::copy(client, folder.join("docker.exe")).expect("a copy");
}

/// A POSIX shell in a folder, which is also its home.
pub struct Shell<'a> {
    pub target: &'a Target,
    /// What buildx says of its progress is settled.
    pub buildx: bool,
    /// Holds the link named `docker`.
    pub links: &'a Path,
    pub folder: &'a Path,
}

impl Shell<'_> {
    /// Runs one command; its answer is normalised.
    pub fn step(&self, step: &Step) -> Answer {
        let mut answer = self.execute(&step.command);
        if self.buildx {
            progress::settle(&mut answer.out);
            progress::settle(&mut answer.err);
        }
        normalise(&mut answer, &self.folder.to_string_lossy());
        if step.remarks.iter().any(|r| r == "unordered") {
            answer.out.sort();
            answer.err.sort();
        }
        answer
    }

    /// Runs one command; its answer as it came.
    pub fn execute(&self, script: &str) -> Answer {
        let mut command = tokio::process::Command::new("sh");
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("DOCKER") || text.starts_with("SCHOONER") {
                command.env_remove(name);
            }
        }
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .arg("-c")
            .arg(script)
            .current_dir(self.folder)
            .env("PATH", format!("{}:{path}", self.links.display()))
            .env("HOME", self.folder)
            .env("DOCKER_HOST", &self.target.host)
            .env("LC_ALL", "C")
            .env("TZ", "UTC")
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let output =
            runtime.block_on(async { tokio::time::timeout(PATIENCE, command.output()).await });
        let Ok(output) = output else {
            return Answer {
                out: Vec::new(),
                err: vec![format!("no answer within {PATIENCE:?}")],
                code: -1,
            };
        };
        let output = output.expect("sh runs");
        Answer {
            out: lines(&output.stdout),
            err: lines(&output.stderr),
            code: output.status.code().unwrap_or(-1),
        }
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    text.lines()
        .map(|l| l.trim_end_matches('\r').to_owned())
        .collect()
}
