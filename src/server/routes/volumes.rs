//! Volumes.

use super::Answer;
use crate::server::Shared;
use crate::server::reply::{empty, json};
use crate::server::request::Call;
use crate::wire::VolumeCreate;
use hyper::StatusCode;

/// Before this version `prune` meant all unused volumes, named ones too.
const ANONYMOUS_ONLY: (u32, u32) = (1, 42);

pub fn list(shared: &Shared, call: &Call) -> Answer {
    Ok(json(
        StatusCode::OK,
        &shared.engine.volumes(&call.filters()?)?,
    ))
}

pub async fn create(shared: &Shared, mut call: Call) -> Answer {
    let body: VolumeCreate = call.json().await?.unwrap_or_default();
    let made = shared.engine.volume_create(body).await?;
    Ok(json(StatusCode::CREATED, &made))
}

pub fn inspect(shared: &Shared, name: &str) -> Answer {
    Ok(json(StatusCode::OK, &shared.engine.volume_inspect(name)?))
}

pub async fn remove(shared: &Shared, name: &str, call: &Call) -> Answer {
    let force = call.query.flag("force");
    shared.engine.volume_remove(name, force).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn prune(shared: &Shared, call: &Call) -> Answer {
    let old = call.version < ANONYMOUS_ONLY;
    let pruned = shared.engine.volume_prune(&call.filters()?, old).await?;
    Ok(json(StatusCode::OK, &pruned))
}
