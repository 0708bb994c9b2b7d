//! Images: lists, one image, archives, `create`, which pulls or imports, and `commit`.

use super::Answer;
use crate::base::platform::Platform;
use crate::engine::{
    CommitOptions, ImageListOptions, ImageRemoveOptions, ImportOptions, LoadOptions, PullOptions,
    PushOptions,
};
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::reply::{empty, json, lines, stream};
use crate::server::request::Call;
use crate::wire::{IdResponse, Progress};
use futures_util::stream as streams;
use hyper::StatusCode;

/// Before this version the list did not count the containers of an image.
const COUNTED: (u32, u32) = (1, 51);

pub async fn list(shared: &Shared, call: &Call) -> Answer {
    let flag = |name| call.query.flag(name);
    let (all, shared_size) = (flag("all"), flag("shared-size"));
    let options = ImageListOptions {
        all,
        filters: call.filters()?,
        shared_size,
    };
    let mut images = shared.engine.images(options).await?;
    if call.version < COUNTED {
        images.iter_mut().for_each(|image| image.containers = -1);
    }
    Ok(json(StatusCode::OK, &images))
}

pub async fn inspect(shared: &Shared, name: &str, call: &Call) -> Answer {
    let platform = platform(call, "platform")?;
    let found = shared.engine.image_inspect(name, platform).await?;
    Ok(json(StatusCode::OK, &found))
}

pub async fn history(shared: &Shared, name: &str, call: &Call) -> Answer {
    let platform = platform(call, "platform")?;
    let steps = shared.engine.image_history(name, platform).await?;
    Ok(json(StatusCode::OK, &steps))
}

/// Without a repository there is nothing to do, and Docker says so with another status.
pub async fn tag(shared: &Shared, name: &str, call: &Call) -> Answer {
    let Some(repo) = call.query.get("repo") else {
        return Ok(empty(StatusCode::OK));
    };
    let tag = call.query.get("tag").unwrap_or_default();
    shared.engine.image_tag(name, repo, tag).await?;
    Ok(empty(StatusCode::CREATED))
}

pub async fn remove(shared: &Shared, name: &str, call: &Call) -> Answer {
    let texts = call.query.all("platforms").filter(|t| !t.is_empty());
    let options = ImageRemoveOptions {
        force: call.query.flag("force"),
        prune: !call.query.flag("noprune"),
        platforms: texts.map(one_platform).collect::<Result<_, _>>()?,
    };
    let gone = shared.engine.image_remove(name, options).await?;
    Ok(json(StatusCode::OK, &gone))
}

pub async fn prune(shared: &Shared, call: &Call) -> Answer {
    let pruned = shared.engine.image_prune(call.filters()?).await?;
    Ok(json(StatusCode::OK, &pruned))
}

/// Several names are in the query, a single one in the path.
pub async fn save(shared: &Shared, name: Option<&str>, call: &Call) -> Answer {
    let names = match name {
        Some(name) => vec![name.to_owned()],
        None => call.query.all("names").map(str::to_owned).collect(),
    };
    let platform = platform(call, "platform")?;
    let archive = shared.engine.image_save(names, platform).await?;
    Ok(stream("application/x-tar", archive))
}

/// Answers at once; failures are lines of the answer.
pub async fn load(shared: &Shared, call: Call) -> Answer {
    let options = LoadOptions {
        platform: platform(&call, "platform")?,
        quiet: call.query.flag("quiet"),
    };
    let told = shared.engine.image_load(call.into_stream(), options);
    Ok(lines(told, b"\r\n"))
}

/// Answers at once; failures are lines of the answer.
pub async fn push(shared: &Shared, name: &str, call: &Call) -> Answer {
    let options = PushOptions {
        tag: call.query.get("tag").unwrap_or_default().to_owned(),
        platform: platform(call, "platform")?,
        credentials: call.credentials(),
    };
    let told = shared.engine.image_push(name, options).await?;
    Ok(lines(told, b"\r\n"))
}

pub async fn search(shared: &Shared, call: &Call) -> Answer {
    let term = call.query.get("term").unwrap_or_default();
    let (limit, filters) = (call.query.number("limit")?, call.filters()?);
    let engine = &shared.engine;
    let found = engine
        .search(term, limit, &filters, call.credentials())
        .await?;
    Ok(json(StatusCode::OK, &found))
}

/// A platform as JSON, the form of the newer parameters.
fn platform(call: &Call, key: &str) -> Result<Option<Platform>, Refusal> {
    call.query.get(key).map(one_platform).transpose()
}

fn one_platform(text: &str) -> Result<Platform, Refusal> {
    let read: Platform = serde_json::from_str(text)
        .map_err(|e| Refusal::bad(format!("failed to parse platform: {e}")))?;
    if read.os.is_empty() || read.architecture.is_empty() {
        return Err(Refusal::bad("both OS and Architecture must be provided"));
    }
    Ok(Platform::new(&read.os, &read.architecture, &read.variant))
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
