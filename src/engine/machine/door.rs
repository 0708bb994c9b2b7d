//! The engine's socket in a container: a filesystem of one socket file, and the way from there to the server.

use crate::base::errno::Errno;
use crate::engine::doorway::Doorway;
use crate::kernel::Door;
use crate::vfs::{Attr, DirEntry, Filesystem, Generated, Ino, Kind, Result, Source};
use std::sync::Arc;
use tokio::io::split;

/// Bytes on their way in each direction.
const PIPE: usize = 64 << 10;
const ROOT: Ino = 1;

/// The socket file, as Docker's own looks to a container: root's, for its group too.
struct SocketFile;

/// A filesystem whose root is a socket file.
pub fn socket_file() -> Arc<dyn Filesystem> {
    Arc::new(Generated::new(Arc::new(SocketFile)))
}

/// What opening the file leads to.
pub fn door(way: &Doorway) -> Door {
    let way = way.clone();
    Arc::new(move |stream| {
        let (near, far) = tokio::io::duplex(PIPE);
        let (from, to) = split(near);
        way.runtime.spawn(stream.join(from, to));
        way.enter(far);
    })
}

impl Source for SocketFile {
    fn type_name(&self) -> &'static str {
        "sockfs"
    }

    fn root(&self) -> Ino {
        ROOT
    }

    fn lookup(&self, _dir: Ino, _name: &str) -> Result<Ino> {
        Err(Errno::Notdir)
    }

    fn attr(&self, _ino: Ino) -> Result<Attr> {
        Ok(Attr::new(ROOT, Kind::Socket, 0o660))
    }

    fn read_dir(&self, _dir: Ino, _cookie: u64, _max: usize) -> Result<Vec<DirEntry>> {
        Err(Errno::Notdir)
    }

    fn parent(&self, _dir: Ino) -> Result<Ino> {
        Err(Errno::Notdir)
    }

    fn read_link(&self, _ino: Ino) -> Result<String> {
        Err(Errno::Inval)
    }

    fn text(&self, _ino: Ino) -> Result<Vec<u8>> {
        Err(Errno::Nxio)
    }
}
