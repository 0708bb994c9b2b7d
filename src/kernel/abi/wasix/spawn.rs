//! `proc_spawn3`: posix_spawn, with its operations on descriptors.
//!
//! Operations work on a copy of the parent's descriptor table, which becomes the child's; the parent's own never changes.

use super::super::guest::*;
use super::super::preview1::open_flags;
use super::super::schooner::waiting_calls;
use super::MODULE;
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::deliver::Action;
use crate::kernel::exec::{SpawnPlan, spawn};
use crate::kernel::fd::{FdTable, MAX_FILES};
use crate::kernel::open::open;
use crate::kernel::process::Process;
use crate::kernel::signal::Signal;
use crate::vfs::{Access, At, Kind};
use std::sync::Arc;
use wasmtime::{Linker, Result};

type Found<T> = std::result::Result<T, Errno>;

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    waiting_calls! { linker, MODULE;
        proc_spawn3(
            name: u32, name_len: u32, args: u32, args_len: u32, envs: u32, envs_len: u32, ops: u32, ops_len: u32,
            actions: u32, actions_len: u32, search: i32, path: u32, path_len: u32, out: u32
        );
    }
    Ok(())
}

/// All strings of a list together, Linux's `ARG_MAX`.
const ARG_MAX: usize = 2 << 20;

/// A list of pointers to strings that end with a NUL.
pub(super) fn cstrings(guest: &Guest<'_>, list: u32, count: u32) -> Found<Vec<String>> {
    if count as usize > ARG_MAX / 8 {
        return Err(Errno::TooBig);
    }
    let mut budget = ARG_MAX;
    let mut strings = Vec::new();
    for pointer in bytes(guest, list, count * 4)?.chunks_exact(4) {
        let start = u32::from_le_bytes([pointer[0], pointer[1], pointer[2], pointer[3]]);
        let text = cstring(guest, start, budget)?;
        budget = budget.checked_sub(text.len() + 9).ok_or(Errno::TooBig)?;
        strings.push(text);
    }
    Ok(strings)
}

fn cstring(guest: &Guest<'_>, start: u32, max: usize) -> Found<String> {
    let memory = guest.data().memory.ok_or(Errno::Fault)?;
    let rest = memory
        .data(guest)
        .get(start as usize..)
        .ok_or(Errno::Fault)?;
    let within = &rest[..rest.len().min(max + 1)];
    let end = within.iter().position(|byte| *byte == 0);
    // No NUL: either the budget or the memory is at its end.
    let end = end.ok_or(if within.len() > max {
        Errno::TooBig
    } else {
        Errno::Fault
    })?;
    let text = std::str::from_utf8(&within[..end]).map_err(|_| Errno::Ilseq)?;
    Ok(text.to_owned())
}

/// The program's path: the name itself, or its first place in `search_path` (or the environment's PATH).
pub(super) fn find_program(
    process: &Process,
    name: &str,
    search: bool,
    search_path: &str,
    env: &[String],
) -> Found<String> {
    if !search || name.contains('/') {
        return Ok(name.to_owned());
    }
    let from_env = env.iter().find_map(|pair| pair.strip_prefix("PATH="));
    let folders = if search_path.is_empty() {
        from_env.unwrap_or("/bin:/usr/bin")
    } else {
        search_path
    };
    let cwd = process.cwd();
    let runnable = |candidate: &String| {
        process.tree(|tree, cred| {
            let at = At::Path(&cwd);
            tree.access(cred, at, candidate, Access::EXEC).is_ok()
                && tree
                    .stat(cred, at, candidate, true)
                    .is_ok_and(|attr| attr.kind == Kind::File)
        })
    };
    let candidates = folders.split(':').map(|folder| match folder {
        "" => name.to_owned(),
        folder => format!("{folder}/{name}"),
    });
    candidates.into_iter().find(runnable).ok_or(Errno::Noent)
}

/// One operation, as the `wasix` crate lays it out in 56 bytes.
struct Operation {
    command: u8,
    fd: u32,
    source: u32,
    path: u32,
    path_len: u32,
    lookup_flags: u32,
    oflags: u32,
    rights: u64,
    fdflags: u32,
    cloexec: bool,
}

/// Bytes of an operation.
const OPERATION: u32 = 56;

impl Operation {
    fn read(guest: &Guest<'_>, ptr: u32) -> Found<Operation> {
        let bytes: [u8; OPERATION as usize] = array(guest, ptr)?;
        let short = |at: usize| u16::from_le_bytes([bytes[at], bytes[at + 1]]);
        let word = |at: usize| u32::from(short(at)) | u32::from(short(at + 2)) << 16;
        Ok(Operation {
            command: bytes[0],
            fd: word(4),
            source: word(8),
            path: word(12),
            path_len: word(16),
            lookup_flags: word(20),
            oflags: short(24).into(),
            rights: u64::from(word(32)) | u64::from(word(36)) << 32,
            fdflags: short(48).into(),
            cloexec: short(50) & 1 != 0,
        })
    }
}

/// What operations have made so far of the child's surroundings.
struct Surroundings {
    files: FdTable,
    cwd: String,
}

async fn carry_out(
    guest: &Guest<'_>,
    process: &Arc<Process>,
    operation: Operation,
    child: &mut Surroundings,
) -> Answer {
    let path = || super::super::guest::path(guest, operation.path, operation.path_len);
    match operation.command {
        0 => child.files.remove(operation.fd).map(drop),
        1 => {
            let description = child.files.get(operation.source)?;
            child
                .files
                .replace(operation.fd, description, false)
                .map(drop)
        }
        2 => {
            let path = path()?;
            let Operation {
                lookup_flags,
                oflags,
                rights,
                fdflags,
                ..
            } = operation;
            let flags = open_flags(lookup_flags, oflags, rights, fdflags);
            let opened = open(process, At::Path(&child.cwd), &path, flags, 0o666).await?;
            child
                .files
                .replace(operation.fd, opened, operation.cloexec)
                .map(drop)
        }
        3 => {
            let path = path()?;
            child.cwd =
                process.tree(|tree, cred| tree.real_path(cred, At::Path(&child.cwd), &path))?;
            Ok(())
        }
        4 => {
            let description = child.files.get(operation.fd)?;
            let file = description.file().ok_or(Errno::Notdir)?;
            child.cwd =
                process.tree(|tree, cred| tree.real_path(cred, At::Place(file.place()), "."))?;
            Ok(())
        }
        _ => Err(Errno::Inval),
    }
}

#[expect(clippy::too_many_arguments, reason = "WASIX's signature")]
async fn proc_spawn3(
    guest: &mut Guest<'_>,
    name: u32,
    name_len: u32,
    args: u32,
    args_len: u32,
    envs: u32,
    envs_len: u32,
    ops: u32,
    ops_len: u32,
    actions: u32,
    actions_len: u32,
    search: i32,
    path: u32,
    path_len: u32,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    if ops_len as usize > MAX_FILES || actions_len > 64 {
        return Err(Errno::Inval);
    }
    let name = super::super::guest::path(guest, name, name_len)?;
    let search_path = string(guest, path, path_len, 65_536)?;
    let argv = cstrings(guest, args, args_len)?;
    let env = cstrings(guest, envs, envs_len)?;
    let process = process(guest);
    let mut child = Surroundings {
        files: process.files.lock().clone(),
        cwd: process.cwd(),
    };
    for place in 0..ops_len {
        let operation = Operation::read(guest, ops.wrapping_add(place * OPERATION))?;
        carry_out(guest, &process, operation, &mut child).await?;
    }
    let mut wanted = Vec::new();
    for pair in bytes(guest, actions, actions_len * 2)?.chunks_exact(2) {
        let signal = Signal::new(pair[0].into()).ok_or(Errno::Inval)?;
        wanted.push((
            signal,
            if pair[1] == 1 {
                Action::Ignore
            } else {
                Action::Default
            },
        ));
    }
    let program = find_program(&process, &name, search != 0, &search_path, &env)?;
    let plan = SpawnPlan {
        path: program,
        argv,
        env,
        files: child.files,
        cwd: Some(child.cwd),
        pgrp: None,
        mask: None,
        actions: wanted,
    };
    let pid = spawn(&process, plan).await?;
    put_word(guest, out, pid)
}
