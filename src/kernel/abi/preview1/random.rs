//! Random bytes, from the host's generator.

use super::super::super::context::Context;
use super::super::guest::{Answer, Guest, process, writable};
use super::waiting_calls;
use crate::base::errno::Errno;
use rand::RngCore;
use wasmtime::{Linker, Result};

/// How much is made before others may run.
const PIECE: usize = 1 << 20;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    waiting_calls! { linker;
        random_get(buffer: u32, len: u32);
    }
    Ok(())
}

async fn random_get(guest: &mut Guest<'_>, buffer: u32, len: u32) -> Answer {
    writable(guest, buffer, len)?;
    let process = process(guest);
    let memory = guest.data().memory.ok_or(Errno::Fault)?;
    let (start, end) = (buffer as usize, buffer as usize + len as usize);
    for at in (start..end).step_by(PIECE) {
        if at > start {
            process.breathe().await;
        }
        let piece = memory
            .data_mut(&mut *guest)
            .get_mut(at..end.min(at + PIECE))
            .ok_or(Errno::Fault)?;
        rand::rng().fill_bytes(piece);
    }
    Ok(())
}
