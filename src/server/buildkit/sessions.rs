//! Clients that can be called, by the names that they gave their sessions.

use crate::server::grpc::channel::Channel;
use crate::server::grpc::status::{Code, Status};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a build waits for its client's session, which comes on a connection of its own.
const PATIENCE: Duration = Duration::from_secs(5);

/// One client.
pub struct Session {
    pub channel: Channel,
}

/// Those that are connected.
#[derive(Default)]
pub struct Sessions {
    all: Mutex<HashMap<String, Arc<Session>>>,
    changed: watch::Sender<()>,
}

impl Sessions {
    pub fn enter(&self, name: &str, session: &Arc<Session>) {
        self.all.lock().insert(name.to_owned(), session.clone());
        self.changed.send_replace(());
    }

    /// Takes a session away, unless another one has its name by now.
    pub fn leave(&self, name: &str, session: &Arc<Session>) {
        let mut all = self.all.lock();
        if all.get(name).is_some_and(|now| Arc::ptr_eq(now, session)) {
            all.remove(name);
        }
    }

    /// The session of a name; one that is on its way is waited for.
    pub async fn find(&self, name: &str) -> Result<Arc<Session>, Status> {
        let mut changed = self.changed.subscribe();
        let look = async {
            loop {
                if let Some(session) = self.all.lock().get(name).cloned() {
                    return session;
                }
                // The sender is this struct's.
                let _ = changed.changed().await;
            }
        };
        let none = |_| {
            Status::new(
                Code::Unknown,
                format!("no active session for {name}: context deadline exceeded"),
            )
        };
        tokio::time::timeout(PATIENCE, look).await.map_err(none)
    }
}
