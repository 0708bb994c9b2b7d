//! The rest: umask, limits, times, the system's name, priorities.

use crate::errno::{Errno, Result};
use crate::{Rlimit, Times, raw};
use alloc::{string::String, vec};

/// Sets the file mode creation mask and gives the one before.
pub fn umask(mask: u32) -> Result<u32> {
    let mut old = 0;
    Errno::check(unsafe { raw::umask(mask, &mut old) })?;
    Ok(old)
}

pub const RLIMIT_CPU: i32 = 0;
pub const RLIMIT_FSIZE: i32 = 1;
pub const RLIMIT_DATA: i32 = 2;
pub const RLIMIT_STACK: i32 = 3;
pub const RLIMIT_CORE: i32 = 4;
pub const RLIMIT_RSS: i32 = 5;
pub const RLIMIT_NPROC: i32 = 6;
pub const RLIMIT_NOFILE: i32 = 7;
pub const RLIMIT_MEMLOCK: i32 = 8;
pub const RLIMIT_AS: i32 = 9;
/// "Unlimited".
pub const RLIM_INFINITY: u64 = u64::MAX;

pub fn getrlimit(resource: i32) -> Result<Rlimit> {
    let mut value = Rlimit::default();
    Errno::check(unsafe { raw::getrlimit(resource, &mut value) })?;
    Ok(value)
}

pub fn setrlimit(resource: i32, new: &Rlimit) -> Result<()> {
    Errno::check(unsafe { raw::setrlimit(resource, new) })
}

/// CPU time of this process and of its children.
pub fn times() -> Result<Times> {
    let mut value = Times::default();
    Errno::check(unsafe { raw::times(&mut value) })?;
    Ok(value)
}

/// What `uname` tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uname {
    pub sysname: String,
    pub nodename: String,
    pub release: String,
    pub version: String,
    pub machine: String,
    pub domainname: String,
}

/// The system's names. On the wire: six strings, each ended by a NUL.
pub fn uname() -> Result<Uname> {
    let mut buffer = vec![0u8; 512];
    let mut len = 0;
    Errno::check(unsafe { raw::uname(buffer.as_mut_ptr(), buffer.len(), &mut len) })?;
    buffer.truncate(len as usize);
    let mut parts = buffer
        .split(|byte| *byte == 0)
        .map(|part| String::from_utf8_lossy(part).into_owned());
    let mut next = || parts.next().unwrap_or_default();
    Ok(Uname {
        sysname: next(),
        nodename: next(),
        release: next(),
        version: next(),
        machine: next(),
        domainname: next(),
    })
}

/// Renames the host; EPERM, as containers lack the capability.
pub fn sethostname(name: &str) -> Result<()> {
    Errno::check(unsafe { raw::sethostname(name.as_ptr(), name.len()) })
}

pub const PRIO_PROCESS: i32 = 0;
pub const PRIO_PGRP: i32 = 1;
pub const PRIO_USER: i32 = 2;

/// The nice value, -20 to 19.
pub fn getpriority(which: i32, who: i32) -> Result<i32> {
    let mut value = 0;
    Errno::check(unsafe { raw::getpriority(which, who, &mut value) })?;
    Ok(value)
}

/// Sets the nice value. Recorded and shown; the scheduler treats all alike.
pub fn setpriority(which: i32, who: i32, priority: i32) -> Result<()> {
    Errno::check(unsafe { raw::setpriority(which, who, priority) })
}
