//! Starts the engine when a command needs one and none answers: silently, detached from the terminal, once.
//!
//! Two commands may start one at the same moment; the engine's own lock lets one of the two win, and both find it.

#[cfg_attr(unix, path = "autostart/unix.rs")]
#[cfg_attr(windows, path = "autostart/windows.rs")]
mod system;

use super::{Client, Error};
use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a new engine may take before the command gives up on it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What an engine says that finds its state folder in another's hands.
const TAKEN: &str = "another engine";

/// How the engine's own process is started.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The arguments after the program's name.
    pub args: Vec<OsString>,
    /// Where the engine's log goes; created with its folder.
    pub log: std::path::PathBuf,
}

/// Makes sure that an engine answers `client`, starting one if need be.
pub async fn ensure(client: &Client, launch: &Launch) -> Result<(), Error> {
    match client.ping().await {
        Ok(_) => Ok(()),
        Err(Error::NotRunning { .. }) => start(client, launch).await,
        Err(other) => Err(other),
    }
}

/// Starts an engine and waits until it answers.
pub async fn start(client: &Client, launch: &Launch) -> Result<(), Error> {
    let begun = Instant::now();
    let before = std::fs::metadata(&launch.log).map_or(0, |m| m.len());
    let mut child = launched(launch)?;
    let mut pause = Duration::from_millis(2);
    loop {
        if client.ping().await.is_ok() {
            return Ok(());
        }
        let ended = matches!(child.try_wait(), Ok(Some(_)));
        if ended {
            let words = last_words(&launch.log, before);
            if !words.contains(TAKEN) || begun.elapsed() > PATIENCE {
                return Err(Error::Start(format!("the engine did not start:\n{words}")));
            }
            // Either another command was quicker and its engine is coming up, or the last engine still stops its containers.
            tokio::time::sleep(Duration::from_millis(50)).await;
            if client.ping().await.is_err() {
                child = launched(launch)?;
            }
            continue;
        }
        if begun.elapsed() > PATIENCE {
            return Err(Error::Start(format!(
                "the engine did not answer within {} s; its log is {}",
                PATIENCE.as_secs(),
                launch.log.display()
            )));
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

fn launched(launch: &Launch) -> Result<std::process::Child, Error> {
    spawn(launch).map_err(|e| Error::Start(format!("cannot start the engine: {e}")))
}

fn spawn(launch: &Launch) -> std::io::Result<std::process::Child> {
    if let Some(folder) = launch.log.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create(true).append(true);
    system::owner_only(&mut options);
    let log = options.open(&launch.log)?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(&launch.args)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log);
    // The engine outlives the command, so it must not pin the command's folder.
    command.current_dir(launch.log.parent().unwrap_or(Path::new("/")));
    system::detach(&mut command);
    command.spawn()
}

/// What the engine wrote to its log since `from`, at most 2 KiB of it.
fn last_words(log: &Path, from: u64) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let new = text
        .get(usize::try_from(from).unwrap_or(0)..)
        .unwrap_or_default();
    String::from_utf8_lossy(&new[new.len().saturating_sub(2048)..])
        .trim()
        .to_owned()
}
