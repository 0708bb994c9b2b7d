//! Networks.

use super::Answer;
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::reply::{empty, json};
use crate::server::request::Call;
use crate::wire::{NetworkConnect, NetworkCreate, NetworkDisconnect};
use hyper::StatusCode;

pub fn list(shared: &Shared, call: &Call) -> Answer {
    let found = shared.engine.network_list(&call.filters()?)?;
    Ok(json(StatusCode::OK, &found))
}

pub async fn create(shared: &Shared, mut call: Call) -> Answer {
    let body: NetworkCreate = call.json().await?.ok_or_else(Refusal::no_body)?;
    let made = shared.engine.network_create(body).await?;
    Ok(json(StatusCode::CREATED, &made))
}

pub fn inspect(shared: &Shared, name: &str) -> Answer {
    Ok(json(StatusCode::OK, &shared.engine.network_inspect(name)?))
}

pub async fn remove(shared: &Shared, name: &str) -> Answer {
    shared.engine.network_remove(name).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn connect(shared: &Shared, name: &str, mut call: Call) -> Answer {
    let body: NetworkConnect = call.json().await?.ok_or_else(Refusal::no_body)?;
    shared.engine.network_connect(name, body).await?;
    Ok(empty(StatusCode::OK))
}

pub async fn disconnect(shared: &Shared, name: &str, mut call: Call) -> Answer {
    let body: NetworkDisconnect = call.json().await?.ok_or_else(Refusal::no_body)?;
    shared.engine.network_disconnect(name, body).await?;
    Ok(empty(StatusCode::OK))
}

pub async fn prune(shared: &Shared, call: &Call) -> Answer {
    let pruned = shared.engine.network_prune(&call.filters()?).await?;
    Ok(json(StatusCode::OK, &pruned))
}
