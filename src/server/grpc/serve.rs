//! The side that is called: every call of a connection goes to one function, several at a time.

use super::Body;
use super::message::{Messages, frame};
use super::status::{Code, Status};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{HeaderMap, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use std::convert::Infallible;
use tokio::io::{AsyncRead, AsyncWrite};

/// One call.
pub struct Called {
    /// `/package.Service/Method`.
    pub path: String,
    pub metadata: HeaderMap,
    pub messages: Messages<Incoming>,
}

/// What it is answered with.
pub type Answer = Response<Body>;

/// Answers calls until the other side leaves. A call that the other side gives up is dropped.
pub async fn serve<T, F, R>(io: T, answer: F)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    F: Fn(Called) -> R + Clone + Send + 'static,
    R: Future<Output = Answer> + Send + 'static,
{
    let service = service_fn(move |request: Request<Incoming>| {
        let (head, body) = request.into_parts();
        let answered = answer(Called {
            path: head.uri.path().to_owned(),
            metadata: head.headers,
            messages: Messages::new(body),
        });
        async move { Ok::<Answer, Infallible>(answered.await) }
    });
    let served = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(io), service)
        .await;
    if let Err(e) = served {
        tracing::debug!("a gRPC connection ended: {e}");
    }
}

/// One message, or why there is none.
pub fn one<M: Message>(outcome: Result<M, Status>) -> Answer {
    match outcome {
        Ok(message) => many(stream::iter([frame(&message)]), HeaderMap::new()),
        Err(status) => ended(stream::empty(), status, HeaderMap::new()),
    }
}

/// Framed messages as they come; `metadata` goes before them.
pub fn many(messages: impl Stream<Item = Bytes> + Send + 'static, metadata: HeaderMap) -> Answer {
    ended(messages, Status::new(Code::Ok, ""), metadata)
}

/// A call of something that is not here.
pub fn unknown(path: &str) -> Answer {
    let why = format!("unknown method {path}");
    ended(
        stream::empty(),
        Status::new(Code::Unimplemented, why),
        HeaderMap::new(),
    )
}

fn ended(
    messages: impl Stream<Item = Bytes> + Send + 'static,
    status: Status,
    metadata: HeaderMap,
) -> Answer {
    let last = stream::once(async move { Frame::trailers(status.trailers()) });
    let frames = messages.map(Frame::data).chain(last);
    let body = StreamBody::new(frames.map(Ok::<_, Infallible>)).boxed_unsync();
    let mut answer = Response::new(body);
    *answer.headers_mut() = metadata;
    let kind = HeaderValue::from_static("application/grpc");
    answer.headers_mut().insert(CONTENT_TYPE, kind);
    answer
}
