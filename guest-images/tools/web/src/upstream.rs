//! `proxy_pass`: asks another server, in HTTP/1.0 as nginx does, and hands its answer on piece by piece.

use crate::connection::BUFFER;
use crate::respond::{Asked, expand};
use crate::sites::{Rules, Sites};
use schooner_sys::socket::{self, Kind};
use schooner_sys::{Errno, Fd, O_NONBLOCK};
use std::net::SocketAddr;

const HEADERS: usize = 100;
/// Bytes of an answer's head.
const LONGEST_HEAD: usize = 64 << 10;
/// Headers that belong to one connection and not to what goes through it.
const HOP_BY_HOP: &str =
    "connection keep-alive proxy-connection te trailer upgrade host content-length expect";

/// A question to another server and its answer.
pub struct Upstream {
    pub fd: Fd,
    to: String,
    request: Vec<u8>,
    sent: usize,
    head: Vec<u8>,
    /// Once the head is through: bytes of the body that are missing, `None` to the end of the connection.
    body: Option<Option<u64>>,
    /// The client is told of the end by a last chunk.
    chunked: bool,
    status: u16,
    /// `HEAD` has no body.
    bare: bool,
    minor: u8,
}

/// How far it went.
pub enum Pumped {
    Waiting,
    /// All of it is through; whether the client's connection can stay.
    Done {
        status: u16,
        stays: bool,
    },
    /// The words for the error log.
    Failed(String),
}

impl Upstream {
    /// Begins to connect; the error is the words for the log.
    pub fn open(
        sites: &Sites,
        rules: &Rules,
        (name, target): (&str, &str),
        asked: &Asked,
        peer: SocketAddr,
        turn: usize,
    ) -> Result<Upstream, String> {
        let to = match sites.upstreams.get(name) {
            Some(servers) if !servers.is_empty() => servers[turn % servers.len()].as_str(),
            _ => name,
        };
        let (host, port) = match to.rsplit_once(':').map(|(host, port)| (host, port.parse())) {
            Some((host, Ok(port))) => (host, port),
            _ => (to, 80),
        };
        let found = match host.parse() {
            Ok(literal) => Ok(vec![literal]),
            Err(_) => socket::resolve(host),
        };
        let ip = found.ok().and_then(|found| found.first().copied());
        let at = SocketAddr::new(
            ip.ok_or_else(|| format!("host not found in upstream \"{to}\""))?,
            port,
        );
        let fd =
            socket::socket(at.is_ipv6(), Kind::Stream).map_err(|errno| errno.words().to_owned())?;
        let upstream = Upstream {
            fd,
            to: format!("http://{at}{target}"),
            request: request(rules, name, target, asked, peer),
            sent: 0,
            head: Vec::new(),
            body: None,
            chunked: false,
            status: 502,
            bare: asked.method == "HEAD",
            minor: asked.minor,
        };
        let begun =
            schooner_sys::set_status_flags(fd, O_NONBLOCK).and_then(|()| socket::connect(fd, at));
        match begun {
            Ok(()) | Err(Errno::EINPROGRESS | Errno::EAGAIN) => Ok(upstream),
            Err(errno) => Err(upstream.words("connect() failed", errno)),
        }
    }

    fn words(&self, what: &str, errno: Errno) -> String {
        format!(
            "{what} ({}) while connecting to upstream, upstream: \"{}\"",
            errno.words(),
            self.to
        )
    }

    /// Whether it waits for room to send.
    pub fn sends(&self) -> bool {
        self.sent < self.request.len()
    }

    /// Whether the client has got some of the answer.
    pub fn has_begun(&self) -> bool {
        self.body.is_some()
    }

    /// Sends what can be sent, and puts what came into `output`, up to a buffer.
    pub fn pump(
        &mut self,
        output: &mut Vec<u8>,
        buffer: &mut [u8],
        stays: bool,
        date: &str,
    ) -> Pumped {
        while self.sends() {
            match socket::send(self.fd, &self.request[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(Errno::EAGAIN | Errno::EINTR | Errno::EINPROGRESS) => return Pumped::Waiting,
                Err(errno) => {
                    // A connection that failed says why only once.
                    let errno = socket::outcome(self.fd).err().unwrap_or(errno);
                    return Pumped::Failed(self.words("connect() failed", errno));
                }
            }
        }
        while output.len() < BUFFER {
            let count = match socket::recv(self.fd, buffer) {
                Ok(count) => count,
                Err(Errno::EAGAIN | Errno::EINTR) => return Pumped::Waiting,
                Err(errno) => return Pumped::Failed(self.words("recv() failed", errno)),
            };
            if self.body.is_some() {
                if count > 0 && !self.through(output, &buffer[..count]) {
                    continue;
                }
                return self.end(output, stays, count == 0);
            }
            if count == 0 {
                return Pumped::Failed(format!(
                    "upstream prematurely closed connection while reading response header from upstream, upstream: \"{}\"",
                    self.to
                ));
            }
            self.head.extend_from_slice(&buffer[..count]);
            match self.translate(output, stays, date) {
                Some(true) if self.body == Some(Some(0)) => return self.end(output, stays, false),
                Some(true) => {}
                None if self.head.len() < LONGEST_HEAD => {}
                _ => {
                    return Pumped::Failed(format!(
                        "upstream sent invalid header, upstream: \"{}\"",
                        self.to
                    ));
                }
            }
        }
        Pumped::Waiting
    }

    /// Hands bytes of the body on; whether these were the last.
    fn through(&mut self, output: &mut Vec<u8>, bytes: &[u8]) -> bool {
        let mut over = false;
        let mut bytes = bytes;
        if let Some(Some(left)) = &mut self.body {
            bytes = &bytes[..bytes
                .len()
                .min(usize::try_from(*left).unwrap_or(usize::MAX))];
            *left -= bytes.len() as u64;
            over = *left == 0;
        }
        if self.chunked {
            output.extend_from_slice(format!("{:x}\r\n", bytes.len()).as_bytes());
        }
        output.extend_from_slice(bytes);
        if self.chunked {
            output.extend_from_slice(b"\r\n");
        }
        over
    }

    fn end(&self, output: &mut Vec<u8>, stays: bool, closed: bool) -> Pumped {
        if self.chunked {
            output.extend_from_slice(b"0\r\n\r\n");
        }
        let whole = match self.body {
            Some(Some(left)) => left == 0,
            _ => self.chunked && closed,
        };
        Pumped::Done {
            status: self.status,
            stays: stays && whole,
        }
    }

    /// Writes the client's head once the other one is whole; `Some(false)` if it makes no sense.
    fn translate(&mut self, output: &mut Vec<u8>, stays: bool, date: &str) -> Option<bool> {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut parsed = httparse::Response::new(&mut headers);
        let length = match parsed.parse(&self.head) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return None,
            Err(_) => return Some(false),
        };
        self.status = parsed.code.unwrap_or(502);
        let (mut size, mut raw) = (None, false);
        let reason = parsed.reason.unwrap_or("");
        let mut head = format!(
            "HTTP/1.1 {} {reason}\r\nServer: {}\r\nDate: {date}\r\n",
            self.status,
            crate::respond::VERSION
        );
        for header in parsed.headers.iter() {
            let (name, value) = (header.name, String::from_utf8_lossy(header.value));
            let known = name.to_ascii_lowercase();
            if known == "content-length" {
                size = value.trim().parse().ok();
            }
            raw |= known == "transfer-encoding";
            let own = known == "content-length" || !HOP_BY_HOP.split(' ').any(|word| word == known);
            if own && !matches!(known.as_str(), "server" | "date") {
                head.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        let none = self.bare || matches!(self.status, 204 | 304);
        self.body = Some(if none { Some(0) } else { size });
        self.chunked = !none && size.is_none() && !raw && self.minor >= 1;
        let ends = none || size.is_some() || self.chunked;
        if self.chunked {
            head.push_str("Transfer-Encoding: chunked\r\n");
        }
        let word = if stays && ends { "keep-alive" } else { "close" };
        head.push_str(&format!("Connection: {word}\r\n\r\n"));
        output.extend_from_slice(head.as_bytes());
        let rest = self.head.split_off(length);
        if !rest.is_empty() && !none {
            self.through(output, &rest);
        }
        Some(true)
    }
}

impl Drop for Upstream {
    fn drop(&mut self) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(self.fd);
    }
}

fn request(rules: &Rules, name: &str, target: &str, asked: &Asked, peer: SocketAddr) -> Vec<u8> {
    let own = |name: &str| {
        rules
            .proxy_headers
            .iter()
            .any(|(known, _)| known.eq_ignore_ascii_case(name))
    };
    let mut head = format!("{} {target} HTTP/1.0\r\n", asked.method);
    if !own("host") {
        head.push_str(&format!("Host: {name}\r\n"));
    }
    head.push_str("Connection: close\r\n");
    for (name, value) in &rules.proxy_headers {
        let value = expand(value, asked, &asked.path, peer);
        if !value.is_empty() && !name.eq_ignore_ascii_case("connection") {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    for (name, value) in &asked.headers {
        let known = name.to_ascii_lowercase();
        if !own(name) && !HOP_BY_HOP.split(' ').any(|word| word == known) {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    if !asked.body.is_empty() {
        head.push_str(&format!("Content-Length: {}\r\n", asked.body.len()));
    }
    head.push_str("\r\n");
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&asked.body);
    bytes
}
