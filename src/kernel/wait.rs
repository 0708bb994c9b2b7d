//! Waiting for children: POSIX `waitpid` with stops and continuations.

use super::process::Process;
use super::status::Change;
use super::table::{RunState, State};
use crate::base::errno::Errno;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

/// Which children are meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    Any,
    Pid(u32),
    Group(u32),
}

/// Linux's `WNOHANG`, `WUNTRACED`, `WCONTINUED`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitOptions {
    pub nohang: bool,
    pub stopped: bool,
    pub continued: bool,
}

/// What a wait found.
pub struct Found {
    pub pid: u32,
    pub change: Change,
    /// The child: its usage. It is no longer in the table if it has ended.
    pub child: Arc<Process>,
}

impl Whom {
    /// The meaning of `waitpid`'s argument for a caller.
    pub fn from_pid(pid: i32, caller: &Process) -> Whom {
        match pid {
            -1 => Whom::Any,
            0 => Whom::Group(caller.sandbox.table.getpgid(caller.pid, 0).unwrap_or(0)),
            1.. => Whom::Pid(pid.unsigned_abs()),
            _ => Whom::Group(pid.unsigned_abs()),
        }
    }
}

/// Waits for a change of a child. `None` with `nohang` when there is none yet; ECHILD without such children; EINTR.
pub async fn wait(
    process: &Arc<Process>,
    whom: Whom,
    options: WaitOptions,
) -> Result<Option<Found>, Errno> {
    let look = poll_fn(|cx| {
        process.children.register(cx);
        match scan(
            &mut process.sandbox.table.lock(),
            process.pid,
            whom,
            options,
        ) {
            Ok(None) if !options.nohang => Poll::Pending,
            done => Poll::Ready(done),
        }
    });
    let found = process.block(look).await??;
    if let Some(Found {
        change: Change::Ended(_),
        child,
        ..
    }) = &found
    {
        process.usage.add_child(&child.usage);
    }
    Ok(found)
}

/// Looks for news and takes them: a zombie is removed, a stop is told once.
fn scan(
    state: &mut State,
    parent: u32,
    whom: Whom,
    options: WaitOptions,
) -> Result<Option<Found>, Errno> {
    let mut any = false;
    let mut ended = None;
    for (pid, entry) in &mut state.entries {
        let meant = match whom {
            Whom::Any => true,
            Whom::Pid(wanted) => *pid == wanted,
            Whom::Group(group) => entry.pgrp == group,
        };
        if entry.ppid != parent || !meant {
            continue;
        }
        any = true;
        if let RunState::Zombie(status) = entry.state {
            ended = Some((*pid, status));
            break;
        }
        let told = match entry.news {
            Some(Change::Stopped(_)) => options.stopped,
            Some(Change::Continued) => options.continued,
            _ => false,
        };
        if told && let Some(change) = entry.news.take() {
            return Ok(Some(Found {
                pid: *pid,
                change,
                child: entry.process.clone(),
            }));
        }
    }
    match ended {
        Some((pid, status)) => Ok(state.entries.remove(&pid).map(|entry| Found {
            pid,
            change: Change::Ended(status),
            child: entry.process,
        })),
        None if any => Ok(None),
        None => Err(Errno::Child),
    }
}
