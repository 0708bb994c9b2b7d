//! Sockets: opening, addresses, connecting, options, names. Layouts are those of the `wasix` crate.
//!
//! An address with a port (`addr_port`, 20 bytes): the family, then at 2 the port in the guest's byte order, at 4 the address;
//! IPv6 as eight numbers of 16 bits. An address alone (`addr`, 18 bytes): the family, then at 2 the address.

use super::super::guest::*;
use super::super::preview1::sock::{accept, install, receive, send};
use super::super::schooner::{calls, waiting_calls};
use super::MODULE;
use crate::base::errno::Errno;
use crate::kernel::context::Context;
use crate::kernel::description::Description;
use crate::kernel::process::Process;
use crate::net::{Protocol, Socket};
use crate::vfs::{Cred, OpenOptions};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use wasmtime::{Linker, Result};

type Outcome<T> = std::result::Result<T, Errno>;

const ADDRESS: u32 = 18;
const ADDRESS_PORT: u32 = 20;
/// `address_family`.
const INET4: u8 = 1;
const INET6: u8 = 2;
/// The longest host name (RFC 1035), with a dot at its end.
const LONGEST_NAME: usize = 254;
/// Bytes of a hosts file that are read.
const LONGEST_HOSTS: usize = 64 << 10;

/// `sock_option`, as far as it is known here.
mod option {
    pub const REUSE_PORT: u32 = 1;
    pub const REUSE_ADDR: u32 = 2;
    pub const ONLY_V6: u32 = 5;
    pub const LISTENING: u32 = 10;
    pub const LAST_ERROR: u32 = 11;
    pub const LINGER: u32 = 13;
    pub const RECV_BUF_SIZE: u32 = 15;
    pub const SEND_BUF_SIZE: u32 = 16;
    pub const RECV_TIMEOUT: u32 = 19;
    pub const SEND_TIMEOUT: u32 = 20;
    pub const TTL: u32 = 23;
    pub const TYPE: u32 = 25;
    pub const PROTO: u32 = 26;
    /// Flags that can be set and read back, and change nothing: no-delay, don't-route, broadcast, multicast loops, keep-alive,
    /// out-of-band inline.
    pub const WITHOUT_EFFECT: [u32; 7] = [3, 4, 6, 7, 8, 12, 14];
}

pub(super) fn add(linker: &mut Linker<Context>) -> Result<()> {
    calls! { linker, MODULE;
        sock_open(family: u32, kind: u32, protocol: u32, out: u32);
        sock_status(fd: u32, out: u32);
        sock_addr_local(fd: u32, out: u32);
        sock_addr_peer(fd: u32, out: u32);
        sock_set_opt_flag(fd: u32, name: u32, value: u32);
        sock_get_opt_flag(fd: u32, name: u32, out: u32);
        sock_set_opt_time(fd: u32, name: u32, time: u32);
        sock_get_opt_time(fd: u32, name: u32, out: u32);
        sock_set_opt_size(fd: u32, name: u32, size: u64);
        sock_get_opt_size(fd: u32, name: u32, out: u32);
        sock_bind(fd: u32, address: u32);
        sock_listen(fd: u32, backlog: u32);
    }
    waiting_calls! { linker, MODULE;
        sock_accept_v2(fd: u32, flags: u32, out: u32, from: u32);
        sock_connect(fd: u32, address: u32);
        sock_recv_from(fd: u32, list: u32, count: u32, flags: u32, out: u32, out_flags: u32, from: u32);
        sock_send_to(fd: u32, list: u32, count: u32, flags: u32, to: u32, out: u32);
        resolve(name: u32, len: u32, port: u32, out: u32, room: u32, count: u32);
    }
    Ok(())
}

fn get(guest: &Guest<'_>, fd: u32) -> Outcome<Arc<Description>> {
    let found = guest.data().process.files.lock().get(fd)?;
    found.socket()?;
    Ok(found)
}

fn read_address(guest: &Guest<'_>, ptr: u32) -> Outcome<SocketAddr> {
    let raw: [u8; ADDRESS_PORT as usize] = array(guest, ptr)?;
    let port = u16::from_le_bytes([raw[2], raw[3]]);
    let ip: IpAddr = match raw[0] {
        INET4 => Ipv4Addr::new(raw[4], raw[5], raw[6], raw[7]).into(),
        INET6 => {
            let part = |n: usize| u16::from_le_bytes([raw[4 + 2 * n], raw[5 + 2 * n]]);
            Ipv6Addr::from(std::array::from_fn::<u16, 8, _>(part)).into()
        }
        _ => return Err(Errno::Afnosupport),
    };
    Ok(SocketAddr::new(ip, port))
}

/// The family's number and the address as they lie in memory.
fn raw(ip: IpAddr) -> (u8, [u8; 16]) {
    let mut bytes = [0; 16];
    match ip {
        IpAddr::V4(v4) => {
            bytes[..4].copy_from_slice(&v4.octets());
            (INET4, bytes)
        }
        IpAddr::V6(v6) => {
            for (n, part) in v6.segments().iter().enumerate() {
                bytes[2 * n..2 * n + 2].copy_from_slice(&part.to_le_bytes());
            }
            (INET6, bytes)
        }
    }
}

fn put_address(guest: &mut Guest<'_>, ptr: u32, address: SocketAddr) -> Answer {
    let mut out = [0; ADDRESS_PORT as usize];
    let (family, ip) = raw(address.ip());
    out[0] = family;
    out[2..4].copy_from_slice(&address.port().to_le_bytes());
    out[4..].copy_from_slice(&ip);
    put(guest, ptr, &out)
}

fn sock_open(guest: &mut Guest<'_>, family: u32, kind: u32, protocol: u32, out: u32) -> Answer {
    writable(guest, out, 4)?;
    let v6 = match u8::try_from(family) {
        Ok(INET4) => false,
        Ok(INET6) => true,
        _ => return Err(Errno::Afnosupport),
    };
    let process = process(guest);
    let net = process.sandbox.net.clone();
    let protocol = match (kind, protocol) {
        (2, 1 | 58) => {
            let fd = install(&process, Socket::for_echo(net, v6), 0)?;
            return put_word(guest, out, fd);
        }
        (1, 0 | 6) => Protocol::Tcp,
        (2, 0 | 17) => Protocol::Udp,
        (1 | 2, _) => return Err(Errno::Protonosupport),
        _ => return Err(Errno::Perm),
    };
    let socket = Socket::new(net, v6, protocol);
    let fd = install(&process, socket, 0)?;
    put_word(guest, out, fd)
}

/// 0 opening, 1 opened, 2 closed, 3 failed.
fn sock_status(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let description = get(guest, fd)?;
    let socket = description.socket()?;
    let open = socket.is_connected() || socket.is_listening() || socket.protocol() == Protocol::Udp;
    put(guest, out, &[u8::from(open)])
}

fn sock_addr_local(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let local = get(guest, fd)?.socket()?.local();
    put_address(guest, out, local)
}

fn sock_addr_peer(guest: &mut Guest<'_>, fd: u32, out: u32) -> Answer {
    let peer = get(guest, fd)?.socket()?.peer()?;
    put_address(guest, out, peer)
}

fn sock_set_opt_flag(guest: &mut Guest<'_>, fd: u32, name: u32, value: u32) -> Answer {
    let description = get(guest, fd)?;
    let mut options = description.socket()?.options.lock();
    let on = value & 0xff != 0;
    match name {
        option::REUSE_PORT => options.reuse_port = on,
        option::REUSE_ADDR => options.reuse_address = on,
        option::ONLY_V6 => options.only_v6 = on,
        name if option::WITHOUT_EFFECT.contains(&name) => {
            options.flags.retain(|flag| *flag != name as u8);
            if on {
                options.flags.push(name as u8);
            }
        }
        _ => return Err(Errno::Noprotoopt),
    }
    Ok(())
}

fn sock_get_opt_flag(guest: &mut Guest<'_>, fd: u32, name: u32, out: u32) -> Answer {
    let description = get(guest, fd)?;
    let socket = description.socket()?;
    let options = socket.options.lock().clone();
    let on = match name {
        option::REUSE_PORT => options.reuse_port,
        option::REUSE_ADDR => options.reuse_address,
        option::ONLY_V6 => options.only_v6,
        option::LISTENING => socket.is_listening(),
        name if option::WITHOUT_EFFECT.contains(&name) => options.flags.contains(&(name as u8)),
        _ => return Err(Errno::Noprotoopt),
    };
    put(guest, out, &[on.into()])
}

/// `option_timestamp` (16 bytes): whether there is a time, then at 8 the time in nanoseconds.
fn sock_set_opt_time(guest: &mut Guest<'_>, fd: u32, name: u32, time: u32) -> Answer {
    let raw: [u8; 16] = array(guest, time)?;
    let given = u64::from_le_bytes(std::array::from_fn(|n| raw[8 + n]));
    let time = (raw[0] != 0 && given > 0).then(|| Duration::from_nanos(given));
    let description = get(guest, fd)?;
    let mut options = description.socket()?.options.lock();
    match name {
        option::RECV_TIMEOUT => options.receive_timeout = time,
        option::SEND_TIMEOUT => options.send_timeout = time,
        option::LINGER => options.linger = time,
        _ => return Err(Errno::Noprotoopt),
    }
    Ok(())
}

fn sock_get_opt_time(guest: &mut Guest<'_>, fd: u32, name: u32, out: u32) -> Answer {
    let description = get(guest, fd)?;
    let options = description.socket()?.options.lock().clone();
    let time = match name {
        option::RECV_TIMEOUT => options.receive_timeout,
        option::SEND_TIMEOUT => options.send_timeout,
        option::LINGER => options.linger,
        _ => return Err(Errno::Noprotoopt),
    };
    let nanos = time.map_or(0, |time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX));
    put(guest, out, &doubles([time.is_some().into(), nanos]))
}

/// Sizes of buffers and the time to live are taken and have no effect.
fn sock_set_opt_size(guest: &mut Guest<'_>, fd: u32, name: u32, _size: u64) -> Answer {
    get(guest, fd)?;
    match name {
        option::RECV_BUF_SIZE | option::SEND_BUF_SIZE | option::TTL => Ok(()),
        _ => Err(Errno::Noprotoopt),
    }
}

fn sock_get_opt_size(guest: &mut Guest<'_>, fd: u32, name: u32, out: u32) -> Answer {
    let description = get(guest, fd)?;
    let socket = description.socket()?;
    let tcp = socket.protocol() == Protocol::Tcp;
    let size: u64 = match name {
        option::RECV_BUF_SIZE | option::SEND_BUF_SIZE => 64 << 10,
        option::TTL => 64,
        option::TYPE => {
            if tcp {
                1
            } else {
                2
            }
        }
        option::PROTO => {
            if tcp {
                6
            } else {
                17
            }
        }
        option::LAST_ERROR => socket.take_error().map_or(0, |errno| errno.raw().into()),
        _ => return Err(Errno::Noprotoopt),
    };
    put(guest, out, &size.to_le_bytes())
}

fn sock_bind(guest: &mut Guest<'_>, fd: u32, address: u32) -> Answer {
    let address = read_address(guest, address)?;
    get(guest, fd)?.socket()?.bind(address)
}

fn sock_listen(guest: &mut Guest<'_>, fd: u32, backlog: u32) -> Answer {
    get(guest, fd)?.socket()?.listen(backlog as usize)
}

async fn sock_accept_v2(guest: &mut Guest<'_>, fd: u32, flags: u32, out: u32, from: u32) -> Answer {
    writable(guest, out, 4)?;
    writable(guest, from, ADDRESS_PORT)?;
    let (number, peer) = accept(guest, fd, flags).await?;
    put_word(guest, out, number)?;
    put_address(guest, from, peer)
}

async fn sock_connect(guest: &mut Guest<'_>, fd: u32, address: u32) -> Answer {
    let to = read_address(guest, address)?;
    let (process, description) = (process(guest), get(guest, fd)?);
    description.connect(&process, to).await
}

#[expect(clippy::too_many_arguments, reason = "WASIX's signature")]
async fn sock_recv_from(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    flags: u32,
    out: u32,
    out_flags: u32,
    from: u32,
) -> Answer {
    writable(guest, out, 4)?;
    writable(guest, out_flags, 2)?;
    writable(guest, from, ADDRESS_PORT)?;
    let (count, told, sender) = receive(guest, fd, list, count, flags).await?;
    put(guest, out_flags, &told.to_le_bytes())?;
    put_address(guest, from, sender)?;
    put_word(guest, out, count)
}

async fn sock_send_to(
    guest: &mut Guest<'_>,
    fd: u32,
    list: u32,
    count: u32,
    _flags: u32,
    to: u32,
    out: u32,
) -> Answer {
    writable(guest, out, 4)?;
    let to = read_address(guest, to)?;
    let sent = send(guest, fd, list, count, Some(to)).await?;
    put_word(guest, out, sent)
}

/// The addresses behind a name: a literal, the hosts file, the names of the container's networks, the host's resolver.
async fn resolve(
    guest: &mut Guest<'_>,
    name: u32,
    len: u32,
    _port: u32,
    out: u32,
    room: u32,
    count: u32,
) -> Answer {
    writable(guest, count, 4)?;
    let name = string(guest, name, len, LONGEST_NAME)?;
    let process = process(guest);
    let found = addresses(&process, &name).await?;
    if found.is_empty() {
        return Err(Errno::Noent);
    }
    let mut told = 0;
    for ip in found.into_iter().take(room as usize) {
        let mut bytes = [0; ADDRESS as usize];
        let (family, address) = raw(ip);
        bytes[0] = family;
        bytes[2..].copy_from_slice(&address);
        let at = out.checked_add(told * ADDRESS).ok_or(Errno::Fault)?;
        put(guest, at, &bytes)?;
        told += 1;
    }
    put_word(guest, count, told)
}

async fn addresses(process: &Arc<Process>, name: &str) -> Outcome<Vec<IpAddr>> {
    if let Ok(literal) = name.parse() {
        return Ok(vec![literal]);
    }
    let named = in_hosts_file(process, name);
    if !named.is_empty() {
        return Ok(named);
    }
    let stack = process.sandbox.net.clone();
    let near = stack.switch.find(&stack, name);
    if !near.is_empty() {
        return Ok(near);
    }
    // Only who can send outside may ask outside.
    if !stack
        .interfaces()
        .iter()
        .any(|interface| !interface.internal)
    {
        return Ok(Vec::new());
    }
    let switch = stack.switch.clone();
    process.block(switch.outside.resolve(name)).await?
}

fn in_hosts_file(process: &Arc<Process>, name: &str) -> Vec<IpAddr> {
    let options = OpenOptions {
        read: true,
        ..OpenOptions::default()
    };
    let opened = process.tree(|tree, _| tree.open(&Cred::root(), "/", "/etc/hosts", &options));
    let mut text = vec![0; LONGEST_HOSTS];
    let count = opened
        .and_then(|file| file.read_at(0, &mut text))
        .unwrap_or(0);
    let text = String::from_utf8_lossy(&text[..count]);
    let of = |line: &str| {
        let mut words = line.split('#').next()?.split_ascii_whitespace();
        let address = words.next()?.parse().ok()?;
        words
            .any(|word| word.eq_ignore_ascii_case(name))
            .then_some(address)
    };
    text.lines().filter_map(of).collect()
}
