//! A process's input, fed by any number of attached clients.
//!
//! The queue exists before the process does: `run` attaches first and starts afterwards. It is bounded, so a process that does
//! not read holds its typist back.

use super::escape::Escape;
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

const QUEUE: usize = 16;

/// What the process's side reads from; ends when stdin is closed.
pub type StdinSource = mpsc::Receiver<Bytes>;

/// The hub of one process's input.
#[derive(Default)]
pub struct Stdin {
    pair: Mutex<Pair>,
}

#[derive(Default)]
struct Pair {
    sender: Option<mpsc::Sender<Bytes>>,
    source: Option<StdinSource>,
    closed: bool,
}

impl Pair {
    fn open(&mut self) {
        if self.sender.is_none() && !self.closed {
            let (sender, source) = mpsc::channel(QUEUE);
            self.sender = Some(sender);
            self.source = Some(source);
        }
    }
}

impl Stdin {
    /// The process's end; once per start.
    pub fn source(&self) -> Option<StdinSource> {
        let mut pair = self.pair.lock();
        pair.open();
        pair.source.take().or_else(|| {
            // Closed before the start: the process sees the end at once.
            pair.closed.then(|| mpsc::channel(1).1)
        })
    }

    /// The end of input, for every client.
    pub fn close(&self) {
        let mut pair = self.pair.lock();
        pair.sender = None;
        pair.closed = true;
    }

    /// Forgets what was not read; the next start begins anew.
    pub fn reset(&self) {
        *self.pair.lock() = Pair::default();
    }

    fn sender(&self) -> Option<mpsc::Sender<Bytes>> {
        let mut pair = self.pair.lock();
        pair.open();
        pair.sender.clone()
    }
}

/// What the end of one client's input means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AtEnd {
    /// The process's input ends too (`StdinOnce`, exec).
    CloseStdin,
    /// Only this client's attachment ends, its output included.
    EndOutput,
}

/// Input is no longer taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StdinEnded {
    /// The detach keys were typed.
    Detached,
    /// The process has ended or closed its input.
    Closed,
}

/// One client's way in. Dropping it is the end of that client's input.
pub struct StdinWriter {
    hub: Arc<Stdin>,
    escape: Option<Escape>,
    at_end: AtEnd,
    /// Tells the output half that the attachment is over, and whether by the keys.
    over: watch::Sender<Option<StdinEnded>>,
}

impl StdinWriter {
    /// `escape` is given for terminals only. The receiver turns `Some` when the attachment is over.
    pub fn new(
        hub: Arc<Stdin>,
        escape: Option<Escape>,
        at_end: AtEnd,
    ) -> (Self, watch::Receiver<Option<StdinEnded>>) {
        let (over, end) = watch::channel(None);
        (
            StdinWriter {
                hub,
                escape,
                at_end,
                over,
            },
            end,
        )
    }

    /// Passes on what the client sent; waits while the process does not read.
    pub async fn write(&mut self, bytes: Bytes) -> Result<(), StdinEnded> {
        let (bytes, detached) = match &mut self.escape {
            Some(escape) => {
                let (rest, detached) = escape.filter(&bytes);
                (Bytes::from(rest), detached)
            }
            None => (bytes, false),
        };
        if !bytes.is_empty() {
            let sender = self.hub.sender().ok_or(StdinEnded::Closed)?;
            sender.send(bytes).await.map_err(|_| StdinEnded::Closed)?;
        }
        if detached {
            self.at_end = AtEnd::EndOutput;
            self.over.send_replace(Some(StdinEnded::Detached));
            return Err(StdinEnded::Detached);
        }
        Ok(())
    }

    /// The client closed its half of the connection.
    pub fn finish(self) {}
}

impl Drop for StdinWriter {
    fn drop(&mut self) {
        match self.at_end {
            AtEnd::CloseStdin => self.hub.close(),
            AtEnd::EndOutput => {
                self.over.send_if_modified(|end| {
                    end.is_none() && end.replace(StdinEnded::Closed).is_none()
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::EscapeKeys;
    use super::*;

    #[tokio::test]
    async fn what_is_typed_before_the_start_is_read_after_it() {
        let hub = Arc::new(Stdin::default());
        let (mut writer, _end) = StdinWriter::new(hub.clone(), None, AtEnd::CloseStdin);
        writer.write(Bytes::from_static(b"hi")).await.unwrap();
        writer.finish();
        let mut source = hub.source().unwrap();
        assert_eq!(source.recv().await.unwrap(), "hi");
        assert_eq!(source.recv().await, None);
    }

    #[tokio::test]
    async fn a_client_that_leaves_does_not_close_a_shared_stdin() {
        let hub = Arc::new(Stdin::default());
        let (writer, end) = StdinWriter::new(hub.clone(), None, AtEnd::EndOutput);
        drop(writer);
        assert_eq!(*end.borrow(), Some(StdinEnded::Closed));
        let (mut other, _end) = StdinWriter::new(hub.clone(), None, AtEnd::EndOutput);
        other.write(Bytes::from_static(b"x")).await.unwrap();
        assert_eq!(hub.source().unwrap().recv().await.unwrap(), "x");
    }

    #[tokio::test]
    async fn the_detach_keys_end_the_attachment_and_not_stdin() {
        let hub = Arc::new(Stdin::default());
        let (mut writer, end) = StdinWriter::new(
            hub.clone(),
            Some(Escape::new(EscapeKeys::default())),
            AtEnd::CloseStdin,
        );
        assert_eq!(
            writer.write(Bytes::from_static(b"a\x10\x11")).await,
            Err(StdinEnded::Detached)
        );
        drop(writer);
        assert_eq!(*end.borrow(), Some(StdinEnded::Detached));
        let mut source = hub.source().unwrap();
        assert_eq!(source.recv().await.unwrap(), "a");
        assert!(
            source
                .try_recv()
                .is_err_and(|e| e == mpsc::error::TryRecvError::Empty)
        );
    }
}
