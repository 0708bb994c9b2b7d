//! Further processes in a running container.

use super::Answer;
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::hijack;
use crate::server::reply::{empty, json};
use crate::server::request::Call;
use crate::wire::{ExecCreate, ExecStart};
use hyper::StatusCode;

pub async fn create(shared: &Shared, id: &str, mut call: Call) -> Answer {
    let body: ExecCreate = call.json().await?.ok_or_else(Refusal::no_body)?;
    Ok(json(
        StatusCode::CREATED,
        &shared.engine.exec_create(id, body).await?,
    ))
}

pub async fn start(shared: &Shared, id: &str, mut call: Call) -> Answer {
    let body: ExecStart = call.json().await?.unwrap_or_default();
    Ok(match shared.engine.exec_start(id, body).await? {
        Some(streams) => hijack::answer(shared, call, streams),
        None => empty(StatusCode::OK),
    })
}

pub async fn resize(shared: &Shared, id: &str, call: &Call) -> Answer {
    let (height, width) = call.size()?;
    shared.engine.exec_resize(id, height, width)?;
    Ok(empty(StatusCode::OK))
}

pub async fn inspect(shared: &Shared, id: &str) -> Answer {
    Ok(json(StatusCode::OK, &shared.engine.exec_inspect(id)?))
}
