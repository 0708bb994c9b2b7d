//! Requests to registries: pooled connections, patience, redirects.
//!
//! S12: an `Authorization` header goes to the origin (scheme, host, port) that it was made for and to no other, wherever
//! redirects lead. A failure names the method and the URL, as Go does; URLs are told without their queries' values, which
//! may be signatures of storage services.

mod connect;
mod tls;

use super::error::{Error, Result};
use super::options::{Options, REDIRECTS, SMALL};
use bytes::Bytes;
use connect::{Connector, NotConnected};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::{self, Client};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::convert::Infallible;
use std::error::Error as _;
use std::io;
use std::time::Duration;
use tokio::time::timeout;
use url::Url;

pub use connect::{dial, is_loopback_name};

/// What a request carries.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A body that is known as a whole.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    let body = Full::new(bytes.into());
    body.map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// One request.
pub struct Call {
    pub method: Method,
    pub url: Url,
    pub headers: HeaderMap,
    /// `None`: no body, so it may be sent again where a redirect leads.
    pub body: Option<Body>,
}

impl Call {
    pub fn new(method: Method, url: Url) -> Call {
        Call {
            method,
            url,
            headers: HeaderMap::new(),
            body: None,
        }
    }

    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Call {
        self.headers.append(name, value);
        self
    }

    pub fn body(mut self, body: Body) -> Call {
        self.body = Some(body);
        self
    }
}

/// An answer whose body has not been read yet.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// Where it came from in the end.
    pub url: Url,
    body: Incoming,
    silence: Duration,
}

impl Answer {
    /// The next piece of the body; `None` at its end.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>> {
        loop {
            let frame = timeout(self.silence, self.body.frame()).await;
            match frame {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(frame))) => {
                    if let Ok(data) = frame.into_data() {
                        return Ok(Some(data));
                    }
                }
                Ok(Some(Err(e))) => return Err(Error::Network(broken(&e))),
                Err(_) => return Err(Error::Network("i/o timeout".to_owned())),
            }
        }
    }

    /// The whole body of a small answer.
    pub async fn bytes(mut self, limit: usize) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(piece) = self.chunk().await? {
            if bytes.len() + piece.len() > limit {
                let text = format!("the answer of {} is over {limit} bytes", told(&self.url));
                return Err(Error::Other(text));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }

    /// A header's text.
    pub fn header(&self, name: impl hyper::header::AsHeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|v| v.to_str().ok())
    }

    /// The error that a status outside of 200 to 399 stands for.
    pub async fn refused(self) -> Error {
        let status = self.status;
        if !status.is_client_error() {
            return Error::Status(status);
        }
        let kind = self.header("content-type").unwrap_or_default().to_owned();
        match self.bytes(SMALL).await {
            Ok(body) => match super::refusal::parse(status, &kind, &body) {
                Ok(refusal) => Error::Refused(refusal),
                Err(unreadable) => Error::Unreadable(unreadable),
            },
            Err(e) => e,
        }
    }
}

/// Sends requests over pooled connections.
pub struct Http {
    client: Client<Connector, Body>,
    agent: HeaderValue,
    patience: Duration,
}

impl Http {
    pub fn new(options: &Options) -> Http {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(30))
            .pool_max_idle_per_host(8)
            .http1_max_headers(128)
            .build(Connector::new(options));
        Http {
            client,
            agent: HeaderValue::from_str(&options.agent)
                .unwrap_or(HeaderValue::from_static("schooner")),
            patience: options.answer,
        }
    }

    /// Sends a request and waits for the headers of its answer. Requests without a body follow redirects.
    pub async fn send(&self, call: Call) -> Result<Answer> {
        let Call {
            method,
            mut url,
            mut headers,
            mut body,
        } = call;
        let origin = url.origin();
        for _ in 0..=REDIRECTS {
            let may_follow = body.is_none();
            let answer = self
                .once(&method, &url, &headers, body.take())
                .await
                .map_err(|cause| at(&method, &url, cause))?;
            let next = match answer.status.as_u16() {
                301 | 302 | 303 | 307 | 308 if may_follow => answer.header(LOCATION),
                _ => None,
            };
            let Some(next) = next else {
                return Ok(answer);
            };
            url = match url.join(next) {
                Ok(next) if matches!(next.scheme(), "http" | "https") && next.has_host() => next,
                _ => {
                    let cause = Error::Network(format!("failed to parse Location header {next:?}"));
                    return Err(at(&method, &url, cause));
                }
            };
            if url.origin() != origin {
                headers.remove(AUTHORIZATION);
            }
        }
        let cause = Error::Network(format!("stopped after {REDIRECTS} redirects"));
        Err(at(&method, &url, cause))
    }

    async fn once(
        &self,
        method: &Method,
        url: &Url,
        headers: &HeaderMap,
        body: Option<Body>,
    ) -> Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(without_credentials(url).as_str())
            .header(USER_AGENT, self.agent.clone())
            .body(body.unwrap_or_else(|| full("")))
            .map_err(|e| Error::Network(e.to_string()))?;
        request.headers_mut().extend(headers.clone());
        let sent = self.client.request(request);
        let waited = timeout(self.patience, sent).await;
        let late = "net/http: timeout awaiting response headers";
        let answered = waited.map_err(|_| Error::Network(late.to_owned()))?;
        let answer = answered.map_err(|e| Error::Network(words(&e)))?;
        let (parts, body) = answer.into_parts();
        Ok(Answer {
            status: parts.status,
            headers: parts.headers,
            url: url.clone(),
            body,
            silence: self.patience,
        })
    }
}

/// Names the request that a failure belongs to.
pub fn at(method: &Method, url: &Url, cause: Error) -> Error {
    let op = match *method {
        Method::GET => "Get",
        Method::HEAD => "Head",
        Method::POST => "Post",
        Method::PUT => "Put",
        Method::PATCH => "Patch",
        _ => "Request",
    };
    Error::Request {
        op,
        url: told(url),
        cause: Box::new(cause),
    }
}

/// A URL as messages and logs may show it.
fn told(url: &Url) -> String {
    let mut shown = without_credentials(url);
    // A search term is no secret; signatures and tokens of storage services are.
    if shown.query().is_some_and(|q| !q.starts_with("q=")) {
        shown.set_query(None);
    }
    shown.to_string()
}

fn without_credentials(url: &Url) -> Url {
    let mut bare = url.clone();
    let _ = bare.set_username("");
    let _ = bare.set_password(None);
    bare.set_fragment(None);
    bare
}

fn words(error: &legacy::Error) -> String {
    let mut cause = error.source();
    while let Some(e) = cause {
        if let Some(e) = e.downcast_ref::<NotConnected>() {
            return e.to_string();
        }
        if let Some(e) = e.downcast_ref::<hyper::Error>() {
            return broken(e);
        }
        cause = e.source();
    }
    error.to_string()
}

/// A connection that broke inside HTTP, in Go's words.
fn broken(error: &hyper::Error) -> String {
    let mut cause = error.source();
    while let Some(e) = cause {
        if let Some(e) = e.downcast_ref::<io::Error>() {
            return connect::io_words(e);
        }
        cause = e.source();
    }
    match error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
        true => "unexpected EOF".to_owned(),
        false => error.to_string(),
    }
}
