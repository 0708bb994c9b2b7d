//! Blobs of a repository on their way to us: from the beginning, or from where a broken download stopped.

use super::error::{Error, Result};
use super::session::Session;
use super::transport::{Answer, Call};
use crate::base::digest::Digest;
use bytes::{Buf, Bytes};
use hyper::header::{CONTENT_LENGTH, CONTENT_RANGE, HeaderValue, RANGE};
use hyper::{Method, StatusCode};

/// The rest of a blob as it comes.
pub struct Download {
    answer: Answer,
    /// Bytes of the whole blob, if the registry says so.
    pub total: Option<u64>,
    /// Bytes that we have already, sent again by a registry that knows no ranges.
    skip: u64,
}

impl Session {
    /// Opens a blob from an offset on.
    pub async fn open_blob(&self, digest: &Digest, offset: u64) -> Result<Download> {
        let mut call = Call::new(Method::GET, self.url(&format!("blobs/{digest}"))?);
        if offset > 0
            && let Ok(range) = HeaderValue::try_from(format!("bytes={offset}-"))
        {
            call = call.header(RANGE, range);
        }
        let answer = self.send(call).await?;
        match answer.status {
            StatusCode::NOT_FOUND => Err(Error::UnknownBlob),
            StatusCode::PARTIAL_CONTENT if offset > 0 => {
                let range = answer.header(CONTENT_RANGE).unwrap_or_default();
                let (start, total) = content_range(range)
                    .ok_or_else(|| Error::Network(format!("invalid Content-Range: {range:?}")))?;
                if start > offset {
                    let text = format!("asked for the bytes from {offset} on and got {range:?}");
                    return Err(Error::Network(text));
                }
                Ok(Download {
                    answer,
                    total,
                    skip: offset - start,
                })
            }
            status if status.is_success() => {
                let total = answer.header(CONTENT_LENGTH).and_then(|n| n.parse().ok());
                Ok(Download {
                    answer,
                    total,
                    skip: offset,
                })
            }
            _ => Err(answer.refused().await),
        }
    }

    /// The whole of a small blob; `size` is what its descriptor says.
    pub async fn small_blob(&self, digest: &Digest, limit: u64) -> Result<Vec<u8>> {
        let mut download = self.open_blob(digest, 0).await?;
        let mut bytes = Vec::new();
        while let Some(piece) = download.chunk().await? {
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > limit {
                let what = "document size";
                let limit = format!("{limit} bytes");
                return Err(crate::oci::Error::Limit { what, limit }.into());
            }
        }
        Ok(bytes)
    }
}

impl Download {
    /// The next piece that we do not have yet; `None` at the end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        while let Some(mut piece) = self.answer.chunk().await? {
            let known = self.skip.min(piece.len() as u64);
            piece.advance(known as usize);
            self.skip -= known;
            if !piece.is_empty() {
                return Ok(Some(piece));
            }
        }
        Ok(None)
    }
}

/// `bytes 20-99/100`: where it begins, and the length of the whole if it is known.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(content_range("bytes 20-99/100"), Some((20, Some(100))));
        assert_eq!(content_range("bytes 20-99/*"), Some((20, None)));
        for bad in ["", "bytes */100", "items 1-2/3", "bytes x-1/2"] {
            assert_eq!(content_range(bad), None, "{bad}");
        }
    }
}
