//! Sockets in the file system.

use std::io;
use tokio::io::AsyncWriteExt;
use tokio::net::{UnixDatagram, UnixStream};

/// A connected stream.
pub struct Stream(UnixStream);

impl Stream {
    pub async fn connect(path: &str) -> io::Result<Self> {
        UnixStream::connect(path).await.map(Stream)
    }

    pub async fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }
}

/// A connected socket for datagrams.
pub struct Datagrams(UnixDatagram);

impl Datagrams {
    pub fn connect(path: &str) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.connect(path)?;
        Ok(Datagrams(socket))
    }

    pub async fn send(&self, message: &[u8]) -> io::Result<()> {
        self.0.send(message).await.map(drop)
    }
}
