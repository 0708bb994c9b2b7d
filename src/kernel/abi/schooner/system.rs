//! umask, limits, times, the system's name, priorities.

use super::super::guest::*;
use super::{MODULE, calls};
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::process::{Process, Rlimits};
use crate::kernel::procfs;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker, MODULE;
        umask(mask: u32, old: u32);
        getrlimit(resource: u32, out: u32);
        setrlimit(resource: u32, new: u32);
        times(out: u32);
        uname(buffer: u32, len: u32, needed: u32);
        getpriority(which: i32, who: u32, out: u32);
        setpriority(which: i32, who: u32, priority: i32);
    }
    Ok(())
}

fn umask(guest: &mut Guest<'_>, mask: u32, old: u32) -> Answer {
    if old != 0 {
        writable(guest, old, 4)?;
    }
    let process = process(guest);
    let before = std::mem::replace(&mut process.paths.lock().umask, (mask & 0o777) as u16);
    put_optional(guest, old, &u32::from(before).to_le_bytes())
}

fn getrlimit(guest: &mut Guest<'_>, resource: u32, out: u32) -> Answer {
    let limit = process(guest)
        .limits
        .lock()
        .0
        .get(resource as usize)
        .copied();
    let (soft, hard) = limit.ok_or(Errno::Inval)?;
    put(guest, out, &doubles([soft, hard]))
}

fn setrlimit(guest: &mut Guest<'_>, resource: u32, new: u32) -> Answer {
    let (soft, hard) = (double(guest, new)?, double(guest, new.wrapping_add(8))?);
    let process = process(guest);
    let root = process.cred().is_root();
    let resource = resource as usize;
    {
        let mut limits = process.limits.lock();
        let limit = limits.0.get_mut(resource).ok_or(Errno::Inval)?;
        if soft > hard {
            return Err(Errno::Inval);
        }
        if hard > limit.1 && !root {
            return Err(Errno::Perm);
        }
        *limit = (soft, hard);
    }
    if resource == Rlimits::NOFILE {
        process.files.lock().set_limit(soft);
    }
    Ok(())
}

fn times(guest: &mut Guest<'_>, out: u32) -> Answer {
    let process = process(guest);
    let (own, children) = (process.usage.cpu_ns(), process.usage.children_cpu_ns());
    put(guest, out, &doubles([own, 0, children, 0]))
}

fn uname(guest: &mut Guest<'_>, buffer: u32, len: u32, needed: u32) -> Answer {
    let sandbox = process(guest).sandbox.clone();
    let hostname = sandbox.hostname.lock().clone();
    let names = [
        procfs::OSTYPE,
        &hostname,
        procfs::OSRELEASE,
        procfs::VERSION,
        procfs::MACHINE,
        &sandbox.domainname,
    ];
    let text = names.map(|name| format!("{name}\0")).concat();
    put_word(guest, needed, text.len() as u32)?;
    if (len as usize) < text.len() {
        return Err(Errno::Overflow);
    }
    put(guest, buffer, text.as_bytes())
}

/// The process that a priority call means; only `PRIO_PROCESS` (0) is known.
fn whom(caller: &Arc<Process>, which: i32, who: u32) -> std::result::Result<Arc<Process>, Errno> {
    match (which, who) {
        (0, 0) => Ok(caller.clone()),
        (0, pid) => caller.sandbox.table.get(pid).ok_or(Errno::Srch),
        _ => Err(Errno::Inval),
    }
}

fn getpriority(guest: &mut Guest<'_>, which: i32, who: u32, out: u32) -> Answer {
    let target = whom(&process(guest), which, who)?;
    let nice = target.nice.load(Ordering::Relaxed);
    put(guest, out, &nice.to_le_bytes())
}

fn setpriority(guest: &mut Guest<'_>, which: i32, who: u32, priority: i32) -> Answer {
    let caller = process(guest);
    let target = whom(&caller, which, who)?;
    let wanted = priority.clamp(-20, 19);
    let cred = caller.cred();
    if !cred.is_root() && cred.uid != target.cred().uid {
        return Err(Errno::Perm);
    }
    // Containers lack CAP_SYS_NICE: nobody gets nicer than they were.
    if wanted < target.nice.load(Ordering::Relaxed) {
        return Err(Errno::Acces);
    }
    target.nice.store(wanted, Ordering::Relaxed);
    Ok(())
}
