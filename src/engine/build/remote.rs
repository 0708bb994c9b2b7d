//! A context that the engine fetches itself (`remote`): a Dockerfile, which then has no context, or an archive.
//!
//! Addresses are http and https. Repositories of git are refused: nothing here runs git.

use super::context::Context;
use super::out::Out;
use crate::base::bridge::readable;
use crate::base::size;
use crate::engine::ports::{Fetched, Layers, Registries};
use crate::engine::{Error, Kind, Result, blocking};
use crate::wire::Progress;
use crate::wire::progress::ProgressDetail;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes by which the kind of a document is known.
const BEGIN: usize = 512;
/// The longest Dockerfile, and the longest refusal that is told.
const LONGEST: usize = 8 << 20;

/// A context on its way.
pub struct Remote {
    address: String,
    /// A Dockerfile alone.
    text: bool,
    body: BoxStream<'static, io::Result<Bytes>>,
}

impl Remote {
    /// Asks for the address; what comes is looked at, as far as telling a Dockerfile from an archive needs. Errors are Docker's.
    pub async fn open(registries: &dyn Registries, address: &str) -> Result<Remote> {
        if address == "client-session" {
            return Err(Error::invalid(
                "experimental session with v1 builder is no longer supported, use builder version v2 (BuildKit) instead",
            ));
        }
        if is_repository(address) {
            return Err(no_git(address));
        }
        if !["http://", "https://"]
            .iter()
            .any(|s| address.starts_with(s))
        {
            return Err(Error::system(format!(
                "remoteURL ({address}) could not be recognized as URL"
            )));
        }
        let failed = |e: Error| e.context(&format!("error downloading remote context {address}"));
        let fetched = registries.fetch(address).await.map_err(failed)?;
        if fetched.code >= 400 {
            return Err(failed(refused(address, fetched).await));
        }
        let unknown = |e: Error| {
            e.context(&format!(
                "error detecting content type for remote {address}"
            ))
        };
        let Fetched {
            content_type, body, ..
        } = fetched;
        // A short document ends here, and is asked for more below.
        let mut body = body.fuse();
        let mut begin = Vec::new();
        while begin.len() < BEGIN
            && let Some(piece) = body.next().await
        {
            begin.extend_from_slice(&piece.map_err(|e| unknown(e.into()))?);
        }
        if begin.is_empty() {
            return Err(unknown(Error::system("empty response")));
        }
        let text = is_text(&content_type, &begin).map_err(unknown)?;
        let first = stream::once(async move { Ok(Bytes::from(begin)) });
        Ok(Remote {
            address: address.to_owned(),
            text,
            body: first.chain(body).boxed(),
        })
    }

    /// Takes it in, and says how much came.
    pub async fn take_in(
        self,
        layers: Arc<dyn Layers>,
        name: String,
        out: &Out,
    ) -> Result<Context> {
        let count = Arc::new(AtomicU64::new(0));
        let counted = {
            let count = count.clone();
            self.body.inspect(move |piece| {
                let bytes = piece.as_ref().map_or(0, Bytes::len);
                count.fetch_add(bytes as u64, Ordering::Relaxed);
            })
        };
        let (mut reader, text) = (readable(counted), self.text);
        let taken = blocking(move || match text {
            false => Context::open(layers.take_in(&mut reader)?, &name),
            true => {
                let mut dockerfile = Vec::new();
                (&mut reader)
                    .take(LONGEST as u64)
                    .read_to_end(&mut dockerfile)?;
                Context::alone(layers.take_in(&mut &[0; 1024][..])?, &dockerfile)
            }
        })
        .await;
        let bytes = count.load(Ordering::Relaxed);
        out.send(Progress {
            status: Some(self.address),
            progress_detail: Some(ProgressDetail {
                current: Some(bytes),
                total: None,
            }),
            progress: Some(format!("{:>8}", size::decimal(bytes as f64))),
            id: Some("Downloading context".to_owned()),
            ..Progress::default()
        })
        .await?;
        out.send(Progress::default()).await?;
        taken
    }
}

/// Refuses a repository.
pub fn no_git(address: &str) -> Error {
    let words = format!("failed to fetch the repository {address}: this engine does not run git");
    Error::system(words).with_hint("clone it yourself and build the folder")
}

/// What Docker takes for a repository of git.
pub fn is_repository(address: &str) -> bool {
    let plain = address.split('#').next().unwrap_or_default();
    let web = address.starts_with("http://") || address.starts_with("https://");
    web && plain.ends_with(".git")
        || ["git://", "git@", "github.com/"]
            .iter()
            .any(|s| address.starts_with(s))
}

/// What the server said instead of giving what was asked for.
pub async fn refused(address: &str, mut fetched: Fetched) -> Error {
    let mut told = Vec::new();
    while told.len() < LONGEST
        && let Some(Ok(piece)) = fetched.body.next().await
    {
        told.extend_from_slice(&piece);
    }
    let told = String::from_utf8_lossy(&told);
    let message = format!(
        "failed to GET {address} with status {}: {}",
        fetched.status,
        told.trim()
    );
    Error {
        kind: match fetched.code {
            400 => Kind::InvalidParameter,
            401 => Kind::Unauthorized,
            403 => Kind::Forbidden,
            404 => Kind::NotFound,
            _ => Kind::System,
        },
        message,
        hint: None,
    }
}

/// Whether it is a Dockerfile; an error for what is neither that nor an archive. A server that does not know says
/// `application/octet-stream`, so then the bytes are asked.
fn is_text(content_type: &str, begin: &[u8]) -> Result<bool> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    let packed = ["gzip", "bzip", "bzip2", "xz"];
    match kind {
        "text/plain" => Ok(true),
        "" | "application/octet-stream" => {
            let control = |b: &u8| *b < 0x20 && !matches!(b, b'\t' | b'\n' | b'\r' | 0x0c | 0x1b);
            Ok(!begin.iter().take(BEGIN).any(control))
        }
        _ => match kind.strip_prefix("application/") {
            Some(rest) if ["tar", "x-tar"].contains(&rest) => Ok(false),
            Some(rest) if packed.contains(&rest.trim_start_matches("x-")) => Ok(false),
            _ => Err(Error::system(format!(
                "unsupported Content-Type {content_type:?}"
            ))),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repositories_are_known_by_their_address() {
        for address in [
            "git://h/x",
            "git@h:x",
            "github.com/a/b",
            "http://h/x.git#main:sub",
            "https://h/x.git",
        ] {
            assert!(is_repository(address), "{address}");
        }
        for address in [
            "http://h/x",
            "https://github.com/a/b",
            "x.git",
            "ftp://h/x.git",
        ] {
            assert!(!is_repository(address), "{address}");
        }
    }

    #[test]
    fn a_dockerfile_is_text_and_an_archive_is_not() {
        let told = |kind: &str, begin: &[u8]| is_text(kind, begin).map_err(|e| e.message);
        assert_eq!(told("text/plain; charset=utf-8", b"\0"), Ok(true));
        assert_eq!(told("application/octet-stream", b"FROM alpine\n"), Ok(true));
        assert_eq!(told("", b"\x1f\x8b\x08"), Ok(false));
        for kind in ["application/tar", "application/x-gzip", "application/x-xz"] {
            assert_eq!(told(kind, b"x"), Ok(false), "{kind}");
        }
        let refused = "unsupported Content-Type \"text/html\"".to_owned();
        assert_eq!(told("text/html", b"x"), Err(refused));
    }
}
