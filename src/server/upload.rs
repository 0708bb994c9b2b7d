//! The body of a request.
//!
//! One that is refused before its end is read a little further, as Go's servers do: a client that still writes would else
//! see a broken connection and not the answer.

use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;

/// Bytes that are read although nobody wants them.
const UNWANTED: usize = 256 << 10;
/// How long a client may take to send them.
const PATIENCE: Duration = Duration::from_secs(5);

/// A body on its way.
pub struct Upload(Option<Incoming>);

impl Upload {
    pub fn new(body: Incoming) -> Self {
        Upload(Some(body))
    }
}

impl Body for Upload {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        match &mut self.0 {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map(Incoming::size_hint).unwrap_or_default()
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // Work that blocks drops it too, on a thread that still knows the runtime.
        let (Some(body), Ok(runtime)) = (self.0.take(), Handle::try_current()) else {
            return;
        };
        if !body.is_end_stream() {
            runtime.spawn(async move {
                let _ = tokio::time::timeout(PATIENCE, read_off(body)).await;
            });
        }
    }
}

async fn read_off(mut body: Incoming) {
    let mut left = UNWANTED;
    while let Some(Ok(frame)) = body.frame().await {
        left = left.saturating_sub(frame.data_ref().map_or(0, Bytes::len));
        if left == 0 {
            break;
        }
    }
}
