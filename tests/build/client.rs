//! `POST /build` as a client that is neither ours nor Docker's sends it.

use crate::support::World;
use crate::support::http::ask;
use serde_json::Value;

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

/// Sends bytes and returns the status and the body.
pub fn post(world: &World, path: &str, body: &[u8]) -> (u16, String) {
    let answer = ask(world, &format!("POST {path}"), "application/x-tar", body);
    (answer.status, answer.body)
}

/// What a command prints in a container of an image.
pub fn shell(world: &World, image: &str, script: &str) -> String {
    world.ok(&["run", "--rm", image, "sh", "-c", script])
}
