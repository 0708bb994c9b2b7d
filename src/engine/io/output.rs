//! Fan-out of a container's output: into its log, and to every attached client.
//!
//! A client that does not read holds the container back once its queue is full, as in Docker; one that has gone is forgotten.
//! Both locks are leaves and neither is held across an await.

use crate::engine::clock::Clock;
use crate::engine::logs::Log;
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

/// The output side of one container or exec.
pub struct Output {
    clients: Mutex<Vec<Client>>,
    log: Mutex<Option<Arc<Log>>>,
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
    pub fn log_to(&self, log: Option<Arc<Log>>) {
        *self.log.lock() = log;
    }

    /// Gives one piece to the log and to everybody attached; waits for the slowest.
    pub async fn publish(&self, stream: Stream, bytes: Bytes) {
        if bytes.is_empty() {
            return;
        }
        let log = self.log.lock().clone();
        if let Some(log) = log {
            log.write(stream, &bytes, self.clock.now()).await;
        }
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

    /// The process has ended: unfinished lines go into the log, the log ends, and so does every client's stream.
    pub fn end(&self) {
        let log = self.log.lock().take();
        if let Some(log) = log {
            log.end(self.clock.now());
        }
        self.clients.lock().clear();
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
