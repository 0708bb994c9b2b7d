//! Takes a connection over from HTTP for `attach` and `exec`: 101 with Docker's own words, then bytes both ways.
//!
//! The client's half-close is the end of standard input and output goes on. A client that hangs up ends the copying
//! and nothing else: the container does not notice.

use super::Shared;
use super::reply::{Reply, empty, stream};
use super::request::Call;
use super::upload::Upload;
use super::visits::Visit;
use crate::engine::AttachStreams;
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use hyper::ext::ReasonPhrase;
use hyper::header::{CONNECTION, CONTENT_TYPE, HeaderMap, HeaderValue, UPGRADE, USER_AGENT};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// The content type of output that is framed by stream.
const MULTIPLEXED: &str = "application/vnd.docker.multiplexed-stream";
/// The content type of a terminal's output.
const RAW: &str = "application/vnd.docker.raw-stream";

/// Tells how output is framed; clients before 1.42 knew one name only.
pub fn content_type(version: (u32, u32), tty: bool) -> &'static str {
    if tty || version < (1, 42) {
        RAW
    } else {
        MULTIPLEXED
    }
}

/// Takes the connection over where the client asked for it; an old client gets the output as an endless body.
pub fn answer(shared: &Shared, call: Call, streams: AttachStreams) -> Reply {
    let content_type = content_type(call.version, streams.tty);
    if !call.headers.contains_key(UPGRADE) {
        return stream(RAW, streams.output.map(Ok));
    }
    let visit = shared.visits.enter();
    let patience = patience(&call.headers);
    take_over(call.request, content_type, streams, visit, patience)
}

/// How long the first output is held back. docker-py reads the answer's headers through a buffer and drops whatever
/// came with them; real engines are slow enough never to meet it.
fn patience(headers: &HeaderMap) -> Duration {
    let agent = headers
        .get(USER_AGENT)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    Duration::from_millis(if agent.starts_with("docker-sdk-python") {
        200
    } else {
        0
    })
}

/// Answers 101 and copies in the background until the output ends or the client is gone.
fn take_over(
    request: Request<Upload>,
    content_type: &'static str,
    streams: AttachStreams,
    visit: Visit,
    patience: Duration,
) -> Reply {
    let mut reply = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = reply.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("tcp"));
    reply
        .extensions_mut()
        .insert(ReasonPhrase::from_static(b"UPGRADED"));
    tokio::spawn(async move {
        match hyper::upgrade::on(request).await {
            Ok(upgraded) => copy(TokioIo::new(upgraded), streams, patience).await,
            Err(e) => tracing::debug!("a hijack failed: {e}"),
        }
        drop(visit);
    });
    reply
}

async fn copy(
    stream: TokioIo<hyper::upgrade::Upgraded>,
    streams: AttachStreams,
    patience: Duration,
) {
    let AttachStreams {
        stdin, mut output, ..
    } = streams;
    let (mut read, mut write) = tokio::io::split(stream);
    let (gone, hung_up) = tokio::sync::oneshot::channel::<()>();
    let mut hung_up = hung_up.fuse();
    let reader = tokio::spawn(async move {
        let mut input = stdin;
        let mut buffer = vec![0; 32 << 10];
        loop {
            match read.read(&mut buffer).await {
                Ok(0) => break,
                Ok(n) => {
                    if let Some(sink) = input.as_mut()
                        && sink
                            .write(Bytes::copy_from_slice(&buffer[..n]))
                            .await
                            .is_err()
                    {
                        input = None;
                    }
                }
                Err(_) => {
                    // Reset, not closed: nobody reads the output either.
                    let _ = gone.send(());
                    break;
                }
            }
        }
        if let Some(sink) = input {
            sink.finish();
        }
    });
    if !patience.is_zero() {
        tokio::time::sleep(patience).await;
    }
    loop {
        let piece = tokio::select! {
            piece = output.next() => piece,
            Ok(()) = &mut hung_up => None,
        };
        let Some(piece) = piece else { break };
        if write.write_all(&piece).await.is_err() || write.flush().await.is_err() {
            break;
        }
    }
    let _ = write.shutdown().await;
    reader.abort();
}
