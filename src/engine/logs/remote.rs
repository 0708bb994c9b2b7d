//! Log drivers that send: a queue of bounded size and a task that empties it, so that nobody waits for a log server under a lock.
//!
//! In mode `blocking` a container waits for room in the queue, as it would for a pipe; in `non-blocking` what finds no room is
//! dropped. After the end of a run the task has a little time to send what waits.

use super::Driver;
use super::journald::Journald;
use super::syslog::Syslog;
use crate::base::size;
use crate::engine::Timestamp;
use crate::engine::record::Record;
use crate::wire::StringMap;
use crate::wire::frame::Stream;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};

/// Bytes that wait in mode `blocking`: a pipe's worth.
const BLOCKING: usize = 64 * 1024;
/// Bytes that wait in mode `non-blocking` unless `max-buffer-size` says otherwise, as in Docker.
const NON_BLOCKING: usize = 1 << 20;
/// How long what waits may take to be sent after the end of a run.
const PATIENCE: Duration = Duration::from_secs(10);

/// One line of a stream, or a piece of a long one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub stream: Stream,
    /// Without its line feed.
    pub line: Vec<u8>,
    pub time: Timestamp,
    /// The line goes on in the next entry.
    pub partial: bool,
}

impl Entry {
    /// From a piece that ends in a line feed when it is the end of its line.
    pub fn new(stream: Stream, piece: &[u8], time: Timestamp) -> Self {
        let line = piece.strip_suffix(b"\n");
        Entry {
            stream,
            line: line.unwrap_or(piece).to_vec(),
            time,
            partial: line.is_none(),
        }
    }
}

/// Where entries are sent.
enum Peer {
    Syslog(Syslog),
    Journald(Journald),
}

/// The sending side of a run's log. Dropping it ends the task when what waits has been sent.
pub struct Remote {
    queue: mpsc::UnboundedSender<(Entry, Option<OwnedSemaphorePermit>)>,
    /// One permit for each byte that may wait.
    room: Arc<Semaphore>,
    most: usize,
    blocking: bool,
    _open: watch::Sender<()>,
}

impl Remote {
    /// Connects, for drivers that send. The error is the driver's own words.
    pub async fn open(record: &Record, driver: Driver) -> Result<Option<Self>, String> {
        let empty = StringMap::new();
        let options = record.host_config.log_config.config.as_ref();
        let options = options.unwrap_or(&empty);
        let peer = match driver {
            Driver::Syslog => Peer::Syslog(Syslog::open(record, options).await?),
            Driver::Journald => Peer::Journald(Journald::open(record, options)?),
            Driver::JsonFile | Driver::Local | Driver::None => return Ok(None),
        };
        let blocking = options
            .get("mode")
            .is_none_or(|mode| mode != "non-blocking");
        let asked = options
            .get("max-buffer-size")
            .and_then(|text| size::parse_binary(text).ok())
            .and_then(|bytes| usize::try_from(bytes).ok());
        let most = match blocking {
            true => BLOCKING,
            false => asked.unwrap_or(NON_BLOCKING),
        };
        Ok(Some(Self::over(peer, most, blocking)))
    }

    fn over(peer: Peer, most: usize, blocking: bool) -> Self {
        let (queue, entries) = mpsc::unbounded_channel();
        let (open, closed) = watch::channel(());
        tokio::spawn(drain(peer, entries, closed));
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        Remote {
            queue,
            room: Arc::new(Semaphore::new(most)),
            most,
            blocking,
            _open: open,
        }
    }

    /// Queues an entry.
    pub async fn send(&self, entry: Entry) {
        // One entry may be larger than all the room there is.
        let needed = entry.line.len().clamp(1, self.most);
        let needed = u32::try_from(needed).unwrap_or(u32::MAX);
        let room = self.room.clone();
        let permit = match self.blocking {
            true => room.acquire_many_owned(needed).await.ok(),
            false => match room.try_acquire_many_owned(needed) {
                Ok(permit) => Some(permit),
                Err(_) => return,
            },
        };
        // The task has given up; so has this log.
        let _ = self.queue.send((entry, permit));
    }

    /// Queues an entry of a run that has ended, whatever waits.
    pub fn send_last(&self, entry: Entry) {
        let _ = self.queue.send((entry, None));
    }
}

async fn drain(
    mut peer: Peer,
    mut entries: mpsc::UnboundedReceiver<(Entry, Option<OwnedSemaphorePermit>)>,
    mut closed: watch::Receiver<()>,
) {
    let send_all = async {
        while let Some((entry, _permit)) = entries.recv().await {
            match &mut peer {
                Peer::Syslog(syslog) => syslog.send(&entry).await,
                Peer::Journald(journald) => journald.send(&entry).await,
            }
        }
    };
    let too_late = async {
        // The error is the end of the run.
        let _ = closed.changed().await;
        tokio::time::sleep(PATIENCE).await;
    };
    tokio::select! {
        () = send_all => {}
        () = too_late => tracing::warn!("a log server does not take the last lines of a container"),
    }
}
