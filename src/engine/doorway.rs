//! The engine's own socket, as a container may be given it by a bind mount: who asks for it, and where that leads.
//!
//! What may be asked through it is the server's decision; here it is a way to its door.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::DuplexStream;
use tokio::runtime::Handle;

/// Where clients believe the engine's socket to be. As on Docker Desktop it is there for mounts, whatever the host has there.
const USUAL: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// The way to the server's door.
#[derive(Clone)]
pub struct Doorway {
    /// The socket files on which the engine listens.
    sockets: Vec<PathBuf>,
    enter: Arc<dyn Fn(DuplexStream) + Send + Sync>,
    /// Moves what goes through it.
    pub(super) runtime: Handle,
}

impl Doorway {
    /// A way on the caller's runtime: `enter` takes the server's end of each connection.
    pub fn new(
        sockets: Vec<PathBuf>,
        enter: impl Fn(DuplexStream) + Send + Sync + 'static,
    ) -> Self {
        Doorway {
            sockets,
            enter: Arc::new(enter),
            runtime: Handle::current(),
        }
    }

    /// Whether the source of a bind mount means the engine.
    pub(super) fn is_meant(&self, source: &str) -> bool {
        let same = |socket: &PathBuf| {
            let real = |path: &Path| path.canonicalize().ok();
            socket == Path::new(source)
                || real(socket).is_some_and(|s| real(source.as_ref()) == Some(s))
        };
        is_usual(source) || self.sockets.iter().any(same)
    }

    pub(super) fn enter(&self, end: DuplexStream) {
        (self.enter)(end);
    }
}

/// Whether a path is one of those that mean the engine on every host.
pub(super) fn is_usual(source: &str) -> bool {
    // Clients on Windows write a second slash, so that their shell leaves the path alone.
    let source = source
        .strip_prefix('/')
        .filter(|rest| rest.starts_with('/'))
        .unwrap_or(source);
    USUAL.contains(&source)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_usual_paths_and_the_engines_own_lead_in() {
        let way = Doorway::new(vec!["/home/ada/run/engine.sock".into()], |_| {});
        for source in [
            "/var/run/docker.sock",
            "//var/run/docker.sock",
            "/run/docker.sock",
        ] {
            assert!(way.is_meant(source), "{source}");
        }
        assert!(way.is_meant("/home/ada/run/engine.sock"));
        for source in [
            "/var/run",
            "/home/ada/run",
            "/var/run/docker.sock.d",
            "docker.sock",
        ] {
            assert!(!way.is_meant(source), "{source}");
        }
    }
}
