//! What a build says, to a client that may have gone: Docker's lines, or events of which somebody else makes words.
//!
//! The builder tells everything in both ways; the one that nobody listens to is lost.

use super::report::Event;
use crate::engine::{Error, Result};
use crate::wire::Progress;
use crate::wire::frame::Stream;
use bytes::Bytes;
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// Lines that may wait for the client.
const QUEUE: usize = 256;

/// One build's voice. A quiet one keeps everything until something goes wrong.
pub struct Out {
    voice: Voice,
    kept: Option<Mutex<Vec<Progress>>>,
}

enum Voice {
    Lines(mpsc::Sender<Progress>),
    Events(mpsc::Sender<Event>),
}

impl Out {
    /// With the end on which the lines come out.
    pub fn new(quiet: bool) -> (Out, mpsc::Receiver<Progress>) {
        let (lines, queue) = mpsc::channel(QUEUE);
        let kept = quiet.then(Mutex::default);
        let voice = Voice::Lines(lines);
        (Out { voice, kept }, queue)
    }

    /// With the end on which events come out.
    pub fn events() -> (Out, mpsc::Receiver<Event>) {
        let (events, queue) = mpsc::channel(QUEUE);
        let voice = Voice::Events(events);
        (Out { voice, kept: None }, queue)
    }

    /// Something happened.
    pub async fn event(&self, event: Event) -> Result<()> {
        match &self.voice {
            Voice::Lines(_) => Ok(()),
            Voice::Events(events) => events.send(event).await.map_err(|_| cancelled()),
        }
    }

    /// What a `RUN` wrote.
    pub async fn output(&self, stream: Stream, bytes: &Bytes) -> Result<()> {
        match (&self.voice, stream) {
            (Voice::Events(_), stream) => self.event(Event::Output(stream, bytes.clone())).await,
            (_, Stream::Stderr) => self.complain(&String::from_utf8_lossy(bytes)).await,
            _ => self.say(String::from_utf8_lossy(bytes)).await,
        }
    }

    /// Text of the build itself. Fails when nobody listens any more: then the build is over.
    pub async fn say(&self, text: impl Into<String>) -> Result<()> {
        self.send(Progress::stream(text)).await
    }

    /// Text of standard error, in the colour that Docker gives it.
    pub async fn complain(&self, text: &str) -> Result<()> {
        self.say(format!("\u{1b}[91m{text}\u{1b}[0m")).await
    }

    pub async fn send(&self, line: Progress) -> Result<()> {
        let Voice::Lines(lines) = &self.voice else {
            return Ok(());
        };
        if let Some(kept) = &self.kept {
            kept.lock().push(line);
            return match lines.is_closed() {
                true => Err(cancelled()),
                false => Ok(()),
            };
        }
        lines.send(line).await.map_err(|_| cancelled())
    }

    /// Ends when the client has gone.
    pub async fn closed(&self) {
        match &self.voice {
            Voice::Lines(lines) => lines.closed().await,
            Voice::Events(events) => events.closed().await,
        }
    }

    /// The last lines: the id alone when the build is quiet, everything and the error when it failed.
    pub async fn finish(self, outcome: Result<String, Progress>) {
        let Voice::Lines(lines) = self.voice else {
            return;
        };
        let kept = self.kept.map(Mutex::into_inner);
        let mut last = Vec::new();
        match outcome {
            Ok(id) => last.extend(kept.map(|_| Progress::stream(format!("{id}\n")))),
            Err(error) => {
                last.extend(kept.into_iter().flatten());
                last.push(error);
            }
        }
        for line in last {
            // The error means that nobody listens.
            let _ = lines.send(line).await;
        }
    }
}

/// What a build fails with when its client has gone.
pub fn cancelled() -> Error {
    Error::system("Build cancelled")
}
