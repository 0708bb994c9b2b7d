//! A queue between a task and work that blocks: bytes that arrive asynchronously are read with [`std::io::Read`].
//!
//! The end has to be said: a feeder that goes away without it is an error for the reader, so that what was cut off is
//! never taken for a whole.

use bytes::{Buf, Bytes};
use std::io::{self, Read};
use tokio::sync::mpsc;

/// Pieces that may wait for the reader.
const QUEUE: usize = 16;

/// Makes both ends.
pub fn bridge() -> (Feeder, Reader) {
    let (queue, pieces) = mpsc::channel(QUEUE);
    let current = Some(Bytes::new());
    (Feeder(queue), Reader { pieces, current })
}

/// The end of a task.
pub struct Feeder(mpsc::Sender<io::Result<Option<Bytes>>>);

impl Feeder {
    /// Passes a piece on; false when the reader has gone and will read no more.
    pub async fn send(&self, piece: Bytes) -> bool {
        piece.is_empty() || self.0.send(Ok(Some(piece))).await.is_ok()
    }

    /// Says that this was all.
    pub async fn end(self) {
        let _ = self.0.send(Ok(None)).await;
    }

    /// Says why no more comes.
    pub async fn fail(self, error: io::Error) {
        let _ = self.0.send(Err(error)).await;
    }
}

/// The end of the work that blocks.
pub struct Reader {
    pieces: mpsc::Receiver<io::Result<Option<Bytes>>>,
    /// `None` once the end was said.
    current: Option<Bytes>,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(current) = &mut self.current {
            if current.has_remaining() {
                let count = buffer.len().min(current.len());
                current.copy_to_slice(&mut buffer[..count]);
                return Ok(count);
            }
            let gone = || io::Error::new(io::ErrorKind::ConnectionAborted, "the sender has left");
            self.current = self.pieces.blocking_recv().ok_or_else(gone)??;
        }
        Ok(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_sent_is_read_and_an_end_that_was_not_said_is_an_error() {
        for said in [true, false] {
            let (feeder, mut reader) = bridge();
            let read = tokio::task::spawn_blocking(move || {
                let mut all = Vec::new();
                reader.read_to_end(&mut all).map(|_| all)
            });
            for piece in ["a", "", "bc"] {
                assert!(feeder.send(Bytes::from_static(piece.as_bytes())).await);
            }
            if said {
                feeder.end().await;
            } else {
                drop(feeder);
            }
            let read = read.await.unwrap();
            match said {
                true => assert_eq!(read.unwrap(), b"abc"),
                false => assert!(read.is_err()),
            }
        }
        let (feeder, reader) = bridge();
        drop(reader);
        assert!(!feeder.send(Bytes::from_static(b"x")).await);
    }
}
