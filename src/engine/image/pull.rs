//! `pull`: images of the catalogue come out of the binary, with the progress that a download shows.

use crate::base::reference::Reference;
use crate::engine::{Engine, Error, Result, catalogue};
use crate::wire::{Progress, StringMap};
use futures_util::{Stream, stream};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The lines of a progress stream.
pub type ProgressStream = Pin<Box<dyn Stream<Item = Progress> + Send>>;

const QUEUE: usize = 64;

impl Engine {
    /// Begins a pull. What can be refused at once is an error; later failures are the stream's last line.
    pub fn pull(self: &Arc<Self>, name: &str, tag: &str) -> Result<ProgressStream> {
        let text = match tag {
            "" => name.to_owned(),
            digest if digest.starts_with("sha256:") => format!("{name}@{digest}"),
            tag => format!("{name}:{tag}"),
        };
        let reference = Reference::parse(&text)?.with_default_tag();
        let wanted = reference
            .digest
            .clone()
            .or(reference.tag.clone())
            .unwrap_or_default();
        if catalogue::find(&reference.name(), &wanted).is_none() {
            return Err(missing(&reference));
        }
        let (lines, queue) = mpsc::channel(QUEUE);
        let engine = self.clone();
        tokio::task::spawn_blocking(move || {
            // The error means that the client left; the image is stored all the same.
            let mut tell = |line: Progress| drop(lines.blocking_send(line));
            match engine.images.pull(&reference.name(), &wanted, &mut tell) {
                Ok(true) => {
                    let familiar = reference.familiar();
                    let attributes =
                        StringMap::from([("name".to_owned(), reference.familiar_name())]);
                    engine
                        .events
                        .publish("image", "pull", &familiar, attributes);
                }
                Ok(false) => tell(Progress::failed(missing(&reference).message, None)),
                Err(e) => tell(Progress::failed(e.message, None)),
            }
        });
        Ok(Box::pin(stream::unfold(queue, |mut queue| async move {
            queue.recv().await.map(|line| (line, queue))
        })))
    }
}

/// The answer for what the catalogue does not have.
fn missing(reference: &Reference) -> Error {
    let name = reference.familiar();
    if reference.domain == "docker.io" && catalogue::knows(&reference.name()) {
        let message = format!("manifest for {name} not found: manifest unknown: manifest unknown");
        return Error::not_found(message);
    }
    let host = if reference.domain == "docker.io" {
        "registry-1.docker.io"
    } else {
        &reference.domain
    };
    let have: Vec<&str> = catalogue::images()
        .iter()
        .map(|i| i.name.as_str())
        .collect();
    Error::system(format!(
        "Get \"https://{host}/v2/\": this version does not reach registries"
    ))
    .with_hint(format!(
        "these images are built in: {}; others can be brought in with import",
        have.join(", ")
    ))
}
