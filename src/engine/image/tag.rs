//! `tag`: one more name for an image.

use crate::base::reference::{BadReference, Reference};
use crate::engine::{Engine, Error, Result, blocking};
use std::sync::Arc;

impl Engine {
    /// Points a name at an image; what it stood for before loses it. Comes back when that is durable.
    pub async fn image_tag(self: &Arc<Self>, source: &str, repo: &str, tag: &str) -> Result<()> {
        let target = target(repo, tag)?;
        let (engine, source) = (self.clone(), source.to_owned());
        blocking(move || {
            let image = engine.images.resolve(&source)?;
            engine.images.tag(&target, &image.id)?;
            engine.tell_image("tag", &image, &target.familiar());
            Ok(())
        })
        .await
    }
}

/// The name that a repository and a tag make; a tag in the repository gives way to the one beside it.
fn target(repo: &str, tag: &str) -> Result<Reference> {
    let mut reference = Reference::parse(repo)?;
    if reference.digest.is_some() {
        return Err(Error::invalid(
            "refusing to create a tag with a digest reference",
        ));
    }
    if !tag.is_empty() {
        // The grammar of a tag is that of a whole reference.
        reference = Reference::parse(&format!("{}:{tag}", reference.name()))
            .map_err(|_| BadReference::Format)?;
    }
    if reference.familiar_name() == "sha256" {
        return Err(Error::invalid(
            "refusing to create an ambiguous tag using digest algorithm as name",
        ));
    }
    Ok(reference.with_default_tag())
}
