//! A body of JSON documents, one a line, read while it comes.

use super::{Response, Result};
use serde::de::DeserializeOwned;

/// What is left of such a body.
pub struct Lines {
    response: Response,
    rest: Vec<u8>,
}

impl Lines {
    pub fn new(response: Response) -> Self {
        Lines {
            response,
            rest: Vec::new(),
        }
    }

    /// The next document; `None` at the end of the body. May be dropped while it waits: nothing is lost.
    pub async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>> {
        loop {
            while let Some(end) = self.rest.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = self.rest.drain(..=end).collect();
                if !line.iter().all(u8::is_ascii_whitespace) {
                    return Ok(Some(serde_json::from_slice(&line)?));
                }
            }
            match self.response.chunk().await? {
                Some(chunk) => self.rest.extend_from_slice(&chunk),
                None => return Ok(None),
            }
        }
    }
}
