//! One engine per state folder, held by the operating system's file lock: it cannot be left behind by a crash.
//!
//! The owner's pid is in a file of its own, because Windows lets nobody read a locked one.

use super::disk::{Disk, HeldLock, Open, read_all};
use super::error::{Error, Result};
use super::paths;

/// Takes the folder for this process, or says who has it.
pub(super) fn acquire(disk: &dyn Disk) -> Result<Box<dyn HeldLock>> {
    let at = |source| Error::io("the state folder's lock", source);
    let Some(lock) = disk.lock(paths::LOCK).map_err(at)? else {
        return Err(Error::Locked {
            dir: disk.describe(),
            pid: owner(disk),
        });
    };
    // The number only serves a message: a full disk must not keep the engine from starting.
    let _ = note_pid(disk);
    Ok(lock)
}

fn note_pid(disk: &dyn Disk) -> std::io::Result<()> {
    let file = disk.open(paths::PID, Open::Create)?;
    file.set_len(0)?;
    file.write_at(0, std::process::id().to_string().as_bytes())
}

fn owner(disk: &dyn Disk) -> Option<u32> {
    let text = read_all(disk, paths::PID, 32).ok()?;
    std::str::from_utf8(&text).ok()?.trim().parse().ok()
}
