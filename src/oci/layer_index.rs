//! The stored form of a layer's index: small, checked, and made again when it does not fit.
//!
//! `SLI1`, eight bytes of the body's SHA-256, then the body in zstd: counts, whiteouts, entries. A path is written as the
//! number of bytes that it shares with the one before and the rest; offsets and times as differences.

use super::error::{Error, Result};
use super::layer::{Entry, EntryKind, LayerIndex, Whiteout};
use super::limits;
use crate::base::digest::Digest;
use std::io::Read;

const MAGIC: &[u8; 4] = b"SLI1";
const HEAD: usize = 12;

/// The longest stored form that is read.
pub const STORED_LIMIT: u64 = 128 << 20;

/// The longest body: every name at its limit and every number at its longest.
const BODY_LIMIT: u64 = (2 * limits::NAME_BYTES + limits::ENTRIES * 96) as u64;

impl LayerIndex {
    /// The stored form.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::with_capacity(self.entries.len() * 48);
        put(&mut body, self.tar_size);
        put(&mut body, self.whiteouts.len() as u64);
        for whiteout in &self.whiteouts {
            put(&mut body, u64::from(whiteout.opaque));
            put_text(&mut body, &whiteout.path);
        }
        put(&mut body, self.entries.len() as u64);
        let mut last = Last::default();
        for entry in &self.entries {
            put_entry(&mut body, entry, &last);
            last.follow(entry);
        }
        let packed = zstd::bulk::compress(&body, 1);
        let mut bytes = MAGIC.to_vec();
        bytes.extend_from_slice(&Digest::of(&body).as_bytes()[..HEAD - MAGIC.len()]);
        // Compressing in memory has no way to fail; an empty body would only be made again.
        bytes.extend(packed.unwrap_or_default());
        bytes
    }

    /// Reads the stored form; any damage is an error.
    pub fn from_bytes(bytes: &[u8]) -> Result<LayerIndex> {
        let damaged = || Error::Document {
            document: "layer index",
            why: "it is damaged".to_owned(),
        };
        let (head, packed) = bytes.split_at_checked(HEAD).ok_or_else(damaged)?;
        let sum = head.strip_prefix(MAGIC).ok_or_else(damaged)?;
        let mut body = Vec::new();
        zstd::Decoder::new(packed)
            .and_then(|unpacked| unpacked.take(BODY_LIMIT).read_to_end(&mut body))
            .map_err(|_| damaged())?;
        if Digest::of(&body).as_bytes()[..sum.len()] != *sum {
            return Err(damaged());
        }
        read_body(&mut Body(&body)).ok_or_else(damaged)
    }
}

/// The entry before, of which only differences are written.
#[derive(Default)]
struct Last {
    path: String,
    offset: u64,
    mtime: i64,
}

impl Last {
    fn follow(&mut self, entry: &Entry) {
        self.path.clone_from(&entry.path);
        self.offset = entry.offset;
        self.mtime = entry.mtime;
    }
}

const KINDS: [EntryKind; 7] = [
    EntryKind::File,
    EntryKind::Dir,
    EntryKind::Symlink,
    EntryKind::HardLink,
    EntryKind::CharDevice,
    EntryKind::BlockDevice,
    EntryKind::Fifo,
];

fn put_entry(body: &mut Vec<u8>, entry: &Entry, last: &Last) {
    let kind = KINDS.iter().position(|kind| *kind == entry.kind);
    put(body, kind.unwrap_or_default() as u64);
    let pairs = entry.path.bytes().zip(last.path.bytes());
    let mut shared = pairs.take_while(|(a, b)| a == b).count();
    while !entry.path.is_char_boundary(shared) {
        shared -= 1;
    }
    put(body, shared as u64);
    put_text(body, &entry.path[shared..]);
    put(body, u64::from(entry.mode));
    put(body, u64::from(entry.uid));
    put(body, u64::from(entry.gid));
    put_signed(body, entry.mtime.wrapping_sub(last.mtime));
    put(body, entry.size);
    put_signed(body, entry.offset.wrapping_sub(last.offset) as i64);
    put_text(body, &entry.link);
    put(body, u64::from(entry.rdev.0));
    put(body, u64::from(entry.rdev.1));
}

fn read_body(body: &mut Body<'_>) -> Option<LayerIndex> {
    let tar_size = body.number()?;
    let mut whiteouts = Vec::new();
    for _ in 0..body.number()? {
        let opaque = body.number()? != 0;
        let path = body.text()?.to_owned();
        whiteouts.push(Whiteout { path, opaque });
    }
    let mut entries = Vec::new();
    let mut last = Last::default();
    for _ in 0..body.number()? {
        let kind = *KINDS.get(usize::try_from(body.number()?).ok()?)?;
        let shared = usize::try_from(body.number()?).ok()?;
        let path = [last.path.get(..shared)?, body.text()?].concat();
        let entry = Entry {
            kind,
            path,
            mode: u16::try_from(body.number()?).ok()?,
            uid: u32::try_from(body.number()?).ok()?,
            gid: u32::try_from(body.number()?).ok()?,
            mtime: last.mtime.wrapping_add(body.signed()?),
            size: body.number()?,
            offset: last.offset.wrapping_add(body.signed()? as u64),
            link: body.text()?.to_owned(),
            rdev: (
                u32::try_from(body.number()?).ok()?,
                u32::try_from(body.number()?).ok()?,
            ),
        };
        last.follow(&entry);
        entries.push(entry);
    }
    body.0.is_empty().then_some(LayerIndex {
        whiteouts,
        entries,
        tar_size,
    })
}

/// Seven bits a byte, lowest first.
fn put(body: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        body.push(number as u8 | 0x80);
        number >>= 7;
    }
    body.push(number as u8);
}

fn put_signed(body: &mut Vec<u8>, number: i64) {
    put(body, ((number << 1) ^ (number >> 63)) as u64);
}

fn put_text(body: &mut Vec<u8>, text: &str) {
    put(body, text.len() as u64);
    body.extend_from_slice(text.as_bytes());
}

struct Body<'b>(&'b [u8]);

impl<'b> Body<'b> {
    fn number(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first()?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn signed(&mut self) -> Option<i64> {
        let number = self.number()?;
        Some((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    fn text(&mut self) -> Option<&'b str> {
        let length = usize::try_from(self.number()?).ok()?;
        let (text, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        std::str::from_utf8(text).ok()
    }
}
