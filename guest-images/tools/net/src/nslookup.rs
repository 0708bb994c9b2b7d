//! `nslookup`: asks a name server, by default that of `/etc/resolv.conf`, else the engine's own.

use applet::stream::lookup;
use applet::{die, opts, out};
use schooner_sys::socket::{self, Kind};
use schooner_sys::{POLLIN, PollFd};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);
const USAGE: &str = "nslookup [-type=QUERY_TYPE] HOST [DNS_SERVER]";
const A: u16 = 1;
const PTR: u16 = 12;
const AAAA: u16 = 28;

/// `nslookup`.
pub fn main(argv: &[String]) -> i32 {
    let (options, words): (Vec<&String>, Vec<&String>) =
        argv.iter().skip(1).partition(|word| word.starts_with('-'));
    let (host, server) = match words.as_slice() {
        [host] => (host.as_str(), configured()),
        [host, name] => {
            let found = lookup(name).first().copied();
            let server =
                found.unwrap_or_else(|| die(format_args!("can't resolve server '{name}'")));
            (host.as_str(), server)
        }
        _ => opts::complain("a host is needed", USAGE),
    };
    let kinds = options.iter().find_map(|word| {
        let (_, value) = word.split_once('=')?;
        Some(match value.to_ascii_lowercase().as_str() {
            "a" => vec![A],
            "aaaa" => vec![AAAA],
            "ptr" => vec![PTR],
            other => die(format_args!("invalid query type \"{other}\"")),
        })
    });
    let at = SocketAddr::new(server, 53);
    writeln!(out(), "Server:\t\t{server}\nAddress:\t{at}\n");
    let (name, kinds) = match host.parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => {
            let [a, b, c, d] = v4.octets();
            (format!("{d}.{c}.{b}.{a}.in-addr.arpa"), vec![PTR])
        }
        _ => (host.to_owned(), kinds.unwrap_or(vec![A, AAAA])),
    };
    let mut code = 0;
    for kind in kinds {
        match ask(at, &name, kind) {
            Some(Ok(answers)) if answers.is_empty() => {
                writeln!(out(), "*** Can't find {name}: No answer\n");
            }
            Some(Ok(answers)) => {
                writeln!(out(), "Non-authoritative answer:");
                for answer in answers {
                    match kind {
                        PTR => writeln!(out(), "{name}\tname = {answer}"),
                        _ => writeln!(out(), "Name:\t{name}\nAddress: {answer}"),
                    }
                }
                out().text("\n");
            }
            Some(Err(words)) => {
                writeln!(out(), "** server can't find {name}: {words}\n");
                code = 1;
            }
            None => {
                writeln!(
                    out(),
                    ";; connection timed out; no servers could be reached\n"
                );
                return 1;
            }
        }
    }
    code
}

/// The first server of `/etc/resolv.conf`.
fn configured() -> IpAddr {
    let text = std::fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let named = text
        .lines()
        .filter_map(|line| line.strip_prefix("nameserver"));
    let mut servers = named.filter_map(|rest| rest.trim().parse().ok());
    servers
        .next()
        .unwrap_or(Ipv4Addr::new(127, 0, 0, 11).into())
}

type Answer = Result<Vec<String>, &'static str>;

/// Asks once; `None` when nobody answers.
fn ask(server: SocketAddr, name: &str, kind: u16) -> Option<Answer> {
    let mut query = vec![0x5c, 0x11, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.trim_end_matches('.').split('.') {
        query.push(
            u8::try_from(label.len())
                .ok()
                .filter(|length| *length < 64)?,
        );
        query.extend_from_slice(label.as_bytes());
    }
    query.push(0);
    query.extend(kind.to_be_bytes());
    query.extend([0, 1]);
    let fd = socket::socket(server.is_ipv6(), Kind::Datagram).ok()?;
    socket::send_to(fd, &query, server).ok()?;
    let mut fds = [PollFd {
        fd,
        events: POLLIN,
        revents: 0,
    }];
    let mut reply = [0; 2048];
    let received = match schooner_sys::ppoll(&mut fds, Some(PATIENCE), None) {
        Ok(1..) => socket::recv_from(fd, &mut reply).ok(),
        _ => None,
    };
    let _ = schooner_sys::close(fd);
    read(&reply[..received?.0], kind)
}

fn read(reply: &[u8], kind: u16) -> Option<Answer> {
    let word = |at: usize| Some(u16::from_be_bytes([*reply.get(at)?, *reply.get(at + 1)?]));
    match reply.get(3)? & 15 {
        0 => {}
        3 => return Some(Err("NXDOMAIN")),
        5 => return Some(Err("REFUSED")),
        _ => return Some(Err("SERVFAIL")),
    }
    let (mut at, mut found) = (12, Vec::new());
    for _ in 0..word(4)? {
        at = text(reply, at)?.1 + 4;
    }
    for _ in 0..word(6)? {
        at = text(reply, at)?.1;
        let (of, length) = (word(at)?, usize::from(word(at + 8)?));
        let data = reply.get(at + 10..at + 10 + length)?;
        if of == kind {
            found.push(match (kind, data.len()) {
                (A, 4) => Ipv4Addr::new(data[0], data[1], data[2], data[3]).to_string(),
                (AAAA, 16) => Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?).to_string(),
                _ => text(reply, at + 10)?.0,
            });
        }
        at += 10 + length;
    }
    Some(Ok(found))
}

/// A name of a message and where it ends.
fn text(reply: &[u8], mut at: usize) -> Option<(String, usize)> {
    let (mut labels, mut end, mut jumps) = (Vec::new(), None, 0);
    loop {
        let length = usize::from(*reply.get(at)?);
        at += 1;
        match length {
            0 => break,
            1..=63 => {
                let label = reply.get(at..at + length)?;
                labels.push(String::from_utf8_lossy(label).into_owned());
                at += length;
            }
            _ => {
                // A pointer; a ring of them would never end.
                jumps += 1;
                if jumps > 8 {
                    return None;
                }
                let low = usize::from(*reply.get(at)?);
                end = end.or(Some(at + 1));
                at = (length & 63) << 8 | low;
            }
        }
    }
    Some((labels.join("."), end.unwrap_or(at)))
}
