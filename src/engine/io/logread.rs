//! Reads a log for `docker logs`: the tail, a span of time, and what comes while following.
//!
//! A reader has its own place in the files and never holds the container back. It ends when the log does: at the container's end
//! while following, at `until`, or when nobody takes what it gives.

use super::jsonline::{self, Entry};
use super::logfile::LogFile;
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
            if !mark.running {
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
mod tests {
    use super::super::LogLimits;
    use super::*;
    use crate::engine::Timestamp;
    use crate::engine::clock::SystemClock;
    use crate::engine::testing::MemoryLogs;
    use futures_util::StreamExt;

    fn log(limits: LogLimits) -> Arc<LogFile> {
        Arc::new(LogFile::new(
            Arc::new(MemoryLogs::default()),
            "c",
            limits,
            None,
        ))
    }

    fn add(log: &LogFile, second: i64, stream: Stream, text: &str) {
        log.append(stream, text.as_bytes(), Timestamp(second * 1_000_000_000));
        log.flush();
    }

    fn both() -> LogOptions {
        LogOptions {
            stdout: true,
            stderr: true,
            ..LogOptions::default()
        }
    }

    async fn text(log: &Arc<LogFile>, options: LogOptions) -> String {
        let pieces: Vec<Bytes> = read(log.clone(), Arc::new(SystemClock), options, true)
            .collect()
            .await;
        String::from_utf8(pieces.concat()).unwrap()
    }

    #[tokio::test]
    async fn the_tail_and_the_span_are_cut() {
        let log = log(LogLimits::DEFAULT);
        for n in 1..=5 {
            add(
                &log,
                n,
                if n % 2 == 0 {
                    Stream::Stderr
                } else {
                    Stream::Stdout
                },
                &format!("{n}\n"),
            );
        }
        assert_eq!(text(&log, both()).await, "1\n2\n3\n4\n5\n");
        assert_eq!(
            text(
                &log,
                LogOptions {
                    tail: Some(2),
                    ..both()
                }
            )
            .await,
            "4\n5\n"
        );
        assert_eq!(
            text(
                &log,
                LogOptions {
                    tail: Some(0),
                    ..both()
                }
            )
            .await,
            ""
        );
        assert_eq!(
            text(
                &log,
                LogOptions {
                    stderr: false,
                    ..both()
                }
            )
            .await,
            "1\n3\n5\n"
        );
        let span = LogOptions {
            since: Some(Timestamp(2_000_000_000)),
            until: Some(Timestamp(4_000_000_000)),
            ..both()
        };
        assert_eq!(text(&log, span).await, "2\n3\n4\n");
        let stamped = LogOptions {
            tail: Some(1),
            timestamps: true,
            ..both()
        };
        assert_eq!(
            text(&log, stamped).await,
            "1970-01-01T00:00:05.000000000Z 5\n"
        );
    }

    #[tokio::test]
    async fn following_survives_rotation_and_ends_with_the_container() {
        let log = log(LogLimits {
            size: 200,
            files: 3,
        });
        log.set_running(true);
        add(&log, 1, Stream::Stdout, "first\n");
        let mut stream = read(
            log.clone(),
            Arc::new(SystemClock),
            LogOptions {
                follow: true,
                ..both()
            },
            true,
        );
        assert_eq!(stream.next().await.unwrap(), "first\n");
        let mut seen = String::new();
        for n in 2..40 {
            add(&log, n, Stream::Stdout, &format!("{n}\n"));
            seen.push_str(std::str::from_utf8(&stream.next().await.unwrap()).unwrap());
        }
        log.set_running(false);
        assert!(stream.next().await.is_none());
        assert_eq!(seen, (2..40).map(|n| format!("{n}\n")).collect::<String>());
    }

    #[tokio::test]
    async fn a_flood_is_bounded() {
        let log = log(LogLimits {
            size: 1000,
            files: 2,
        });
        for n in 0..10_000 {
            add(&log, n, Stream::Stdout, "0123456789\n");
        }
        let kept = text(&log, both()).await.lines().count();
        assert!(
            (10..60).contains(&kept),
            "{kept} entries of about 85 bytes in 2 files of 1000"
        );
    }

    #[tokio::test]
    async fn frames_carry_the_stream() {
        let log = log(LogLimits::DEFAULT);
        add(&log, 1, Stream::Stderr, "e\n");
        let pieces: Vec<Bytes> = read(log, Arc::new(SystemClock), both(), false)
            .collect()
            .await;
        assert_eq!(pieces.concat(), b"\x02\0\0\0\0\0\0\x02e\n");
    }
}
