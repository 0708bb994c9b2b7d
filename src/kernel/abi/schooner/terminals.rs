//! Terminals: modes, size, foreground group.

use super::super::guest::*;
use super::{MODULE, calls, waiting_calls};
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::description::Description;
use crate::kernel::process::Process;
use crate::kernel::tty::{Access, Pty, SetWhen, Size, Slave, Termios};
use std::sync::Arc;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker, MODULE;
        tcgetpgrp(fd: u32, out: u32);
        tcgetattr(fd: u32, out: u32);
        winsize_get(fd: u32, out: u32);
        winsize_set(fd: u32, new: u32);
    }
    waiting_calls! { linker, MODULE;
        tcsetpgrp(fd: u32, pgid: i32);
        tcsetattr(fd: u32, action: i32, new: u32);
    }
    Ok(())
}

/// The description of a terminal; ENOTTY for others.
fn terminal(process: &Process, fd: u32) -> std::result::Result<Arc<Description>, Errno> {
    let description = process.files.lock().get(fd)?;
    match description.terminal() {
        Some(_) => Ok(description),
        None => Err(Errno::Notty),
    }
}

fn slave(description: &Description) -> std::result::Result<&Slave, Errno> {
    description.terminal().ok_or(Errno::Notty)
}

/// ENOTTY unless this is the controlling terminal of the caller's session.
fn controlling(process: &Process, pty: &Arc<Pty>) -> Answer {
    let own = process.sandbox.table.terminal_of(process.pid);
    match own.is_some_and(|own| Arc::ptr_eq(&own, pty)) {
        true => Ok(()),
        false => Err(Errno::Notty),
    }
}

fn tcgetpgrp(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let process = process(guest);
    let description = terminal(&process, fd)?;
    let slave = slave(&description)?;
    controlling(&process, slave)?;
    put_word(guest, out, slave.foreground().unwrap_or(0))
}

async fn tcsetpgrp(guest: &mut Guest<'_>, fd: u32, pgid: i32) -> Answer {
    let process = process(guest);
    let description = terminal(&process, fd)?;
    let slave = slave(&description)?;
    controlling(&process, slave)?;
    let pgid = u32::try_from(pgid).map_err(|_| Errno::Inval)?;
    description.job_control(&process, Access::Change).await?;
    let table = &process.sandbox.table;
    let own = table.getsid(process.pid, 0)?;
    let mut group = None;
    table.each(|e| {
        if e.pgrp == pgid {
            group = Some(e.sid);
        }
    });
    match group {
        None => Err(Errno::Srch),
        Some(session) if session != own => Err(Errno::Perm),
        Some(_) => {
            slave.set_foreground(pgid);
            Ok(())
        }
    }
}

fn tcgetattr(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let description = terminal(&process(guest), fd)?;
    let termios = slave(&description)?.termios()?;
    put(guest, out, &termios.to_bytes())
}

async fn tcsetattr(guest: &mut Guest<'_>, fd: u32, action: i32, new: u32) -> Answer {
    let when = match action {
        0 => SetWhen::Now,
        1 => SetWhen::Drain,
        2 => SetWhen::Flush,
        _ => return Err(Errno::Inval),
    };
    let process = process(guest);
    let description = terminal(&process, fd)?;
    let termios = Termios::from_bytes(&array(guest, new)?);
    description.job_control(&process, Access::Change).await?;
    process
        .block(slave(&description)?.set_termios(when, termios))
        .await?
}

fn winsize_get(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let description = terminal(&process(guest), fd)?;
    let size = slave(&description)?.size();
    let words = [size.rows, size.cols, size.xpix, size.ypix];
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    put(guest, out, &bytes)
}

fn winsize_set(guest: &mut Guest<'_>, fd: u32, new: u32) -> Answer {
    let description = terminal(&process(guest), fd)?;
    let bytes: [u8; 8] = array(guest, new)?;
    let word = |at| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    slave(&description)?.resize(Size {
        rows: word(0),
        cols: word(2),
        xpix: word(4),
        ypix: word(6),
    });
    Ok(())
}
