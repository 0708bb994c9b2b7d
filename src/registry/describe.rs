//! What a registry has under a name, without pulling it: the descriptor of the manifest and the platforms that it is for.

use super::Registries;
use super::auth::Credentials;
use super::error::{Error, Result};
use super::manifest::Fetched;
use super::session::Session;
use crate::base::digest::Digest;
use crate::base::reference::Reference;
use crate::oci::limits;
use crate::oci::manifest::{DOCKER_MANIFEST, Descriptor, Document, Platform};

/// What stands behind a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    /// Of the manifest or the index.
    pub descriptor: Descriptor,
    /// `None` where Docker does not tell: its engine looks into indexes and into manifests of its own type only.
    pub platforms: Option<Vec<Platform>>,
}

impl Registries {
    /// Asks for the manifest of a tag, or of a digest, which goes before a tag.
    pub async fn describe(
        &self,
        reference: &Reference,
        credentials: Credentials,
    ) -> Result<Described> {
        let session = Session::open(self.http.clone(), reference, credentials).await?;
        let fetched = top(&session, reference).await?;
        let document = Document::parse(&fetched.bytes, fetched.media_type.as_deref())?;
        let (own, platforms) = match document {
            Document::Index(index) => {
                let listed = index.manifests.into_iter();
                let platforms = listed
                    .map(|m| m.platform.map_or_else(Platform::default, |p| *p))
                    .collect();
                (index.media_type, Some(platforms))
            }
            Document::Manifest(manifest) => {
                let dockers = manifest.media_type.as_deref() == Some(DOCKER_MANIFEST);
                let platform = match dockers {
                    true => of_config(&session, &manifest.config).await,
                    false => None,
                };
                (manifest.media_type, platform.map(|p| vec![p]))
            }
        };
        let descriptor = Descriptor {
            media_type: own.or(fetched.media_type).unwrap_or_default(),
            digest: fetched.digest,
            size: fetched.bytes.len() as u64,
            platform: None,
            annotations: Default::default(),
        };
        Ok(Described {
            descriptor,
            platforms,
        })
    }
}

async fn top(session: &Session, reference: &Reference) -> Result<Fetched> {
    let asked = reference.digest.as_deref().map(str::parse::<Digest>);
    let asked = asked.transpose().map_err(|e| Error::Other(e.to_string()))?;
    let tag = reference.tag.as_deref().unwrap_or("latest");
    let resolved = match asked {
        Some(digest) => Some(digest),
        None => session.resolve(tag).await?,
    };
    match resolved {
        Some(digest) => session.manifest(&digest).await,
        None => session.manifest_of_tag(tag).await,
    }
}

/// The platform that a config names. As for Docker, one that cannot be read or is not what its digest says tells nothing.
async fn of_config(session: &Session, config: &Descriptor) -> Option<Platform> {
    let limit = config.size.min(limits::DOCUMENT);
    let bytes = session.small_blob(&config.digest, limit).await.ok()?;
    let platform: Platform = serde_json::from_slice(&bytes).ok()?;
    let named = !platform.os.is_empty() || !platform.architecture.is_empty();
    (Digest::of(&bytes) == config.digest && named).then_some(platform)
}
