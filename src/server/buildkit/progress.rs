//! How a build goes, in the form that `Status` sends: steps that begin and end, what goes on within them, and what they write.
//!
//! Everything is kept until the build is over, so that who looks late sees the whole; of one step's output at most [`CLIPPED`].

use super::messages::control::{StatusResponse, Timestamp, Vertex, VertexLog, VertexStatus};
use crate::base::digest::Digest;
use crate::server::grpc::message::frame;
use crate::wire::frame::Stream as Output;
use bytes::Bytes;
use futures_util::{Stream, stream};
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// Bytes of a step's output that are passed on; BuildKit's limit.
const CLIPPED: usize = 2 << 20;

/// One build's progress. All copies are one.
#[derive(Clone)]
pub struct Progress(Arc<Inner>);

struct Inner {
    name: String,
    told: Mutex<Told>,
    changed: watch::Sender<()>,
}

#[derive(Default)]
struct Told {
    messages: Vec<Bytes>,
    steps: usize,
    over: bool,
}

impl Progress {
    pub fn new(name: &str) -> Progress {
        Progress(Arc::new(Inner {
            name: name.to_owned(),
            told: Mutex::default(),
            changed: watch::Sender::default(),
        }))
    }

    /// A step begins.
    pub fn begin(&self, name: &str) -> Step {
        let number = {
            let mut told = self.0.told.lock();
            told.steps += 1;
            told.steps
        };
        let key = format!("{} {number} {name}", self.0.name);
        let step = Step {
            progress: self.clone(),
            vertex: Vertex {
                digest: Digest::of(key.as_bytes()).to_string(),
                name: name.to_owned(),
                started: Some(now()),
                ..Vertex::default()
            },
            written: 0,
        };
        step.tell();
        step
    }

    /// Nothing comes any more.
    pub fn finish(&self) {
        self.0.told.lock().over = true;
        self.0.changed.send_replace(());
    }

    /// Everything from the beginning, framed, until the build is over.
    pub fn messages(&self) -> impl Stream<Item = Bytes> + Send + use<> {
        let changed = self.0.changed.subscribe();
        stream::unfold(
            (self.clone(), changed, 0),
            |(progress, mut changed, at)| async move {
                loop {
                    let (next, over) = {
                        let told = progress.0.told.lock();
                        (told.messages.get(at).cloned(), told.over)
                    };
                    match next {
                        Some(message) => return Some((message, (progress, changed, at + 1))),
                        None if over => return None,
                        None => changed.changed().await.ok()?,
                    }
                }
            },
        )
    }

    fn send(&self, message: &StatusResponse) {
        self.0.told.lock().messages.push(frame(message));
        self.0.changed.send_replace(());
    }
}

/// A step that has begun. One that is dropped before its end stays open, as in a build that was called off.
pub struct Step {
    progress: Progress,
    vertex: Vertex,
    /// Bytes of output so far.
    written: usize,
}

impl Step {
    /// It was done before.
    pub fn cached(&mut self) {
        self.vertex.cached = true;
    }

    /// What its program wrote.
    pub fn write(&mut self, output: Output, bytes: &[u8]) {
        if self.written >= CLIPPED {
            return;
        }
        self.written += bytes.len();
        let mut message = bytes.to_vec();
        if self.written >= CLIPPED {
            message.extend_from_slice(b"[output clipped, log limit 2MiB reached]\n");
        }
        self.progress.send(&StatusResponse {
            logs: vec![VertexLog {
                vertex: self.vertex.digest.clone(),
                timestamp: Some(now()),
                stream: if output == Output::Stderr { 2 } else { 1 },
                message,
            }],
            ..StatusResponse::default()
        });
    }

    /// Something within it has begun; `bytes` of it are done.
    pub fn begin(&self, id: &str, name: &str, bytes: usize) -> Part {
        let part = Part {
            progress: self.progress.clone(),
            status: VertexStatus {
                id: id.to_owned(),
                vertex: self.vertex.digest.clone(),
                name: name.to_owned(),
                current: i64::try_from(bytes).unwrap_or(i64::MAX),
                started: Some(now()),
                ..VertexStatus::default()
            },
        };
        part.tell();
        part
    }

    /// It has ended; with the reason when it did not go well.
    pub fn end(mut self, error: Option<String>) {
        self.vertex.completed = Some(now());
        self.vertex.error = error.unwrap_or_default();
        self.tell();
    }

    fn tell(&self) {
        self.progress.send(&StatusResponse {
            vertexes: vec![self.vertex.clone()],
            ..StatusResponse::default()
        });
    }
}

/// Something that goes on within a step.
pub struct Part {
    progress: Progress,
    status: VertexStatus,
}

impl Part {
    /// Tells how many bytes are done.
    pub fn at(&mut self, bytes: usize) {
        self.status.current = i64::try_from(bytes).unwrap_or(i64::MAX);
        self.tell();
    }

    pub fn end(mut self) {
        self.status.completed = Some(now());
        self.tell();
    }

    fn tell(&self) {
        self.progress.send(&StatusResponse {
            statuses: vec![VertexStatus {
                timestamp: Some(now()),
                ..self.status.clone()
            }],
            ..StatusResponse::default()
        });
    }
}

fn now() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp {
        seconds: i64::try_from(since.as_secs()).unwrap_or_default(),
        nanos: i32::try_from(since.subsec_nanos()).unwrap_or_default(),
    }
}
