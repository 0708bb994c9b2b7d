//! The connection: bytes of commands out, replies in.

use crate::protocol::{self, Arg, Reply, parse};
use applet::stream::{Failed, Stream};
use std::io::{Read, Write};

const BUFFER: usize = 16 << 10;

pub struct Link {
    pub stream: Stream,
    input: Vec<u8>,
    /// Where the next reply begins.
    at: usize,
}

impl Link {
    /// Connects; the error is the system's words.
    pub fn open(host: &str, port: u16) -> Result<Link, String> {
        match Stream::connect(host, port, None) {
            Ok(stream) => Ok(Link {
                stream,
                input: Vec::new(),
                at: 0,
            }),
            Err(Failed::NoSuchHost) => Err("Name or service not known".into()),
            Err(Failed::At(_, errno)) => Err(errno.words().into()),
        }
    }

    pub fn send(&mut self, args: &[Arg]) -> Result<(), String> {
        let mut out = Vec::new();
        protocol::command(&mut out, args);
        self.stream
            .write_all(&out)
            .map_err(|error| applet::words(&error))
    }

    /// A reply that is here already.
    pub fn next(&mut self) -> Result<Option<Reply>, String> {
        let found =
            parse(&self.input[self.at..]).map_err(|words| format!("Protocol error, {words}"))?;
        Ok(found.map(|(reply, length)| {
            self.at += length;
            if self.at == self.input.len() {
                self.input.clear();
                self.at = 0;
            }
            reply
        }))
    }

    /// Reads once; how many bytes came.
    pub fn read(&mut self) -> Result<usize, String> {
        let mut buffer = [0; BUFFER];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err("Server closed the connection".into()),
            Ok(count) => {
                self.input.extend_from_slice(&buffer[..count]);
                Ok(count)
            }
            Err(error) => Err(applet::words(&error)),
        }
    }

    /// Waits for a reply.
    pub fn receive(&mut self) -> Result<Reply, String> {
        loop {
            if let Some(reply) = self.next()? {
                return Ok(reply);
            }
            self.read()?;
        }
    }
}
