//! `pull`: the catalogue's images come out of the binary, everything else from its registry, with the same lines.
//!
//! The network is asked for what the catalogue does not have, unknown tags of its names among it.

use crate::base::platform::Platform;
use crate::base::reference::Reference;
use crate::engine::distribution::line;
use crate::engine::options::PullOptions;
use crate::engine::{Engine, Error, Result, blocking, catalogue};
use crate::registry::{Pull, Tell};
use crate::wire::{Progress, StringMap};
use futures_util::{Stream, StreamExt, stream};
use std::pin::Pin;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The lines of a progress stream. Dropping it ends what it tells about.
pub type ProgressStream = Pin<Box<dyn Stream<Item = Progress> + Send>>;

pub(super) const QUEUE: usize = 64;

impl Engine {
    /// Begins a pull. What fails before there is anything to tell is an error; later failures are the stream's last line.
    pub async fn pull(self: &Arc<Self>, options: PullOptions) -> Result<ProgressStream> {
        let reference = reference(&options)?;
        let built_in = built_in(&reference);
        if !built_in.is_empty() {
            return self.pull_built_in(reference, built_in, options.platform.as_ref());
        }
        let pull = Pull {
            reference: reference.clone(),
            platform: options.platform.clone(),
            credentials: options.credentials,
        };
        let engine = self.clone();
        follow(move |tell| async move {
            let images = engine.registries.pull(pull, &tell).await?;
            engine.tell_pulled(&reference);
            let other = engine
                .of_another_platform(&reference, options.platform, images)
                .await;
            Ok(other.into_iter().collect())
        })
        .await
    }

    fn tell_pulled(&self, reference: &Reference) {
        let attributes = StringMap::from([("name".to_owned(), reference.familiar_name())]);
        let subject = reference.familiar();
        self.events.publish("image", "pull", &subject, attributes);
    }

    /// Docker's warning when a registry had one image only, and it is for something else than was asked for.
    async fn of_another_platform(
        &self,
        reference: &Reference,
        wanted: Option<Platform>,
        images: Vec<String>,
    ) -> Option<Progress> {
        let (wanted, id) = (wanted?, images.into_iter().next()?);
        let images = self.images.clone();
        let image = blocking(move || images.resolve(&id)).await.ok()?;
        let own = Platform::new(&image.os, &image.architecture, &image.variant);
        let stands_in = wanted.os == "linux" && own.os.starts_with("wasi");
        (own != wanted && !stands_in).then(|| {
            Progress::status(format!(
                "WARNING: image with reference {} was found but its platform ({own}) does not match the specified platform ({wanted})",
                reference.familiar()
            ))
        })
    }

    fn pull_built_in(
        self: &Arc<Self>,
        reference: Reference,
        tags: Vec<String>,
        platform: Option<&Platform>,
    ) -> Result<ProgressStream> {
        if let Some(other) = platform.filter(|p| p.os != "linux" && !p.os.starts_with("wasi")) {
            return Err(Error::system(format!(
                "no matching manifest for {other} in the manifest list entries"
            )));
        }
        let (lines, queue) = mpsc::channel(QUEUE);
        let engine = self.clone();
        tokio::task::spawn_blocking(move || {
            // The error means that the client left; the image is stored all the same.
            let mut tell = |line: Progress| drop(lines.blocking_send(line));
            for tag in tags {
                if let Err(e) = engine.images.pull(&reference.name(), &tag, &mut tell) {
                    return tell(Progress::failed(e.message, None));
                }
            }
            engine.tell_pulled(&reference);
        });
        Ok(Box::pin(receive(queue)))
    }
}

/// What the client means: the tag stands beside the name, or in it; without one it is every tag of the repository.
fn reference(options: &PullOptions) -> Result<Reference> {
    let given = Reference::parse(&options.image)?;
    Ok(match options.tag.as_str() {
        "" => given,
        digest if digest.contains(':') => Reference::parse(&format!("{}@{digest}", given.name()))?,
        tag => Reference::parse(&format!("{}:{tag}", given.name()))?,
    })
}

/// The tags and digests of the catalogue that a reference means; none when it is for the network.
fn built_in(reference: &Reference) -> Vec<String> {
    let name = reference.name();
    match reference.digest.as_ref().or(reference.tag.as_ref()) {
        Some(wanted) => catalogue::find(&name, wanted)
            .map(|_| wanted.clone())
            .into_iter()
            .collect(),
        None => catalogue::images()
            .iter()
            .flat_map(|image| image.tags.iter().map(move |tag| (image, tag)))
            .filter(|(image, tag)| {
                catalogue::find(&name, tag).is_some_and(|found| std::ptr::eq(found, *image))
            })
            .map(|(_, tag)| tag.clone())
            .collect(),
    }
}

/// Runs work that tells events, and makes its stream of lines. The work ends with the lines that come last.
pub(super) async fn follow<W, F>(work: W) -> Result<ProgressStream>
where
    W: FnOnce(Tell) -> F,
    F: Future<Output = Result<Vec<Progress>>> + Send + 'static,
{
    let (tell, mut events) = mpsc::channel(QUEUE);
    let task = tokio::spawn(work(tell));
    let first = events.recv().await.map(line);
    let last = async move {
        task.await
            .unwrap_or_else(|e| Err(Error::system(format!("an internal task failed: {e}"))))
    };
    let Some(first) = first else {
        return Ok(Box::pin(stream::iter(last.await?)));
    };
    let rest = receive(events).map(line);
    let end = stream::once(last).flat_map(|outcome| {
        stream::iter(outcome.unwrap_or_else(|e| vec![Progress::failed(e.message, None)]))
    });
    Ok(Box::pin(
        stream::once(async { first }).chain(rest).chain(end),
    ))
}

/// What comes through a queue, as a stream.
pub fn receive<T: Send + 'static>(queue: mpsc::Receiver<T>) -> impl Stream<Item = T> + Send {
    stream::unfold(queue, |mut queue| async move {
        queue.recv().await.map(|item| (item, queue))
    })
}
