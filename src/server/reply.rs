//! Bodies and answers: JSON, empty, text, streams; the headers that every Docker answer carries.

use crate::wire::{API_VERSION, go};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::Frame;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{Response, StatusCode};
use serde::Serialize;
use std::convert::Infallible;
use std::io;

/// Every answer's body.
pub type Body = UnsyncBoxBody<Bytes, io::Error>;
/// Every answer.
pub type Reply = Response<Body>;

/// Makes a body of known length.
pub fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into())
        .map_err(|never: Infallible| match never {})
        .boxed_unsync()
}

/// Answers with a status and nothing else.
pub fn empty(status: StatusCode) -> Reply {
    with_status(status, full(Bytes::new()))
}

/// Answers with a JSON document and a line feed, as Go's encoder writes it: `<`, `>` and `&` escaped.
pub fn json<T: Serialize>(status: StatusCode, value: &T) -> Reply {
    let mut text = match serde_json::to_string(value) {
        Ok(text) => go::escaped(text),
        Err(e) => {
            return text_reply(
                StatusCode::INTERNAL_SERVER_ERROR,
                format!("cannot encode the answer: {e}"),
            );
        }
    };
    text.push('\n');
    let mut reply = with_status(status, full(text));
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    reply
}

/// Answers with plain text.
pub fn text_reply(status: StatusCode, text: impl Into<Bytes>) -> Reply {
    let mut reply = with_status(status, full(text));
    reply.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    reply
}

/// Answers at once with the headers, and then with each piece as it comes (chunked).
pub fn stream<S>(content_type: &'static str, pieces: S) -> Reply
where
    S: Stream<Item = io::Result<Bytes>> + Send + 'static,
{
    let mut reply = with_status(
        StatusCode::OK,
        StreamBody::new(pieces.map_ok(Frame::data)).boxed_unsync(),
    );
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// Answers with the headers at once, then with one JSON document a line, each in a chunk of its own.
pub fn lines<S, T>(documents: S, end: &'static [u8]) -> Reply
where
    S: Stream<Item = T> + Send + 'static,
    T: Serialize,
{
    let pieces = documents.map(move |document| {
        let mut line = go::escaped(serde_json::to_string(&document)?).into_bytes();
        line.extend_from_slice(end);
        Ok(Bytes::from(line))
    });
    stream("application/json", pieces)
}

/// Adds what Docker puts on every answer of a known path.
pub fn decorate(reply: &mut Reply) {
    let headers = reply.headers_mut();
    for (name, value) in [
        ("api-version", API_VERSION),
        ("docker-experimental", "false"),
        ("ostype", "linux"),
        (
            "server",
            concat!("Docker/28.5.2 (linux) Schooner/", env!("CARGO_PKG_VERSION")),
        ),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
}

fn with_status(status: StatusCode, body: Body) -> Reply {
    let mut reply = Response::new(body);
    *reply.status_mut() = status;
    reply
}
