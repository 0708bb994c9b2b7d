//! Unix: socket files; named pipes do not exist here.

use super::Stream;
use std::io;
use std::path::Path;
use tokio::net::UnixStream;

pub async fn unix(path: &Path) -> io::Result<Box<dyn Stream>> {
    Ok(Box::new(UnixStream::connect(path).await?))
}

pub async fn pipe(_name: &str) -> io::Result<Box<dyn Stream>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "named pipes exist on Windows only",
    ))
}
