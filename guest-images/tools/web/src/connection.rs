//! One client: reads requests one after the other, sends each answer as fast as it is taken, and keeps no more of an answer
//! than a buffer. `advance` does what can be done without waiting.

use crate::log::{Clock, Logs};
use crate::respond::{Answer, Asked, Body, Decided, File, fill, reason, respond, variable};
use crate::sites::{Rules, Sites};
use crate::upstream::{Pumped, Upstream};
use schooner_sys::{Errno, Fd, socket};
use std::net::SocketAddr;
use std::rc::Rc;

/// Bytes of a request's head.
const LONGEST_HEAD: usize = 32 << 10;
const HEADERS: usize = 100;
/// Bytes of an answer that wait to be sent.
pub const BUFFER: usize = 64 << 10;
const COMBINED: &str = "$remote_addr - $remote_user [$time_local] \"$request\" $status $body_bytes_sent \"$http_referer\" \"$http_user_agent\"";

/// What all connections share.
pub struct World {
    pub sites: Rc<Sites>,
    pub logs: Logs,
    pub clock: Clock,
    pub buffer: Vec<u8>,
    /// Counts requests to upstreams, to take turns.
    pub turn: usize,
    /// No connection stays after its answer.
    pub leaving: bool,
}

/// What the access log will tell.
struct Told {
    asked: Asked,
    rules: Rc<Rules>,
    status: u16,
    /// Bytes of the head, which the log does not count.
    head: u64,
    sent: u64,
}

/// A client's connection.
pub struct Connection {
    pub fd: Fd,
    peer: SocketAddr,
    local: SocketAddr,
    input: Vec<u8>,
    /// A head that was parsed and whose body is not all there: its length and the body's.
    awaiting: Option<(usize, usize)>,
    output: Vec<u8>,
    sent: usize,
    file: Option<File>,
    pub upstream: Option<Upstream>,
    stays: bool,
    /// Seconds that it may be idle.
    pub patience: u64,
    /// When something last happened, in seconds.
    pub touched: u64,
    told: Option<Told>,
}

/// How reading a request ended.
enum Read {
    Request(Asked),
    More,
    /// Cannot be answered but with this status, and nothing can follow it.
    Bad(u16),
}

impl Connection {
    pub fn new(fd: Fd, peer: SocketAddr, local: SocketAddr, now: u64) -> Connection {
        Connection {
            fd,
            peer,
            local,
            input: Vec::new(),
            awaiting: None,
            output: Vec::new(),
            sent: 0,
            file: None,
            upstream: None,
            stays: true,
            patience: 60,
            touched: now,
            told: None,
        }
    }

    /// Whether nothing is being answered.
    pub fn is_idle(&self) -> bool {
        self.told.is_none() && self.input.is_empty()
    }

    /// Whether it waits for room to send rather than for something to read; `None` while it waits for another server.
    pub fn sends(&self) -> Option<bool> {
        match (self.sent < self.output.len(), self.upstream.is_some()) {
            (true, _) => Some(true),
            (false, true) => None,
            (false, false) => Some(false),
        }
    }

    /// Whether more of another server's answer can be taken.
    pub fn has_room(&self) -> bool {
        self.output.len() < BUFFER
    }

    /// Goes on as far as possible; `false` when the connection is over.
    pub fn advance(&mut self, world: &mut World) -> bool {
        loop {
            if !self.push() {
                self.finish(world);
                return false;
            }
            if self.sent < self.output.len() {
                return true;
            }
            self.output.clear();
            self.sent = 0;
            if self.refill(world) {
                continue;
            }
            if let Some(upstream) = &mut self.upstream {
                match upstream.pump(
                    &mut self.output,
                    &mut world.buffer,
                    self.stays,
                    &world.clock.date,
                ) {
                    Pumped::Waiting if self.output.is_empty() => return true,
                    Pumped::Waiting => continue,
                    Pumped::Done { status, stays } => {
                        self.upstream = None;
                        self.stays &= stays;
                        if let Some(told) = &mut self.told {
                            told.status = status;
                        }
                        continue;
                    }
                    Pumped::Failed(words) => {
                        self.fail(world, &words);
                        continue;
                    }
                }
            }
            if self.told.is_some() {
                self.finish(world);
                if !self.stays || world.leaving {
                    return false;
                }
            }
            match self.parse(world) {
                Read::Request(asked) => self.answer(world, asked),
                Read::Bad(status) => {
                    self.stays = false;
                    let answer = Answer::page(status, &world.sites);
                    self.begin(world, Asked::default(), Rc::default(), answer);
                }
                Read::More => match socket::recv(self.fd, &mut world.buffer) {
                    Ok(0) => return false,
                    Ok(count) => self.input.extend_from_slice(&world.buffer[..count]),
                    Err(Errno::EAGAIN | Errno::EINTR) => return true,
                    Err(_) => return false,
                },
            }
        }
    }

    /// Sends what waits; `false` when nobody takes it any more.
    fn push(&mut self) -> bool {
        while self.sent < self.output.len() {
            match socket::send(self.fd, &self.output[self.sent..]) {
                Ok(count) => {
                    self.sent += count;
                    if let Some(told) = &mut self.told {
                        told.sent += count as u64;
                    }
                }
                Err(Errno::EAGAIN | Errno::EINTR) => return true,
                Err(_) => return false,
            }
        }
        true
    }

    /// Takes the next piece of a file.
    fn refill(&mut self, world: &mut World) -> bool {
        let Some(file) = &mut self.file else {
            return false;
        };
        let room = file.left.min(world.buffer.len() as u64) as usize;
        match schooner_sys::read(file.fd, &mut world.buffer[..room]) {
            Ok(count) if count > 0 => {
                file.left -= count as u64;
                self.output.extend_from_slice(&world.buffer[..count]);
                if file.left == 0 {
                    self.file = None;
                }
                true
            }
            _ => {
                // The file became shorter: what was promised cannot be kept.
                self.stays &= file.left == 0;
                self.file = None;
                false
            }
        }
    }

    fn parse(&mut self, world: &World) -> Read {
        if let Some((head, body)) = self.awaiting
            && self.input.len() < head + body
        {
            return Read::More;
        }
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let head = match parsed.parse(&self.input) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) if self.input.len() < LONGEST_HEAD => return Read::More,
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                return Read::Bad(431);
            }
            Err(_) => return Read::Bad(400),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = parsed.headers.iter();
        let mut asked = Asked {
            method: parsed.method.unwrap_or("").to_owned(),
            target: parsed.path.unwrap_or("/").to_owned(),
            path: String::new(),
            minor: parsed.version.unwrap_or(0),
            headers: headers
                .map(|h| (h.name.to_owned(), text(h.value)))
                .collect(),
            body: Vec::new(),
        };
        let Some(path) = decoded(&asked.target) else {
            return Read::Bad(400);
        };
        asked.path = path;
        if asked.minor >= 1 && asked.header("host").is_none() {
            return Read::Bad(400);
        }
        if asked.header("transfer-encoding").is_some() {
            return Read::Bad(411);
        }
        let body = match asked
            .header("content-length")
            .map(|text| text.trim().parse())
        {
            None => 0,
            Some(Ok(length)) => length,
            Some(Err(_)) => return Read::Bad(400),
        };
        let site = world.sites.find(self.local, asked.host());
        let largest = site.map_or(0, |site| site.rules(&asked.path).largest_body);
        if largest > 0 && body as u64 > largest {
            return Read::Bad(413);
        }
        if self.input.len() < head + body {
            let waits = asked.header("expect").is_some();
            if self.awaiting.replace((head, body)).is_none() && waits {
                // If it cannot be sent now, the client waits a moment and sends the body all the same.
                let _ = socket::send(self.fd, b"HTTP/1.1 100 Continue\r\n\r\n");
            }
            return Read::More;
        }
        self.awaiting = None;
        asked.body = self.input[head..head + body].to_vec();
        self.input.drain(..head + body);
        Read::Request(asked)
    }

    fn answer(&mut self, world: &mut World, asked: Asked) {
        self.stays = asked.stays() && !world.leaving;
        let sites = world.sites.clone();
        let Some(site) = sites.find(self.local, asked.host()) else {
            let answer = Answer::page(404, &sites);
            return self.begin(world, asked, Rc::default(), answer);
        };
        let Decided { answer, rules } = respond(&sites, site, &asked, self.peer);
        self.patience = rules.keepalive.max(1);
        let Body::Proxy(to, target) = &answer.body else {
            return self.begin(world, asked, rules, answer);
        };
        world.turn += 1;
        let turn = world.turn;
        match Upstream::open(&sites, &rules, (to, target), &asked, self.peer, turn) {
            Ok(upstream) => {
                self.upstream = Some(upstream);
                self.told = Some(Told {
                    asked,
                    rules,
                    status: 502,
                    head: 0,
                    sent: 0,
                });
            }
            Err(words) => {
                world.logs.error(&sites.error_log, "error", &words);
                let answer = Answer::page(502, &sites);
                self.begin(world, asked, rules, answer);
            }
        }
    }

    /// Another server did not answer.
    fn fail(&mut self, world: &mut World, words: &str) {
        let begun = self
            .upstream
            .take()
            .is_some_and(|upstream| upstream.has_begun());
        world.logs.error(&world.sites.error_log, "error", words);
        let Some(told) = self.told.take() else { return };
        if begun {
            // Half an answer is out; only the end of the connection can tell.
            self.stays = false;
            self.told = Some(told);
            return;
        }
        let answer = Answer::page(502, &world.sites);
        self.begin(world, told.asked, told.rules, answer);
    }

    /// Puts the head of an answer, and its body or the beginning of it, where it is sent from.
    fn begin(&mut self, world: &World, asked: Asked, rules: Rc<Rules>, answer: Answer) {
        let length = match &answer.body {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(file) => file.left,
            Body::Proxy(..) => 0,
        };
        let status = answer.status;
        let name = if world.sites.tokens {
            crate::respond::VERSION
        } else {
            "nginx"
        };
        let mut head = format!(
            "HTTP/1.1 {status} {}\r\nServer: {name}\r\nDate: {}\r\n",
            reason(status),
            world.clock.date
        );
        let mut line = |name: &str, value: &str| {
            // A line break in a value would be another header.
            let value = value.replace(['\r', '\n'], " ");
            head.push_str(&format!("{name}: {value}\r\n"));
        };
        let empty = matches!(status, 204 | 304);
        if !empty {
            if !answer.kind.is_empty() {
                line("Content-Type", &answer.kind);
            }
            line("Content-Length", &length.to_string());
        }
        line(
            "Connection",
            if self.stays { "keep-alive" } else { "close" },
        );
        answer
            .headers
            .iter()
            .for_each(|(name, value)| line(name, value));
        for (name, value, always) in &rules.headers {
            if *always || status < 400 {
                line(
                    name,
                    &crate::respond::expand(value, &asked, &asked.path, self.peer),
                );
            }
        }
        self.output.extend_from_slice(head.as_bytes());
        self.output.extend_from_slice(b"\r\n");
        let head = self.output.len() as u64;
        if !empty && asked.method != "HEAD" {
            match answer.body {
                Body::Bytes(bytes) => self.output.extend_from_slice(&bytes),
                Body::File(file) => self.file = Some(file).filter(|file| file.left > 0),
                Body::Proxy(..) => {}
            }
        }
        self.told = Some(Told {
            asked,
            rules,
            status,
            head,
            sent: 0,
        });
        // A small file goes out together with its head.
        if let Some(file) = &mut self.file
            && file.left <= BUFFER as u64 / 2
        {
            let start = self.output.len();
            self.output.resize(start + file.left as usize, 0);
            let count = schooner_sys::read(file.fd, &mut self.output[start..]).unwrap_or(0);
            self.output.truncate(start + count);
            file.left -= count as u64;
            if file.left == 0 {
                self.file = None;
            }
        }
    }

    /// Tells the access log of what was answered.
    pub fn finish(&mut self, world: &mut World) {
        let Some(told) = self.told.take() else { return };
        let Some((path, format)) = &told.rules.access_log else {
            return;
        };
        let format = world
            .sites
            .formats
            .get(format)
            .map_or(COMBINED, String::as_str);
        let asked = &told.asked;
        let sent = told.sent.saturating_sub(told.head);
        let line = fill(format, |name| {
            let value = match name {
                "status" => told.status.to_string(),
                "body_bytes_sent" | "bytes_sent" => sent.to_string(),
                "request_length" => asked.body.len().to_string(),
                "request_time" => "0.000".to_owned(),
                "time_local" => world.clock.local.clone(),
                "request" if asked.method.is_empty() => String::new(),
                "request" => format!("{} {} HTTP/1.{}", asked.method, asked.target, asked.minor),
                name => variable(name, asked, &asked.path, self.peer),
            };
            match value.is_empty() {
                true => "-".to_owned(),
                false => value.replace('"', "\\x22"),
            }
        });
        world.logs.line(path, &line);
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(self.fd);
    }
}

/// The path of a target without `%xx`, `.`, `..` and doubled slashes; `None` for one that leads above the root.
fn decoded(target: &str) -> Option<String> {
    let path = match target.split_once("://") {
        Some((_, rest)) => &rest[rest.find('/').unwrap_or(rest.len())..],
        None => target,
    };
    let raw = path.split(['?', '#']).next().unwrap_or("");
    let (mut bytes, mut at) = (Vec::new(), 0);
    while let Some(byte) = raw.as_bytes().get(at) {
        let hex = raw
            .get(at + 1..at + 3)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (byte, hex) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                at += 3;
            }
            (b'%', None) => return None,
            (byte, _) => {
                bytes.push(*byte);
                at += 1;
            }
        }
    }
    let text = String::from_utf8(bytes).ok()?;
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    let mut path = format!("/{}", parts.join("/"));
    if path.len() > 1 && (text.ends_with('/') || text.ends_with("/.") || text.ends_with("/..")) {
        path.push('/');
    }
    Some(path)
}
