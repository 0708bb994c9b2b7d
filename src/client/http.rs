//! One request, one connection: HTTP/1.1 over any transport, with bodies as streams and with hijacked connections.
//!
//! There is no pool to go stale; only a connection that was opened to see whether an engine is there is kept, for the request
//! that follows. Status 400 and above becomes [`Error::Api`] with the engine's message.

use super::transport::{self, Stream};
use super::{Endpoint, Error, Result};
use bytes::Bytes;
use futures_util::TryStreamExt;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONNECTION, CONTENT_TYPE, HOST, HeaderMap, HeaderValue, UPGRADE};
use hyper::{Method, Request, StatusCode};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::convert::Infallible;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The write side of a hijacked connection; `shutdown` is the end of standard input.
pub type WriteHalf = tokio::io::WriteHalf<TokioIo<hyper::upgrade::Upgraded>>;
/// The read side of a hijacked connection.
pub type ReadHalf = tokio::io::ReadHalf<TokioIo<hyper::upgrade::Upgraded>>;

/// What a request carries.
pub enum Body {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(String),
    /// A stream of bytes with its content type, such as a tar.
    Stream(
        &'static str,
        Box<dyn futures_util::Stream<Item = io::Result<Bytes>> + Send + Unpin>,
    ),
}

impl Body {
    /// Serialises a document.
    pub fn json<T: Serialize>(value: &T) -> Result<Self> {
        Ok(Self::Json(serde_json::to_string(value)?))
    }
}

/// How long an open connection is good for the next request. An engine closes those that say nothing.
const FRESH: Duration = Duration::from_secs(1);

/// A client of one engine. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Client {
    endpoint: Endpoint,
    version: String,
    opened: Opened,
    /// `X-Registry-Auth`; shown by no `Debug`.
    registry_auth: Option<HeaderValue>,
    /// `X-Schooner-Secrets`; likewise.
    secrets: Option<HeaderValue>,
}

/// A connection that was opened and not used yet; clones of a client share it, and the first request has it.
#[derive(Clone, Default)]
struct Opened(Arc<Mutex<Option<Kept>>>);

struct Kept {
    since: Instant,
    stream: Box<dyn Stream>,
}

impl Opened {
    fn keep(&self, stream: Box<dyn Stream>) {
        let since = Instant::now();
        *self.0.lock() = Some(Kept { since, stream });
    }

    fn take(&self) -> Option<Box<dyn Stream>> {
        let kept = self.0.lock().take();
        let fresh = kept.filter(|kept| kept.since.elapsed() < FRESH);
        fresh.map(|kept| kept.stream)
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opened")
    }
}

/// An answer whose body has not been read yet.
pub struct Response {
    /// 200 to 399; errors never get here.
    pub status: u16,
    /// The answer's headers.
    pub headers: HeaderMap,
    body: Incoming,
}

/// A connection taken over from HTTP by `attach` or `exec`.
pub struct Hijacked {
    /// What the container writes; framed unless `content_type` says raw.
    pub read: ReadHalf,
    /// What the container reads.
    pub write: WriteHalf,
    /// `application/vnd.docker.raw-stream` or `…multiplexed-stream`.
    pub content_type: String,
}

impl Client {
    /// Makes a client that prefixes each path with `/v{version}`.
    pub fn new(endpoint: Endpoint, version: impl Into<String>) -> Self {
        Self {
            endpoint,
            version: version.into(),
            opened: Opened::default(),
            registry_auth: None,
            secrets: None,
        }
    }

    /// Returns where this client connects.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// Returns the API version that requests carry.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Returns a client for another API version.
    pub fn with_version(&self, version: impl Into<String>) -> Self {
        Self {
            version: version.into(),
            ..self.clone()
        }
    }

    /// Returns a client that tells the engine who we are at a registry.
    pub fn with_registry_auth(&self, text: &str) -> Self {
        Self {
            registry_auth: sensitive(text),
            ..self.clone()
        }
    }

    /// Returns a client that gives the engine secrets for a build.
    pub fn with_secrets(&self, text: &str) -> Self {
        Self {
            secrets: sensitive(text),
            ..self.clone()
        }
    }

    /// Opens a connection, which the next request uses: says whether an engine is there without asking it anything.
    pub async fn open(&self) -> Result<()> {
        self.opened.keep(transport::connect(&self.endpoint).await?);
        Ok(())
    }

    /// Asks `/_ping`; the answer's headers say what the engine can do. Unversioned, as in Docker.
    pub async fn ping(&self) -> Result<Response> {
        Response::new(
            self.send(Method::HEAD, "/_ping", Body::Empty, false)
                .await?,
        )
        .await
    }

    /// Sends a request below `/vX.Y`; `path` begins with a slash and may carry a query.
    pub async fn request(&self, method: Method, path: &str, body: Body) -> Result<Response> {
        Response::new(
            self.send(method, &self.versioned(path), body, false)
                .await?,
        )
        .await
    }

    /// Sends a request and parses the JSON answer.
    pub async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Body,
    ) -> Result<T> {
        self.request(method, path, body).await?.json().await
    }

    /// Gets a JSON document.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.json(Method::GET, path, Body::Empty).await
    }

    /// Sends a `POST` and takes the connection over from HTTP.
    pub async fn hijack(&self, path: &str, body: Body) -> Result<Hijacked> {
        let mut answer = self
            .send(Method::POST, &self.versioned(path), body, true)
            .await?;
        if answer.status() != StatusCode::SWITCHING_PROTOCOLS {
            let response = Response::new(answer).await?;
            return Err(Error::Io(io::Error::other(format!(
                "unable to upgrade to tcp, received {}",
                response.status
            ))));
        }
        let content_type = header(answer.headers(), "content-type")
            .unwrap_or_default()
            .to_owned();
        let stream = TokioIo::new(hyper::upgrade::on(&mut answer).await?);
        let (read, write) = tokio::io::split(stream);
        Ok(Hijacked {
            read,
            write,
            content_type,
        })
    }

    /// Docker's client joins paths as Go does, so `/web` is as good a name as `web`; an engine redirects two slashes,
    /// and a `POST` follows no redirect.
    fn versioned(&self, path: &str) -> String {
        let (path, query) = match path.split_once('?') {
            Some((path, query)) => (path, format!("?{query}")),
            None => (path, String::new()),
        };
        let mut joined = format!("/v{}", self.version);
        for segment in path.split('/').filter(|s| !s.is_empty()) {
            joined.push('/');
            joined.push_str(segment);
        }
        joined + &query
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Body,
        upgrade: bool,
    ) -> Result<hyper::Response<Incoming>> {
        let stream = match self.opened.take() {
            Some(stream) => stream,
            None => transport::connect(&self.endpoint).await?,
        };
        let io = TokioIo::new(stream);
        let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await?;
        // The connection lives as long as its one answer, or as the stream that it was upgraded to.
        tokio::spawn(connection.with_upgrades());
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, self.endpoint.authority());
        if upgrade {
            request = request.header(CONNECTION, "Upgrade").header(UPGRADE, "tcp");
        }
        if let Some(auth) = &self.registry_auth {
            request = request.header("x-registry-auth", auth.clone());
        }
        if let Some(secrets) = &self.secrets {
            request = request.header("x-schooner-secrets", secrets.clone());
        }
        let (content_type, body) = body.into_parts();
        if let Some(content_type) = content_type {
            request = request.header(CONTENT_TYPE, content_type);
        }
        let request = request.body(body).map_err(io::Error::other)?;
        Ok(sender.send_request(request).await?)
    }
}

impl Body {
    fn into_parts(self) -> (Option<&'static str>, UnsyncBoxBody<Bytes, io::Error>) {
        let full = |bytes: Bytes| {
            Full::new(bytes)
                .map_err(|never: Infallible| match never {})
                .boxed_unsync()
        };
        match self {
            Self::Empty => (None, full(Bytes::new())),
            Self::Json(text) => (Some("application/json"), full(text.into())),
            Self::Stream(kind, stream) => (
                Some(kind),
                StreamBody::new(stream.map_ok(Frame::data)).boxed_unsync(),
            ),
        }
    }
}

impl Response {
    /// Turns an error status into the engine's message.
    async fn new(answer: hyper::Response<Incoming>) -> Result<Self> {
        let (parts, body) = answer.into_parts();
        let response = Self {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        };
        if response.status < 400 {
            return Ok(response);
        }
        let status = response.status;
        let text = response.bytes().await.unwrap_or_default();
        let message = serde_json::from_slice::<Refusal>(&text)
            .map(|e| e.message)
            .unwrap_or_else(|_| String::from_utf8_lossy(&text).trim().to_owned());
        Err(Error::Api { status, message })
    }

    /// Returns a header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Reads the next piece of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        while let Some(frame) = self.body.frame().await {
            if let Ok(data) = frame?.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }

    /// Reads the whole body.
    pub async fn bytes(self) -> Result<Bytes> {
        Ok(self.body.collect().await?.to_bytes())
    }

    /// Reads the whole body as JSON.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        Ok(serde_json::from_slice(&self.bytes().await?)?)
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|v| v.to_str().ok())
}

/// The engine's error document.
#[derive(serde::Deserialize)]
struct Refusal {
    message: String,
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixListener;

    /// Answers each request with an empty object; comes back with how many connections there were.
    async fn serve(listener: UnixListener, requests: usize) -> usize {
        let (mut connections, mut answered) = (0, 0);
        while answered < requests {
            let (mut stream, _) = listener.accept().await.unwrap();
            connections += 1;
            let mut head = [0; 1024];
            if stream.read(&mut head).await.unwrap() > 0 {
                let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                stream.write_all(answer).await.unwrap();
                answered += 1;
            }
        }
        connections
    }

    #[tokio::test]
    async fn what_was_opened_carries_the_next_request_and_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let client = Client::new(Endpoint::Unix(path.clone()), "1.51");
        assert!(matches!(client.open().await, Err(Error::NotRunning { .. })));
        let serving = tokio::spawn(serve(UnixListener::bind(&path).unwrap(), 2));
        client.open().await.unwrap();
        for _ in 0..2 {
            let answer: serde_json::Value = client.get("/version").await.unwrap();
            assert_eq!(answer, serde_json::json!({}));
        }
        assert_eq!(serving.await.unwrap(), 2);
    }
}
