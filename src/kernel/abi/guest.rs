//! Guest memory as the host functions see it: every access is checked, nothing the guest names is trusted.
//!
//! Promises EFAULT instead of a panic for any pointer and length, and no copy larger than the caller's own bound.

use super::super::context::Context;
use super::super::process::Process;
use crate::base::errno::Errno;
use crate::vfs::PATH_MAX;
use std::sync::Arc;
use wasmtime::Caller;

/// A call's caller.
pub type Guest<'a> = Caller<'a, Context>;

/// A call's answer before it becomes a number.
pub type Answer = Result<(), Errno>;

/// The number that the guest sees: 0 or an error number.
pub fn number(answer: Answer) -> i32 {
    answer.map_or_else(|errno| errno.raw().into(), |()| 0)
}

/// The calling process.
pub fn process(guest: &Guest<'_>) -> Arc<Process> {
    guest.data().process.clone()
}

fn range(ptr: u32, len: u32) -> Result<std::ops::Range<usize>, Errno> {
    let start = ptr as usize;
    let end = start.checked_add(len as usize).ok_or(Errno::Fault)?;
    Ok(start..end)
}

/// A piece of the guest's memory.
pub fn bytes<'a>(guest: &'a Guest<'_>, ptr: u32, len: u32) -> Result<&'a [u8], Errno> {
    let memory = guest.data().memory.ok_or(Errno::Fault)?;
    memory.data(guest).get(range(ptr, len)?).ok_or(Errno::Fault)
}

/// A structure of a fixed size.
pub fn array<const N: usize>(guest: &Guest<'_>, ptr: u32) -> Result<[u8; N], Errno> {
    let bytes = bytes(guest, ptr, N as u32)?;
    bytes.try_into().map_err(|_| Errno::Fault)
}

/// A little-endian word.
pub fn word(guest: &Guest<'_>, ptr: u32) -> Result<u32, Errno> {
    array(guest, ptr).map(u32::from_le_bytes)
}

/// A little-endian double word.
pub fn double(guest: &Guest<'_>, ptr: u32) -> Result<u64, Errno> {
    array(guest, ptr).map(u64::from_le_bytes)
}

/// As [`double`]; 0 is "none".
pub fn optional_double(guest: &Guest<'_>, ptr: u32) -> Result<Option<u64>, Errno> {
    if ptr == 0 {
        return Ok(None);
    }
    double(guest, ptr).map(Some)
}

/// A string of at most `max` bytes: ENAMETOOLONG beyond, EILSEQ when it is not UTF-8 or holds a NUL.
pub fn string(guest: &Guest<'_>, ptr: u32, len: u32, max: usize) -> Result<String, Errno> {
    if len as usize > max {
        return Err(Errno::Nametoolong);
    }
    let text = std::str::from_utf8(bytes(guest, ptr, len)?).map_err(|_| Errno::Ilseq)?;
    if text.contains('\0') {
        return Err(Errno::Ilseq);
    }
    Ok(text.to_owned())
}

/// A path.
pub fn path(guest: &Guest<'_>, ptr: u32, len: u32) -> Result<String, Errno> {
    string(guest, ptr, len, PATH_MAX - 1)
}

/// Writes to the guest's memory.
pub fn put(guest: &mut Guest<'_>, ptr: u32, bytes: &[u8]) -> Answer {
    let memory = guest.data().memory.ok_or(Errno::Fault)?;
    let len = u32::try_from(bytes.len()).map_err(|_| Errno::Fault)?;
    let slot = memory
        .data_mut(guest)
        .get_mut(range(ptr, len)?)
        .ok_or(Errno::Fault)?;
    slot.copy_from_slice(bytes);
    Ok(())
}

/// As [`put`], unless the guest did not ask (0).
pub fn put_optional(guest: &mut Guest<'_>, ptr: u32, bytes: &[u8]) -> Answer {
    if ptr == 0 {
        return Ok(());
    }
    put(guest, ptr, bytes)
}

/// Writes one word.
pub fn put_word(guest: &mut Guest<'_>, ptr: u32, value: u32) -> Answer {
    put(guest, ptr, &value.to_le_bytes())
}

/// Checks that an answer can be written before anything happens that cannot be undone.
pub fn writable(guest: &Guest<'_>, ptr: u32, len: u32) -> Answer {
    bytes(guest, ptr, len).map(|_| ())
}

/// Double words one after the other, as a structure of them lies in memory.
pub fn doubles<const N: usize>(values: [u64; N]) -> Vec<u8> {
    values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect()
}
