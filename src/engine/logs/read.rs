//! Reads a log for `docker logs`: the tail, a span of time, and what comes while following.
//!
//! A reader has its own place in the files and never holds the container back. It ends when the log does: at the container's end
//! while following, at `until`, or when nobody takes what it gives.

use super::file::LogFile;
use super::jsonline::{self, Entry};
use crate::engine::clock::Clock;
use crate::engine::options::{ByteStream, LogOptions};
use crate::wire::frame::{self, Stream};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;

/// Bytes that are collected before they are handed on.
const BATCH: usize = 32 * 1024;
/// A line that is longer was not written by us.
const LONGEST_ENTRY: u64 = 1024 * 1024;

/// Begins reading. With `raw` the entries come without frames, as from a terminal.
pub fn read(
    log: Arc<LogFile>,
    clock: Arc<dyn Clock>,
    options: LogOptions,
    raw: bool,
) -> ByteStream {
    let (out, queue) = mpsc::channel(4);
    tokio::spawn(async move {
        let mut reader = Reader {
            log,
            clock,
            options,
            raw,
            batch: BytesMut::new(),
            out,
        };
        // The error means that the client left.
        let _ = reader.run().await;
    });
    Box::pin(futures_util::stream::unfold(
        queue,
        |mut queue| async move { queue.recv().await.map(|bytes| (bytes, queue)) },
    ))
}

/// Nobody listens any more, or `until` was reached.
struct Over;

struct Reader {
    log: Arc<LogFile>,
    clock: Arc<dyn Clock>,
    options: LogOptions,
    raw: bool,
    batch: BytesMut,
    out: mpsc::Sender<Bytes>,
}

impl Reader {
    async fn run(&mut self) -> Result<(), Over> {
        let mut changes = self.log.watch();
        let run = changes.borrow().run;
        let (mut generation, files) = self.log.open_all();
        let mut last = None;
        let mut tail = self.options.tail.map(|lines| (lines, VecDeque::new()));
        for file in files {
            let mut lines = LineReader::new(file);
            while let Some(entry) = lines.next_entry() {
                match &mut tail {
                    None => self.give(entry).await?,
                    Some((most, kept)) => {
                        kept.push_back(entry);
                        if kept.len() > *most {
                            kept.pop_front();
                        }
                    }
                }
            }
            last = Some(lines);
        }
        for entry in tail.into_iter().flat_map(|(_, kept)| kept) {
            self.give(entry).await?;
        }
        self.flush().await?;
        if !self.options.follow {
            return Ok(());
        }
        loop {
            // Looked at before reading: what is written later wakes us again.
            let mark = *changes.borrow_and_update();
            while let Some(entry) = last.as_mut().and_then(LineReader::next_entry) {
                self.give(entry).await?;
            }
            self.flush().await?;
            let next = match last {
                None => Some(generation),
                Some(_) if mark.generation > generation => Some(generation + 1),
                Some(_) => None,
            };
            if let Some((opened, file)) = next.and_then(|number| self.log.open(number)) {
                generation = opened;
                last = Some(LineReader::new(file));
                continue;
            }
            if !mark.running || mark.run != run {
                return Ok(());
            }
            let until = self
                .options
                .until
                .map(|until| Duration::from_nanos(until.since(self.clock.now()).max(0) as u64));
            tokio::select! {
                changed = changes.changed() => changed.map_err(|_| Over)?,
                () = self.out.closed() => return Err(Over),
                () = tokio::time::sleep(until.unwrap_or_default()), if until.is_some() => return Err(Over),
            }
        }
    }

    async fn give(&mut self, entry: Entry) -> Result<(), Over> {
        let options = &self.options;
        if options.since.is_some_and(|since| entry.time < since) {
            return Ok(());
        }
        if options.until.is_some_and(|until| entry.time > until) {
            self.flush().await?;
            return Err(Over);
        }
        let wanted = if entry.stream == Stream::Stderr {
            options.stderr
        } else {
            options.stdout
        };
        if !wanted {
            return Ok(());
        }
        let mut line = String::new();
        if options.timestamps {
            line.push_str(&entry.time.rfc3339_fixed());
            line.push(' ');
        }
        if options.details {
            let attrs: Vec<String> = entry
                .attrs
                .iter()
                .map(|(k, v)| format!("{}={}", escape(k), escape(v)))
                .collect();
            line.push_str(&attrs.join(","));
            line.push(' ');
        }
        line.push_str(&entry.text);
        if self.raw {
            self.batch.extend_from_slice(line.as_bytes());
        } else {
            frame::encode_into(&mut self.batch, entry.stream, line.as_bytes());
        }
        if self.batch.len() >= BATCH {
            self.flush().await
        } else {
            Ok(())
        }
    }

    async fn flush(&mut self) -> Result<(), Over> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.out
            .send(self.batch.split().freeze())
            .await
            .map_err(|_| Over)
    }
}

/// Go's `url.QueryEscape`, which `--details` prints.
fn escape(text: &str) -> String {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const QUERY: &AsciiSet = &NON_ALPHANUMERIC
        .remove(b'-')
        .remove(b'_')
        .remove(b'.')
        .remove(b'~')
        .remove(b' ');
    utf8_percent_encode(text, QUERY)
        .to_string()
        .replace(' ', "+")
}

/// Whole lines of a file that may still grow.
struct LineReader {
    file: BufReader<Box<dyn Read + Send>>,
    line: Vec<u8>,
}

impl LineReader {
    fn new(file: Box<dyn Read + Send>) -> Self {
        LineReader {
            file: BufReader::new(file),
            line: Vec::new(),
        }
    }

    /// The next whole entry; a half-written one waits, a broken one is skipped.
    fn next_entry(&mut self) -> Option<Entry> {
        loop {
            let room = LONGEST_ENTRY.saturating_sub(self.line.len() as u64).max(1);
            let read = (&mut self.file)
                .take(room)
                .read_until(b'\n', &mut self.line)
                .ok()?;
            if self.line.last() == Some(&b'\n') || self.line.len() as u64 >= LONGEST_ENTRY {
                let entry = jsonline::read(&self.line);
                self.line.clear();
                match entry {
                    Some(entry) => return Some(entry),
                    None => continue,
                }
            }
            if read == 0 {
                return None;
            }
        }
    }
}

#[cfg(test)]
mod tests;
