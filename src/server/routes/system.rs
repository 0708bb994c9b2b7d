//! `_ping`, `version`, `info` and `events`.

use super::Answer;
use crate::engine::EventOptions;
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::reply::{json, lines, text_reply};
use crate::server::request::{Call, credentials};
use crate::wire::AuthConfig;
use hyper::StatusCode;
use hyper::header::{CACHE_CONTROL, HeaderName, HeaderValue, PRAGMA};

pub fn ping(shared: &Shared) -> Answer {
    let ping = shared.engine.ping();
    let mut reply = text_reply(StatusCode::OK, "OK");
    let headers = reply.headers_mut();
    let never = "no-cache, no-store, must-revalidate";
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(never));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
    let builder = HeaderName::from_static("builder-version");
    headers.insert(builder, HeaderValue::from_static(ping.builder_version));
    headers.insert(
        HeaderName::from_static("swarm"),
        HeaderValue::from_static(ping.swarm),
    );
    Ok(reply)
}

pub fn version(shared: &Shared) -> Answer {
    Ok(json(StatusCode::OK, &shared.engine.version()))
}

pub async fn info(shared: &Shared) -> Answer {
    Ok(json(StatusCode::OK, &shared.engine.info().await?))
}

/// Answers with the headers at once, then one JSON document a line.
pub async fn events(shared: &Shared, call: &Call) -> Answer {
    let options = EventOptions {
        since: call.timestamp("since")?,
        until: call.timestamp("until")?,
        filters: call.filters()?,
    };
    Ok(lines(shared.engine.events(options)?, b"\n"))
}

/// `type` may come several times.
pub async fn disk_usage(shared: &Shared, call: &Call) -> Answer {
    let kinds: Vec<&str> = call.query.all("type").collect();
    let usage = shared.engine.disk_usage(&kinds).await?;
    Ok(json(StatusCode::OK, &usage))
}

/// Whether a registry accepts a user.
pub async fn auth(shared: &Shared, mut call: Call) -> Answer {
    let config: AuthConfig = call.json().await?.ok_or_else(Refusal::no_body)?;
    let proof = credentials(config.clone());
    Ok(json(
        StatusCode::OK,
        &shared.engine.login(config, proof).await?,
    ))
}
