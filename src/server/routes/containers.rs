//! Containers: each function reads one request into the engine's options and the outcome into Docker's answer.

use super::Answer;
use crate::engine::{
    AttachOptions, ListOptions, LogOptions, RemoveOptions, StopOptions, WaitCondition,
};
use crate::server::Shared;
use crate::server::error::Refusal;
use crate::server::hijack;
use crate::server::reply::{empty, json, lines, stream};
use crate::server::request::Call;
use futures_util::{StreamExt, stream as streams};
use hyper::StatusCode;

pub async fn list(shared: &Shared, call: &Call) -> Answer {
    let options = ListOptions {
        all: call.query.flag("all"),
        limit: call.query.number("limit")?.unwrap_or(0),
        size: call.query.flag("size"),
        filters: call.filters()?,
    };
    Ok(json(StatusCode::OK, &shared.engine.list(options).await?))
}

pub async fn create(shared: &Shared, mut call: Call) -> Answer {
    let body = call.json().await?.ok_or_else(Refusal::no_body)?;
    let (name, platform) = (call.query.get("name"), call.query.get("platform"));
    Ok(json(
        StatusCode::CREATED,
        &shared.engine.create(name, platform, body).await?,
    ))
}

pub async fn inspect(shared: &Shared, id: &str, call: &Call) -> Answer {
    Ok(json(
        StatusCode::OK,
        &shared.engine.inspect(id, call.query.flag("size")).await?,
    ))
}

pub async fn start(shared: &Shared, id: &str) -> Answer {
    shared.engine.start(id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn stop(shared: &Shared, id: &str, call: &Call) -> Answer {
    shared.engine.stop(id, stop_options(call)?).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn restart(shared: &Shared, id: &str, call: &Call) -> Answer {
    let options = stop_options(call)?;
    shared.engine.restart(id, options).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn pause(shared: &Shared, id: &str) -> Answer {
    shared.engine.pause(id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn unpause(shared: &Shared, id: &str) -> Answer {
    shared.engine.unpause(id).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn update(shared: &Shared, id: &str, mut call: Call) -> Answer {
    let wanted = call.json().await?.unwrap_or_default();
    Ok(json(
        StatusCode::OK,
        &shared.engine.update(id, wanted).await?,
    ))
}

pub async fn rename(shared: &Shared, id: &str, call: &Call) -> Answer {
    shared
        .engine
        .rename(id, call.query.get("name").unwrap_or_default())
        .await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn kill(shared: &Shared, id: &str, call: &Call) -> Answer {
    shared.engine.kill(id, call.query.get("signal")).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

/// Sends the headers as soon as the wait is armed: clients start the container only then.
pub async fn wait(shared: &Shared, id: &str, call: &Call) -> Answer {
    let condition = WaitCondition::parse(call.query.get("condition").unwrap_or_default())?;
    let waiting = shared.engine.wait(id, condition)?;
    Ok(lines(streams::once(waiting), b"\n"))
}

pub async fn resize(shared: &Shared, id: &str, call: &Call) -> Answer {
    let (height, width) = call.size()?;
    shared.engine.resize(id, height, width)?;
    Ok(empty(StatusCode::OK))
}

pub async fn remove(shared: &Shared, id: &str, call: &Call) -> Answer {
    let flag = |name| call.query.flag(name);
    let options = RemoveOptions {
        force: flag("force"),
        volumes: flag("v"),
        link: flag("link"),
    };
    shared.engine.remove(id, options).await?;
    Ok(empty(StatusCode::NO_CONTENT))
}

pub async fn logs(shared: &Shared, id: &str, call: &Call) -> Answer {
    let flag = |name| call.query.flag(name);
    let options = LogOptions {
        follow: flag("follow"),
        stdout: flag("stdout"),
        stderr: flag("stderr"),
        since: call.timestamp("since")?,
        until: call.timestamp("until")?,
        timestamps: flag("timestamps"),
        // Anything that is no number means all of them, as in Docker.
        tail: call.query.get("tail").and_then(|t| t.parse().ok()),
        details: flag("details"),
    };
    if !(options.stdout || options.stderr) {
        return Err(Refusal::bad(
            "Bad parameters: you must choose at least one stream",
        ));
    }
    let logs = shared.engine.logs(id, options).await?;
    let kind = hijack::content_type(call.version, logs.tty);
    Ok(stream(kind, logs.output.map(Ok)))
}

/// Refused together: a stream is more than one shot.
pub async fn stats(shared: &Shared, id: &str, call: &Call) -> Answer {
    let stream = call.query.flag_or("stream", true);
    let one_shot = call.query.flag("one-shot");
    if stream && one_shot {
        return Err(Refusal::bad("cannot have stream=true and one-shot=true"));
    }
    if stream {
        return Ok(lines(shared.engine.stats_stream(id)?, b"\n"));
    }
    Ok(json(
        StatusCode::OK,
        &shared.engine.stats(id, one_shot).await?,
    ))
}

pub async fn prune(shared: &Shared, call: &Call) -> Answer {
    let pruned = shared.engine.container_prune(&call.filters()?).await?;
    Ok(json(StatusCode::OK, &pruned))
}

pub fn top(shared: &Shared, id: &str, call: &Call) -> Answer {
    let options = call.query.get("ps_args").unwrap_or_default();
    Ok(json(StatusCode::OK, &shared.engine.top(id, options)?))
}

pub async fn attach(shared: &Shared, id: &str, call: Call) -> Answer {
    let flag = |name| call.query.flag(name);
    let options = AttachOptions {
        logs: flag("logs"),
        stream: flag("stream"),
        stdin: flag("stdin"),
        stdout: flag("stdout"),
        stderr: flag("stderr"),
        detach_keys: call.query.get("detachKeys").map(str::to_owned),
    };
    let streams = shared.engine.attach(id, options)?;
    Ok(hijack::answer(shared, call, streams))
}

/// The query of everything that stops containers.
pub(super) fn stop_options(call: &Call) -> Result<StopOptions, Refusal> {
    let signal = call.query.get("signal").map(str::to_owned);
    Ok(StopOptions {
        signal,
        timeout: call.query.number("t")?,
    })
}
