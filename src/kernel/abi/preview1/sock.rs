//! The socket calls. Until containers have networks no descriptor is a socket, and these say so.

use super::super::super::context::Context;
use super::super::guest::{Answer, Guest};
use super::fd::get;
use super::waiting_calls;
use crate::base::errno::Errno;
use wasmtime::{Linker, Result};

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    waiting_calls! { linker;
        sock_accept(fd: u32, flags: u32, out: u32);
        sock_recv(fd: u32, list: u32, count: u32, flags: u32, out: u32, out_flags: u32);
        sock_send(fd: u32, list: u32, count: u32, flags: u32, out: u32);
        sock_shutdown(fd: u32, how: u32);
    }
    Ok(())
}

fn not_a_socket(guest: &Guest<'_>, fd: u32) -> Answer {
    get(guest, fd)?;
    Err(Errno::Notsock)
}

async fn sock_accept(guest: &mut Guest<'_>, fd: u32, _flags: u32, _out: u32) -> Answer {
    not_a_socket(guest, fd)
}

async fn sock_recv(
    guest: &mut Guest<'_>,
    fd: u32,
    _list: u32,
    _count: u32,
    _flags: u32,
    _out: u32,
    _out_flags: u32,
) -> Answer {
    not_a_socket(guest, fd)
}

async fn sock_send(
    guest: &mut Guest<'_>,
    fd: u32,
    _list: u32,
    _count: u32,
    _flags: u32,
    _out: u32,
) -> Answer {
    not_a_socket(guest, fd)
}

async fn sock_shutdown(guest: &mut Guest<'_>, fd: u32, _how: u32) -> Answer {
    not_a_socket(guest, fd)
}
