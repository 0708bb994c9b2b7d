//! Moves bytes between a process's pipes or terminal and the engine's streams.

use crate::engine::io::{Output, StdinSource};
use crate::engine::ports::{TtySize, Wires};
use crate::kernel::tty::{Pty, Size};
use crate::kernel::{PipeReader, PipeWriter, Stdio, pipe};
use crate::wire::frame::Stream;
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinHandle;

/// Bytes of a pipe, as on Linux.
const CAPACITY: usize = 64 * 1024;
/// Bytes that are moved at once.
const CHUNK: usize = 32 * 1024;
/// How long a slow client may hold up the end of a process whose output nobody else waits for.
const PATIENCE: Duration = Duration::from_secs(2);

/// The tasks that move one process's bytes.
pub struct Pumps {
    outputs: Mutex<Vec<JoinHandle<()>>>,
    pub pty: Option<Arc<Pty>>,
}

impl Pumps {
    /// Makes the guest's ends and starts moving.
    pub fn start(tty: bool, size: TtySize, wires: Wires) -> (Self, Stdio) {
        let Wires { stdin, output } = wires;
        if tty {
            let size = if size == TtySize::default() {
                Size::new(24, 80)
            } else {
                Size::new(size.rows, size.cols)
            };
            let pty = Pty::new(size);
            if let Some(stdin) = stdin {
                tokio::spawn(type_into(pty.clone(), stdin));
            }
            let screen = tokio::spawn(show(pty.clone(), output));
            return (
                Pumps {
                    outputs: Mutex::new(vec![screen]),
                    pty: Some(pty.clone()),
                },
                Stdio::Tty(pty),
            );
        }
        let (out_reader, stdout) = pipe(CAPACITY);
        let (err_reader, stderr) = pipe(CAPACITY);
        let outputs = vec![
            tokio::spawn(drain(out_reader, output.clone(), Stream::Stdout)),
            tokio::spawn(drain(err_reader, output, Stream::Stderr)),
        ];
        let stdin = stdin.map(|source| {
            let (reader, writer) = pipe(CAPACITY);
            tokio::spawn(feed(writer, source));
            reader
        });
        (
            Pumps {
                outputs: Mutex::new(outputs),
                pty: None,
            },
            Stdio::Pipes {
                stdin,
                stdout,
                stderr,
            },
        )
    }

    /// Waits until everything that the process wrote was taken, or gives up on a client that does not read.
    pub async fn finish(&self) {
        let outputs = std::mem::take(&mut *self.outputs.lock());
        let abort: Vec<_> = outputs.iter().map(JoinHandle::abort_handle).collect();
        let all = futures_util::future::join_all(outputs);
        if tokio::time::timeout(PATIENCE, all).await.is_err() {
            abort.iter().for_each(tokio::task::AbortHandle::abort);
        }
    }
}

async fn drain(from: PipeReader, output: Arc<Output>, stream: Stream) {
    loop {
        let piece = from.read(CHUNK).await;
        if piece.is_empty() {
            return;
        }
        output.publish(stream, Bytes::from(piece)).await;
    }
}

async fn show(pty: Arc<Pty>, output: Arc<Output>) {
    loop {
        let piece = pty.read_output(CHUNK).await;
        if piece.is_empty() {
            return;
        }
        output.publish(Stream::Stdout, Bytes::from(piece)).await;
    }
}

/// Dropping the writer at the end of the source is the process's end of file.
async fn feed(into: PipeWriter, mut source: StdinSource) {
    loop {
        let piece = tokio::select! {
            piece = source.recv() => piece,
            () = into.broken() => None,
        };
        let Some(piece) = piece else { return };
        if into.write_all(&piece).await.is_err() {
            return;
        }
    }
}

async fn type_into(pty: Arc<Pty>, mut source: StdinSource) {
    while let Some(piece) = source.recv().await {
        if pty.write_input(&piece).await.is_err() {
            return;
        }
    }
}
