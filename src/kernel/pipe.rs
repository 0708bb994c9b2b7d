//! Pipes: 64 KiB between any writers and any readers, for guests, for the engine, and behind FIFOs.
//!
//! Promises Linux's pipe(7): writes up to `PIPE_BUF` are never split, a reader sees the end once every writer is gone, a
//! writer gets EPIPE once every reader is gone (SIGPIPE is the caller's business). Every wait can be dropped without loss.
//! `state` is a leaf lock.

use super::limits::MemoryCharge;
use super::poll::Ready;
use crate::base::errno::Errno;
use crate::base::waiters::Waiters;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};

/// Writes of at most this many bytes go in whole (POSIX).
pub const PIPE_BUF: usize = 4096;
/// The capacity of a pipe that nobody asked another one for.
pub const CAPACITY: usize = 64 * 1024;

struct State {
    bytes: VecDeque<u8>,
    readers: usize,
    writers: usize,
    /// How often each side was opened: FIFOs wait for the other side to change.
    opened: [u64; 2],
    charge: MemoryCharge,
}

/// What both ends share.
pub struct Pipe {
    state: Mutex<State>,
    capacity: usize,
    waiters: Waiters,
}

/// The end that is read; dropping the last one breaks the pipe.
pub struct PipeReader(Arc<Pipe>);

/// The end that is written; dropping the last one is the end of the stream.
pub struct PipeWriter(Arc<Pipe>);

/// A pipe that holds `capacity` bytes, for the engine.
pub fn pipe(capacity: usize) -> (PipeReader, PipeWriter) {
    Pipe::ends(capacity, MemoryCharge::none())
}

impl Pipe {
    /// A pipe whose buffer is charged to somebody.
    pub fn ends(capacity: usize, charge: MemoryCharge) -> (PipeReader, PipeWriter) {
        let pipe = Pipe::unopened(capacity, charge);
        (pipe.reader(), pipe.writer())
    }

    /// A pipe that nobody has opened yet: a FIFO.
    pub fn unopened(capacity: usize, charge: MemoryCharge) -> Arc<Pipe> {
        Arc::new(Pipe {
            state: Mutex::new(State {
                bytes: VecDeque::new(),
                readers: 0,
                writers: 0,
                opened: [0; 2],
                charge,
            }),
            capacity: capacity.max(PIPE_BUF),
            waiters: Waiters::default(),
        })
    }

    /// Opens a reading end.
    pub fn reader(self: &Arc<Pipe>) -> PipeReader {
        self.enter(true);
        PipeReader(self.clone())
    }

    /// Opens a writing end.
    pub fn writer(self: &Arc<Pipe>) -> PipeWriter {
        self.enter(false);
        PipeWriter(self.clone())
    }

    /// Counts one more end; gives how often the other side was opened before, or `None` where it is open now: nobody has to be
    /// waited for then. In one moment, since the other side may do its work and leave in the next.
    fn enter(&self, read: bool) -> Option<u64> {
        let mut state = self.state.lock();
        let others = if read { state.writers } else { state.readers };
        match read {
            true => state.readers += 1,
            false => state.writers += 1,
        }
        state.opened[usize::from(!read)] += 1;
        let alone = (others == 0).then_some(state.opened[usize::from(read)]);
        drop(state);
        self.waiters.wake();
        alone
    }

    /// Opens the reading end of a FIFO and waits for a writer, unless there is one.
    pub async fn join_reading(self: &Arc<Pipe>) -> PipeReader {
        let alone = self.enter(true);
        let reader = PipeReader(self.clone());
        self.opened_since(true, alone).await;
        reader
    }

    /// Opens the writing end of a FIFO and waits for a reader, unless there is one.
    pub async fn join_writing(self: &Arc<Pipe>) -> PipeWriter {
        let alone = self.enter(false);
        let writer = PipeWriter(self.clone());
        self.opened_since(false, alone).await;
        writer
    }

    /// Whether a reading end is open now.
    pub fn has_readers(&self) -> bool {
        self.state.lock().readers > 0
    }

    /// Waits until a side was opened more often than `seen`.
    async fn opened_since(&self, writing: bool, seen: Option<u64>) {
        let Some(seen) = seen else { return };
        poll_fn(|cx| {
            self.waiters.register(cx);
            match self.state.lock().opened[usize::from(writing)] != seen {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        })
        .await;
    }
}

impl PipeReader {
    /// Takes what is there: 0 at the end of the stream, EAGAIN when a writer may still come.
    pub fn try_read(&self, buffer: &mut [u8]) -> Result<usize, Errno> {
        if buffer.is_empty() {
            return Ok(0);
        }
        let mut state = self.0.state.lock();
        if state.bytes.is_empty() {
            return if state.writers == 0 {
                Ok(0)
            } else {
                Err(Errno::Again)
            };
        }
        let count = buffer.len().min(state.bytes.len());
        let (front, back) = state.bytes.as_slices();
        let first = count.min(front.len());
        buffer[..first].copy_from_slice(&front[..first]);
        buffer[first..count].copy_from_slice(&back[..count - first]);
        state.bytes.drain(..count);
        if state.bytes.is_empty() {
            // An idle pipe costs nothing.
            state.bytes = VecDeque::new();
        }
        let held = state.bytes.capacity();
        state.charge.shrink_to(held);
        drop(state);
        self.0.waiters.wake();
        Ok(count)
    }

    /// Waits for something to read and takes at most `most` bytes of it; empty at the end of the stream.
    ///
    /// No buffer exists while it waits, so an idle reader costs nothing.
    pub async fn read(&self, most: usize) -> Vec<u8> {
        poll_fn(|cx| {
            self.0.waiters.register(cx);
            let mut bytes = vec![0; self.available().clamp(1, most)];
            match self.try_read(&mut bytes) {
                Ok(count) => {
                    bytes.truncate(count);
                    Poll::Ready(bytes)
                }
                Err(_) => Poll::Pending,
            }
        })
        .await
    }

    /// How many bytes wait to be read.
    pub fn available(&self) -> usize {
        self.0.state.lock().bytes.len()
    }

    /// What `poll` reports; the task is woken at the next change.
    pub fn poll_ready(&self, cx: &Context<'_>) -> Ready {
        self.0.waiters.register(cx);
        let state = self.0.state.lock();
        let mut ready = Ready::NONE;
        if !state.bytes.is_empty() {
            ready |= Ready::IN;
        }
        // A FIFO that no writer has opened yet has not hung up.
        if state.writers == 0 && state.opened[1] > 0 {
            ready |= Ready::HUP;
        }
        ready
    }
}

impl PipeWriter {
    /// Puts in what fits: EAGAIN when nothing does (or not all of a small write), EPIPE when nobody reads.
    pub fn try_write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let mut state = self.0.state.lock();
        if state.readers == 0 {
            return Err(Errno::Pipe);
        }
        if bytes.is_empty() {
            return Ok(0);
        }
        let room = self.0.capacity.saturating_sub(state.bytes.len());
        if room == 0 || (bytes.len() <= PIPE_BUF && room < bytes.len()) {
            return Err(Errno::Again);
        }
        let count = room.min(bytes.len());
        let needed = state.bytes.len() + count;
        if needed > state.bytes.capacity() {
            // Charged before it is allocated; doubling keeps both rare.
            let target = needed
                .max(state.bytes.capacity() * 2)
                .min(self.0.capacity.max(needed));
            state.charge.grow_to(target)?;
            let more = target - state.bytes.len();
            state.bytes.reserve_exact(more);
        }
        state.bytes.extend(&bytes[..count]);
        drop(state);
        self.0.waiters.wake();
        Ok(count)
    }

    /// Writes everything; EPIPE when nobody reads. Cancelled in the middle, what went in stays in.
    pub async fn write_all(&self, mut bytes: &[u8]) -> Result<(), Errno> {
        while !bytes.is_empty() {
            let count = poll_fn(|cx| {
                self.0.waiters.register(cx);
                match self.try_write(bytes) {
                    Err(Errno::Again) => Poll::Pending,
                    other => Poll::Ready(other),
                }
            })
            .await?;
            bytes = &bytes[count..];
        }
        Ok(())
    }

    /// Waits until nobody reads any more.
    pub async fn broken(&self) {
        poll_fn(|cx| {
            self.0.waiters.register(cx);
            if self.0.has_readers() {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
    }

    /// What `poll` reports; the task is woken at the next change.
    pub fn poll_ready(&self, cx: &Context<'_>) -> Ready {
        self.0.waiters.register(cx);
        let state = self.0.state.lock();
        let mut ready = Ready::NONE;
        if self.0.capacity.saturating_sub(state.bytes.len()) >= PIPE_BUF {
            ready |= Ready::OUT;
        }
        if state.readers == 0 {
            ready |= Ready::OUT | Ready::ERR;
        }
        ready
    }
}

impl Clone for PipeReader {
    fn clone(&self) -> PipeReader {
        self.0.reader()
    }
}

impl Clone for PipeWriter {
    fn clone(&self) -> PipeWriter {
        self.0.writer()
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.readers -= 1;
        drop(state);
        self.0.waiters.wake();
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        let mut state = self.0.state.lock();
        state.writers -= 1;
        drop(state);
        self.0.waiters.wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_writes_are_whole_or_not_at_all() {
        let (reader, writer) = pipe(CAPACITY);
        let mut written = 0;
        while let Ok(count) = writer.try_write(&[1; 60_000]) {
            written += count;
        }
        assert_eq!(written, CAPACITY);
        assert_eq!(reader.try_read(&mut [0; 100]), Ok(100));
        assert_eq!(
            writer.try_write(&[2; 101]),
            Err(Errno::Again),
            "not all of a small write fits"
        );
        assert_eq!(
            writer.try_write(&[2; 5000]),
            Ok(100),
            "a big write may be split"
        );
    }

    #[test]
    fn ends() {
        let (reader, writer) = pipe(CAPACITY);
        let second = writer.clone();
        writer.try_write(b"x").unwrap();
        drop(writer);
        assert_eq!(reader.try_read(&mut [0; 9]), Ok(1));
        assert_eq!(reader.try_read(&mut [0; 9]), Err(Errno::Again));
        drop(second);
        assert_eq!(reader.try_read(&mut [0; 9]), Ok(0));

        let (reader, writer) = pipe(CAPACITY);
        drop(reader);
        assert_eq!(writer.try_write(b"x"), Err(Errno::Pipe));
    }

    #[tokio::test]
    async fn megabytes_arrive_in_order() {
        let (reader, writer) = pipe(CAPACITY);
        let sent: Vec<u8> = (0..3_000_000u32).map(|n| (n % 251) as u8).collect();
        let expected = sent.clone();
        let task = tokio::spawn(async move { writer.write_all(&sent).await });
        let mut got = Vec::new();
        loop {
            let piece = reader.read(7777).await;
            if piece.is_empty() {
                break;
            }
            got.extend_from_slice(&piece);
        }
        assert!(got == expected);
        task.await.unwrap().unwrap();
    }
}
