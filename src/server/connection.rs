//! One client's connection: HTTP/1.1 under limits, each request on its own so that a panic fails that request alone.

use super::error::Refusal;
use super::guard::Guard;
use super::listen::Stream;
use super::reply::{Reply, decorate};
use super::request::Call;
use super::upload::Upload;
use super::{Shared, routes};
use futures_util::FutureExt;
use hyper::service::service_fn;
use hyper::{Request, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use std::convert::Infallible;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

/// How long a client may take to send a request's headers.
const HEADER_PATIENCE: Duration = Duration::from_secs(30);
/// The largest header block.
const LONGEST_HEADERS: usize = 64 << 10;

/// Serves one client until it hangs up or its connection is hijacked.
pub async fn serve(shared: Arc<Shared>, stream: Box<dyn Stream>, guard: Guard) {
    let visit = shared.visits.enter();
    let service = service_fn(|request| {
        let (shared, guard) = (shared.clone(), guard.clone());
        async move { Ok::<Reply, Infallible>(answer(shared, &guard, request.map(Upload::new)).await) }
    });
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_PATIENCE)
        .max_buf_size(LONGEST_HEADERS)
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(e) = served {
        tracing::debug!("a connection ended: {e}");
    }
    drop(visit);
}

async fn answer(shared: Arc<Shared>, guard: &Guard, request: Request<Upload>) -> Reply {
    let head = request.method() == hyper::Method::HEAD;
    let line = format!("{} {}", request.method(), request.uri());
    if let Err(refusal) = guard.check(request.method(), request.uri().path(), request.headers()) {
        return refusal.reply();
    }
    let call = match Call::new(request) {
        Ok(call) => call,
        Err(refusal) => {
            let mut reply = refusal.reply();
            decorate(&mut reply);
            return reply;
        }
    };
    let outcome = AssertUnwindSafe(routes::route(shared, call))
        .catch_unwind()
        .await;
    let mut reply = match outcome {
        Ok(Ok(reply)) => reply,
        Ok(Err(refusal)) => refusal.reply(),
        Err(_) => {
            tracing::error!("panic while answering {line}");
            Refusal::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the engine met a bug while answering; its log says where",
            )
            .reply()
        }
    };
    tracing::debug!("{line} -> {}", reply.status().as_u16());
    decorate(&mut reply);
    if head {
        *reply.body_mut() = super::reply::full("");
    }
    reply
}
