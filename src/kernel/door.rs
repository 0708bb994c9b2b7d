//! Doors: socket files with a service of the embedder's behind them.
//!
//! Opening such a file is connecting to the service. (Linux refuses `open` and wants a unix socket's `connect`; WASI and WASIX
//! have no unix sockets that a path would fit into.) A door belongs to a node, so only where that node was mounted is there
//! one: a guest that makes a socket file of its own opens nothing.

use super::description::{Description, Object};
use super::sandbox::Sandbox;
use crate::base::errno::Errno;
use crate::net::{Socket, Stream};
use std::sync::Arc;

/// Takes the service's end of a new connection.
pub type Door = Arc<dyn Fn(Stream) + Send + Sync>;

impl Sandbox {
    /// Puts a service behind the node with this device and inode.
    pub fn add_door(&self, node: (u64, u64), door: Door) {
        self.doors.lock().insert(node, door);
    }
}

/// Connects to what stands behind a socket file; ENXIO when that is nothing.
pub(super) fn open_door(
    sandbox: &Sandbox,
    node: (u64, u64),
    flags: u32,
) -> Result<Arc<Description>, Errno> {
    let door = sandbox.doors.lock().get(&node).cloned();
    let door = door.ok_or(Errno::Nxio)?;
    let (socket, other) = Socket::joined(sandbox.net.clone());
    door(other);
    Ok(Description::new(Object::Socket(Box::new(socket)), flags))
}
