//! Manifests and tags of a repository.
//!
//! A tag is resolved with `HEAD` and its manifest fetched by digest, as Docker does: public registries count the `GET`s.
//! What comes must hash to the digest that was asked for or promised.

use super::error::{Error, Result};
use super::options::{SMALL, TAGS};
use super::session::Session;
use super::transport::{Answer, Call};
use crate::base::digest::Digest;
use crate::oci::limits;
use crate::oci::manifest::{DOCKER_INDEX, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
use hyper::Method;
use hyper::header::{ACCEPT, HeaderValue, LINK};
use serde::Deserialize;
use url::Url;

/// A manifest or an index as the registry gave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub digest: Digest,
    /// `None` where the registry named no type that means something.
    pub media_type: Option<String>,
    pub bytes: Vec<u8>,
}

impl Session {
    /// The digest behind a tag; `None` where only the manifest itself will tell (or refuse).
    pub async fn resolve(&self, tag: &str) -> Result<Option<Digest>> {
        let answer = self.send(self.asking(Method::HEAD, tag)?).await?;
        if !answer.status.is_success() {
            return Ok(None);
        }
        Ok(promised(&answer))
    }

    /// A manifest by its tag.
    pub async fn manifest_of_tag(&self, tag: &str) -> Result<Fetched> {
        let answer = self.send(self.asking(Method::GET, tag)?).await?;
        let promise = promised(&answer);
        read(answer, promise).await
    }

    /// A manifest by its digest.
    pub async fn manifest(&self, digest: &Digest) -> Result<Fetched> {
        let call = self.asking(Method::GET, &digest.to_string())?;
        read(self.send(call).await?, Some(*digest)).await
    }

    fn asking(&self, method: Method, reference: &str) -> Result<Call> {
        let mut call = Call::new(method, self.url(&format!("manifests/{reference}"))?);
        for kind in [OCI_INDEX, DOCKER_INDEX, OCI_MANIFEST, DOCKER_MANIFEST] {
            call = call.header(ACCEPT, HeaderValue::from_static(kind));
        }
        Ok(call)
    }

    /// Every tag, in the registry's order.
    pub async fn tags(&self) -> Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Page {
            tags: Option<Vec<String>>,
        }
        let mut tags = Vec::new();
        let mut next = Some(self.url("tags/list")?);
        while let Some(url) = next {
            let answer = self.send(Call::new(Method::GET, url.clone())).await?;
            if !answer.status.is_success() {
                return Err(answer.refused().await);
            }
            next = answer.header(LINK).and_then(|link| next_page(&url, link));
            let bytes = answer.bytes(SMALL).await?;
            let page: Page = serde_json::from_slice(&bytes)
                .map_err(|e| Error::Other(format!("invalid list of tags: {e}")))?;
            let before = tags.len();
            tags.extend(page.tags.unwrap_or_default());
            if tags.len() == before {
                next = None;
            }
            if tags.len() > TAGS {
                return Err(Error::Other(format!("the repository has over {TAGS} tags")));
            }
        }
        Ok(tags)
    }
}

/// The digest that the registry says the manifest has.
fn promised(answer: &Answer) -> Option<Digest> {
    answer.header("docker-content-digest")?.parse().ok()
}

async fn read(answer: Answer, expect: Option<Digest>) -> Result<Fetched> {
    if !answer.status.is_success() {
        return Err(answer.refused().await);
    }
    let kind = answer.header("content-type").unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    // Plain web servers know no better than these.
    let nameless = [
        "",
        "application/json",
        "application/octet-stream",
        "text/plain",
    ];
    let media_type = (!nameless.contains(&kind)).then(|| kind.to_owned());
    let bytes = answer.bytes(limits::DOCUMENT as usize).await?;
    let digest = Digest::of(&bytes);
    if let Some(expected) = expect.filter(|e| *e != digest) {
        return Err(Error::ManifestDigest(expected));
    }
    Ok(Fetched {
        digest,
        media_type,
        bytes,
    })
}

/// `<URL>; rel="next"`, on the same registry only.
fn next_page(from: &Url, link: &str) -> Option<Url> {
    let (target, relation) = link.trim().strip_prefix('<')?.split_once('>')?;
    let next = relation.contains("rel=\"next\"") || relation.contains("rel=next");
    let url = from.join(target).ok()?;
    (next && url.origin() == from.origin() && url != *from).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_follow_each_other_on_one_registry() {
        let from = Url::parse("http://localhost:5000/v2/a/tags/list").unwrap();
        let next = |link: &str| next_page(&from, link).map(|u| u.to_string());
        assert_eq!(
            next("</v2/a/tags/list?last=x&n=1>; rel=\"next\"").as_deref(),
            Some("http://localhost:5000/v2/a/tags/list?last=x&n=1")
        );
        assert_eq!(next("</v2/a/tags/list?last=x>; rel=\"prev\""), None);
        assert_eq!(next("<http://other/v2/a/tags/list>; rel=\"next\""), None);
        assert_eq!(next("nonsense"), None);
    }
}
