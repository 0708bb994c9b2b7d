//! `POST /grpc` and `POST /session`: the connection is taken over, and HTTP/2 begins on it.

use super::control;
use super::sessions::Session;
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::grpc::channel::Channel;
use crate::server::grpc::serve;
use crate::server::reply::{Reply, empty};
use crate::server::request::Call;
use hyper::StatusCode;
use hyper::header::{CONNECTION, HeaderValue, UPGRADE};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::sync::Arc;

const H2C: &str = "h2c";
const UUID: &str = "x-docker-expose-session-uuid";

/// The engine is called.
pub fn grpc(shared: &Arc<Shared>, call: Call) -> Result<Reply, Refusal> {
    let callee = shared.clone();
    take_over(shared, call, move |io| async move {
        let answer = move |called| control::answer(callee.clone(), called);
        serve::serve(io, answer).await;
    })
}

/// The engine calls; until the client leaves, builds find it by its name.
pub fn session(shared: &Arc<Shared>, call: Call) -> Result<Reply, Refusal> {
    let header = call.headers.get(UUID).and_then(|v| v.to_str().ok());
    let Some(name) = header.filter(|name| !name.is_empty()).map(str::to_owned) else {
        return Err(Refusal::bad("session id is required"));
    };
    let kept = shared.clone();
    take_over(shared, call, move |io| async move {
        match Channel::open(io).await {
            Ok((channel, driver)) => {
                let sessions = &kept.buildkit.sessions;
                let session = Arc::new(Session { channel });
                sessions.enter(&name, &session);
                driver.await;
                sessions.leave(&name, &session);
            }
            Err(e) => tracing::debug!("a session did not begin: {e}"),
        }
    })
}

fn take_over<F>(
    shared: &Shared,
    call: Call,
    speak: impl FnOnce(TokioIo<Upgraded>) -> F + Send + 'static,
) -> Result<Reply, Refusal>
where
    F: Future<Output = ()> + Send,
{
    match call.headers.get(UPGRADE).and_then(|v| v.to_str().ok()) {
        None => return Err(Refusal::bad("no upgrade proto in request")),
        Some(H2C) => {}
        Some(other) => return Err(Refusal::bad(format!("protocol {other} not supported"))),
    }
    let visit = shared.visits.enter();
    tokio::spawn(async move {
        match hyper::upgrade::on(call.request).await {
            Ok(upgraded) => speak(TokioIo::new(upgraded)).await,
            Err(e) => tracing::debug!("a hijack failed: {e}"),
        }
        drop(visit);
    });
    let mut reply = empty(StatusCode::SWITCHING_PROTOCOLS);
    let headers = reply.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static(H2C));
    Ok(reply)
}
