//! Names in registries.

use super::Answer;
use crate::server::Shared;
use crate::server::reply::json;
use crate::server::request::Call;
use hyper::StatusCode;

pub async fn inspect(shared: &Shared, name: &str, call: &Call) -> Answer {
    let found = shared.engine.distribution(name, call.credentials()).await?;
    Ok(json(StatusCode::OK, &found))
}
