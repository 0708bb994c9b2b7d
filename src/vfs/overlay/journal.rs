//! The append-only journal: frames of length, checksum and a batch of changes.
//!
//! A frame is one write, so killing the process leaves at most a torn last frame, which opening cuts off. The file
//! appears with the first change. When it has grown well beyond what its nodes need, it is written anew beside the old
//! one and renamed over it. Frames reach the medium with `sync`; a kill of the process alone loses none.

use super::change::{Change, Malformed};
use crate::store::disk::{self, Disk, DiskFile, Open};
use flate2::Crc;
use std::io;
use std::sync::Arc;

/// First bytes of the first frame: a name, and the version of the format.
const MAGIC: &[u8; 8] = b"schvfs\x00\x01";
/// Before each batch: its length and its checksum.
const HEAD: usize = 8;
/// A batch is one operation, or a slice of a rewritten journal.
const BATCH_MAX: usize = 1 << 20;
/// A small journal is never rewritten.
const COMPACT_MIN: u64 = 256 << 10;
/// What a journal may grow to; rewriting keeps it far below.
const JOURNAL_MAX: u64 = 1 << 30;

/// The journal of one overlay.
pub(super) struct Journal {
    disk: Arc<dyn Disk>,
    dir: String,
    fingerprint: u64,
    file: Option<Arc<dyn DiskFile>>,
    len: u64,
    compact_at: u64,
    /// The file's name is on the medium.
    name_synced: bool,
}

/// What opening found.
pub(super) struct Opened {
    pub journal: Journal,
    pub changes: Vec<Change>,
    /// Bytes of a torn or damaged tail that were cut off.
    pub dropped: u64,
}

impl Journal {
    /// Opens or begins the journal in a folder; `fingerprint` says which tree it lies over.
    pub fn open(disk: Arc<dyn Disk>, dir: &str, fingerprint: u64) -> io::Result<Opened> {
        let mut journal = Journal {
            disk,
            dir: dir.to_owned(),
            fingerprint,
            file: None,
            len: 0,
            compact_at: COMPACT_MIN,
            name_synced: false,
        };
        let mut opened = (Vec::new(), 0);
        if journal.disk.stat(&journal.path())?.is_some() {
            let bytes = disk::read_all(&*journal.disk, &journal.path(), JOURNAL_MAX)?;
            let (good, changes) = journal.replay(&bytes)?;
            let file = journal.disk.open(&journal.path(), Open::Write)?;
            let dropped = bytes.len() as u64 - good;
            if dropped > 0 {
                file.set_len(good)?;
            }
            journal.len = good;
            journal.compact_at = COMPACT_MIN.max(good * 2);
            journal.file = (good > 0).then_some(file);
            opened = (changes, dropped);
        }
        Ok(Opened {
            journal,
            changes: opened.0,
            dropped: opened.1,
        })
    }

    fn path(&self) -> String {
        format!("{}/journal", self.dir)
    }

    /// The length of the good part, and what it says.
    fn replay(&self, bytes: &[u8]) -> io::Result<(u64, Vec<Change>)> {
        let mut changes = Vec::new();
        let mut rest = bytes;
        let Some(header) = frame(&mut rest) else {
            // Killed while the first frame was written: nothing had been done yet.
            return Ok((0, changes));
        };
        if header != self.header() {
            let what = format!("{}: written for another image or format", self.path());
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let mut good = bytes.len() - rest.len();
        while let Some(batch) = frame(&mut rest) {
            match decode_batch(batch) {
                Ok(batch) => changes.extend(batch),
                Err(Malformed) => break,
            }
            good = bytes.len() - rest.len();
        }
        Ok((good as u64, changes))
    }

    fn header(&self) -> Vec<u8> {
        [&MAGIC[..], &self.fingerprint.to_le_bytes()].concat()
    }

    /// Writes one batch as one frame.
    pub fn append(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut bytes = Vec::with_capacity(256);
        let file = match &self.file {
            Some(file) => Arc::clone(file),
            None if self.len > 0 => self.disk.open(&self.path(), Open::Write)?,
            None => {
                disk::create_dirs(&*self.disk, &self.dir)?;
                let file = self.disk.open(&self.path(), Open::Create)?;
                file.set_len(0)?;
                put_frame(&mut bytes, |out| out.extend(self.header()));
                file
            }
        };
        put_frame(&mut bytes, |out| changes.iter().for_each(|c| c.encode(out)));
        if let Err(error) = file.write_at(self.len, &bytes) {
            // The next frame is written over what there is of this one.
            let _ = file.set_len(self.len);
            return Err(error);
        }
        self.file = Some(file);
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Whether rewriting would pay.
    pub fn wants_compaction(&self) -> bool {
        self.len >= self.compact_at
    }

    /// Replaces the journal by one that says only how things are now.
    pub fn compact(&mut self, now: impl Iterator<Item = Change>) -> io::Result<()> {
        // Whatever happens, do not try again at the very next operation.
        self.compact_at = self.len * 2;
        let path = self.path();
        let temporary = format!("{path}.new");
        let file = self.disk.open(&temporary, Open::Create)?;
        file.set_len(0)?;
        let mut bytes = Vec::new();
        let mut len = 0;
        put_frame(&mut bytes, |out| out.extend(self.header()));
        let mut batch = Vec::new();
        for change in now {
            change.encode(&mut batch);
            if batch.len() > BATCH_MAX / 4 {
                put_frame(&mut bytes, |out| out.append(&mut batch));
                len += bytes.len() as u64;
                file.append(&bytes)?;
                bytes.clear();
            }
        }
        put_frame(&mut bytes, |out| out.append(&mut batch));
        len += bytes.len() as u64;
        file.append(&bytes)?;
        file.sync()?;
        drop(file);
        // Some systems refuse to rename over a file that is open.
        self.file = None;
        let renamed = self.disk.rename(&temporary, &path);
        self.file = self.disk.open(&path, Open::Write).ok();
        renamed?;
        self.disk.sync_dir(&self.dir)?;
        self.len = len;
        self.compact_at = COMPACT_MIN.max(len * 4);
        Ok(())
    }

    /// Returns when every frame is on the medium.
    pub fn sync(&mut self) -> io::Result<()> {
        if let Some(file) = &self.file {
            file.sync()?;
            if !self.name_synced {
                self.disk.sync_dir(&self.dir)?;
                self.name_synced = true;
            }
        }
        Ok(())
    }
}

fn decode_batch(mut bytes: &[u8]) -> Result<Vec<Change>, Malformed> {
    let mut changes = Vec::new();
    while !bytes.is_empty() {
        changes.push(Change::decode(&mut bytes)?);
    }
    Ok(changes)
}

fn put_frame(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend([0; HEAD]);
    fill(out);
    let body = &out[at + HEAD..];
    let (len, sum) = (body.len() as u32, checksum(body));
    out[at..at + 4].copy_from_slice(&len.to_le_bytes());
    out[at + 4..at + HEAD].copy_from_slice(&sum.to_le_bytes());
}

/// The next whole and undamaged frame.
fn frame<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let word = |at: usize| Some(u32::from_le_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    let (len, sum) = (word(0)? as usize, word(4)?);
    // A tail of zeroes, as a power cut leaves it, has the checksum of an empty batch.
    if len == 0 || len > BATCH_MAX {
        return None;
    }
    let body = rest.get(HEAD..HEAD + len)?;
    if checksum(body) != sum {
        return None;
    }
    *rest = &rest[HEAD + len..];
    Some(body)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.update(bytes);
    crc.sum()
}
