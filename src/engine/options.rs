//! What the verbs are asked with and what the streaming ones answer with, free of HTTP.

use super::Timestamp;
use super::filters::Filters;
use super::io::StdinWriter;
use crate::base::platform::Platform;
pub use crate::registry::Credentials;
use bytes::Bytes;
use futures_util::Stream;
use std::pin::Pin;

/// Ready-to-send pieces: whole frames, or raw bytes of a terminal. Ends when the process's output does.
pub type ByteStream = Pin<Box<dyn Stream<Item = Bytes> + Send>>;

/// `POST /containers/{id}/attach`.
#[derive(Clone, Debug, Default)]
pub struct AttachOptions {
    /// First replay the log.
    pub logs: bool,
    /// Then follow what comes.
    pub stream: bool,
    pub stdin: bool,
    pub stdout: bool,
    pub stderr: bool,
    /// The client's own escape sequence; the default is `ctrl-p,ctrl-q`.
    pub detach_keys: Option<String>,
}

/// Both directions of an attached container or exec.
pub struct AttachStreams {
    /// Raw bytes instead of frames.
    pub tty: bool,
    /// Present when stdin was asked for and is open. Dropping it means that the client went away.
    pub stdin: Option<StdinWriter>,
    /// Ends at the end of the output, or when the client detached with its keys.
    pub output: ByteStream,
}

/// `GET /containers/{id}/logs`.
#[derive(Clone, Debug, Default)]
pub struct LogOptions {
    pub follow: bool,
    pub stdout: bool,
    pub stderr: bool,
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub timestamps: bool,
    /// `None` is all of them.
    pub tail: Option<usize>,
    pub details: bool,
}

/// What `logs` answers with.
pub struct LogStream {
    pub tty: bool,
    pub output: ByteStream,
}

/// `GET /containers/json`.
#[derive(Clone, Debug, Default)]
pub struct ListOptions {
    pub all: bool,
    /// The newest ones, whatever their state; zero and below mean no limit.
    pub limit: i64,
    pub size: bool,
    pub filters: Filters,
}

/// `condition=` of wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WaitCondition {
    #[default]
    NotRunning,
    NextExit,
    Removed,
}

impl WaitCondition {
    /// Reads the query parameter; the error is Docker's.
    pub fn parse(text: &str) -> super::Result<Self> {
        match text {
            "" | "not-running" => Ok(WaitCondition::NotRunning),
            "next-exit" => Ok(WaitCondition::NextExit),
            "removed" => Ok(WaitCondition::Removed),
            other => Err(super::Error::invalid(format!(
                "invalid condition: \"{other}\""
            ))),
        }
    }
}

/// `DELETE /containers/{id}`.
#[derive(Clone, Copy, Debug, Default)]
pub struct RemoveOptions {
    pub force: bool,
    /// Also its anonymous volumes.
    pub volumes: bool,
    pub link: bool,
}

/// `POST /containers/{id}/stop` and `restart`.
#[derive(Clone, Debug, Default)]
pub struct StopOptions {
    /// Overrides the container's stop signal.
    pub signal: Option<String>,
    /// Seconds; negative means for ever. Overrides the container's own.
    pub timeout: Option<i64>,
}

/// `POST /images/create?fromSrc=-`.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    pub repo: String,
    pub tag: String,
    pub message: String,
    /// Dockerfile instructions, one each.
    pub changes: Vec<String>,
    pub platform: String,
}

/// `PUT /containers/{id}/archive`.
#[derive(Clone, Debug, Default)]
pub struct ArchivePut {
    /// The folder that is unpacked into.
    pub path: String,
    /// Refuse to put a folder in the place of something else, or the other way round.
    pub keep_kinds: bool,
    /// Give everything to the container's user.
    pub copy_owner: bool,
}

/// `POST /commit`.
#[derive(Clone, Debug, Default)]
pub struct CommitOptions {
    pub container: String,
    pub repo: String,
    pub tag: String,
    pub comment: String,
    pub author: String,
    /// Holds a running container meanwhile.
    pub pause: bool,
    /// Dockerfile instructions.
    pub changes: Vec<String>,
}

/// `POST /images/create?fromImage=`.
#[derive(Clone, Debug, Default)]
pub struct PullOptions {
    pub image: String,
    /// A tag or a digest; empty where `image` has it, or every tag is meant.
    pub tag: String,
    pub platform: Option<Platform>,
    pub credentials: Credentials,
}

/// `DELETE /images/{name}`.
#[derive(Clone, Debug, Default)]
pub struct ImageRemoveOptions {
    pub force: bool,
    /// Also parents that nothing names or needs any more.
    pub prune: bool,
    pub platforms: Vec<Platform>,
}

/// `POST /images/load`.
#[derive(Clone, Debug, Default)]
pub struct LoadOptions {
    /// Only images for this platform.
    pub platform: Option<Platform>,
    /// Do not tell about layers.
    pub quiet: bool,
}

/// `POST /images/{name}/push`.
#[derive(Clone, Debug, Default)]
pub struct PushOptions {
    /// Empty means every tag of the repository.
    pub tag: String,
    pub platform: Option<Platform>,
    pub credentials: Credentials,
}

/// `GET /images/json`.
#[derive(Clone, Debug, Default)]
pub struct ImageListOptions {
    pub all: bool,
    pub filters: Filters,
    pub shared_size: bool,
}

/// `GET /events`.
#[derive(Clone, Debug, Default)]
pub struct EventOptions {
    pub since: Option<Timestamp>,
    pub until: Option<Timestamp>,
    pub filters: Filters,
}

/// The headers of `_ping`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ping {
    pub api_version: &'static str,
    pub os_type: &'static str,
    pub experimental: bool,
    pub builder_version: &'static str,
    pub swarm: &'static str,
    /// `Server:` of every answer.
    pub server: String,
}
