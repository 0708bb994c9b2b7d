//! `/proc/net`: the interfaces, routes and sockets of the container's namespace.
//!
//! Sockets are those that processes of this sandbox hold. `if_inet` is our own, in the manner of Linux's `if_inet6`: an
//! interface, its hardware address, and an address with the length of its prefix on each line; Linux tells these by netlink.

use super::super::description::Object;
use crate::kernel::sandbox::Sandbox;
use crate::net::counters::Traffic;
use crate::net::mac::Mac;
use crate::net::{Protocol, Socket};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// States of `tcp` and `udp`.
const ESTABLISHED: u8 = 1;
const CLOSED: u8 = 7;
const LISTENING: u8 = 10;

pub(super) fn dev(sandbox: &Arc<Sandbox>) -> String {
    let mut text = "Inter-|   Receive                                                |  Transmit\n \
     face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
        .to_owned();
    let mut line = |name: &str, t: Traffic| {
        let _ = writeln!(
            text,
            "{name:>6}: {:7} {:7}    0    0    0     0          0         0 {:8} {:7}    0    0    0     0       0          0",
            t.rx_bytes, t.rx_packets, t.tx_bytes, t.tx_packets
        );
    };
    // What is sent over the loopback is received there.
    let own = sandbox.net.loopback.traffic();
    let both = Traffic {
        rx_bytes: own.tx_bytes,
        rx_packets: own.tx_packets,
        ..own
    };
    line("lo", both);
    for interface in sandbox.net.interfaces() {
        line(&interface.name, interface.counters.traffic());
    }
    text
}

/// An IPv4 address as the kernel prints it: the number as it lies in the memory of a little-endian machine.
fn hex(address: Ipv4Addr) -> String {
    format!("{:08X}", u32::from_le_bytes(address.octets()))
}

pub(super) fn route(sandbox: &Arc<Sandbox>) -> String {
    let header =
        "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT";
    let mut text = format!("{header:<127}\n");
    let mut line = |name: &str, to: Ipv4Addr, by: Ipv4Addr, flags: u8, mask: Ipv4Addr| {
        let (to, by, mask) = (hex(to), hex(by), hex(mask));
        let line = format!("{name}\t{to}\t{by}\t000{flags}\t0\t0\t0\t{mask}\t0\t0\t0");
        let _ = writeln!(text, "{line:<127}");
    };
    let interfaces = sandbox.net.interfaces();
    let any = Ipv4Addr::UNSPECIFIED;
    let way_out = interfaces.iter().filter(|i| !i.internal).find_map(|i| {
        let by = i.gateways.iter().find_map(|gateway| match gateway {
            IpAddr::V4(v4) => Some(*v4),
            IpAddr::V6(_) => None,
        })?;
        Some((i.name.as_str(), by))
    });
    if let Some((name, by)) = way_out {
        line(name, any, by, 3, any);
    }
    for interface in &interfaces {
        for (_, subnet) in &interface.addresses {
            if let ipnet::IpNet::V4(subnet) = subnet {
                line(&interface.name, subnet.network(), any, 1, subnet.netmask());
            }
        }
    }
    text
}

pub(super) fn if_inet(sandbox: &Arc<Sandbox>) -> String {
    let none = Mac::default();
    let mut text = format!("lo {none} 127.0.0.1/8\nlo {none} ::1/128\n");
    for interface in sandbox.net.interfaces() {
        for (own, subnet) in &interface.addresses {
            let (name, mac) = (&interface.name, interface.mac);
            let _ = writeln!(text, "{name} {mac} {own}/{}", subnet.prefix_len());
        }
    }
    text
}

pub(super) fn tcp(sandbox: &Arc<Sandbox>) -> String {
    sockets(sandbox, Protocol::Tcp)
}

pub(super) fn udp(sandbox: &Arc<Sandbox>) -> String {
    sockets(sandbox, Protocol::Udp)
}

pub(super) fn tcp6(sandbox: &Arc<Sandbox>) -> String {
    sockets6(sandbox, Protocol::Tcp)
}

pub(super) fn udp6(sandbox: &Arc<Sandbox>) -> String {
    sockets6(sandbox, Protocol::Udp)
}

fn sockets(sandbox: &Arc<Sandbox>, protocol: Protocol) -> String {
    let header = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";
    let mut text = format!("{header:<149}\n");
    for line in lines(sandbox, protocol, false) {
        let _ = writeln!(text, "{line:<149}");
    }
    text
}

fn sockets6(sandbox: &Arc<Sandbox>, protocol: Protocol) -> String {
    let mut text = "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when \
     retrnsmt   uid  timeout inode\n"
        .to_owned();
    for line in lines(sandbox, protocol, true) {
        let _ = writeln!(text, "{line}");
    }
    text
}

/// The sockets of one kind with an address, each once however many descriptors lead to it.
fn lines(sandbox: &Arc<Sandbox>, protocol: Protocol, six: bool) -> Vec<String> {
    let mut processes = Vec::new();
    sandbox
        .table
        .each(|entry| processes.push(entry.process.clone()));
    let mut found = BTreeMap::new();
    for process in processes {
        let uid = process.cred().uid;
        for (_, description) in process.files.lock().list() {
            let Object::Socket(socket) = &description.object else {
                continue;
            };
            let inode = description.attr().map_or(0, |attr| attr.ino);
            if socket.protocol() == protocol && socket.local().is_ipv6() == six {
                found
                    .entry(inode)
                    .or_insert_with(|| (uid, described(socket)));
            }
        }
    }
    let bound = found
        .into_iter()
        .filter(|(_, (_, what))| what.local.port() != 0);
    bound
        .enumerate()
        .map(|(place, (inode, (uid, what)))| {
            let (local, peer) = (end(what.local), end(what.peer));
            let Described { state, waiting, .. } = what;
            format!(
                "{place:4}: {local} {peer} {state:02X} 00000000:{waiting:08X} 00:00000000 00000000 {uid:5}        0 {inode} 1 0000000000000000"
            )
        })
        .collect()
}

struct Described {
    local: SocketAddr,
    peer: SocketAddr,
    state: u8,
    /// Bytes that can be read.
    waiting: usize,
}

fn described(socket: &Socket) -> Described {
    let local = socket.local();
    let nobody: IpAddr = match local.is_ipv6() {
        true => std::net::Ipv6Addr::UNSPECIFIED.into(),
        false => Ipv4Addr::UNSPECIFIED.into(),
    };
    let peer = socket.peer();
    let listening = socket.is_listening();
    Described {
        state: match (listening, &peer) {
            (true, _) => LISTENING,
            (false, Ok(_)) => ESTABLISHED,
            (false, Err(_)) => CLOSED,
        },
        waiting: if listening { 0 } else { socket.available() },
        local,
        peer: peer.unwrap_or(SocketAddr::new(nobody, 0)),
    }
}

fn end(at: SocketAddr) -> String {
    let address = match at.ip() {
        IpAddr::V4(v4) => hex(v4),
        IpAddr::V6(v6) => {
            let octets = v6.octets();
            let words = octets.chunks_exact(4);
            let hex = |w: &[u8]| format!("{:08X}", u32::from_le_bytes([w[0], w[1], w[2], w[3]]));
            words.map(hex).collect()
        }
    };
    format!("{address}:{:04X}", at.port())
}

pub(super) fn unix(_: &Arc<Sandbox>) -> String {
    "Num       RefCount Protocol Flags    Type St Inode Path\n".to_owned()
}

pub(super) fn arp(_: &Arc<Sandbox>) -> String {
    "IP address       HW type     Flags       HW address            Mask     Device\n".to_owned()
}
