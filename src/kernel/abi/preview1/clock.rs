//! Clocks: real, monotonic, CPU time of the process.

use super::super::super::context::Context;
use super::super::super::process::Process;
use super::super::guest::{Answer, Guest, process, put};
use super::calls;
use crate::base::errno::Errno;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker;
        clock_res_get(id: u32, out: u32);
        clock_time_get(id: u32, precision: u64, out: u32);
    }
    Ok(())
}

/// What a clock shows, in nanoseconds.
pub(super) fn now(process: &Process, id: u32) -> std::result::Result<u64, Errno> {
    let clock = process.sandbox.machine.clock();
    match id {
        0 => Ok(u64::try_from(clock.realtime()).unwrap_or(0)),
        1 => Ok(clock.monotonic()),
        // A process has one thread.
        2 | 3 => Ok(process.usage.cpu_ns()),
        _ => Err(Errno::Inval),
    }
}

fn clock_res_get(guest: &mut Guest<'_>, id: u32, out: u32) -> Answer {
    now(&process(guest), id)?;
    put(guest, out, &1u64.to_le_bytes())
}

fn clock_time_get(guest: &mut Guest<'_>, id: u32, _precision: u64, out: u32) -> Answer {
    let time = now(&process(guest), id)?;
    put(guest, out, &time.to_le_bytes())
}
