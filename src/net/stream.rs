//! A TCP connection's end: two channels and two addresses.
//!
//! Dropping an end closes it: the other one reads what is left and then the end, or a reset if this one had bytes unread.

use super::budget::Budget;
use super::channel::Channel;
use super::counters::Counters;
use crate::base::errno::Errno;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Bytes that a bridge to the host moves at once.
const PIECE: usize = 16 << 10;

/// One end.
pub struct Stream {
    pub local: SocketAddr,
    pub peer: SocketAddr,
    incoming: Arc<Channel>,
    outgoing: Arc<Channel>,
    counters: Option<Arc<Counters>>,
}

impl Stream {
    /// Both ends of a connection: the caller's and the listener's, each counted at its own interface. The buffers are paid for
    /// by one namespace.
    pub fn pair(
        budget: &Arc<Budget>,
        (caller, calls): (SocketAddr, Option<Arc<Counters>>),
        (listener, listens): (SocketAddr, Option<Arc<Counters>>),
    ) -> (Stream, Stream) {
        let (to, from) = (Channel::new(budget), Channel::new(budget));
        let ours = Stream {
            local: caller,
            peer: listener,
            incoming: from.clone(),
            outgoing: to.clone(),
            counters: calls,
        };
        let theirs = Stream {
            local: listener,
            peer: caller,
            incoming: to,
            outgoing: from,
            counters: listens,
        };
        (ours, theirs)
    }

    pub fn try_read(&self, buffer: &mut [u8], peek: bool) -> Result<usize, Errno> {
        let count = self.incoming.try_read(buffer, peek)?;
        if let (Some(counters), false) = (&self.counters, peek) {
            counters.received(count);
        }
        Ok(count)
    }

    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let count = self.outgoing.try_write(bytes)?;
        if let Some(counters) = &self.counters {
            counters.sent(count);
        }
        Ok(count)
    }

    /// Half-close: nothing more is written, or read, or both.
    pub fn shutdown(&self, read: bool, write: bool) {
        if read {
            self.incoming.stop();
        }
        if write {
            self.outgoing.end();
        }
    }

    /// The connection breaks: the other end reads an error.
    pub fn reset(&self) {
        self.incoming.reset();
        self.outgoing.reset();
    }

    /// Bytes that can be read without waiting.
    pub fn available(&self) -> usize {
        self.incoming.available()
    }

    /// As [`Channel::poll_read`] and [`Channel::poll_write`].
    pub fn poll(&self, cx: &Context<'_>) -> [(bool, bool); 2] {
        [self.incoming.poll_read(cx), self.outgoing.poll_write(cx)]
    }

    async fn read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        poll_fn(|cx| {
            self.incoming.poll_read(cx);
            match self.try_read(buffer, false) {
                Err(Errno::Again) => Poll::Pending,
                done => Poll::Ready(done),
            }
        })
        .await
    }

    async fn write_all(&self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let count = poll_fn(|cx| {
                self.outgoing.poll_write(cx);
                match self.try_write(bytes) {
                    Err(Errno::Again) => Poll::Pending,
                    done => Poll::Ready(done),
                }
            })
            .await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Joins this end to a connection of the host, until both directions have ended.
    pub async fn bridge(self, host: tokio::net::TcpStream) {
        let (from_host, to_host) = host.into_split();
        self.join(from_host, to_host).await;
    }

    /// Joins this end to what is read and written elsewhere, until both directions have ended. Each direction holds one piece
    /// and no more: a slow reader on either side slows the other down.
    pub async fn join(
        self,
        mut from_host: impl AsyncRead + Unpin,
        mut to_host: impl AsyncWrite + Unpin,
    ) {
        let inward = async {
            let mut buffer = vec![0; PIECE];
            loop {
                match from_host.read(&mut buffer).await {
                    Ok(0) => break self.outgoing.end(),
                    Ok(count) if self.write_all(&buffer[..count]).await.is_ok() => {}
                    Ok(_) => break,
                    Err(_) => break self.outgoing.reset(),
                }
            }
        };
        let outward = async {
            let mut buffer = vec![0; PIECE];
            loop {
                match self.read(&mut buffer).await {
                    Ok(0) => break,
                    Ok(count) if to_host.write_all(&buffer[..count]).await.is_ok() => {}
                    _ => {
                        self.incoming.stop();
                        break;
                    }
                }
            }
            // The other side sees the end; an error means that it has gone already.
            let _ = to_host.shutdown().await;
        };
        tokio::join!(inward, outward);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        let lost = self.incoming.stop();
        match lost {
            true => self.outgoing.reset(),
            false => self.outgoing.end(),
        }
    }
}
