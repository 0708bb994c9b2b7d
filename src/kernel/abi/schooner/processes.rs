//! Processes: identity, groups and sessions, clone, exec, waiting.

use super::super::guest::*;
use super::{MODULE, calls, waiting_calls};
use crate::base::capability::Capability;
use crate::base::errno::Errno;
use crate::kernel::clone as cloning;
use crate::kernel::context::{Context, Leave};
use crate::kernel::exec::exec;
use crate::kernel::process::{Identity, Process};
use crate::kernel::wait::{Found, WaitOptions, Whom, wait};
use crate::vfs::{At, Cred};
use std::sync::Arc;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(MODULE, "getid", |guest: Guest<'_>, which: i32| {
        getid(&guest, which)
    })?;
    linker.func_wrap_async(
        MODULE,
        "execve",
        |mut guest: Guest<'_>,
         (path, len, argv, argc, envp, envc): (u32, u32, u32, u32, u32, u32)| {
            Box::new(async move {
                let arguments = (path, len, argv, argc, envp, envc);
                match execve(&mut guest, arguments).await {
                    Ok(leave) => Err(leave.into()),
                    Err(errno) => Ok(number(Err(errno))),
                }
            })
        },
    )?;
    calls! { linker, MODULE;
        getpgid(pid: i32, out: u32);
        setpgid(pid: i32, pgid: i32);
        getsid(pid: i32, out: u32);
        setsid(out: u32);
        setuid(uid: u32);
        setgid(gid: u32);
        getgroups(list: u32, max: u32, count: u32);
        setgroups(list: u32, count: u32);
    }
    waiting_calls! { linker, MODULE;
        clone(entry: u32, arg: u32, out: u32);
        wait4(pid: i32, options: i32, status: u32, out: u32, usage: u32);
    }
    Ok(())
}

/// The value itself; −1 for a question that does not exist.
fn getid(guest: &Guest<'_>, which: i32) -> i32 {
    let process = process(guest);
    let table = &process.sandbox.table;
    let identity = process.identity.lock().clone();
    let value = match which {
        0 => process.pid,
        1 => table.with(process.pid, |entry| entry.ppid).unwrap_or(0),
        2 => identity.uid,
        3 => identity.cred.uid,
        4 => identity.gid,
        5 => identity.cred.gid,
        6 => table.getpgid(process.pid, 0).unwrap_or(0),
        7 => table.getsid(process.pid, 0).unwrap_or(0),
        _ => return -1,
    };
    value as i32
}

fn pid(value: i32) -> std::result::Result<u32, Errno> {
    u32::try_from(value).map_err(|_| Errno::Inval)
}

fn getpgid(guest: &mut Guest<'_>, target: i32, out: u32) -> Answer {
    let process = process(guest);
    let group = process.sandbox.table.getpgid(process.pid, pid(target)?)?;
    put_word(guest, out, group)
}

fn setpgid(guest: &mut Guest<'_>, target: i32, group: i32) -> Answer {
    let process = process(guest);
    process
        .sandbox
        .table
        .setpgid(process.pid, pid(target)?, pid(group)?)
}

fn getsid(guest: &mut Guest<'_>, target: i32, out: u32) -> Answer {
    let process = process(guest);
    let session = process.sandbox.table.getsid(process.pid, pid(target)?)?;
    put_word(guest, out, session)
}

fn setsid(guest: &mut Guest<'_>, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let process = process(guest);
    let session = process.sandbox.table.setsid(process.pid)?;
    put_word(guest, out, session)
}

/// What POSIX lets a process make of its user or group: with the capability any, else one that it has.
fn permitted(id: u32, real: u32, saved: u32, any: bool) -> Answer {
    match id == u32::MAX {
        true => Err(Errno::Inval),
        false if any || id == real || id == saved => Ok(()),
        false => Err(Errno::Perm),
    }
}

fn setuid(guest: &mut Guest<'_>, uid: u32) -> Answer {
    let process = process(guest);
    let mut identity = process.identity.lock();
    let any = identity.cred.can(Capability::SETUID);
    permitted(uid, identity.uid, identity.saved_uid, any)?;
    if any {
        (identity.uid, identity.saved_uid) = (uid, uid);
    }
    change(&mut identity, |cred| cred.uid = uid);
    Ok(())
}

fn setgid(guest: &mut Guest<'_>, gid: u32) -> Answer {
    let process = process(guest);
    let mut identity = process.identity.lock();
    let any = identity.cred.can(Capability::SETGID);
    permitted(gid, identity.gid, identity.saved_gid, any)?;
    if any {
        (identity.gid, identity.saved_gid) = (gid, gid);
    }
    change(&mut identity, |cred| cred.gid = gid);
    Ok(())
}

/// Credentials are shared and never changed in place: a call under way keeps those it began with.
fn change(identity: &mut Identity, change: impl FnOnce(&mut Cred)) {
    let mut cred = (*identity.cred).clone();
    change(&mut cred);
    identity.cred = Arc::new(cred);
}

/// How many groups a process may have: the list stays below 64 KiB.
const GROUPS: u32 = 4096;

fn getgroups(guest: &mut Guest<'_>, list: u32, max: u32, count: u32) -> Answer {
    let cred = process(guest).cred();
    let groups = &cred.groups;
    if max != 0 {
        if (max as usize) < groups.len() {
            return Err(Errno::Inval);
        }
        let bytes: Vec<u8> = groups.iter().flat_map(|gid| gid.to_le_bytes()).collect();
        put(guest, list, &bytes)?;
    }
    put_word(guest, count, groups.len() as u32)
}

fn setgroups(guest: &mut Guest<'_>, list: u32, count: u32) -> Answer {
    if count > GROUPS {
        return Err(Errno::Inval);
    }
    let words = bytes(guest, list, count * 4)?.chunks_exact(4);
    let groups = words
        .map(|word| u32::from_le_bytes([word[0], word[1], word[2], word[3]]))
        .collect();
    let process = process(guest);
    let mut identity = process.identity.lock();
    if !identity.cred.can(Capability::SETGID) {
        return Err(Errno::Perm);
    }
    change(&mut identity, |cred| cred.groups = groups);
    Ok(())
}

async fn clone(guest: &mut Guest<'_>, entry: u32, arg: u32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let pid = cloning::clone(guest, entry, arg).await?;
    put_word(guest, out, pid)
}

const WNOHANG: i32 = 1;
const WUNTRACED: i32 = 2;
const WCONTINUED: i32 = 8;

async fn wait4(
    guest: &mut Guest<'_>,
    pid: i32,
    options: i32,
    status: u32,
    out: u32,
    usage: u32,
) -> Answer {
    if options & !(WNOHANG | WUNTRACED | WCONTINUED) != 0 {
        return Err(Errno::Inval);
    }
    // A child is reaped only if its story can be told.
    for (ptr, len) in [(status, 4), (out, 4), (usage, 24)] {
        if ptr != 0 {
            writable(guest, ptr, len)?;
        }
    }
    let process = process(guest);
    let options = WaitOptions {
        nohang: options & WNOHANG != 0,
        stopped: options & WUNTRACED != 0,
        continued: options & WCONTINUED != 0,
    };
    let whom = Whom::from_pid(pid, &process);
    let Some(Found { pid, change, child }) = wait(&process, whom, options).await? else {
        return put_optional(guest, out, &0u32.to_le_bytes());
    };
    put_optional(guest, status, &change.wstatus().to_le_bytes())?;
    put_optional(guest, out, &pid.to_le_bytes())?;
    put_optional(
        guest,
        usage,
        &doubles([child.usage.cpu_ns(), 0, child.usage.peak()]),
    )
}

/// Linux's `ARG_MAX`: all strings of an `execve` together.
const ARG_MAX: usize = 2 << 20;
/// How many strings of one kind.
const STRINGS: u32 = 32 * 1024;

/// Reads `{ptr, len}` pairs and what they point to.
fn strings(
    guest: &Guest<'_>,
    list: u32,
    count: u32,
    budget: &mut usize,
) -> std::result::Result<Vec<String>, Errno> {
    if count > STRINGS {
        return Err(Errno::TooBig);
    }
    let mut strings = Vec::new();
    for place in 0..count {
        let at = list.checked_add(place * 8).ok_or(Errno::Fault)?;
        let (ptr, len) = (word(guest, at)?, word(guest, at.wrapping_add(4))?);
        *budget = budget.checked_sub(len as usize + 9).ok_or(Errno::TooBig)?;
        strings.push(string(guest, ptr, len, ARG_MAX)?);
    }
    Ok(strings)
}

type ExecArguments = (u32, u32, u32, u32, u32, u32);

async fn execve(
    guest: &mut Guest<'_>,
    arguments: ExecArguments,
) -> std::result::Result<Leave, Errno> {
    let (path, len, argv, argc, envp, envc) = arguments;
    let path = super::super::guest::path(guest, path, len)?;
    let mut budget = ARG_MAX;
    let argv = strings(guest, argv, argc, &mut budget)?;
    let env = strings(guest, envp, envc, &mut budget)?;
    replace(&process(guest), &path, argv, env).await
}

/// Puts another program in this one's place; the caller leaves with what this gives.
pub(in super::super) async fn replace(
    process: &Arc<Process>,
    path: &str,
    argv: Vec<String>,
    env: Vec<String>,
) -> std::result::Result<Leave, Errno> {
    let cwd = process.cwd();
    exec(process, At::Path(&cwd), path, argv, env).await
}
