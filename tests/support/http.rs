//! One HTTP request over a connection of its own, as a client sends it that is neither ours nor Docker's.

use super::text;
use std::io::{Read, Write};

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    /// The status line and the headers.
    pub head: String,
    /// Chunks put together.
    pub body: String,
}

impl Answer {
    /// A header's value; `name` is in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut found = fields.filter(|(key, _)| key.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }
}

/// Sends `METHOD PATH` with a body, whose type is told, and reads until the other side closes.
pub fn send(mut stream: impl Read + Write, request: &str, kind: &str, body: &[u8]) -> Answer {
    let head = format!(
        "{request} HTTP/1.1\r\nHost: d\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    // What is refused at once is answered before all of it was read.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = text(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split_whitespace().nth(1);
    let mut answer = Answer {
        status: status.and_then(|s| s.parse().ok()).expect("a status"),
        head: head.to_owned(),
        body: body.to_owned(),
    };
    if answer.header("transfer-encoding") == Some("chunked") {
        answer.body = unchunk(body);
    }
    answer
}

fn unchunk(mut body: &str) -> String {
    let mut whole = String::new();
    while let Some((size, rest)) = body.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).expect("a size");
        whole.push_str(&rest[..size]);
        body = rest[size..].strip_prefix("\r\n").unwrap_or_default();
    }
    whole
}

/// The same to an engine.
#[cfg(unix)]
pub fn ask(world: &super::World, request: &str, kind: &str, body: &[u8]) -> Answer {
    let host = world.host();
    let socket = host.strip_prefix("unix://").expect("a socket");
    let stream = std::os::unix::net::UnixStream::connect(socket).expect("connected");
    send(stream, request, kind, body)
}
