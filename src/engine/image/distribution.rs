//! `GET /distribution/{name}/json`: what a name stands for in its registry; the catalogue answers for its own names.

use crate::base::id;
use crate::base::reference::Reference;
use crate::engine::{Credentials, Engine, Error, Result, catalogue};
use crate::wire::{DistributionInspect, ManifestDescriptor};

impl Engine {
    /// Nothing is kept of what the registry says.
    pub async fn distribution(
        &self,
        name: &str,
        credentials: Credentials,
    ) -> Result<DistributionInspect> {
        if id::is_full(name.strip_prefix("sha256:").unwrap_or(name)) {
            return Err(Error::system("no manifest found for full image ID"));
        }
        let reference = Reference::parse(name)?.with_default_tag();
        let wanted = reference.digest.as_ref().or(reference.tag.as_ref());
        let built_in = wanted.and_then(|wanted| catalogue::find(&reference.name(), wanted));
        if let Some(image) = built_in {
            let descriptor = ManifestDescriptor {
                media_type: image.manifest.media_type.clone(),
                digest: image.manifest.digest.clone(),
                size: image.manifest.size,
            };
            return Ok(DistributionInspect {
                descriptor,
                platforms: None,
            });
        }
        self.registries.describe(&reference, credentials).await
    }
}
