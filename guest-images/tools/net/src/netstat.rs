//! `netstat`: the sockets of this container.

use crate::interfaces;
use applet::{getopt, out, proc};
use std::collections::BTreeMap;
use std::fs;
use std::net::{IpAddr, Ipv6Addr};

/// `netstat`.
pub fn main(argv: &[String]) -> i32 {
    let args = getopt(argv, "altunperWsx46", &[], "netstat [-ral] [-tu] [-enp]");
    if args.has('r') {
        return interfaces::route(&["netstat".to_owned()]);
    }
    let which = match (args.has('l'), args.has('a')) {
        (true, _) => "only servers",
        (false, true) => "servers and established",
        (false, false) => "w/o servers",
    };
    let (tcp, udp) = match (args.has('t'), args.has('u')) {
        (false, false) => (true, true),
        chosen => chosen,
    };
    let (column, holders) = match args.has('p') {
        true => ("PID/Program name", Some(holders())),
        false => ("", None),
    };
    writeln!(
        out(),
        "Active Internet connections ({which})\nProto Recv-Q Send-Q Local Address           Foreign Address         State       {column}"
    );
    for (file, on) in [("tcp", tcp), ("tcp6", tcp), ("udp", udp), ("udp6", udp)] {
        if !on {
            continue;
        }
        let text = fs::read_to_string(format!("/proc/net/{file}")).unwrap_or_default();
        for socket in text.lines().skip(1).filter_map(Socket::parse) {
            let proto = file.trim_end_matches('6');
            // A bound UDP socket is a server too.
            let server = socket.state == 10 || proto == "udp" && socket.state == 7;
            if server != args.has('l') && !args.has('a') {
                continue;
            }
            let state = match (socket.state, proto) {
                (10, _) => "LISTEN",
                (1, _) => "ESTABLISHED",
                (7, "tcp") => "CLOSE",
                _ => "",
            };
            let holder = holders
                .as_ref()
                .map_or("", |all| all.get(&socket.inode).map_or("-", String::as_str));
            writeln!(
                out(),
                "{proto:<5} {:6} {:6} {:<23} {:<23} {state:<11} {holder}",
                socket.waiting,
                0,
                socket.local,
                socket.peer
            );
        }
    }
    0
}

struct Socket {
    local: String,
    peer: String,
    state: u8,
    waiting: u64,
    inode: u64,
}

impl Socket {
    fn parse(line: &str) -> Option<Socket> {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (_, waiting) = words.get(4)?.split_once(':')?;
        Some(Socket {
            local: end(words.get(1)?)?,
            peer: end(words.get(2)?)?,
            state: u8::from_str_radix(words.get(3)?, 16).ok()?,
            waiting: u64::from_str_radix(waiting, 16).ok()?,
            inode: words.get(9)?.parse().ok()?,
        })
    }
}

/// `0100007F:0050` as `127.0.0.1:80`.
fn end(text: &str) -> Option<String> {
    let (hex, port) = text.split_once(':')?;
    let ip: IpAddr = match hex.len() {
        8 => interfaces::address(hex)?.into(),
        _ => {
            let mut octets = [0; 16];
            for (at, word) in octets.chunks_exact_mut(4).enumerate() {
                let number = u32::from_str_radix(hex.get(8 * at..8 * at + 8)?, 16).ok()?;
                word.copy_from_slice(&number.to_le_bytes());
            }
            Ipv6Addr::from(octets).into()
        }
    };
    let port = match u16::from_str_radix(port, 16).ok()? {
        0 => "*".to_owned(),
        port => port.to_string(),
    };
    Some(format!("{ip}:{port}"))
}

/// Which process holds a socket, by the socket's number.
fn holders() -> BTreeMap<u64, String> {
    let mut found = BTreeMap::new();
    for process in proc::processes() {
        let Ok(folder) = fs::read_dir(format!("/proc/{}/fd", process.pid)) else {
            continue;
        };
        for entry in folder.flatten() {
            let Ok(target) = fs::read_link(entry.path()) else {
                continue;
            };
            let target = target.to_string_lossy();
            let number = target
                .strip_prefix("socket:[")
                .and_then(|rest| rest.strip_suffix(']'));
            if let Some(inode) = number.and_then(|text| text.parse().ok()) {
                let command = process.command();
                let program = command.split(' ').next().unwrap_or("");
                let name = program.rsplit('/').next().unwrap_or("");
                found
                    .entry(inode)
                    .or_insert_with(|| format!("{}/{name}", process.pid));
            }
        }
    }
    found
}
