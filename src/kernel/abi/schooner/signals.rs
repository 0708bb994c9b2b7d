//! Signal actions, masks, sending, and waiting for descriptors with a mask.

use super::super::guest::*;
use super::{MODULE, calls, waiting_calls};
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::deliver::{Action, MaskHow};
use crate::kernel::fd::MAX_FILES;
use crate::kernel::poll::{Question, Ready, poll};
use crate::kernel::process::Process;
use crate::kernel::signal::{SigSet, Signal};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker, MODULE;
        sigaction(sig: i32, action: i32, old: u32);
        sigpending(out: u32);
        sigcaught(out: u32);
    }
    waiting_calls! { linker, MODULE;
        sigprocmask(how: i32, set: u32, old: u32);
        kill(pid: i32, sig: i32);
        ppoll(fds: u32, count: u32, timeout: i64, mask: u32, ready: u32);
    }
    Ok(())
}

fn sigaction(guest: &mut Guest<'_>, sig: i32, action: i32, old: u32) -> Answer {
    let signal = Signal::new(sig).ok_or(Errno::Inval)?;
    if old != 0 {
        writable(guest, old, 4)?;
    }
    let signals = &process(guest).signals;
    let before = match action {
        -1 => signals.action(signal),
        0 => signals.set_action(signal, Action::Default)?,
        1 => signals.set_action(signal, Action::Ignore)?,
        2 => signals.set_action(signal, Action::Catch)?,
        _ => return Err(Errno::Inval),
    };
    let before: i32 = match before {
        Action::Default => 0,
        Action::Ignore => 1,
        Action::Catch => 2,
    };
    put_optional(guest, old, &before.to_le_bytes())
}

async fn sigprocmask(guest: &mut Guest<'_>, how: i32, set: u32, old: u32) -> Answer {
    let how = match how {
        0 => MaskHow::Block,
        1 => MaskHow::Unblock,
        2 => MaskHow::Set,
        _ if set == 0 => MaskHow::Block,
        _ => return Err(Errno::Inval),
    };
    let set = optional_double(guest, set)?;
    if old != 0 {
        writable(guest, old, 8)?;
    }
    let process = process(guest);
    let before = match set {
        Some(set) => process.set_mask(how, SigSet(set)),
        None => process.signals.mask(),
    };
    put_optional(guest, old, &before.0.to_le_bytes())
}

fn sigpending(guest: &mut Guest<'_>, out: u32) -> Answer {
    let set = process(guest).signals.pending();
    put(guest, out, &set.0.to_le_bytes())
}

fn sigcaught(guest: &mut Guest<'_>, out: u32) -> Answer {
    writable(guest, out, 8)?;
    let set = process(guest).signals.take_caught();
    put(guest, out, &set.0.to_le_bytes())
}

/// POSIX `kill`, on the processes of this sandbox.
pub(in super::super) fn send(process: &Arc<Process>, pid: i32, sig: i32) -> Answer {
    let signal = match sig {
        0 => None,
        _ => Some(Signal::new(sig).ok_or(Errno::Inval)?),
    };
    process.sandbox.kill(process, pid, signal)
}

async fn kill(guest: &mut Guest<'_>, pid: i32, sig: i32) -> Answer {
    let process = process(guest);
    send(&process, pid, sig)
}

/// Bytes of one `pollfd`.
const POLLFD: usize = 8;

async fn ppoll(
    guest: &mut Guest<'_>,
    fds: u32,
    count: u32,
    timeout: i64,
    mask: u32,
    ready: u32,
) -> Answer {
    if count as usize > MAX_FILES {
        return Err(Errno::Inval);
    }
    writable(guest, ready, 4)?;
    let mask = optional_double(guest, mask)?.map(SigSet);
    let process = process(guest);
    let mut records = bytes(guest, fds, count * POLLFD as u32)?.to_vec();
    let mut asked = Vec::with_capacity(count as usize);
    let mut questions = Vec::with_capacity(count as usize);
    {
        let files = process.files.lock();
        for (place, record) in records.chunks_exact(POLLFD).enumerate() {
            let fd = i32::from_le_bytes([record[0], record[1], record[2], record[3]]);
            let Ok(fd) = u32::try_from(fd) else { continue };
            asked.push(place);
            questions.push(Question {
                description: files.get(fd).ok(),
                asked: Ready(u16::from_le_bytes([record[4], record[5]])),
            });
        }
    }
    let timeout = u64::try_from(timeout).ok().map(Duration::from_nanos);
    let answers = poll(&process, &questions, timeout, mask).await?;
    for record in records.chunks_exact_mut(POLLFD) {
        record[6..].fill(0);
    }
    let mut found = 0;
    for (place, answer) in asked.into_iter().zip(answers) {
        found += u32::from(answer != Ready::NONE);
        let at = place * POLLFD + 6;
        records[at..at + 2].copy_from_slice(&answer.0.to_le_bytes());
    }
    put(guest, fds, &records)?;
    put_word(guest, ready, found)
}
