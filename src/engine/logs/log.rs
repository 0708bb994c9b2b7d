//! One run's log: output goes in as it was read, entries come out, into the file and to the remote driver.

use super::file::LogFile;
use super::lines::Lines;
use super::remote::{Entry, Remote};
use crate::engine::Timestamp;
use crate::wire::frame::Stream;
use parking_lot::Mutex;
use std::sync::Arc;

/// The log of one run.
pub struct Log {
    /// `None` where nothing is to be read back.
    file: Option<Arc<LogFile>>,
    remote: Option<Remote>,
    /// The unfinished lines of stdout and stderr.
    lines: Mutex<[Lines; 2]>,
}

impl Log {
    pub(super) fn new(file: Option<Arc<LogFile>>, remote: Option<Remote>) -> Self {
        Log {
            file,
            remote,
            lines: Mutex::default(),
        }
    }

    /// Only into a file.
    #[cfg(test)]
    pub fn to_file(file: Arc<LogFile>) -> Self {
        Self::new(Some(file), None)
    }

    /// Takes what was written. Waits for a remote driver that does not keep up, unless its mode is `non-blocking`.
    pub async fn write(&self, stream: Stream, bytes: &[u8], time: Timestamp) {
        let entries = {
            let mut lines = self.lines.lock();
            self.entries(stream, time, |entry| {
                lines[usize::from(stream == Stream::Stderr)].push(bytes, entry);
            })
        };
        if let Some(remote) = &self.remote {
            for entry in entries {
                remote.send(entry).await;
            }
        }
    }

    /// The run has ended: what has no line feed is an entry too.
    pub fn end(&self, time: Timestamp) {
        let mut lines = self.lines.lock();
        for stream in [Stream::Stdout, Stream::Stderr] {
            let entries = self.entries(stream, time, |entry| {
                lines[usize::from(stream == Stream::Stderr)].finish(entry);
            });
            for mut entry in entries {
                entry.partial = false;
                if let Some(remote) = &self.remote {
                    remote.send_last(entry);
                }
            }
        }
    }

    /// Writes what `cut` gives into the file, and collects it for the remote.
    fn entries(
        &self,
        stream: Stream,
        time: Timestamp,
        cut: impl FnOnce(&mut dyn FnMut(&[u8])),
    ) -> Vec<Entry> {
        let mut entries = Vec::new();
        cut(&mut |line: &[u8]| {
            if let Some(file) = &self.file {
                file.append(stream, line, time);
            }
            if self.remote.is_some() {
                entries.push(Entry::new(stream, line, time));
            }
        });
        if let Some(file) = &self.file {
            file.flush();
        }
        entries
    }
}
