//! Directory streams.
//!
//! Cookies: 0 is the start, 1 after `.`, 2 after `..`; others are the file tree's own, moved by two.

use super::super::super::context::Context;
use super::super::guest::{Answer, Guest, process, put, put_word, writable};
use super::fd::get_or_root;
use super::types::filetype;
use super::waiting_calls;
use crate::base::errno::Errno;
use crate::vfs::{DirEntry, Kind, OpenFile};
use wasmtime::{Linker, Result};

/// How many entries are asked for at a time.
const BATCH: usize = 64;
/// Bytes of an entry before its name.
const HEAD: usize = 24;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    waiting_calls! { linker;
        fd_readdir(fd: u32, buffer: u32, len: u32, cookie: u64, out: u32);
    }
    Ok(())
}

async fn fd_readdir(
    guest: &mut Guest<'_>,
    fd: u32,
    buffer: u32,
    len: u32,
    cookie: u64,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    writable(guest, buffer, len)?;
    let process = process(guest);
    let description = get_or_root(&process, fd).await?;
    let file = description.file().ok_or(Errno::Notdir)?;
    let mut cookie = cookie;
    let mut used = 0u32;
    'fill: while used < len {
        let entries = process.tree(|_, _| batch(file, cookie))?;
        if entries.is_empty() {
            break;
        }
        for entry in entries {
            let mut bytes = [0; HEAD].to_vec();
            bytes[0..8].copy_from_slice(&entry.next.to_le_bytes());
            bytes[8..16].copy_from_slice(&entry.ino.to_le_bytes());
            bytes[16..20].copy_from_slice(&(entry.name.len() as u32).to_le_bytes());
            bytes[20] = filetype(entry.kind);
            bytes.extend_from_slice(entry.name.as_bytes());
            // The last entry is cut: a full buffer tells that there is more.
            let room = ((len - used) as usize).min(bytes.len());
            put(guest, buffer + used, &bytes[..room])?;
            used += room as u32;
            if room < bytes.len() {
                break 'fill;
            }
            cookie = entry.next;
        }
        if used >= PAUSE {
            process.breathe().await;
        }
    }
    put_word(guest, out, used)
}

/// Big listings give way to others.
const PAUSE: u32 = 1 << 18;

fn batch(file: &OpenFile, cookie: u64) -> std::result::Result<Vec<DirEntry>, Errno> {
    let dot = |name: &str, ino: u64, next: u64| DirEntry {
        name: name.to_owned(),
        ino,
        kind: Kind::Dir,
        next,
    };
    match cookie {
        0 => {
            let attr = file.attr()?;
            if !attr.is_dir() {
                return Err(Errno::Notdir);
            }
            Ok(vec![dot(".", attr.ino, 1)])
        }
        1 => Ok(vec![dot("..", file.parent()?.ino, 2)]),
        _ => {
            let mut entries = file.read_dir(cookie - 2, BATCH)?;
            entries
                .iter_mut()
                .for_each(|entry| entry.next = entry.next.saturating_add(2));
            Ok(entries)
        }
    }
}
