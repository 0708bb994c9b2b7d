//! BuildKit's front door: what `docker build` with buildx and `docker compose build` talk to.
//!
//! `POST /grpc` becomes a gRPC connection on which the engine is called (`door`): `control` is the service with `Solve` and
//! `Status`, with which a client that drives the build itself also speaks the gateway. `POST /session` becomes one on which the
//! engine calls the client (`sessions`), for its files (`context`) and `secrets`, and gives it files (`send`). A build that was asked for (`solve`) is read and carried out by
//! the interpreter of `engine::build`; what happens there becomes steps and logs in BuildKit's form (`progress`).
//!
//! `docs/design/builds.md` draws the flow. Lock order: none is held with another, and none over an await.

mod caches;
mod context;
mod control;
mod door;
mod export;
mod failure;
pub mod messages;
mod modes;
mod progress;
mod request;
mod secrets;
mod send;
mod sessions;
mod solve;

pub use door::{grpc, session};

use super::grpc::status::Status;
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use parking_lot::Mutex;
use progress::Progress;
use sessions::Sessions;
use solve::Prepared;
use std::collections::HashMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Weak};
use tokio::sync::watch;

/// Everything that BuildKit's clients share.
#[derive(Default)]
pub struct BuildKit {
    sessions: Sessions,
    /// By the names that clients give them. Whoever works on a build or looks at it keeps it.
    builds: Mutex<HashMap<String, Weak<Build>>>,
}

/// One build, from the first call that names it to the last.
pub struct Build {
    progress: Progress,
    /// The session of its client, once it is known.
    session: watch::Sender<Option<String>>,
    /// The client allows it; known with the session.
    host_network: AtomicBool,
    /// Read and not yet carried out.
    prepared: Mutex<Option<Prepared>>,
    /// What a client that drives the build itself came back with: whether there is something to build.
    returned: watch::Sender<Option<Result<bool, Status>>>,
}

impl Build {
    /// What is told of it, framed; whoever listens keeps the build.
    fn told(self: Arc<Self>) -> impl Stream<Item = Bytes> + Send + 'static {
        let messages = self.progress.messages();
        messages.map(move |message| {
            let _kept = &self;
            message
        })
    }
}

impl BuildKit {
    /// The build of a name; made by the first who asks, because `Status` may come before `Solve`.
    fn build(&self, name: &str) -> Arc<Build> {
        let mut builds = self.builds.lock();
        if let Some(build) = builds.get(name).and_then(Weak::upgrade) {
            return build;
        }
        builds.retain(|_, build| build.strong_count() > 0);
        let build = Arc::new(Build {
            progress: Progress::new(name),
            session: watch::Sender::default(),
            host_network: AtomicBool::default(),
            prepared: Mutex::default(),
            returned: watch::Sender::default(),
        });
        builds.insert(name.to_owned(), Arc::downgrade(&build));
        build
    }
}
