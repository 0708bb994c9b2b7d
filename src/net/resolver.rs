//! The engine's resolver as programs reach it over the wire: UDP to 127.0.0.11, port 53.
//!
//! Answers for addresses (A, AAAA) by what the container's networks know, then by the host's resolver, and for names of
//! addresses in its networks (PTR). A query is at most one question; other kinds of records are not looked for outside.

use super::mailbox::Mailbox;
use super::stack::Stack;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// Where it listens, in every namespace.
pub const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 11)), 53);

const HEADER: usize = 12;
const A: u16 = 1;
const PTR: u16 = 12;
const AAAA: u16 = 28;
/// Seconds for which an answer holds, as Docker's.
const TTL: u32 = 600;
/// More would not fit a message of 512 bytes.
const MOST: usize = 12;

/// How a query ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Found = 0,
    ServerFailed = 2,
    NoSuchName = 3,
}

/// What is asked.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    /// The header and the question, as they came.
    raw: Vec<u8>,
    name: String,
    kind: u16,
}

/// Takes a query; the answer goes into `mailbox`, at once or when the host's resolver has answered. What is no query is lost.
pub fn ask(stack: &Arc<Stack>, query: &[u8], mailbox: &Arc<Mailbox>) {
    let Some(question) = parse(query) else { return };
    let switch = stack.switch.clone();
    if question.kind == PTR {
        let name = address(&question.name).and_then(|ip| switch.name_of(stack, ip));
        let reply = match name {
            Some(name) => question.answer(Code::Found, &[encoded(&name)]),
            None => question.answer(Code::NoSuchName, &[]),
        };
        mailbox.deliver(ADDRESS, &reply);
        return;
    }
    let near = switch.find(stack, &question.name);
    let open = stack.interfaces().iter().any(|i| !i.internal);
    let outside = match near.is_empty() && open {
        true => switch.outside.runtime().cloned(),
        false => None,
    };
    let Some(runtime) = outside else {
        let code = match near.is_empty() {
            true => Code::NoSuchName,
            false => Code::Found,
        };
        mailbox.deliver(ADDRESS, &question.addresses(code, &near));
        return;
    };
    let mailbox = Arc::downgrade(mailbox);
    runtime.spawn(async move {
        let reply = match question.kind {
            A | AAAA => match switch.outside.resolve(&question.name).await {
                Ok(found) => question.addresses(Code::Found, &found),
                Err(_) => question.addresses(Code::NoSuchName, &[]),
            },
            _ => question.answer(Code::ServerFailed, &[]),
        };
        if let Some(mailbox) = mailbox.upgrade() {
            mailbox.deliver(ADDRESS, &reply);
        }
    });
}

fn word(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?]))
}

/// Reads a query of one question.
fn parse(query: &[u8]) -> Option<Question> {
    let is_query = word(query, 2)? & 0xf800 == 0;
    if !is_query || word(query, 4)? != 1 {
        return None;
    }
    let (mut at, mut labels) = (HEADER, Vec::new());
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        match length {
            0 => break,
            1..=63 => {
                labels.push(String::from_utf8_lossy(query.get(at..at + length)?).into_owned())
            }
            // Nothing stands before the name that a pointer could mean.
            _ => return None,
        }
        at += length;
    }
    let kind = word(query, at)?;
    Some(Question {
        raw: query.get(..at + 4)?.to_vec(),
        name: labels.join("."),
        kind,
    })
}

/// `2.0.18.172.in-addr.arpa` as the address it means.
fn address(name: &str) -> Option<IpAddr> {
    let digits = name.strip_suffix(".in-addr.arpa")?;
    let parts: Vec<&str> = digits.rsplit('.').collect();
    parts.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::V4)
}

/// A name as labels.
fn encoded(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for label in name.split('.').filter(|label| label.len() < 64) {
        out.push(label.len() as u8);
        out.extend_from_slice(label.as_bytes());
    }
    out.push(0);
    out
}

impl Question {
    /// The answer with those addresses that are of the asked kind.
    fn addresses(&self, code: Code, found: &[IpAddr]) -> Vec<u8> {
        let data = |ip: &IpAddr| match (self.kind, ip) {
            (A, IpAddr::V4(v4)) => Some(v4.octets().to_vec()),
            (AAAA, IpAddr::V6(v6)) => Some(Ipv6Addr::octets(v6).to_vec()),
            _ => None,
        };
        let data: Vec<Vec<u8>> = found.iter().filter_map(data).take(MOST).collect();
        self.answer(code, &data)
    }

    fn answer(&self, code: Code, data: &[Vec<u8>]) -> Vec<u8> {
        let mut out = self.raw.clone();
        // An answer; recursion was wanted as the query says, and is available.
        out[2] = 0x80 | self.raw[2] & 0x01;
        out[3] = 0x80 | code as u8;
        out[4..HEADER].copy_from_slice(&[0, 1, 0, data.len() as u8, 0, 0, 0, 0]);
        for one in data {
            // The name is that of the question.
            out.extend_from_slice(&[0xc0, HEADER as u8]);
            out.extend_from_slice(&self.kind.to_be_bytes());
            out.extend_from_slice(&[0, 1]);
            out.extend_from_slice(&TTL.to_be_bytes());
            out.extend_from_slice(&(one.len() as u16).to_be_bytes());
            out.extend_from_slice(one);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u16) -> Vec<u8> {
        let mut out = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        out.extend(encoded(name));
        out.extend(kind.to_be_bytes());
        out.extend([0, 1]);
        out
    }

    #[test]
    fn a_question_is_read_and_answered() {
        let question = parse(&query("db.front", A)).unwrap();
        assert_eq!((question.name.as_str(), question.kind), ("db.front", A));
        let found: [IpAddr; 2] = [[10, 0, 0, 2].into(), Ipv6Addr::LOCALHOST.into()];
        let reply = question.addresses(Code::Found, &found);
        assert_eq!(reply[..4], [0xab, 0xcd, 0x81, 0x80]);
        assert_eq!(word(&reply, 6), Some(1));
        assert!(reply.ends_with(&[0, 4, 10, 0, 0, 2]));
        assert_eq!(question.answer(Code::NoSuchName, &[])[3], 0x83);
    }

    #[test]
    fn what_is_no_query_is_lost() {
        for bad in [&b""[..], b"\xab\xcd\x81\x80\0\x01", &query("a", A)[..18]] {
            assert_eq!(parse(bad), None);
        }
        let mut pointer = query("a", A);
        pointer[HEADER] = 0xc0;
        assert_eq!(parse(&pointer), None);
    }

    #[test]
    fn reverse_names_are_addresses() {
        assert_eq!(
            address("2.0.18.172.in-addr.arpa"),
            "172.18.0.2".parse().ok()
        );
        assert_eq!(address("x.in-addr.arpa"), None);
    }
}
