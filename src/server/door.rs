//! The door for containers: a bind mount of the engine's socket leads here, and [`Guard::Container`] decides what may be asked.

use super::guard::Guard;
use super::{Shared, connection};
use crate::engine::Doorway;
use std::path::PathBuf;
use std::sync::{Arc, OnceLock, Weak};
use tokio::runtime::Handle;

/// The door, which leads nowhere before the engine is served.
#[derive(Clone, Default)]
pub struct Door(Arc<OnceLock<Weak<Shared>>>);

impl Door {
    /// The way to it, for an engine that will listen on these hosts.
    pub fn way(&self, hosts: &[String]) -> Doorway {
        let sockets = hosts.iter().filter_map(|host| host.strip_prefix("unix://"));
        let (door, runtime) = (self.clone(), Handle::current());
        Doorway::new(sockets.map(PathBuf::from).collect(), move |end| {
            if let Some(shared) = door.0.get().and_then(Weak::upgrade) {
                runtime.spawn(connection::serve(shared, Box::new(end), Guard::Container));
            }
        })
    }

    /// From here on it is open.
    pub fn lead_to(&self, shared: &Arc<Shared>) {
        // It is opened once; a second time would change nothing.
        let _ = self.0.set(Arc::downgrade(shared));
    }
}
