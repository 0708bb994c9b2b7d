//! `commit`: what a container changed becomes a layer of a new image.

use super::changes;
use crate::base::reference::Reference;
use crate::engine::container::merge;
use crate::engine::options::CommitOptions;
use crate::engine::ports::CommitSpec;
use crate::engine::{Engine, Error, Result, blocking};
use crate::vfs::overlay::Overlay;
use crate::vfs::pack;
use crate::wire::{ContainerConfig, StringMap};
use std::io::Read;
use std::sync::Arc;

/// Everything in which a container's tree differs from its image, as the uncompressed tar of a layer.
///
/// The one place where layers are made: for `commit`, and for each step of a build, whatever it wrote the files with. Reading
/// waits for the disk and holds no more than one block; equal trees give equal bytes, so equal digests. A tree that does not
/// differ gives the empty layer, which [`Images::commit`](crate::engine::ports::Images::commit) leaves out of the image.
/// What changes while it is read may be in it or not: pause the container, or see that nothing runs.
pub fn layer_from_upper(overlay: Arc<Overlay>) -> impl Read + Send + 'static {
    pack::layer(overlay)
}

impl Engine {
    /// Makes an image of a container, and returns its id when that is durable. A running one is paused meanwhile, if asked for.
    pub async fn commit_container(
        self: &Arc<Self>,
        options: CommitOptions,
        config: Option<ContainerConfig>,
    ) -> Result<String> {
        let reference = reference(&options.repo, &options.tag)?;
        if options.container.is_empty() {
            return Err(Error::invalid("invalid name or ID supplied: \"\""));
        }
        let container = self.find(&options.container)?;
        container.is_whole("commit")?;
        let record = container.look(Clone::clone);
        let mut wanted = config.unwrap_or_else(|| record.config.clone());
        changes::apply_all(&mut wanted, &options.changes)?;
        merge::image(&mut wanted, &record.config);
        let spec = CommitSpec {
            parent: record.image.clone(),
            config: wanted,
            container: record.id.clone(),
            container_config: record.config.clone(),
            platform: None,
            author: options.author,
            comment: options.comment.clone(),
            created: self.clock.now(),
            created_by: record
                .config
                .cmd
                .iter()
                .flatten()
                .cloned()
                .collect::<Vec<_>>()
                .join(" "),
            reference: reference.as_ref().map(ToString::to_string),
            ..CommitSpec::default()
        };
        // The error means that it does not run, or is paused already.
        let paused = options.pause && self.pause(&container.id).await.is_ok();
        let (runtime, images) = (self.runtime.clone(), self.images.clone());
        let made = blocking(move || {
            let mut layer = super::layer_from_upper(runtime.upper(&record)?);
            images.commit(Some(&mut layer), spec)
        })
        .await;
        if paused {
            // The error means that somebody else let it go on, or that it was killed.
            let _ = self.unpause(&container.id).await;
        }
        let id = made?;
        let name = reference.map(|r| r.familiar());
        let attributes = |name: &str| StringMap::from([("name".to_owned(), name.to_owned())]);
        self.events.publish("image", "create", &id, attributes(&id));
        if let Some(name) = &name {
            self.events.publish("image", "tag", &id, attributes(name));
        }
        let more = [
            ("comment", options.comment),
            ("imageID", id.clone()),
            ("imageRef", name.unwrap_or_default()),
        ];
        self.tell(&container, "commit", &more);
        Ok(id)
    }
}

/// The name of the new image; none where no repository was given, whatever the tag.
fn reference(repo: &str, tag: &str) -> Result<Option<Reference>> {
    if repo.is_empty() {
        return Ok(None);
    }
    let named = Reference::parse(repo)?;
    if named.digest.is_some() {
        return Err(Error::invalid("cannot import digest reference"));
    }
    let named = match tag {
        "" => named,
        tag => Reference::parse(&format!("{repo}:{tag}"))?,
    };
    Ok(Some(named.with_default_tag()))
}
