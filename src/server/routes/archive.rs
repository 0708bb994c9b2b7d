//! Files of a container: `archive` for `cp`, `export`, `changes`.

use super::Answer;
use crate::engine::ArchivePut;
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::reply::{Reply, empty, json, stream};
use crate::server::request::Call;
use crate::wire::PathStat;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::StatusCode;
use hyper::header::HeaderValue;

pub async fn stat(shared: &Shared, id: &str, call: &Call) -> Answer {
    let stat = shared.engine.archive_stat(id, path(call)?).await?;
    with_stat(empty(StatusCode::OK), &stat)
}

pub async fn get(shared: &Shared, id: &str, call: &Call) -> Answer {
    let (stat, archive) = shared.engine.archive_get(id, path(call)?).await?;
    with_stat(stream("application/x-tar", archive), &stat)
}

pub async fn put(shared: &Shared, id: &str, call: Call) -> Answer {
    let options = ArchivePut {
        path: path(&call)?.to_owned(),
        keep_kinds: call.query.flag("noOverwriteDirNonDir"),
        copy_owner: call.query.flag("copyUIDGID"),
    };
    shared
        .engine
        .archive_put(id, options, call.into_stream())
        .await?;
    Ok(empty(StatusCode::OK))
}

pub async fn export(shared: &Shared, id: &str) -> Answer {
    let archive = shared.engine.export(id).await?;
    Ok(stream("application/octet-stream", archive))
}

pub async fn changes(shared: &Shared, id: &str) -> Answer {
    Ok(json(StatusCode::OK, &shared.engine.changes(id).await?))
}

fn path(call: &Call) -> Result<&str, Refusal> {
    // Docker's own words, without the space.
    let missing = || Refusal::bad("bad parameter: pathcannot be empty");
    call.query.get("path").ok_or_else(missing)
}

fn with_stat(mut reply: Reply, stat: &PathStat) -> Answer {
    let text = serde_json::to_string(stat).map_err(|e| Refusal::bad(e.to_string()))?;
    let value = HeaderValue::from_str(&STANDARD.encode(text));
    let value = value.map_err(|e| Refusal::bad(e.to_string()))?;
    reply
        .headers_mut()
        .insert("x-docker-container-path-stat", value);
    Ok(reply)
}
