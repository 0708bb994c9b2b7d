//! What becomes of a full log file: it gets the next number, and is compressed beside the container's work.
//!
//! One thread at a time compresses the old files of a log, so that a container that writes faster than gzip works keeps some of
//! them plain for a while instead of waiting.

use super::file::LogFile;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::io::{self, Read, Write};
use std::sync::Arc;

/// The name of a compressed file until it is whole.
const UNFINISHED: &str = "packing.gz";

/// Gives every file the next number and drops the oldest. The caller holds the log's lock.
pub fn shift(log: &LogFile, files: u32) {
    let oldest = u64::from(files.saturating_sub(1));
    // Missing numbers are no errors: the log was shorter, and a file is either plain or compressed.
    let rename = |from: &str, to: &str| log.disk.rename(&log.container, from, to).is_ok();
    let last = (1..oldest).find(|age| !exists(log, *age)).unwrap_or(oldest);
    remove(log, last);
    for age in (0..last).rev() {
        rename(&log.numbered(age), &log.numbered(age + 1));
        rename(&log.packed(age), &log.packed(age + 1));
    }
}

fn exists(log: &LogFile, age: u64) -> bool {
    let there = |name: &str| log.disk.read(&log.container, name).is_ok();
    there(&log.numbered(age)) || there(&log.packed(age))
}

fn remove(log: &LogFile, age: u64) {
    for name in [log.numbered(age), log.packed(age)] {
        let _ = log.disk.remove(&log.container, &name);
    }
}

/// Reads a compressed file.
pub fn unpacked(file: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    Box::new(MultiGzDecoder::new(file))
}

/// Compresses what is old and still plain, on a thread of its own. Returns whether one was started.
pub fn compress(log: Arc<LogFile>) -> bool {
    std::thread::Builder::new()
        .name("log-gzip".to_owned())
        .spawn(move || {
            while let Some((generation, file)) = next(&log) {
                if let Err(e) = pack(&log, generation, file) {
                    tracing::warn!(container = %log.container, "an old log stays uncompressed: {e}");
                    log.inner.lock().compressing = false;
                    return;
                }
            }
        })
        .is_ok()
}

/// The oldest plain file and the generation that wrote it; when there is none, the work is over.
fn next(log: &LogFile) -> Option<(u64, Box<dyn Read + Send>)> {
    let mut inner = log.inner.lock();
    let now = log.generation();
    let found = (1..u64::from(inner.settings.files))
        .take_while(|age| exists(log, *age))
        .filter_map(|age| {
            let file = log.disk.read(&log.container, &log.numbered(age)).ok()?;
            // Files of an earlier engine have no generation of this one; they stay as they are.
            Some((now.checked_sub(age)?, file))
        })
        .last();
    inner.compressing = found.is_some();
    found
}

/// Writes the compressed file, and puts it in the place of the plain one, wherever that is by then.
fn pack(log: &LogFile, generation: u64, mut file: Box<dyn Read + Send>) -> io::Result<()> {
    let _ = log.disk.remove(&log.container, UNFINISHED);
    let (out, _) = log.disk.append(&log.container, UNFINISHED)?;
    let mut gzip = GzEncoder::new(out, Compression::default());
    io::copy(&mut file, &mut gzip)?;
    gzip.finish()?.flush()?;
    let inner = log.inner.lock();
    let age = log.generation() - generation;
    if age >= u64::from(inner.settings.files) {
        // It was rotated away meanwhile.
        return log.disk.remove(&log.container, UNFINISHED);
    }
    log.disk
        .rename(&log.container, UNFINISHED, &log.packed(age))?;
    log.disk.remove(&log.container, &log.numbered(age))
}
