//! Carries a hijacked connection: keys and standard input one way, the container's two streams the other.

use super::error::{Error, Result};
use super::terminal::{self, Detector, Raw, Resizes};
use crate::client::{Body, Client, Hijacked, WriteHalf};
use crate::wire::frame::{Decoder, Stream};
use bytes::Bytes;
use hyper::Method;
use std::io::Write;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};

/// How a stream is carried.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The container has a terminal: bytes are raw and keys may detach.
    pub tty: bool,
    pub stdin: bool,
    /// The keys that detach.
    pub detach: Vec<u8>,
    /// What is to be resized with our terminal, such as `/containers/ID/resize`.
    pub resize: Option<String>,
}

/// Why a stream ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The container closed it.
    Closed,
    /// The user typed the detach keys.
    Detached,
}

/// Takes the terminal if the plan needs it, carries until an end, and gives the terminal back.
pub async fn carry(client: &Client, hijacked: Hijacked, plan: &Plan) -> Result<Ended> {
    let takes = plan.tty && plan.stdin && terminal::stdin_is_terminal();
    let _raw = takes.then(Raw::enter).transpose()?;
    let Hijacked { read, write, .. } = hijacked;
    let mut output = std::pin::pin!(output(read, plan.tty));
    let mut input = std::pin::pin!(input(write, plan));
    let mut resizes = std::pin::pin!(resizes(client, plan));
    let mut typing = true;
    loop {
        tokio::select! {
            result = &mut output => return result.map(|()| Ended::Closed),
            detached = &mut input, if typing => {
                // The end of standard input is not the end of the output.
                typing = false;
                if detached {
                    return Ok(Ended::Detached);
                }
            }
            () = &mut resizes => {}
        }
    }
}

/// Says the terminal's size to the engine once; the process may not be there yet, so a refusal is no error.
pub async fn resize(client: &Client, path: &str) {
    resize_to(client, path, terminal::size()).await;
}

/// Changes the size and changes it back, so that a program which has drawn its screen already draws it again.
pub async fn redraw(client: &Client, path: &str) {
    let (height, width) = terminal::size();
    if (height, width) != (0, 0) {
        let other = (height.saturating_add(1), width.saturating_add(1));
        resize_to(client, path, other).await;
    }
    resize(client, path).await;
}

async fn resize_to(client: &Client, path: &str, (height, width): (u16, u16)) {
    if height == 0 && width == 0 {
        return;
    }
    let _ = client
        .request(
            Method::POST,
            &format!("{path}?h={height}&w={width}"),
            Body::Empty,
        )
        .await;
}

async fn resizes(client: &Client, plan: &Plan) {
    let Some(path) = plan.resize.as_ref().filter(|_| plan.tty) else {
        return std::future::pending().await;
    };
    let mut changes = Resizes::new();
    loop {
        changes.next().await;
        resize(client, path).await;
    }
}

async fn output(mut read: impl AsyncReadExt + Unpin, raw: bool) -> Result<()> {
    let mut decoder = Decoder::default();
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let n = match read.read(&mut buffer).await {
            Ok(0) => return Ok(()),
            Ok(n) => n,
            // The engine may close a finished stream hard.
            Err(e) if e.kind() == std::io::ErrorKind::ConnectionReset => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        if raw {
            write_all(&mut std::io::stdout().lock(), &buffer[..n])?;
            continue;
        }
        decoder.push(&buffer[..n]);
        print_frames(&mut decoder)?;
    }
}

/// Prints every whole frame to the stream it belongs to.
pub fn print_frames(decoder: &mut Decoder) -> Result<()> {
    while let Some((stream, piece)) = decoder
        .next_frame()
        .map_err(|e| Error::plain(e.to_string()))?
    {
        match stream {
            Stream::Stdin | Stream::Stdout => write_all(&mut std::io::stdout().lock(), &piece)?,
            Stream::Stderr => write_all(&mut std::io::stderr().lock(), &piece)?,
            Stream::SystemErr => {
                return Err(Error::plain(format!(
                    "error from daemon in stream: {}",
                    String::from_utf8_lossy(&piece)
                )));
            }
        }
    }
    Ok(())
}

/// Writes and flushes; a reader that went away ends the command quietly.
pub fn write_all(to: &mut dyn Write, bytes: &[u8]) -> Result<()> {
    match to.write_all(bytes).and_then(|()| to.flush()) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => Err(Error::silent(141)),
        Err(e) => Err(e.into()),
    }
}

/// Copies standard input until its end; true when the user detached.
async fn input(mut write: WriteHalf, plan: &Plan) -> bool {
    if !plan.stdin {
        // Kept open: closing it would close the input of the container, which somebody else may write to.
        return std::future::pending().await;
    }
    let mut detector = plan.tty.then(|| Detector::new(plan.detach.clone()));
    let mut stdin = tokio::io::stdin();
    let mut buffer = vec![0; 32 * 1024];
    loop {
        let n = match stdin.read(&mut buffer).await {
            Ok(0) | Err(_) => break,
            Ok(n) => n,
        };
        let (bytes, detached) = match &mut detector {
            Some(detector) => detector.feed(&buffer[..n]),
            None => (buffer[..n].to_vec(), false),
        };
        if write.write_all(&bytes).await.is_err() || write.flush().await.is_err() {
            return std::future::pending().await;
        }
        if detached {
            return true;
        }
    }
    let _ = write.shutdown().await;
    // Dropping the half would be harmless; keeping it makes the order of closing the engine's.
    std::future::pending().await
}

/// A body that is read in pieces.
pub struct Chunks<R> {
    from: R,
    buffer: Vec<u8>,
}

impl<R> Chunks<R> {
    pub fn new(from: R) -> Self {
        Self {
            from,
            buffer: vec![0; 64 * 1024],
        }
    }
}

impl<R: AsyncRead + Unpin> futures_util::Stream for Chunks<R> {
    type Item = std::io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let mut buffer = ReadBuf::new(&mut this.buffer);
        match Pin::new(&mut this.from).poll_read(cx, &mut buffer) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Err(e)) => Poll::Ready(Some(Err(e))),
            Poll::Ready(Ok(())) if buffer.filled().is_empty() => Poll::Ready(None),
            Poll::Ready(Ok(())) => Poll::Ready(Some(Ok(Bytes::copy_from_slice(buffer.filled())))),
        }
    }
}
