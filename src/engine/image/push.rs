//! `push`: a tag of an image, or every tag of a repository, to its registry.

use super::pull::{ProgressStream, follow};
use crate::base::reference::Reference;
use crate::engine::options::PushOptions;
use crate::engine::ports::Images;
use crate::engine::{Engine, Error, Result, blocking};
use crate::registry::Push;
use crate::wire::{Progress, StringMap};
use futures_util::{StreamExt, stream};
use std::sync::Arc;

impl Engine {
    /// Begins a push. Everything is told in the stream, also why nothing could be pushed.
    pub async fn image_push(
        self: &Arc<Self>,
        name: &str,
        options: PushOptions,
    ) -> Result<ProgressStream> {
        let reference = Reference::parse(name)?;
        let reference = match options.tag.as_str() {
            "" => reference,
            tag => Reference::parse(&format!("{}:{tag}", reference.name()))?,
        };
        if reference.digest.is_some() {
            return Err(Error::invalid("cannot push a digest reference"));
        }
        let (images, wanted) = (self.images.clone(), reference.clone());
        let tags = blocking(move || Ok(tags(&*images, &wanted))).await?;
        let tags = match tags {
            Ok(tags) => tags,
            Err(e) => {
                // Docker has begun to tell by then.
                let begun = format!("The push refers to repository [{}]", reference.name());
                let lines = [Progress::status(begun), Progress::failed(e.message, None)];
                return Ok(stream::iter(lines).boxed());
            }
        };
        let push = Push {
            tags,
            credentials: options.credentials,
        };
        let engine = self.clone();
        follow(move |tell| async move {
            engine.registries.push(push, &tell).await?;
            let name = reference.familiar();
            let attributes = StringMap::from([("name".to_owned(), reference.familiar_name())]);
            engine.events.publish("image", "push", &name, attributes);
            Ok(Vec::new())
        })
        .await
    }
}

/// The tags that are meant, with their images.
fn tags(
    images: &dyn Images,
    wanted: &Reference,
) -> Result<Vec<(Reference, crate::base::digest::Digest)>> {
    let mut found = Vec::new();
    let (mut known, mut failed) = (false, None);
    for image in images.all()? {
        for own in image
            .references
            .iter()
            .filter(|r| r.name() == wanted.name())
        {
            known = true;
            let meant = wanted.tag.is_none() || wanted.tag == own.tag;
            if own.digest.is_none() && meant {
                match image.id.parse() {
                    Ok(id) => found.push((own.clone(), id)),
                    Err(e) => failed = Some(Error::system(format!("{}: {e}", image.id))),
                }
            }
        }
    }
    match (found.is_empty(), failed) {
        (_, Some(e)) => Err(e),
        (false, None) => {
            found.sort();
            Ok(found)
        }
        (true, None) if known => Err(Error::not_found(format!(
            "tag does not exist: {}",
            wanted.familiar()
        ))),
        (true, None) => Err(Error::not_found(format!(
            "An image does not exist locally with the tag: {}",
            wanted.familiar_name()
        ))),
    }
}
