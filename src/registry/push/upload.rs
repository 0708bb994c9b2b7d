//! Blobs on their way to a repository: looked for, mounted, or sent in pieces that can be taken up again.

use super::super::error::{Error, Result};
use super::super::retry::{Attempts, wait};
use super::super::session::Session;
use super::super::transport::{Answer, Call, full};
use super::One;
use crate::base::digest::Digest;
use crate::oci::LayerData;
use crate::oci::manifest::Descriptor;
use hyper::header::{CONTENT_RANGE, CONTENT_TYPE, HeaderValue, LOCATION, RANGE};
use hyper::{Method, StatusCode};
use std::io;
use std::sync::Arc;
use url::Url;

/// Bytes of one request: small enough to be sent again.
const PIECE: usize = 4 << 20;

impl Session {
    /// Whether the repository has a blob. A refusal is told by whatever comes next.
    pub async fn has_blob(&self, digest: &Digest) -> Result<bool> {
        let url = self.url(&format!("blobs/{digest}"))?;
        let answer = self.send(Call::new(Method::HEAD, url)).await?;
        Ok(answer.status.is_success())
    }

    /// Asks the registry to take a blob from another of its repositories.
    pub async fn mount(&self, digest: &Digest, from: &str) -> Result<bool> {
        let mut url = self.url("blobs/uploads/")?;
        url.query_pairs_mut()
            .append_pair("mount", &digest.to_string())
            .append_pair("from", from);
        let answer = self.send(Call::new(Method::POST, url)).await?;
        if answer.status == StatusCode::ACCEPTED {
            // It opened an upload instead, which nobody wants.
            if let Ok(place) = place(&answer) {
                let _ = self.send(Call::new(Method::DELETE, place)).await;
            }
            return Ok(false);
        }
        Ok(answer.status == StatusCode::CREATED)
    }

    pub async fn put_manifest(&self, tag: &str, bytes: &[u8], media_type: &str) -> Result<()> {
        let kind = HeaderValue::try_from(media_type).map_err(|e| Error::Other(e.to_string()))?;
        let call = Call::new(Method::PUT, self.url(&format!("manifests/{tag}"))?)
            .header(CONTENT_TYPE, kind)
            .body(full(bytes.to_vec()));
        accepted(self.send(call).await?).await.map(drop)
    }

    async fn open_upload(&self) -> Result<Url> {
        let url = self.url("blobs/uploads/")?;
        let answer = accepted(self.send(Call::new(Method::POST, url)).await?).await?;
        place(&answer)
    }

    /// How much of an upload the registry has.
    async fn received(&self, place: &Url) -> Result<u64> {
        let answer = self.send(Call::new(Method::GET, place.clone())).await?;
        let answer = accepted(answer).await?;
        let range = answer.header(RANGE).unwrap_or_default();
        let (_, last) = range.rsplit_once('-').unwrap_or_default();
        // A registry that has one byte and one that has none both say `0-0`.
        Ok(last
            .parse::<u64>()
            .map_or(0, |n| if n == 0 { 0 } else { n + 1 }))
    }

    /// Sends one piece; comes back with where the next one goes.
    async fn patch(&self, place: Url, offset: u64, piece: Vec<u8>) -> Result<Url> {
        let range = format!("{offset}-{}", offset + piece.len() as u64 - 1);
        let range = HeaderValue::try_from(range).map_err(|e| Error::Other(e.to_string()))?;
        let kind = HeaderValue::from_static("application/octet-stream");
        let call = Call::new(Method::PATCH, place)
            .header(CONTENT_TYPE, kind)
            .header(CONTENT_RANGE, range)
            .body(full(piece));
        self::place(&accepted(self.send(call).await?).await?)
    }

    /// Ends an upload; the registry verifies the digest.
    async fn finish(&self, mut place: Url, digest: &Digest) -> Result<()> {
        place
            .query_pairs_mut()
            .append_pair("digest", &digest.to_string());
        accepted(self.send(Call::new(Method::PUT, place)).await?)
            .await
            .map(drop)
    }
}

impl One<'_> {
    /// Sends a blob, over as many connections as it takes. `told` gets the bytes that have gone.
    pub(super) async fn upload(
        &self,
        data: Arc<dyn LayerData>,
        what: &Descriptor,
        told: impl Fn(u64),
    ) -> Result<()> {
        let (mut attempts, mut under_way, mut done) = (Attempts::default(), None, 0);
        loop {
            let before = done;
            let sent = self.connection(&data, what, &mut under_way, &mut done, &told);
            let Err(error) = sent.await else {
                return Ok(());
            };
            let Some(seconds) = attempts.again(&error, done > before) else {
                return Err(error);
            };
            tracing::debug!(blob = %what.digest, done, "trying again in {seconds} s: {error}");
            wait(self.options, seconds, |_| ()).await;
            let known = match &under_way {
                Some(place) => self.session.received(place).await.ok(),
                None => None,
            };
            // An upload that the registry has forgotten begins anew.
            under_way = under_way.filter(|_| known.is_some());
            done = known.unwrap_or(0);
        }
    }

    async fn connection(
        &self,
        data: &Arc<dyn LayerData>,
        what: &Descriptor,
        under_way: &mut Option<Url>,
        done: &mut u64,
        told: &impl Fn(u64),
    ) -> Result<()> {
        let mut place = match under_way {
            Some(place) => place.clone(),
            None => self.session.open_upload().await?,
        };
        *under_way = Some(place.clone());
        while *done < what.size {
            let piece = read(data.clone(), *done).await?;
            let length = piece.len() as u64;
            place = self.session.patch(place, *done, piece).await?;
            *under_way = Some(place.clone());
            *done += length;
            told(*done);
        }
        self.session.finish(place, &what.digest).await
    }
}

/// The next piece of a blob.
async fn read(data: Arc<dyn LayerData>, offset: u64) -> Result<Vec<u8>> {
    let piece = tokio::task::spawn_blocking(move || -> io::Result<Vec<u8>> {
        let mut piece = vec![0; PIECE];
        let mut filled = 0;
        while filled < PIECE {
            match data.read_at(offset + filled as u64, &mut piece[filled..])? {
                0 => break,
                n => filled += n,
            }
        }
        piece.truncate(filled);
        match filled {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(piece),
        }
    });
    let piece = piece.await.map_err(|e| Error::Other(e.to_string()))?;
    piece.map_err(|e| Error::Store(crate::store::Error::io("a blob", e)))
}

async fn accepted(answer: Answer) -> Result<Answer> {
    match answer.status.is_success() {
        true => Ok(answer),
        false => Err(answer.refused().await),
    }
}

/// Where an answer says that an upload goes on.
fn place(answer: &Answer) -> Result<Url> {
    let location = answer.header(LOCATION).unwrap_or_default();
    let place = answer.url.join(location).ok();
    place
        .filter(|_| !location.is_empty())
        .ok_or_else(|| Error::Network(format!("failed to parse Location header {location:?}")))
}
