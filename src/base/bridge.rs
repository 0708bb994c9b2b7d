//! A queue between a task and work that blocks: bytes that arrive asynchronously are read with [`std::io::Read`].
//!
//! The end has to be said: a feeder that goes away without it is an error for the reader, so that what was cut off is
//! never taken for a whole.

use bytes::{Buf, Bytes};
use futures_util::{Stream, StreamExt, stream};
use std::io::{self, Read, Write};
use std::pin::Pin;
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

/// Lets work that blocks read a stream.
pub fn readable<S>(mut body: S) -> Reader
where
    S: Stream<Item = io::Result<Bytes>> + Send + Unpin + 'static,
{
    let (feeder, reader) = bridge();
    tokio::spawn(async move {
        while let Some(piece) = body.next().await {
            let passed = match piece {
                Ok(piece) => feeder.send(piece).await,
                Err(e) => return feeder.fail(e).await,
            };
            if !passed {
                // The work has failed and reads no more.
                return;
            }
        }
        feeder.end().await;
    });
    reader
}

/// What [`produce`] gives.
pub type Produced = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

/// Runs work that blocks and writes on a thread beside the tasks; what it writes comes as a stream. An error ends the stream,
/// so does a panic.
pub fn produce(work: impl FnOnce(&mut dyn Write) -> io::Result<()> + Send + 'static) -> Produced {
    let (mut writer, stream) = outlet();
    tokio::task::spawn_blocking(move || {
        let done = work(&mut writer);
        writer.end(done);
    });
    Box::pin(stream)
}

/// Makes both ends of the other direction: what blocking work writes arrives as a stream.
pub fn outlet() -> (Writer, impl Stream<Item = io::Result<Bytes>> + Send + Unpin) {
    let (queue, pieces) = mpsc::channel(QUEUE);
    let writer = Writer {
        queue,
        gathered: Vec::with_capacity(PIECE),
    };
    let stream = stream::unfold(
        Some(pieces),
        |pieces: Option<mpsc::Receiver<Piece>>| async {
            let mut pieces = pieces?;
            match pieces.recv().await {
                Some(Ok(Some(piece))) => Some((Ok(piece), Some(pieces))),
                Some(Ok(None)) => None,
                Some(Err(e)) => Some((Err(e), None)),
                None => {
                    let cut = io::Error::new(io::ErrorKind::UnexpectedEof, "the writer has left");
                    Some((Err(cut), None))
                }
            }
        },
    );
    (writer, Box::pin(stream))
}

/// A piece, the end, or why there is no end.
type Piece = io::Result<Option<Bytes>>;

/// Bytes that are gathered before they are passed on.
const PIECE: usize = 64 * 1024;

/// The end of the work that blocks. A reader that has gone is a broken pipe.
pub struct Writer {
    queue: mpsc::Sender<Piece>,
    gathered: Vec<u8>,
}

impl Writer {
    /// Passes the rest on, and says that this was all or why it was not.
    pub fn end(mut self, outcome: io::Result<()>) {
        let last = outcome.and_then(|()| self.flush());
        // Nobody is left to be told when this fails.
        let _ = self.queue.blocking_send(last.map(|()| None));
    }
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = bytes.len().min(PIECE - self.gathered.len());
        self.gathered.extend_from_slice(&bytes[..count]);
        if self.gathered.len() == PIECE {
            self.flush()?;
        }
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.gathered.is_empty() {
            return Ok(());
        }
        let full = std::mem::replace(&mut self.gathered, Vec::with_capacity(PIECE));
        let sent = self.queue.blocking_send(Ok(Some(full.into())));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
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

    #[tokio::test]
    async fn what_was_written_arrives_and_a_missing_end_is_an_error() {
        let (mut writer, stream) = outlet();
        tokio::task::spawn_blocking(move || {
            writer.write_all(&[7; PIECE + 3]).unwrap();
            writer.end(Ok(()));
        });
        let pieces: Vec<Bytes> = stream.map(|piece| piece.unwrap()).collect().await;
        assert_eq!(pieces.concat(), [7; PIECE + 3]);

        let (writer, mut cut) = outlet();
        drop(writer);
        assert!(cut.next().await.unwrap().is_err());
        assert!(cut.next().await.is_none());
    }

    #[tokio::test]
    async fn what_is_written_comes_as_a_stream_with_its_error() {
        for fails in [false, true] {
            let produced = produce(move |out| {
                out.write_all(&[1; 100_000])?;
                match fails {
                    true => Err(io::Error::other("broken")),
                    false => Ok(()),
                }
            });
            let pieces: Vec<_> = produced.collect().await;
            let bytes: usize = pieces.iter().flatten().map(Bytes::len).sum();
            assert_eq!(pieces.last().is_some_and(|p| p.is_err()), fails);
            assert!(fails || bytes == 100_000);
        }
        let panics = produce(|_| panic!("as a test"));
        assert!(panics.collect::<Vec<_>>().await[0].is_err());
    }
}
