//! A document behind an address that is no registry's, such as the context of a build. It is not checked against anything.

use super::Registries;
use super::error::{Error, Result, status};
use super::transport::{Answer, Call};
use crate::base::time;
use bytes::Bytes;
use futures_util::stream::{self, BoxStream};
use futures_util::{FutureExt, StreamExt};
use hyper::Method;
use std::io;
use url::Url;

/// An answer of any status.
pub struct Fetched(Answer);

impl Registries {
    /// Asks with GET, following redirects. Fails when there is no answer.
    pub async fn fetch(&self, address: &str) -> Result<Fetched> {
        let url =
            Url::parse(address).map_err(|e| Error::Other(format!("parse {address:?}: {e}")))?;
        Ok(Fetched(self.http.send(Call::new(Method::GET, url)).await?))
    }
}

impl Fetched {
    pub fn code(&self) -> u16 {
        self.0.status.as_u16()
    }

    /// `404 Not Found`.
    pub fn status(&self) -> String {
        status(&self.0.status)
    }

    pub fn content_type(&self) -> String {
        self.0.header("content-type").unwrap_or_default().to_owned()
    }

    /// Bytes of the body, where that is told and the body comes as it is.
    pub fn length(&self) -> Option<u64> {
        self.0.header("content-length")?.parse().ok()
    }

    /// `Last-Modified`, in seconds since 1970.
    pub fn modified(&self) -> Option<i64> {
        time::parse_http(self.0.header("last-modified")?)
    }

    /// The body piece by piece, without a limit.
    pub fn into_body(self) -> BoxStream<'static, io::Result<Bytes>> {
        let next = |mut answer: Answer| {
            async move {
                let piece = answer.chunk().await.map_err(io::Error::other).transpose()?;
                Some((piece, answer))
            }
            .boxed()
        };
        stream::unfold(self.0, next).boxed()
    }
}
