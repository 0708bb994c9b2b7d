//! `POST /build` as a client that is neither ours nor Docker's sends it.

use crate::support::{World, text};
use serde_json::Value;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

/// A tar in the making.
pub struct Context(tar::Builder<Vec<u8>>);

impl Context {
    /// Without any file.
    pub fn empty() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    /// With a Dockerfile of these lines.
    pub fn new(lines: &[&str]) -> Self {
        Self::empty().file("Dockerfile", &format!("{}\n", lines.join("\n")))
    }

    pub fn file(self, path: &str, content: &str) -> Self {
        self.bytes(path, content.as_bytes())
    }

    pub fn bytes(self, path: &str, content: &[u8]) -> Self {
        self.with(path, tar::EntryType::Regular, 0o644, "", content)
    }

    pub fn folder(self, path: &str) -> Self {
        self.with(path, tar::EntryType::Directory, 0o755, "", b"")
    }

    pub fn link(self, path: &str, to: &str) -> Self {
        self.with(path, tar::EntryType::Symlink, 0o777, to, b"")
    }

    pub fn with(
        mut self,
        path: &str,
        kind: tar::EntryType,
        mode: u32,
        link: &str,
        content: &[u8],
    ) -> Self {
        let mut header = tar::Header::new_ustar();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_mtime(978_307_200);
        header.set_uid(1000);
        header.set_gid(1000);
        header.set_size(content.len() as u64);
        if !link.is_empty() {
            header.set_link_name(link).expect("a link");
        }
        self.0
            .append_data(&mut header, path, content)
            .expect("a member");
        self
    }

    pub fn tar(self) -> Vec<u8> {
        self.0.into_inner().expect("a tar")
    }
}

/// What a build answered.
#[derive(Debug)]
pub struct Built {
    pub status: u16,
    /// Each line as JSON.
    pub lines: Vec<Value>,
}

impl Built {
    /// Everything that was said.
    pub fn said(&self) -> String {
        self.lines
            .iter()
            .filter_map(|l| l["stream"].as_str())
            .collect()
    }

    /// The error in the stream, or the message of a refusal.
    pub fn error(&self) -> Option<&str> {
        self.lines
            .iter()
            .find_map(|l| l["error"].as_str().or(l["message"].as_str()))
    }

    /// The id of the image; the build must have gone well.
    pub fn id(&self) -> String {
        assert_eq!((self.status, self.error()), (200, None), "{}", self.said());
        let ids: Vec<&str> = self
            .lines
            .iter()
            .filter_map(|l| l["aux"]["ID"].as_str())
            .collect();
        (*ids.last().expect("an id")).to_owned()
    }
}

/// Builds a context; `query` is everything behind `/build?`.
pub fn build(world: &World, query: &str, context: Context) -> Built {
    let (status, body) = post(world, &format!("/v1.51/build?{query}"), &context.tar());
    let lines = body.lines().filter(|l| !l.trim().is_empty());
    let lines = lines
        .map(|l| serde_json::from_str(l).expect("a JSON line"))
        .collect();
    Built { status, lines }
}

/// Sends bytes and returns the status and the body, chunks put together.
pub fn post(world: &World, path: &str, body: &[u8]) -> (u16, String) {
    let host = world.host();
    let socket = host.strip_prefix("unix://").expect("a socket");
    let mut stream = UnixStream::connect(socket).expect("connected");
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: d\r\nContent-Type: application/x-tar\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("sent");
    // What is refused at once is answered before all of it was read.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    let answer = text(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|s| s.parse().ok())
        .expect("a status");
    let body = match head
        .to_ascii_lowercase()
        .contains("transfer-encoding: chunked")
    {
        true => unchunk(body),
        false => body.to_owned(),
    };
    (status, body)
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

/// What a command prints in a container of an image.
pub fn shell(world: &World, image: &str, script: &str) -> String {
    world.ok(&["run", "--rm", image, "sh", "-c", script])
}
