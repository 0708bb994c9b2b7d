//! Ending, raising signals, giving way.

use super::super::super::context::{Context, Leave};
use super::super::super::deliver::Sender;
use super::super::super::signal::Signal;
use super::super::guest::{Answer, Guest, process};
use super::{MODULE, waiting_calls};
use crate::base::errno::Errno;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> Result<()> {
        Err(Leave::Exit(code).into())
    })?;
    waiting_calls! { linker;
        proc_raise(signal: u32);
        sched_yield();
    }
    Ok(())
}

/// Preview1 counts its signals as Linux does, but without STKFLT.
async fn proc_raise(guest: &mut Guest<'_>, number: u32) -> Answer {
    let number = match number {
        0 => return Ok(()),
        1..=15 => number,
        16..=30 => number + 1,
        _ => return Err(Errno::Inval),
    };
    let signal = Signal::new(number as i32).ok_or(Errno::Inval)?;
    process(guest).send(signal, Sender::Inside);
    Ok(())
}

async fn sched_yield(guest: &mut Guest<'_>) -> Answer {
    process(guest).breathe().await;
    Ok(())
}
