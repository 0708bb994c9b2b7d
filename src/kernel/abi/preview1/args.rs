//! Arguments and environment.

use super::super::super::context::Context;
use super::super::guest::{Answer, Guest, process, put, put_word};
use super::calls;
use crate::base::errno::Errno;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker;
        args_get(pointers: u32, buffer: u32);
        args_sizes_get(count: u32, size: u32);
        environ_get(pointers: u32, buffer: u32);
        environ_sizes_get(count: u32, size: u32);
    }
    Ok(())
}

fn args_get(guest: &mut Guest<'_>, pointers: u32, buffer: u32) -> Answer {
    let image = process(guest).image.lock().clone();
    strings(guest, &image.argv, pointers, buffer)
}

fn args_sizes_get(guest: &mut Guest<'_>, count: u32, size: u32) -> Answer {
    let image = process(guest).image.lock().clone();
    sizes(guest, &image.argv, count, size)
}

fn environ_get(guest: &mut Guest<'_>, pointers: u32, buffer: u32) -> Answer {
    let image = process(guest).image.lock().clone();
    strings(guest, &image.env, pointers, buffer)
}

fn environ_sizes_get(guest: &mut Guest<'_>, count: u32, size: u32) -> Answer {
    let image = process(guest).image.lock().clone();
    sizes(guest, &image.env, count, size)
}

/// NUL-ended strings one after the other, and where each begins.
fn strings(guest: &mut Guest<'_>, strings: &[String], pointers: u32, buffer: u32) -> Answer {
    let (mut slot, mut at) = (pointers, buffer);
    for string in strings {
        put_word(guest, slot, at)?;
        put(guest, at, string.as_bytes())?;
        at = at.checked_add(string.len() as u32).ok_or(Errno::Fault)?;
        put(guest, at, &[0])?;
        at = at.checked_add(1).ok_or(Errno::Fault)?;
        slot = slot.checked_add(4).ok_or(Errno::Fault)?;
    }
    Ok(())
}

fn sizes(guest: &mut Guest<'_>, strings: &[String], count: u32, size: u32) -> Answer {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    put_word(guest, count, strings.len() as u32)?;
    put_word(guest, size, bytes as u32)
}
