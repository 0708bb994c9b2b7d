//! Opens the engine's doors: a socket or pipe for the owner, and TCP on request. The system's part stands in
//! `unix.rs` and `windows.rs`.

#[cfg_attr(unix, path = "unix.rs")]
#[cfg_attr(windows, path = "windows.rs")]
mod system;

use super::guard::Guard;
use std::io;
use std::path::Path;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;

/// A connected client.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// One open door.
pub enum Listener {
    /// A socket file or a named pipe.
    Local(system::Local),
    /// A TCP port.
    Tcp(TcpListener),
}

impl Listener {
    /// Opens `unix://…`, `npipe://…` or `tcp://…`; returns with it what each request must show.
    pub async fn open(host: &str, token: &str) -> io::Result<(Self, Guard)> {
        if let Some(address) = host.strip_prefix("tcp://") {
            let listener = TcpListener::bind(address).await?;
            let address = listener.local_addr()?;
            if !address.ip().is_loopback() {
                return Err(io::Error::new(
                    io::ErrorKind::PermissionDenied,
                    format!(
                        "refusing to listen on {address}: other machines could reach it; use 127.0.0.1"
                    ),
                ));
            }
            return Ok((
                Self::Tcp(listener),
                Guard::Token {
                    address,
                    token: token.to_owned(),
                },
            ));
        }
        let local = match host.split_once("://") {
            Some(("unix", path)) => system::Local::unix(Path::new(path))?,
            Some(("npipe", name)) => system::Local::pipe(&name.replace('/', "\\"))?,
            _ => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    format!("unable to parse host `{host}`"),
                ));
            }
        };
        Ok((Self::Local(local), Guard::Owner))
    }

    /// Waits for the next client.
    pub async fn accept(&mut self) -> io::Result<Box<dyn Stream>> {
        match self {
            Self::Local(local) => local.accept().await,
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Box::new(stream))
            }
        }
    }
}
