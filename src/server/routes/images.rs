//! Images: the list, one image, `create`, which pulls or imports, and `commit`.

use super::Answer;
use crate::base::platform::Platform;
use crate::engine::{CommitOptions, ImageListOptions, ImportOptions, PullOptions};
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::reply::{json, lines};
use crate::server::request::Call;
use crate::wire::{IdResponse, Progress};
use futures_util::stream as streams;
use hyper::StatusCode;

pub async fn list(shared: &Shared, call: &Call) -> Answer {
    let flag = |name| call.query.flag(name);
    let (all, shared_size) = (flag("all"), flag("shared-size"));
    let options = ImageListOptions {
        all,
        filters: call.filters()?,
        shared_size,
    };
    Ok(json(StatusCode::OK, &shared.engine.images(options).await?))
}

pub async fn inspect(shared: &Shared, name: &str) -> Answer {
    Ok(json(
        StatusCode::OK,
        &shared.engine.image_inspect(name).await?,
    ))
}

pub async fn commit(shared: &Shared, mut call: Call) -> Answer {
    let config = call.json().await?;
    let text = |name: &str| call.query.get(name).unwrap_or_default().to_owned();
    let options = CommitOptions {
        container: text("container"),
        repo: text("repo"),
        tag: text("tag"),
        comment: text("comment"),
        author: text("author"),
        // Pausing is the rule, which a client has to speak against.
        pause: call.query.get("pause").is_none() || call.query.flag("pause"),
        changes: call.query.all("changes").map(str::to_owned).collect(),
    };
    let id = shared.engine.commit_container(options, config).await?;
    Ok(json(StatusCode::CREATED, &IdResponse { id }))
}

/// Answers with one JSON document a line, each in a chunk of its own. What fails before the first one has a status.
pub async fn create(shared: &Shared, call: Call) -> Answer {
    let text = |name: &str| call.query.get(name).unwrap_or_default().to_owned();
    if call.query.get("fromImage").is_some() {
        let platform = call.query.get("platform").map(Platform::parse).transpose();
        let options = PullOptions {
            image: text("fromImage"),
            tag: text("tag"),
            platform: platform.map_err(|e| Refusal::bad(e.to_string()))?,
            credentials: call.credentials(),
        };
        return Ok(lines(shared.engine.pull(options).await?, b"\r\n"));
    }
    if call.query.get("fromSrc") != Some("-") {
        let message = "importing from a URL is refused: send the archive itself (fromSrc=-)";
        return Err(Refusal::bad(message));
    }
    let options = ImportOptions {
        repo: text("repo"),
        tag: text("tag"),
        message: text("message"),
        changes: call.query.all("changes").map(str::to_owned).collect(),
        platform: text("platform"),
    };
    let id = shared.engine.import(call.into_stream(), options).await?;
    Ok(lines(streams::iter([Progress::status(id)]), b"\r\n"))
}
