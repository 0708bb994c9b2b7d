//! A container's log on disk, in Docker's `json-file` format: appended, rotated, and watched by those who follow it.
//!
//! Files are `ID-json.log`, then `.1` (the newest of the old ones) and so on; an old one that was compressed ends in `.gz`.
//! Followers are told through a mark: how often the log was rotated, and which run of the container is writing. Writing never fails a
//! container: an error ends the log and is traced. One lock, a leaf; it is held while files are renamed, never while they are read.

use super::jsonline;
use super::rotate;
use super::settings::Settings;
use crate::engine::Timestamp;
use crate::engine::ports::LogDisk;
use crate::wire::frame::Stream;
use parking_lot::Mutex;
use std::io::{Read, Write};
use std::sync::Arc;
use tokio::sync::watch;

/// What followers see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// How often the log was rotated by this engine.
    pub generation: u64,
    /// Bytes in the current file.
    pub length: u64,
    /// How often the container was started by this engine.
    pub run: u64,
    /// The container runs, so more may come.
    pub running: bool,
}

/// The log of one container.
pub struct LogFile {
    pub(super) container: String,
    name: String,
    pub(super) disk: Arc<dyn LogDisk>,
    pub(super) inner: Mutex<Inner>,
    mark: watch::Sender<Mark>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub settings: Settings,
    file: Option<Box<dyn Write + Send>>,
    size: u64,
    pending: Vec<u8>,
    broken: bool,
    /// Somebody compresses old files.
    pub compressing: bool,
}

impl LogFile {
    pub fn new(disk: Arc<dyn LogDisk>, container: &str, settings: Settings) -> Self {
        LogFile {
            container: container.to_owned(),
            name: format!("{container}-json.log"),
            disk,
            inner: Mutex::new(Inner {
                settings,
                ..Inner::default()
            }),
            mark: watch::Sender::default(),
        }
    }

    /// From now on entries are written so.
    pub fn configure(&self, settings: Settings) {
        self.inner.lock().settings = settings;
    }

    /// Where it is, for `LogPath`.
    pub fn path(&self) -> String {
        self.disk.path(&self.container, &self.name)
    }

    /// Adds one entry; [`LogFile::flush`] makes it visible.
    pub fn append(self: &Arc<Self>, stream: Stream, line: &[u8], time: Timestamp) {
        let mut inner = self.inner.lock();
        if inner.size + inner.pending.len() as u64 >= inner.settings.size {
            self.write(&mut inner);
            self.rotate(&mut inner);
        }
        let Inner {
            pending, settings, ..
        } = &mut *inner;
        jsonline::write(pending, stream, line, settings.attrs.as_deref(), time);
    }

    /// Writes what was added.
    pub fn flush(&self) {
        self.write(&mut self.inner.lock());
    }

    /// The container starts or has ended.
    pub fn set_running(&self, running: bool) {
        self.mark.send_modify(|mark| {
            mark.run += u64::from(running);
            mark.running = running;
        });
    }

    /// To be told of changes.
    pub fn watch(&self) -> watch::Receiver<Mark> {
        self.mark.subscribe()
    }

    /// How often it was rotated.
    pub(super) fn generation(&self) -> u64 {
        self.mark.borrow().generation
    }

    /// Opens the file that was current at `generation`, or the oldest one still kept after it.
    pub fn open(&self, generation: u64) -> Option<(u64, Box<dyn Read + Send>)> {
        // The lock keeps the names from moving between the look and the opening.
        let inner = self.inner.lock();
        let now = self.generation();
        let oldest = now.saturating_sub(u64::from(inner.settings.files.saturating_sub(1)));
        (generation.max(oldest)..=now).find_map(|g| Some((g, self.read(now - g)?)))
    }

    /// The old files, oldest first, and the current one, with the generation of the latter.
    pub fn open_all(&self) -> (u64, Vec<Box<dyn Read + Send>>) {
        let inner = self.inner.lock();
        // Ages without a file end the search: `max-file` may be any number.
        let old: Vec<_> = (1..u64::from(inner.settings.files))
            .map_while(|age| self.read(age))
            .collect();
        let files = old.into_iter().rev().chain(self.read(0)).collect();
        (self.generation(), files)
    }

    fn read(&self, age: u64) -> Option<Box<dyn Read + Send>> {
        let open = |name: &str| self.disk.read(&self.container, name).ok();
        open(&self.numbered(age)).or_else(|| Some(rotate::unpacked(open(&self.packed(age))?)))
    }

    /// The name of the file that is so many rotations old.
    pub(super) fn numbered(&self, age: u64) -> String {
        if age == 0 {
            self.name.clone()
        } else {
            format!("{}.{age}", self.name)
        }
    }

    /// Its name when it is compressed.
    pub(super) fn packed(&self, age: u64) -> String {
        format!("{}.gz", self.numbered(age))
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

    fn rotate(self: &Arc<Self>, inner: &mut Inner) {
        inner.file = None;
        inner.size = 0;
        rotate::shift(self, inner.settings.files);
        self.mark.send_modify(|mark| {
            mark.generation += 1;
            mark.length = 0;
        });
        if inner.settings.compress && !inner.compressing {
            inner.compressing = rotate::compress(self.clone());
        }
    }
}
