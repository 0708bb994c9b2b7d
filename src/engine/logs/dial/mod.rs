//! Connections to log servers, the only sockets of this module. Failures read as Go's, because Docker's do.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
use unix as local;
#[cfg(windows)]
use windows as local;

pub use local::Datagrams;

use crate::registry::dial as dial_tcp;
use std::io;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpStream, UdpSocket};

/// How long a server may take to answer.
const LIMIT: Duration = Duration::from_secs(10);

/// A kind of socket and where it leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    Tcp(String, u16),
    Udp(String, u16),
    /// A stream socket of the file system.
    Unix(String),
    /// A datagram socket of the file system.
    Unixgram(String),
}

/// An open connection.
pub enum Connection {
    Tcp(TcpStream),
    Udp(UdpSocket),
    Stream(local::Stream),
    Datagrams(Datagrams),
}

impl Connection {
    /// Connects; nothing is sent.
    pub async fn open(address: &Address) -> Result<Self, String> {
        match address {
            Address::Tcp(host, port) => dial_tcp(host, *port, LIMIT)
                .await
                .map(Connection::Tcp)
                .map_err(|e| e.to_string()),
            Address::Udp(host, port) => udp(host, *port)
                .await
                .map(Connection::Udp)
                .map_err(|e| format!("dial udp {host}:{port}: {}", words(e))),
            Address::Unix(path) => local::Stream::connect(path)
                .await
                .map(Connection::Stream)
                .map_err(|e| format!("dial unix {path}: connect: {}", words(e))),
            Address::Unixgram(path) => Datagrams::connect(path)
                .map(Connection::Datagrams)
                .map_err(|e| format!("dial unixgram {path}: connect: {}", words(e))),
        }
    }

    /// Sends one message whole.
    pub async fn send(&mut self, message: &[u8]) -> io::Result<()> {
        match self {
            Connection::Tcp(stream) => stream.write_all(message).await,
            Connection::Udp(socket) => socket.send(message).await.map(drop),
            Connection::Stream(stream) => stream.write_all(message).await,
            Connection::Datagrams(socket) => socket.send(message).await,
        }
    }
}

async fn udp(host: &str, port: u16) -> io::Result<UdpSocket> {
    // Go takes an empty host for this machine.
    let host = if host.is_empty() { "localhost" } else { host };
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for address in tokio::net::lookup_host((host, port)).await? {
        let any = if address.is_ipv4() {
            "0.0.0.0:0"
        } else {
            "[::]:0"
        };
        let socket = UdpSocket::bind(any).await?;
        match socket.connect(address).await {
            Ok(()) => return Ok(socket),
            Err(e) => failed = e,
        }
    }
    Err(failed)
}

fn words(error: io::Error) -> String {
    crate::engine::container::words(error)
}
