//! Output streams over open descriptions.
//!
//! What a program is permitted to write is small enough that a pipe which is ready takes it whole. If another writer was faster the
//! rest waits here, one permit of bytes at most, and nothing more is permitted until it is written. A closed pipe raises SIGPIPE.

use super::super::super::deliver::Sender;
use super::super::super::description::Description;
use super::super::super::pipe::PIPE_BUF;
use super::super::super::poll::{Question, Ready, poll};
use super::super::super::process::Process;
use super::super::super::signal::Signal;
use super::super::super::tty::Access;
use super::input::failed;
use crate::base::errno::Errno;
use bytes::{Buf, Bytes};
use futures_util::FutureExt;
use std::sync::Arc;
use std::task::{Context, Waker};
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// What a file takes at a time.
const FILE: usize = 1 << 20;

/// Where in a file the bytes go.
enum Place {
    /// The description's own offset, or no place at all.
    Shared,
    At(u64),
    End,
}

/// One stream.
pub struct Output {
    process: Arc<Process>,
    /// `None`: the descriptor was closed before the program began.
    description: Option<Arc<Description>>,
    place: Place,
    rest: Bytes,
    /// How writing the rest failed, until it is told.
    failure: Option<Errno>,
}

impl Output {
    /// A stream that moves the description's own offset.
    pub fn shared(process: &Arc<Process>, description: Option<Arc<Description>>) -> Output {
        Output {
            process: process.clone(),
            description,
            place: Place::Shared,
            rest: Bytes::new(),
            failure: None,
        }
    }

    /// A stream to a place of a file and on, or to its end (`None`).
    pub fn to(
        process: &Arc<Process>,
        description: &Arc<Description>,
        offset: Option<u64>,
    ) -> Output {
        let place = match (description.file(), offset) {
            (None, _) => Place::Shared,
            (Some(_), Some(offset)) => Place::At(offset),
            (Some(_), None) => Place::End,
        };
        Output {
            place,
            ..Output::shared(process, Some(description.clone()))
        }
    }

    /// One attempt that does not wait.
    fn try_write(&mut self, bytes: &[u8]) -> Result<usize, Errno> {
        let description = self.description.as_ref().ok_or(Errno::Badf)?;
        let cred = self.process.cred();
        match (&mut self.place, description.file()) {
            (Place::At(place), Some(file)) => {
                let (count, after) = file.write_at(&cred, *place, bytes, false)?;
                *place = after;
                Ok(count)
            }
            (Place::End, Some(file)) => Ok(file.write_at(&cred, 0, bytes, true)?.0),
            _ => {
                let allowed = description.job_control(&self.process, Access::Write);
                allowed.now_or_never().unwrap_or(Err(Errno::Again))?;
                description.try_write(&cred, bytes)
            }
        }
    }

    /// Writes of the rest what goes without waiting.
    fn push(&mut self) {
        while !self.rest.is_empty() && self.failure.is_none() {
            let rest = self.rest.clone();
            match self.try_write(&rest) {
                // What takes nothing and says nothing must not be asked for ever.
                Ok(0) => self.fail(Errno::Io),
                Ok(count) => self.rest.advance(count),
                Err(Errno::Again) => return,
                Err(errno) => self.fail(errno),
            }
        }
    }

    fn fail(&mut self, errno: Errno) {
        self.rest.clear();
        self.failure = Some(errno);
        if errno == Errno::Pipe {
            self.process.send(Signal::PIPE, Sender::Inside);
        }
    }

    /// A failure is told once.
    fn told(&mut self) -> StreamResult<()> {
        match self.failure.take() {
            Some(errno) => Err(failed(errno)),
            None => Ok(()),
        }
    }

    fn permit(&self) -> usize {
        match &self.description {
            Some(description) if description.file().is_some() => FILE,
            _ => PIPE_BUF,
        }
    }
}

#[async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {
        loop {
            self.push();
            let Some(description) = self.description.clone() else {
                return;
            };
            let writing = description.job_control(&self.process, Access::Write).await;
            if self.failure.is_some() || writing.is_err() || description.file().is_some() {
                return;
            }
            let question = Question {
                description: Some(description),
                asked: Ready::OUT,
            };
            let waited = poll(&self.process, &[question], None, None).await;
            if self.rest.is_empty() || waited.is_err() {
                return;
            }
        }
    }
}

#[async_trait]
impl OutputStream for Output {
    fn check_write(&mut self) -> StreamResult<usize> {
        self.push();
        self.told()?;
        let Some(description) = &self.description else {
            return Err(StreamError::Closed);
        };
        let ready = description.poll_ready(&Context::from_waker(Waker::noop()));
        let asked = ready.answer(Ready::OUT);
        match self.rest.is_empty() && asked != Ready::NONE {
            true => Ok(self.permit()),
            false => Ok(0),
        }
    }

    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        if !self.rest.is_empty() || bytes.len() > self.permit() {
            return Err(StreamError::trap("more is written than was permitted"));
        }
        self.rest = bytes;
        self.push();
        self.told()
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.push();
        self.told()
    }

    async fn write_ready(&mut self) -> StreamResult<usize> {
        loop {
            match self.check_write()? {
                0 => self.ready().await,
                permit => return Ok(permit),
            }
        }
    }

    async fn blocking_write_and_flush(&mut self, mut bytes: Bytes) -> StreamResult<()> {
        while !bytes.is_empty() {
            let permit = self.write_ready().await?;
            self.write(bytes.split_to(bytes.len().min(permit)))?;
            // A program that has just raised SIGPIPE goes no further.
            self.process.checkpoint().await;
        }
        while !self.rest.is_empty() {
            self.ready().await;
        }
        self.told()
    }
}
