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
use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use hyper::StatusCode;
use hyper::header::HeaderValue;
use std::io;

/// Bytes of an upload that are read although it is refused.
const UNWANTED: usize = 256 << 10;

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
    let mut body = call.into_stream();
    if let Err(error) = shared.engine.inspect(id, false).await {
        read_off(&mut body).await;
        return Err(error.into());
    }
    shared.engine.archive_put(id, options, body).await?;
    Ok(empty(StatusCode::OK))
}

/// Reads a body that nobody wants, as far as Go's servers do: a client that is still writing would else see a broken
/// connection and not the answer.
async fn read_off(body: &mut (impl Stream<Item = io::Result<Bytes>> + Unpin)) {
    let mut left = UNWANTED;
    while let Some(Ok(piece)) = body.next().await {
        left = left.saturating_sub(piece.len());
        if left == 0 {
            break;
        }
    }
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
