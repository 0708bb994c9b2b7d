//! One client: reads requests one after the other, hands bodies on as they come, sends each answer as fast as it is taken, and
//! keeps no more of either than a buffer. `advance` does what can be done without waiting.

use crate::api::{Api, Sink};
use crate::http::{Answer, Body, Length, Request, decoded, pairs, reason};
use crate::log::Log;
use applet::time;
use schooner_sys::{Errno, Fd, socket};
use std::io::Read;
use std::net::SocketAddr;

/// Bytes of a request's head.
const LONGEST_HEAD: usize = 32 << 10;
const HEADERS: usize = 100;
/// Bytes that are read or sent at once.
pub const BUFFER: usize = 64 << 10;
/// Pieces that one client may send before the others have their turn.
const TURN: usize = 16;

/// What all connections share.
pub struct World {
    pub api: Api,
    pub log: Log,
    /// Headers of every answer.
    pub headers: Vec<(String, String)>,
    pub buffer: Vec<u8>,
}

/// How far the body of a request is.
#[derive(Debug, PartialEq, Eq)]
enum Rest {
    /// So much is left of the body.
    Left(u64),
    /// The line with a chunk's size is next.
    Size,
    /// So much is left of a chunk and its line end.
    Chunk(u64),
    /// Lines after the last chunk, up to an empty one.
    Trailer,
    Done,
}

/// A request whose body is being read.
struct Reading {
    request: Request,
    sink: Sink,
    rest: Rest,
}

/// What the log will tell.
struct Told {
    request: Request,
    answer: Answer,
    written: u64,
}

/// A client's connection.
pub struct Connection {
    pub fd: Fd,
    peer: SocketAddr,
    input: Vec<u8>,
    reading: Option<Reading>,
    output: Vec<u8>,
    sent: usize,
    told: Option<Told>,
    stays: bool,
    /// When something last happened, in seconds.
    pub touched: u64,
}

/// How reading a head ended.
enum Head {
    Request(Box<Request>),
    More,
    /// Cannot be answered but with this status, and nothing can follow it.
    Bad(u16),
}

impl Connection {
    pub fn new(fd: Fd, peer: SocketAddr, now: u64) -> Connection {
        Connection {
            fd,
            peer,
            input: Vec::new(),
            reading: None,
            output: Vec::new(),
            sent: 0,
            told: None,
            stays: true,
            touched: now,
        }
    }

    /// Whether it waits for room to send rather than for something to read.
    pub fn sends(&self) -> bool {
        self.sent < self.output.len()
    }

    /// Goes on as far as possible; `false` when the connection is over.
    pub fn advance(&mut self, world: &mut World) -> bool {
        let mut pieces = 0;
        loop {
            if !self.push() {
                self.finish(world);
                return false;
            }
            if self.sends() {
                return true;
            }
            self.output.clear();
            self.sent = 0;
            if self.refill(world) {
                continue;
            }
            if self.told.is_some() {
                self.finish(world);
            }
            if !self.stays {
                return false;
            }
            if self.take(world) {
                continue;
            }
            if pieces == TURN {
                return true;
            }
            pieces += 1;
            match socket::recv(self.fd, &mut world.buffer) {
                Ok(0) => return false,
                Ok(count) => self.input.extend_from_slice(&world.buffer[..count]),
                Err(Errno::EAGAIN | Errno::EINTR) => return true,
                Err(_) => return false,
            }
        }
    }

    /// Sends what waits; `false` when nobody takes it any more.
    fn push(&mut self) -> bool {
        while self.sends() {
            match socket::send(self.fd, &self.output[self.sent..]) {
                Ok(count) => self.sent += count,
                Err(Errno::EAGAIN | Errno::EINTR) => return true,
                Err(_) => return false,
            }
        }
        true
    }

    /// Takes the next piece of a file.
    fn refill(&mut self, world: &mut World) -> bool {
        let Some(told) = &mut self.told else {
            return false;
        };
        let Body::File(file, left) = &mut told.answer.body else {
            return false;
        };
        if *left == 0 {
            return false;
        }
        let room = (*left).min(BUFFER as u64) as usize;
        match file.read(&mut world.buffer[..room]) {
            Ok(count) if count > 0 => {
                *left -= count as u64;
                told.written += count as u64;
                self.output.extend_from_slice(&world.buffer[..count]);
                true
            }
            _ => {
                // The file became shorter: what was promised cannot be kept.
                self.stays = false;
                false
            }
        }
    }

    /// Makes something of what was read; `false` when more has to come first.
    fn take(&mut self, world: &mut World) -> bool {
        if self.reading.is_none() {
            match self.head() {
                Head::Request(request) => self.open(world, *request),
                Head::More => return false,
                Head::Bad(status) => {
                    world.log.unread(self.peer, status);
                    self.stays = false;
                    let words = reason(status);
                    self.output = format!("HTTP/1.1 {status} {words}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n{status} {words}").into_bytes();
                    // What was sent and not read would reset the connection under the answer.
                    let _ = self.push();
                    let _ = socket::finish(self.fd);
                    return true;
                }
            }
        }
        let Some(reading) = &mut self.reading else {
            return true;
        };
        let Reading { sink, rest, .. } = reading;
        let fed = rest.feed(&mut self.input, |piece| {
            if let Err(refused) = world.api.write(sink, piece) {
                *sink = Sink::from(refused);
            }
        });
        match fed {
            Some(true) => {
                if let Some(Reading { request, sink, .. }) = self.reading.take() {
                    let answer = world.api.close(&request, sink);
                    self.answer(world, request, answer);
                }
                true
            }
            Some(false) => false,
            None => {
                self.stays = false;
                true
            }
        }
    }

    fn head(&mut self) -> Head {
        let mut headers = [httparse::EMPTY_HEADER; HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let head = match parsed.parse(&self.input) {
            Ok(httparse::Status::Complete(head)) => head,
            Ok(httparse::Status::Partial) if self.input.len() < LONGEST_HEAD => return Head::More,
            Ok(httparse::Status::Partial) | Err(httparse::Error::TooManyHeaders) => {
                return Head::Bad(431);
            }
            Err(_) => return Head::Bad(400),
        };
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers: Vec<(String, String)> = parsed
            .headers
            .iter()
            .map(|header| (header.name.to_owned(), text(header.value)))
            .collect();
        let all = |name: &str| {
            let same = headers
                .iter()
                .filter(|(known, _)| known.eq_ignore_ascii_case(name));
            same.map(|(_, value)| value.trim().to_owned())
                .collect::<Vec<_>>()
        };
        let (lengths, codings) = (all("content-length"), all("transfer-encoding"));
        // Two ways of telling a length are two places where a request could end.
        let length = match (&lengths[..], &codings[..]) {
            ([], []) => Length::Known(0),
            ([one], []) => match one.parse() {
                Ok(length) => Length::Known(length),
                Err(_) => return Head::Bad(400),
            },
            ([], [one]) if one.eq_ignore_ascii_case("chunked") => Length::Chunked,
            _ => return Head::Bad(400),
        };
        let target = parsed.path.unwrap_or("/").to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        let Some(path) = decoded(path, false) else {
            return Head::Bad(400);
        };
        let request = Request {
            method: parsed.method.unwrap_or("").to_owned(),
            path,
            query: pairs(query),
            headers,
            minor: parsed.version.unwrap_or(0),
            length,
            peer: self.peer,
            began: time::now(),
            target,
        };
        if request.minor >= 1 && request.header("host").is_none() {
            return Head::Bad(400);
        }
        self.input.drain(..head);
        Head::Request(Box::new(request))
    }

    fn open(&mut self, world: &mut World, request: Request) {
        let sink = world.api.open(&request);
        let rest = match request.length {
            Length::Known(0) => Rest::Done,
            Length::Known(length) => Rest::Left(length),
            Length::Chunked => Rest::Size,
        };
        if rest != Rest::Done && request.header("expect").is_some() {
            // If it cannot be sent now, the client waits a moment and sends the body all the same.
            let _ = socket::send(self.fd, b"HTTP/1.1 100 Continue\r\n\r\n");
        }
        self.reading = Some(Reading {
            request,
            sink,
            rest,
        });
    }

    /// Puts the head of an answer, and its body or nothing yet, where it is sent from.
    fn answer(&mut self, world: &World, request: Request, mut answer: Answer) {
        self.stays = request.stays();
        let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut lines: Vec<(String, String)> =
            answer.headers.iter().map(|(n, v)| own(n, v)).collect();
        if request.path != "/" {
            lines.push(own("Docker-Distribution-Api-Version", "registry/2.0"));
            lines.extend(world.headers.iter().cloned());
        }
        if !matches!(answer.status, 204 | 304) {
            lines.push(own("Content-Length", &answer.body.length().to_string()));
        }
        if !self.stays {
            lines.push(own("Connection", "close"));
        }
        let now = time::civil_in(time::now(), 0, "GMT");
        lines.push(own(
            "Date",
            &time::format("%a, %d %b %Y %H:%M:%S GMT", &now),
        ));
        lines.sort();
        let mut head = format!("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
        for (name, value) in lines {
            // A line break in a value would be another header.
            head.push_str(&format!("{name}: {}\r\n", value.replace(['\r', '\n'], " ")));
        }
        head.push_str("\r\n");
        self.output.extend_from_slice(head.as_bytes());
        if request.method == "HEAD" {
            answer.body = Body::Bytes(Vec::new());
        }
        let mut written = 0;
        if let Body::Bytes(bytes) = &answer.body {
            self.output.extend_from_slice(bytes);
            written = bytes.len() as u64;
        }
        self.told = Some(Told {
            request,
            answer,
            written,
        });
    }

    /// Tells the logs what was answered.
    pub fn finish(&mut self, world: &mut World) {
        if let Some(told) = self.told.take() {
            let Told {
                request,
                answer,
                written,
            } = &told;
            world.log.answered(request, answer, *written);
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Nothing is left to be done about a failure.
        let _ = schooner_sys::close(self.fd);
    }
}

impl Rest {
    /// Gives pieces of the body away, out of what was read; whether that was all, or `None` for what is no body.
    fn feed(&mut self, input: &mut Vec<u8>, mut each: impl FnMut(&[u8])) -> Option<bool> {
        let mut used = 0;
        let done = loop {
            let rest = &input[used..];
            match self {
                Rest::Done => break Some(true),
                Rest::Left(0) => *self = Rest::Done,
                Rest::Left(_) if rest.is_empty() => break Some(false),
                Rest::Left(left) => {
                    let count = (*left).min(rest.len() as u64);
                    each(&rest[..count as usize]);
                    *left -= count;
                    used += count as usize;
                }
                Rest::Size => match httparse::parse_chunk_size(rest) {
                    Ok(httparse::Status::Complete((line, size))) => {
                        used += line;
                        *self = match size {
                            0 => Rest::Trailer,
                            // With the line end behind it.
                            size => Rest::Chunk(size.checked_add(2)?),
                        };
                    }
                    Ok(httparse::Status::Partial) if rest.len() < LONGEST_HEAD => {
                        break Some(false);
                    }
                    _ => break None,
                },
                Rest::Chunk(0) => *self = Rest::Size,
                Rest::Chunk(_) if rest.is_empty() => break Some(false),
                Rest::Chunk(left) => {
                    let count = (*left).min(rest.len() as u64);
                    let body = left.saturating_sub(2).min(count);
                    if body > 0 {
                        each(&rest[..body as usize]);
                    }
                    *left -= count;
                    used += count as usize;
                }
                Rest::Trailer => match rest.windows(2).position(|pair| pair == b"\r\n") {
                    Some(0) => {
                        used += 2;
                        *self = Rest::Done;
                    }
                    Some(end) => used += end + 2,
                    None if rest.len() < LONGEST_HEAD => break Some(false),
                    None => break None,
                },
            }
        };
        input.drain(..used);
        done
    }
}
