//! Windows: named pipes; socket files are not used here.

use super::Stream;
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::windows::named_pipe::{ClientOptions, NamedPipeClient, PipeMode};

/// Every instance of the pipe is taken for a moment; the server makes a new one at once.
const ERROR_PIPE_BUSY: i32 = 231;

pub async fn unix(_path: &Path) -> io::Result<Box<dyn Stream>> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        "on Windows the engine listens on a named pipe",
    ))
}

pub async fn pipe(name: &str) -> io::Result<Box<dyn Stream>> {
    loop {
        match ClientOptions::new().pipe_mode(PipeMode::Message).open(name) {
            Ok(pipe) => return Ok(Box::new(HalfClosing(pipe))),
            Err(e) if e.raw_os_error() == Some(ERROR_PIPE_BUSY) => {
                tokio::time::sleep(Duration::from_millis(2)).await
            }
            Err(e) => return Err(e),
        }
    }
}

/// A pipe whose shutdown sends an empty message: the end-of-input mark that Docker's clients use, since a Windows
/// pipe has no half-close.
struct HalfClosing(NamedPipeClient);

impl AsyncRead for HalfClosing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for HalfClosing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_write(cx, &[]).map_ok(|_| ())
    }
}
