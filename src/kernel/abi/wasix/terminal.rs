//! `tty_get` and `tty_set`: the controlling terminal as WASIX sees it.

use super::super::guest::*;
use super::super::schooner::waiting_calls;
use super::MODULE;
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::description::Description;
use crate::kernel::process::Process;
use crate::kernel::tty::termios::{iflag, lflag};
use crate::kernel::tty::{Access, SetWhen, Size};
use std::sync::Arc;
use wasmtime::{Linker, Result};

/// Bytes of WASIX's `tty` structure: four words and six flags.
const SIZE: usize = 22;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    super::super::schooner::calls! { linker, MODULE;
        tty_get(state: u32);
    }
    waiting_calls! { linker, MODULE;
        tty_set(state: u32);
    }
    Ok(())
}

/// The first of the standard descriptors that is a terminal.
fn terminal(process: &Process) -> Option<Arc<Description>> {
    let files = process.files.lock();
    (0..3)
        .filter_map(|fd| files.get(fd).ok())
        .find(|description| description.terminal().is_some())
}

fn tty_get(guest: &mut Guest<'_>, state: u32) -> Answer {
    let process = process(guest);
    let standard = [0, 1, 2].map(|fd| {
        let description = process.files.lock().get(fd);
        u8::from(description.is_ok_and(|description| description.terminal().is_some()))
    });
    // Without a terminal, WASIX still wants a size: that of Docker's default.
    let (mut size, mut echo, mut lines, mut feeds) = (Size::new(24, 80), 0, 0, 0);
    if let Some(slave) = terminal(&process)
        .as_ref()
        .and_then(|description| description.terminal())
    {
        let termios = slave.termios()?;
        size = slave.size();
        echo = u8::from(termios.l(lflag::ECHO));
        lines = u8::from(termios.l(lflag::ICANON));
        feeds = u8::from(termios.i(iflag::ICRNL));
    }
    let words = [size.cols, size.rows, size.xpix, size.ypix];
    let mut bytes: Vec<u8> = words
        .iter()
        .flat_map(|word| u32::from(*word).to_le_bytes())
        .collect();
    bytes.extend(standard);
    bytes.extend([echo, lines, feeds]);
    put(guest, state, &bytes)
}

async fn tty_set(guest: &mut Guest<'_>, state: u32) -> Answer {
    let bytes: [u8; SIZE] = array(guest, state)?;
    let process = process(guest);
    let description = terminal(&process).ok_or(Errno::Notty)?;
    let slave = description.terminal().ok_or(Errno::Notty)?;
    description.job_control(&process, Access::Change).await?;
    let word = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
    let mut termios = slave.termios()?;
    for (flag, bits) in [(bytes[19], lflag::ECHO), (bytes[20], lflag::ICANON)] {
        match flag {
            0 => termios.lflag &= !bits,
            _ => termios.lflag |= bits,
        }
    }
    match bytes[21] {
        0 => termios.iflag &= !iflag::ICRNL,
        _ => termios.iflag |= iflag::ICRNL,
    }
    slave.resize(Size {
        cols: word(0),
        rows: word(4),
        xpix: word(8),
        ypix: word(12),
    });
    process
        .block(slave.set_termios(SetWhen::Now, termios))
        .await?
}
