//! Opens the byte stream to an endpoint. The system's own part stands in `unix.rs` or `windows.rs`.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use super::{Endpoint, Error};
use std::io;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// A connected stream whose write side can be shut down while the read side goes on.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// Connects, and tells a missing engine from a forbidden one.
pub async fn connect(endpoint: &Endpoint) -> Result<Box<dyn Stream>, Error> {
    let stream = match endpoint {
        Endpoint::Tcp(address) => TcpStream::connect(address)
            .await
            .and_then(|s| s.set_nodelay(true).map(|()| Box::new(s) as Box<dyn Stream>)),
        Endpoint::Unix(path) => system::unix(path).await,
        Endpoint::Pipe(name) => system::pipe(name).await,
    };
    stream.map_err(|e| match e.kind() {
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => Error::NotRunning {
            host: endpoint.to_string(),
        },
        io::ErrorKind::PermissionDenied => Error::PermissionDenied {
            host: endpoint.to_string(),
        },
        _ => Error::Io(e),
    })
}
