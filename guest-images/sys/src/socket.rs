//! Sockets: TCP, UDP and echo messages (ICMP), as WASIX has them; addresses are those of `core::net`.

use crate::errno::{Errno, Result};
use crate::{Fd, raw};
use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

/// What goes through a socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// TCP.
    Stream,
    /// UDP.
    Datagram,
    /// ICMP echo messages; the kernel answers for whoever is pinged.
    Echo,
}

/// Options that are on or off (`sock_option`).
pub const REUSE_ADDR: u32 = 2;
pub const ONLY_V6: u32 = 5;
/// Options that are times.
pub const RECV_TIMEOUT: u32 = 19;
/// Holds for connecting too, which then ends with EAGAIN.
pub const SEND_TIMEOUT: u32 = 20;

const INET4: u8 = 1;
const INET6: u8 = 2;
const ADDRESS: usize = 18;
const ADDRESS_PORT: usize = 20;
/// Addresses that [`resolve`] gives at most.
const MOST: usize = 16;

fn packed(address: SocketAddr) -> [u8; ADDRESS_PORT] {
    let mut out = [0; ADDRESS_PORT];
    out[2..4].copy_from_slice(&address.port().to_le_bytes());
    match address.ip() {
        IpAddr::V4(v4) => {
            out[0] = INET4;
            out[4..8].copy_from_slice(&v4.octets());
        }
        IpAddr::V6(v6) => {
            out[0] = INET6;
            for (at, part) in v6.segments().iter().enumerate() {
                out[4 + 2 * at..6 + 2 * at].copy_from_slice(&part.to_le_bytes());
            }
        }
    }
    out
}

fn address(family: u8, bytes: &[u8]) -> IpAddr {
    if family == INET6 {
        let part = |at: usize| u16::from_le_bytes([bytes[2 * at], bytes[2 * at + 1]]);
        return Ipv6Addr::from(core::array::from_fn::<u16, 8, _>(part)).into();
    }
    Ipv4Addr::new(bytes[0], bytes[1], bytes[2], bytes[3]).into()
}

fn unpacked(raw: &[u8; ADDRESS_PORT]) -> SocketAddr {
    let port = u16::from_le_bytes([raw[2], raw[3]]);
    SocketAddr::new(address(raw[0], &raw[4..]), port)
}

fn vector(bytes: &[u8]) -> raw::IoVec {
    raw::IoVec {
        ptr: bytes.as_ptr(),
        len: bytes.len(),
    }
}

/// Opens a socket of a family.
pub fn socket(v6: bool, kind: Kind) -> Result<Fd> {
    let family = if v6 { INET6 } else { INET4 };
    let (kind, protocol) = match kind {
        Kind::Stream => (1, 6),
        Kind::Datagram => (2, 17),
        Kind::Echo => (2, if v6 { 58 } else { 1 }),
    };
    let mut fd = -1;
    Errno::check(unsafe { raw::sock_open(family.into(), kind, protocol, &mut fd) })?;
    Ok(fd)
}

pub fn bind(fd: Fd, to: SocketAddr) -> Result<()> {
    Errno::check(unsafe { raw::sock_bind(fd, packed(to).as_ptr()) })
}

pub fn listen(fd: Fd, backlog: u32) -> Result<()> {
    Errno::check(unsafe { raw::sock_listen(fd, backlog) })
}

/// Waits for a connection: its descriptor and who called.
pub fn accept(fd: Fd) -> Result<(Fd, SocketAddr)> {
    let (mut new, mut from) = (-1, [0; ADDRESS_PORT]);
    Errno::check(unsafe { raw::sock_accept_v2(fd, 0, &mut new, from.as_mut_ptr()) })?;
    Ok((new, unpacked(&from)))
}

/// Connects; EINPROGRESS on a descriptor that does not block.
pub fn connect(fd: Fd, to: SocketAddr) -> Result<()> {
    Errno::check(unsafe { raw::sock_connect(fd, packed(to).as_ptr()) })
}

/// Reads what there is; 0 at the end.
pub fn recv(fd: Fd, buffer: &mut [u8]) -> Result<usize> {
    let (mut done, mut flags) = (0, 0);
    // The kernel writes where the vector points.
    let into = raw::IoVec {
        ptr: buffer.as_mut_ptr(),
        len: buffer.len(),
    };
    Errno::check(unsafe { raw::sock_recv(fd, &into, 1, 0, &mut done, &mut flags) })?;
    Ok(done)
}

pub fn send(fd: Fd, bytes: &[u8]) -> Result<usize> {
    let mut done = 0;
    Errno::check(unsafe { raw::sock_send(fd, &vector(bytes), 1, 0, &mut done) })?;
    Ok(done)
}

/// Takes one datagram: how much of it fits, and from where it came.
pub fn recv_from(fd: Fd, buffer: &mut [u8]) -> Result<(usize, SocketAddr)> {
    let into = raw::IoVec {
        ptr: buffer.as_mut_ptr(),
        len: buffer.len(),
    };
    let (mut done, mut flags, mut from) = (0, 0, [0; ADDRESS_PORT]);
    Errno::check(unsafe {
        raw::sock_recv_from(fd, &into, 1, 0, &mut done, &mut flags, from.as_mut_ptr())
    })?;
    Ok((done, unpacked(&from)))
}

pub fn send_to(fd: Fd, bytes: &[u8], to: SocketAddr) -> Result<usize> {
    let mut done = 0;
    let to = packed(to);
    Errno::check(unsafe { raw::sock_send_to(fd, &vector(bytes), 1, 0, to.as_ptr(), &mut done) })?;
    Ok(done)
}

/// Says that nothing more will be sent.
pub fn finish(fd: Fd) -> Result<()> {
    Errno::check(unsafe { raw::sock_shutdown(fd, 2) })
}

/// A socket's own address.
pub fn local(fd: Fd) -> Result<SocketAddr> {
    let mut out = [0; ADDRESS_PORT];
    Errno::check(unsafe { raw::sock_addr_local(fd, out.as_mut_ptr()) })?;
    Ok(unpacked(&out))
}

/// Sets an option that is on or off.
pub fn set_flag(fd: Fd, option: u32, on: bool) -> Result<()> {
    Errno::check(unsafe { raw::sock_set_opt_flag(fd, option, on.into()) })
}

/// Sets an option that is a time.
pub fn set_time(fd: Fd, option: u32, time: Duration) -> Result<()> {
    let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    Errno::check(unsafe { raw::sock_set_opt_time(fd, option, [1, nanos].as_ptr()) })
}

/// What became of a connection that was in progress.
pub fn outcome(fd: Fd) -> Result<()> {
    const LAST_ERROR: u32 = 11;
    let mut number: u64 = 0;
    Errno::check(unsafe { raw::sock_get_opt_size(fd, LAST_ERROR, &mut number) })?;
    match number {
        0 => Ok(()),
        number => Err(Errno(number as u16)),
    }
}

/// The addresses behind a name, IPv4 first; ENOENT when there are none.
pub fn resolve(name: &str) -> Result<Vec<IpAddr>> {
    let mut out = [0u8; ADDRESS * MOST];
    let mut count = 0;
    Errno::check(unsafe {
        raw::resolve(
            name.as_ptr(),
            name.len(),
            0,
            out.as_mut_ptr(),
            MOST,
            &mut count,
        )
    })?;
    let each = out.chunks_exact(ADDRESS).take(count);
    let mut found: Vec<IpAddr> = each.map(|raw| address(raw[0], &raw[2..])).collect();
    found.sort_by_key(IpAddr::is_ipv6);
    Ok(found)
}
