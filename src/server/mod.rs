//! The Engine API over HTTP: opens the engine and its doors, answers until told to leave or nobody has needed it.
//!
//! Knows HTTP, versions and Docker's wire habits; every verb is the engine's.

mod buildkit;
mod connection;
mod door;
mod error;
mod grpc;
mod guard;
mod hijack;
mod listen;
mod reply;
mod request;
mod routes;
mod signals;
mod token;
mod upload;
mod version;
mod visits;

use crate::engine::{self, Engine, OpenOptions, StopOptions};

use listen::Listener;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// How long the doors stay shut for containers that come back by their restart policies.
const RESTARTS: Duration = Duration::from_secs(1);

/// How long open connections may take for their last answer when everything has stopped.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// How the engine is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// The state folder; one engine at a time owns it.
    pub state: PathBuf,
    /// Where to listen, as `--host` writes it; at least one.
    pub hosts: Vec<String>,
    /// Where compiled code is kept, when not in the state folder.
    pub cache: Option<PathBuf>,
    /// Whether restart policies are honoured when the engine starts (`-r`).
    pub restart: bool,
    /// How long the engine stays with nothing running and nobody connected; `None` for ever.
    pub idle: Option<Duration>,
}

/// Why the engine could not be served; each text is a sentence for the log.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The state folder could not be opened.
    #[error("{0}")]
    Engine(crate::engine::Error),
    /// A door could not be opened.
    #[error("cannot listen on {host}: {source}")]
    Listen {
        /// The address.
        host: String,
        /// The system's reason.
        source: io::Error,
    },
    /// The token file could not be read or written.
    #[error("cannot keep the engine's token: {0}")]
    Token(io::Error),
}

/// What every request shares.
pub struct Shared {
    /// The engine.
    pub engine: Arc<Engine>,
    /// What BuildKit's clients share.
    pub buildkit: buildkit::BuildKit,
    /// Who is connected.
    pub visits: visits::Visits,
    /// How far the engine is with leaving.
    pub leaving: watch::Sender<Leaving>,
}

/// The engine's last steps; it never goes back.
#[derive(Clone, Debug, Default)]
pub enum Leaving {
    #[default]
    Stays,
    /// The doors close and containers are stopped.
    Asked(StopOptions),
    /// Everything has ended; who waits for that gets the answer.
    Stopped,
}

/// Serves until a signal, a request to stop, or the idle time. Returns when every container has been stopped and
/// all state is on disk.
pub async fn serve(options: Options) -> Result<(), ServeError> {
    let mut open = OpenOptions::new(&options.state);
    open.cache.clone_from(&options.cache);
    let door = door::Door::default();
    open.doorway = Some(door.way(&options.hosts));
    let ports = options
        .hosts
        .iter()
        .filter_map(|host| host.strip_prefix("tcp://"));
    open.ports = ports
        .filter_map(|address| address.rsplit(':').next()?.parse::<u16>().ok())
        .collect();
    let engine = engine::open(open).map_err(ServeError::Engine)?;
    let token = token::load(&options.state).map_err(ServeError::Token)?;
    let shared = Arc::new(Shared {
        engine,
        buildkit: buildkit::BuildKit::default(),
        visits: visits::Visits::new(),
        leaving: watch::Sender::default(),
    });
    door.lead_to(&shared);
    if options.restart {
        shared.engine.bring_back(RESTARTS).await;
    }
    for host in &options.hosts {
        let opened = Listener::open(host, &token).await;
        let (listener, guard) = opened.map_err(|source| ServeError::Listen {
            host: host.clone(),
            source,
        })?;
        tracing::info!("listening on {host}");
        tokio::spawn(accept(shared.clone(), listener, guard));
    }
    let stop = tokio::select! {
        stop = asked(&shared) => {
            tracing::info!("asked to stop");
            stop
        }
        () = signals::wait() => {
            tracing::info!("stopped by a signal");
            StopOptions::default()
        }
        () = idle(&shared, options.idle) => {
            tracing::info!("nobody needed the engine for a while");
            StopOptions::default()
        }
    };
    shared.leaving.send_replace(Leaving::Asked(stop.clone()));
    shared.engine.shutdown(&stop).await;
    shared.leaving.send_replace(Leaving::Stopped);
    let begun = Instant::now();
    while shared.visits.quiet_for().is_zero() && begun.elapsed() < LAST_WORDS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}

/// Returns when a client wants the engine to leave.
async fn asked(shared: &Shared) -> StopOptions {
    let mut leaving = shared.leaving.subscribe();
    // The sender is `shared`'s.
    let _ = leaving.wait_for(|l| !matches!(l, Leaving::Stays)).await;
    match &*leaving.borrow() {
        Leaving::Asked(stop) => stop.clone(),
        _ => StopOptions::default(),
    }
}

async fn accept(shared: Arc<Shared>, mut listener: Listener, guard: guard::Guard) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = asked(&shared) => return,
        };
        match accepted {
            Ok(stream) => {
                tokio::spawn(connection::serve(shared.clone(), stream, guard.clone()));
            }
            Err(e) => {
                // Out of descriptors, usually: the next client may have more luck after others have left.
                tracing::warn!("cannot accept a client: {e}");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
}

/// Returns when nothing has run and nobody has been connected for the idle time.
async fn idle(shared: &Shared, limit: Option<Duration>) {
    let Some(limit) = limit else {
        return std::future::pending().await;
    };
    loop {
        let quiet = shared.visits.quiet_for().min(
            shared
                .engine
                .idle_since()
                .map_or(Duration::ZERO, |since| since.elapsed()),
        );
        if quiet >= limit {
            return;
        }
        tokio::time::sleep((limit - quiet).max(Duration::from_millis(100))).await;
    }
}
