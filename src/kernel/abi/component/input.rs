//! Input streams over open descriptions: standard input, files from a place on, and all that stands behind names.
//!
//! A stream of a regular file has a place of its own; every other one shares the description's, as `dup` does.

use super::super::super::description::Description;
use super::super::super::poll::{Question, Ready, poll};
use super::super::super::process::Process;
use super::super::super::tty::Access;
use crate::base::errno::Errno;
use futures_util::FutureExt;
use std::sync::Arc;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::IoError;
use wasmtime_wasi::p2::{InputStream, Pollable, StreamError, StreamResult};

/// How much one call gives at most; who wants more calls again.
const PIECE: usize = 256 << 10;

/// One stream.
pub struct Input {
    process: Arc<Process>,
    /// `None`: the descriptor was closed before the program began; the end comes at once.
    description: Option<Arc<Description>>,
    /// The place in a file.
    place: Option<u64>,
}

impl Input {
    /// A stream that moves the description's own offset.
    pub fn shared(process: &Arc<Process>, description: Option<Arc<Description>>) -> Input {
        Input {
            process: process.clone(),
            description,
            place: None,
        }
    }

    /// A stream from a place on, if what is open has places.
    pub fn from(process: &Arc<Process>, description: &Arc<Description>, offset: u64) -> Input {
        Input {
            place: description.file().map(|_| offset),
            ..Input::shared(process, Some(description.clone()))
        }
    }

    fn try_read(&mut self, buffer: &mut [u8]) -> Result<usize, Errno> {
        let Some(description) = &self.description else {
            return Ok(0);
        };
        match (&mut self.place, description.file()) {
            (Some(place), Some(file)) => {
                let count = file.read_at(*place, buffer)?;
                *place += count as u64;
                Ok(count)
            }
            _ => {
                let allowed = description.job_control(&self.process, Access::Read);
                // A background group has been stopped by now, or goes on asking.
                allowed.now_or_never().unwrap_or(Err(Errno::Again))?;
                description.try_read(buffer)
            }
        }
    }
}

/// An error as streams tell it; the guest gets its code by `filesystem-error-code`.
pub fn failed(errno: Errno) -> StreamError {
    StreamError::LastOperationFailed(IoError::from(errno))
}

#[async_trait]
impl Pollable for Input {
    async fn ready(&mut self) {
        let Some(description) = self.description.clone().filter(|_| self.place.is_none()) else {
            return;
        };
        // What is wrong with the terminal is told by the read that follows.
        if description
            .job_control(&self.process, Access::Read)
            .await
            .is_ok()
        {
            let question = Question {
                description: Some(description),
                asked: Ready::IN,
            };
            let _ = poll(&self.process, &[question], None, None).await;
        }
    }
}

#[async_trait]
impl InputStream for Input {
    fn read(&mut self, size: usize) -> StreamResult<bytes::Bytes> {
        if size == 0 {
            return Ok(bytes::Bytes::new());
        }
        let mut buffer = vec![0; size.min(PIECE)];
        match self.try_read(&mut buffer) {
            Ok(0) => Err(StreamError::Closed),
            Ok(count) => {
                buffer.truncate(count);
                Ok(buffer.into())
            }
            Err(Errno::Again) => Ok(bytes::Bytes::new()),
            Err(errno) => Err(failed(errno)),
        }
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<bytes::Bytes> {
        loop {
            let read = self.read(size)?;
            if !read.is_empty() || size == 0 {
                return Ok(read);
            }
            self.ready().await;
        }
    }
}
