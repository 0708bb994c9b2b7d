//! A container's `json-file` log on disk: appended, rotated, and watched by those who follow it.
//!
//! Files are `ID-json.log`, then `.1` (the newest of the old ones) and so on. Followers are told through a mark: how often the log was
//! rotated, and whether its container still runs. Writing never fails a container: an error ends the log and is traced.

use super::jsonline;
use crate::base::size;
use crate::engine::Timestamp;
use crate::engine::ports::LogDisk;
use crate::wire::{HostConfig, frame::Stream};
use parking_lot::Mutex;
use std::io::{Read, Write};
use std::sync::Arc;
use tokio::sync::watch;

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogLimits {
    /// Bytes of one file.
    pub size: u64,
    /// Files, the current one included.
    pub files: u32,
}

impl LogLimits {
    /// Docker keeps everything unless told otherwise; here a flood must not fill a laptop.
    pub const DEFAULT: LogLimits = LogLimits {
        size: 10_000_000,
        files: 3,
    };

    /// `--log-opt max-size` and `max-file`; the values were checked at create.
    pub fn of(host: &HostConfig) -> Self {
        let option = |key: &str| host.log_config.config.as_ref().and_then(|c| c.get(key));
        let size = option("max-size")
            .and_then(|text| size::parse_binary(text).ok())
            .and_then(|bytes| u64::try_from(bytes).ok());
        LogLimits {
            size: size.unwrap_or(LogLimits::DEFAULT.size),
            files: match option("max-file").and_then(|text| text.parse().ok()) {
                Some(files) => files,
                None if size.is_some() => 1,
                None => LogLimits::DEFAULT.files,
            },
        }
    }
}

/// What followers see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// How often the log was rotated by this engine.
    pub generation: u64,
    /// Bytes in the current file.
    pub length: u64,
    /// The container runs, so more may come.
    pub running: bool,
}

/// The log of one container.
pub struct LogFile {
    container: String,
    name: String,
    limits: LogLimits,
    /// The JSON of the container's labels and environment that were asked for.
    attrs: Option<String>,
    disk: Arc<dyn LogDisk>,
    inner: Mutex<Inner>,
    mark: watch::Sender<Mark>,
}

#[derive(Default)]
struct Inner {
    file: Option<Box<dyn Write + Send>>,
    size: u64,
    pending: Vec<u8>,
    broken: bool,
}

impl LogFile {
    pub fn new(
        disk: Arc<dyn LogDisk>,
        container: &str,
        limits: LogLimits,
        attrs: Option<String>,
    ) -> Self {
        LogFile {
            container: container.to_owned(),
            name: format!("{container}-json.log"),
            limits,
            attrs,
            disk,
            inner: Mutex::default(),
            mark: watch::Sender::default(),
        }
    }

    /// Where it is, for `LogPath`.
    pub fn path(&self) -> String {
        self.disk.path(&self.container, &self.name)
    }

    /// Adds one entry; [`LogFile::flush`] makes it visible.
    pub fn append(&self, stream: Stream, line: &[u8], time: Timestamp) {
        let mut inner = self.inner.lock();
        if inner.size + inner.pending.len() as u64 >= self.limits.size {
            self.write(&mut inner);
            self.rotate(&mut inner);
        }
        jsonline::write(
            &mut inner.pending,
            stream,
            line,
            self.attrs.as_deref(),
            time,
        );
    }

    /// Writes what was added.
    pub fn flush(&self) {
        self.write(&mut self.inner.lock());
    }

    /// The container starts or has ended.
    pub fn set_running(&self, running: bool) {
        self.mark.send_modify(|mark| mark.running = running);
    }

    /// To be told of changes.
    pub fn watch(&self) -> watch::Receiver<Mark> {
        self.mark.subscribe()
    }

    /// Opens the file that was current at `generation`, or the oldest one still kept after it.
    pub fn open(&self, generation: u64) -> Option<(u64, Box<dyn Read + Send>)> {
        // The lock keeps the names from moving between the look and the opening.
        let _still = self.inner.lock();
        let now = self.mark.borrow().generation;
        let oldest = now.saturating_sub(u64::from(self.limits.files.saturating_sub(1)));
        (generation.max(oldest)..=now).find_map(|g| {
            self.disk
                .read(&self.container, &self.numbered(now - g))
                .ok()
                .map(|file| (g, file))
        })
    }

    /// The old files, oldest first, and the current one, with the generation of the latter.
    pub fn open_all(&self) -> (u64, Vec<Box<dyn Read + Send>>) {
        let _still = self.inner.lock();
        let files = (0..self.limits.files.max(1))
            .rev()
            .filter_map(|age| {
                self.disk
                    .read(&self.container, &self.numbered(u64::from(age)))
                    .ok()
            })
            .collect();
        (self.mark.borrow().generation, files)
    }

    fn numbered(&self, age: u64) -> String {
        if age == 0 {
            self.name.clone()
        } else {
            format!("{}.{age}", self.name)
        }
    }

    fn write(&self, inner: &mut Inner) {
        if inner.pending.is_empty() {
            return;
        }
        let pending = std::mem::take(&mut inner.pending);
        if inner.broken {
            return;
        }
        let written = match inner.file.as_mut() {
            Some(file) => file.write_all(&pending),
            None => self
                .disk
                .append(&self.container, &self.name)
                .and_then(|(mut file, size)| {
                    inner.size = size;
                    let done = file.write_all(&pending);
                    inner.file = Some(file);
                    done
                }),
        };
        match written {
            Ok(()) => {
                inner.size += pending.len() as u64;
                let size = inner.size;
                self.mark.send_modify(|mark| mark.length = size);
                // The buffer is used again; a burst must not keep its memory.
                inner.pending = pending;
                inner.pending.clear();
                inner.pending.shrink_to(64 * 1024);
            }
            Err(e) => {
                inner.broken = true;
                tracing::error!(container = %self.container, "the log ends here: {e}");
            }
        }
    }

    fn rotate(&self, inner: &mut Inner) {
        inner.file = None;
        inner.size = 0;
        let oldest = self.limits.files.saturating_sub(1);
        let _ = self
            .disk
            .remove(&self.container, &self.numbered(u64::from(oldest)));
        for age in (0..oldest).rev() {
            // A missing number is no error: the log was shorter.
            let _ = self.disk.rename(
                &self.container,
                &self.numbered(u64::from(age)),
                &self.numbered(u64::from(age) + 1),
            );
        }
        self.mark.send_modify(|mark| {
            mark.generation += 1;
            mark.length = 0;
        });
    }
}
