//! Fan-out of a container's output: into its log, and to every attached client.
//!
//! A client that does not read holds the container back once its queue is full, as in Docker; one that has gone is forgotten.
//! Lock order: the list of clients, then nothing; the log has its own lock; neither is held across an await.

use super::lines::Lines;
use super::logfile::LogFile;
use crate::engine::clock::Clock;
use crate::wire::frame::Stream;
use bytes::Bytes;
use parking_lot::Mutex;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Pieces that may wait for one client; a piece is at most a pipe's capacity.
const QUEUE: usize = 64;

/// What a client receives.
pub type Subscription = mpsc::Receiver<(Stream, Bytes)>;

struct Client {
    stdout: bool,
    stderr: bool,
    queue: mpsc::Sender<(Stream, Bytes)>,
}

#[derive(Default)]
struct Log {
    file: Option<Arc<LogFile>>,
    stdout: Lines,
    stderr: Lines,
}

/// The output side of one container or exec.
pub struct Output {
    clients: Mutex<Vec<Client>>,
    log: Mutex<Log>,
    clock: Arc<dyn Clock>,
}

impl Output {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Output {
            clients: Mutex::default(),
            log: Mutex::default(),
            clock,
        }
    }

    /// From now on everything is logged there.
    pub fn log_to(&self, file: Option<Arc<LogFile>>) {
        self.log.lock().file = file;
    }

    /// Gives one piece to the log and to everybody attached; waits for the slowest.
    pub async fn publish(&self, stream: Stream, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        self.write_log(stream, &bytes);
        let queues: Vec<_> = {
            let mut clients = self.clients.lock();
            clients.retain(|client| !client.queue.is_closed());
            clients
                .iter()
                .filter(|client| {
                    if stream == Stream::Stderr {
                        client.stderr
                    } else {
                        client.stdout
                    }
                })
                .map(|client| client.queue.clone())
                .collect()
        };
        for queue in queues {
            // The error means that the client left meanwhile.
            let _ = queue.send((stream, bytes.clone())).await;
        }
    }

    /// Attaches a client.
    pub fn subscribe(&self, stdout: bool, stderr: bool) -> Subscription {
        let (queue, subscription) = mpsc::channel(QUEUE);
        self.clients.lock().push(Client {
            stdout,
            stderr,
            queue,
        });
        subscription
    }

    /// The process has ended: unfinished lines go into the log, and every client's stream ends.
    pub fn end(&self) {
        let mut log = self.log.lock();
        let Log {
            file,
            stdout,
            stderr,
        } = &mut *log;
        if let Some(file) = file {
            let now = self.clock.now();
            stdout.finish(|line| file.append(Stream::Stdout, line, now));
            stderr.finish(|line| file.append(Stream::Stderr, line, now));
            file.flush();
        }
        drop(log);
        self.clients.lock().clear();
    }

    fn write_log(&self, stream: Stream, bytes: &[u8]) {
        let mut log = self.log.lock();
        let Log {
            file,
            stdout,
            stderr,
        } = &mut *log;
        let Some(file) = file else { return };
        let now = self.clock.now();
        let lines = if stream == Stream::Stderr {
            stderr
        } else {
            stdout
        };
        lines.push(bytes, |line| file.append(stream, line, now));
        file.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::clock::SystemClock;
    use futures_util::FutureExt;

    fn output() -> Output {
        Output::new(Arc::new(SystemClock))
    }

    #[tokio::test]
    async fn everyone_gets_what_they_asked_for() {
        let output = output();
        let mut both = output.subscribe(true, true);
        let mut errors = output.subscribe(false, true);
        output
            .publish(Stream::Stdout, Bytes::from_static(b"a"))
            .await;
        output
            .publish(Stream::Stderr, Bytes::from_static(b"b"))
            .await;
        output.end();
        assert_eq!(both.recv().await.unwrap().1, "a");
        assert_eq!(both.recv().await.unwrap().1, "b");
        assert_eq!(both.recv().await, None);
        assert_eq!(errors.recv().await.unwrap().1, "b");
        assert_eq!(errors.recv().await, None);
    }

    #[tokio::test]
    async fn a_client_that_left_holds_nobody_back() {
        let output = output();
        drop(output.subscribe(true, true));
        for _ in 0..QUEUE * 2 {
            output
                .publish(Stream::Stdout, Bytes::from_static(b"x"))
                .await;
        }
        assert!(output.clients.lock().is_empty());
    }

    #[tokio::test]
    async fn a_client_that_does_not_read_holds_the_container_back() {
        let output = output();
        let slow = output.subscribe(true, true);
        for _ in 0..QUEUE {
            output
                .publish(Stream::Stdout, Bytes::from_static(b"x"))
                .await;
        }
        let mut blocked = Box::pin(output.publish(Stream::Stdout, Bytes::from_static(b"y")));
        assert!((&mut blocked).now_or_never().is_none());
        drop(slow);
        blocked.await;
    }
}
