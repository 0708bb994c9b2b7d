//! What a build says: Docker's lines, to a client that may have gone.

use crate::engine::{Error, Result};
use crate::wire::Progress;
use parking_lot::Mutex;
use tokio::sync::mpsc;

/// Lines that may wait for the client.
const QUEUE: usize = 256;

/// One build's voice. A quiet one keeps everything until something goes wrong.
pub struct Out {
    lines: mpsc::Sender<Progress>,
    kept: Option<Mutex<Vec<Progress>>>,
}

impl Out {
    /// With the end on which the lines come out.
    pub fn new(quiet: bool) -> (Out, mpsc::Receiver<Progress>) {
        let (lines, queue) = mpsc::channel(QUEUE);
        let kept = quiet.then(Mutex::default);
        (Out { lines, kept }, queue)
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
        if let Some(kept) = &self.kept {
            kept.lock().push(line);
            return match self.lines.is_closed() {
                true => Err(cancelled()),
                false => Ok(()),
            };
        }
        self.lines.send(line).await.map_err(|_| cancelled())
    }

    /// Ends when the client has gone.
    pub async fn closed(&self) {
        self.lines.closed().await;
    }

    /// The last lines: the id alone when the build is quiet, everything and the error when it failed.
    pub async fn finish(self, outcome: Result<String, Progress>) {
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
            let _ = self.lines.send(line).await;
        }
    }
}

/// What a build fails with when its client has gone.
pub fn cancelled() -> Error {
    Error::system("Build cancelled")
}
