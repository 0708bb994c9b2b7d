//! Identity, joining, signals, exec.

use super::super::guest::*;
use super::super::schooner::{calls, replace, send, waiting_calls};
use super::MODULE;
use super::spawn::{cstrings, find_program};
use crate::base::errno::Errno;
use crate::kernel::context::{Context, Leave};
use crate::kernel::deliver::Action;
use crate::kernel::signal::{Default as Standard, Signal};
use crate::kernel::status::Change;
use crate::kernel::wait::{WaitOptions, Whom, wait};
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    linker.func_wrap(
        MODULE,
        "callback_signal",
        |mut guest: Guest<'_>, name: u32, len: u32| {
            callback_signal(&mut guest, name, len);
        },
    )?;
    linker.func_wrap(
        MODULE,
        "proc_exit2",
        |_: Guest<'_>, code: i32| -> Result<()> { Err(Leave::Exit(code).into()) },
    )?;
    linker.func_wrap_async(
        MODULE,
        "proc_exec4",
        |mut guest: Guest<'_>, arguments: (u32, u32, u32, u32, u32, u32, i32, u32, u32)| {
            Box::new(async move {
                match proc_exec4(&mut guest, arguments).await {
                    Ok(leave) => Err(leave.into()),
                    Err(errno) => Ok(number(Err(errno))),
                }
            })
        },
    )?;
    calls! { linker, MODULE;
        proc_id(out: u32);
        proc_parent(pid: u32, out: u32);
        proc_signals_get(buffer: u32);
        proc_signals_sizes_get(out: u32);
    }
    waiting_calls! { linker, MODULE;
        proc_join(pid: u32, flags: u32, status: u32);
        proc_signal(pid: i32, signal: i32);
    }
    Ok(())
}

fn proc_id(guest: &mut Guest<'_>, out: u32) -> Answer {
    let pid = process(guest).pid;
    put_word(guest, out, pid)
}

fn proc_parent(guest: &mut Guest<'_>, pid: u32, out: u32) -> Answer {
    let parent = process(guest).sandbox.table.with(pid, |entry| entry.ppid);
    put_word(guest, out, parent.ok_or(Errno::Srch)?)
}

fn proc_signals_get(_: &mut Guest<'_>, _: u32) -> Answer {
    Ok(())
}

fn proc_signals_sizes_get(guest: &mut Guest<'_>, out: u32) -> Answer {
    put_word(guest, out, 0)
}

async fn proc_signal(guest: &mut Guest<'_>, pid: i32, signal: i32) -> Answer {
    let process = process(guest);
    send(&process, pid, signal)
}

/// The export that handles signals. From now on every signal that would end the program is caught, as WASIX's libc expects.
fn callback_signal(guest: &mut Guest<'_>, name: u32, len: u32) {
    let Ok(name) = string(guest, name, len, 255) else {
        return;
    };
    guest.data_mut().callback = Some(name);
    let signals = &process(guest).signals;
    for signal in (1..=31).filter_map(Signal::new) {
        let ends = matches!(
            signal.default_action(),
            Standard::Terminate | Standard::Core
        );
        if ends && signals.action(signal) == Action::Default {
            // KILL refuses, which is right.
            let _ = signals.set_action(signal, Action::Catch);
        }
    }
}

/// `pid` holds an optional pid and receives the pid that was joined; `status` receives WASIX's `join_status`.
async fn proc_join(guest: &mut Guest<'_>, pid: u32, flags: u32, status: u32) -> Answer {
    let [tag, ..]: [u8; 8] = array(guest, pid)?;
    writable(guest, status, 6)?;
    let whom = match tag {
        0 => Whom::Any,
        _ => Whom::Pid(word(guest, pid.wrapping_add(4))?),
    };
    let options = WaitOptions {
        nohang: flags & 1 != 0,
        stopped: flags & 2 != 0,
        continued: false,
    };
    let process = process(guest);
    let Some(found) = wait(&process, whom, options).await? else {
        return put(guest, status, &[0; 6]);
    };
    let mut joined = [0; 8];
    joined[0] = 1;
    joined[4..].copy_from_slice(&found.pid.to_le_bytes());
    put(guest, pid, &joined)?;
    let mut bytes = [0; 6];
    match found.change {
        Change::Ended(end) => match end.signal {
            None => {
                bytes[0] = 1;
                bytes[2..4].copy_from_slice(&(end.code as u16).to_le_bytes());
            }
            Some(signal) => {
                bytes[0] = 2;
                bytes[2..4].copy_from_slice(&(end.code as u16).to_le_bytes());
                bytes[4] = signal.number() as u8;
            }
        },
        Change::Stopped(signal) => {
            bytes[0] = 3;
            bytes[2] = signal.number() as u8;
        }
        Change::Continued => {}
    }
    put(guest, status, &bytes)
}

type ExecArguments = (u32, u32, u32, u32, u32, u32, i32, u32, u32);

async fn proc_exec4(
    guest: &mut Guest<'_>,
    arguments: ExecArguments,
) -> std::result::Result<Leave, Errno> {
    let (name, name_len, args, args_len, envs, envs_len, search, path, path_len) = arguments;
    let name = super::super::guest::path(guest, name, name_len)?;
    let search_path = string(guest, path, path_len, 65536)?;
    let argv = cstrings(guest, args, args_len)?;
    let env = cstrings(guest, envs, envs_len)?;
    let process = process(guest);
    let program = find_program(&process, &name, search != 0, &search_path, &env)?;
    replace(&process, &program, argv, env).await
}
