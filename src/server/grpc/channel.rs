//! The side that calls.

use super::Body;
use super::message::{Messages, frame};
use super::status::{Code, Status};
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::client::conn::http2;
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue, TE};
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use std::convert::Infallible;
use tokio::io::{AsyncRead, AsyncWrite};

/// Names and values that go before a call's messages; a name may come several times.
pub type Metadata = Vec<(&'static str, String)>;

/// Calls the other side of a connection.
#[derive(Clone)]
pub struct Channel(http2::SendRequest<Body>);

impl Channel {
    /// Opens one, and gives the future that drives it and ends with the connection.
    pub async fn open<T>(io: T) -> hyper::Result<(Channel, impl Future<Output = ()> + Send)>
    where
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let (send, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(io)).await?;
        let driver = async move {
            if let Err(e) = connection.await {
                tracing::debug!("a session ended: {e}");
            }
        };
        Ok((Channel(send), driver))
    }

    /// A call with one message each way.
    pub async fn call<Q: Message, A: Message + Default>(
        &self,
        path: &'static str,
        message: &Q,
    ) -> Result<A, Status> {
        let sent = stream::iter([frame(message)]);
        let mut answer = self.stream(path, Metadata::new(), sent).await?;
        let only = answer.next().await?;
        let ended = answer.trailers().map_or(Ok(()), Status::read);
        match only {
            Some(message) => Ok(message),
            None => Err(ended
                .err()
                .unwrap_or_else(|| Status::new(Code::Internal, "a message is missing"))),
        }
    }

    /// A call with messages both ways. What is sent has to be framed.
    pub async fn stream(
        &self,
        path: &'static str,
        metadata: Metadata,
        messages: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Result<Messages<Incoming>, Status> {
        let frames = messages.map(|bytes| Ok::<_, Infallible>(Frame::data(bytes)));
        let mut request = Request::new(StreamBody::new(frames).boxed_unsync());
        *request.method_mut() = Method::POST;
        let bad = |e: String| Status::new(Code::Internal, e);
        *request.uri_mut() = format!("http://localhost{path}")
            .parse()
            .map_err(|e: hyper::http::uri::InvalidUri| bad(e.to_string()))?;
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
        headers.insert(TE, HeaderValue::from_static("trailers"));
        for (name, value) in metadata {
            let value = HeaderValue::from_str(&value).map_err(|e| bad(e.to_string()))?;
            headers.append(HeaderName::from_static(name), value);
        }
        let gone = |e: hyper::Error| Status::new(Code::Unavailable, e.to_string());
        let mut send = self.0.clone();
        let answer: Response<Incoming> = send.send_request(request).await.map_err(gone)?;
        let (head, body) = answer.into_parts();
        // An answer without messages has its end in front.
        if head.headers.contains_key("grpc-status") {
            Status::read(&head.headers)?;
        }
        Ok(Messages::new(body))
    }
}
