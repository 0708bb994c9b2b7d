//! One connection: what it sent, what it will be told, and the state that commands give it.

use crate::commands::Blocked;
use crate::protocol::{Arg, Reader, Reply};

/// `CLIENT REPLY`.
#[derive(Clone, Copy, PartialEq)]
pub enum Speech {
    On,
    Off,
    /// Nothing to the next command.
    SkipNext,
    /// Nothing to this one.
    Skip,
}

pub struct Client {
    pub id: u64,
    pub fd: i32,
    pub address: String,
    pub local: String,
    pub reader: Reader,
    out: Vec<u8>,
    sent: usize,
    pub db: usize,
    /// Of the protocol.
    pub version: u8,
    pub name: Vec<u8>,
    /// What it says it is made with: name, version.
    pub library: (String, String),
    /// It has said the password, or there is none.
    pub known: bool,
    /// Commands since `MULTI`.
    pub queue: Option<Vec<Vec<Arg>>>,
    pub queue_broken: bool,
    pub watching: Vec<(usize, Arg)>,
    /// Something that it watches has changed.
    pub disturbed: bool,
    pub channels: Vec<Arg>,
    pub patterns: Vec<Arg>,
    pub blocked: Option<Blocked>,
    pub monitors: bool,
    pub speech: Speech,
    /// Closed as soon as everything is sent.
    pub leaving: bool,
    /// Milliseconds since 1970: connected, last heard.
    pub since: u64,
    pub active: u64,
    /// Its last command.
    pub command: String,
    /// Since when it holds more than the soft limit.
    pub crowded: Option<u64>,
}

impl Client {
    pub fn new(id: u64, fd: i32, address: String, local: String, now: u64) -> Client {
        Client {
            id,
            fd,
            address,
            local,
            reader: Reader::default(),
            out: Vec::new(),
            sent: 0,
            db: 0,
            version: 2,
            name: Vec::new(),
            library: (String::new(), String::new()),
            known: false,
            queue: None,
            queue_broken: false,
            watching: Vec::new(),
            disturbed: false,
            channels: Vec::new(),
            patterns: Vec::new(),
            blocked: None,
            monitors: false,
            speech: Speech::On,
            leaving: false,
            since: now,
            active: now,
            command: String::new(),
            crowded: None,
        }
    }

    /// Whether it has subscribed to anything.
    pub fn listens(&self) -> bool {
        !self.channels.is_empty() || !self.patterns.is_empty()
    }

    /// Answers a command.
    pub fn reply(&mut self, reply: &Reply) {
        match self.speech {
            Speech::On => reply.write(self.version, &mut self.out),
            Speech::SkipNext | Speech::Skip | Speech::Off => {}
        }
    }

    /// Tells something that was not asked.
    pub fn push(&mut self, reply: &Reply) {
        if self.id != super::NOBODY {
            reply.write(self.version, &mut self.out);
        }
    }

    pub fn unsent(&self) -> usize {
        self.out.len() - self.sent
    }

    /// Hands what waits to a function that says how much it took; `false` when that failed for good.
    pub fn send(&mut self, mut write: impl FnMut(&[u8]) -> Option<usize>) -> bool {
        while self.sent < self.out.len() {
            match write(&self.out[self.sent..]) {
                Some(0) => return true,
                Some(count) => self.sent += count,
                None => return false,
            }
        }
        self.sent = 0;
        self.out.clear();
        // What one large answer needed is not held for ever.
        self.out.shrink_to(64 << 10);
        true
    }
}
