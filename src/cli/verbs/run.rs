//! `run`: create, attach, wait, start, in this order, so that no byte and no exit code is lost.

use super::create::{before, check_pull, create};
use crate::cli::app::{App, container, err, out, path};
use crate::cli::error::{Error, Result, start_code};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::hints;
use crate::cli::options::{container_flags, create_body};
use crate::cli::stream::{Ended, Plan, carry, resize};
use crate::cli::terminal::{forward_signals, parse_keys, size};
use crate::client::{Body, Client, Response};
use crate::wire::{ContainerConfig, WaitResponse};
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container run", "run"],
        usage: "IMAGE [COMMAND] [ARG...]",
        about: "Make a container from an image and start it",
        arity: Arity::AtLeast(1),
        options_first: true,
        flags,
        run: |app, given| Box::pin(async { run(app, given).await.map_err(|e| e.of("run")) }),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    let mut flags = container_flags();
    flags.push(flag(
        "detach",
        "d",
        Bool,
        "Leave the container in the background and print its ID",
    ));
    flags.push(flag(
        "detach-keys",
        "",
        Text,
        "Keys that detach from the container",
    ));
    flags.push(flag("sig-proxy", "", Bool, "Pass signals on to the container").default("true"));
    flags.sort_by_key(|f| f.long);
    flags
}

/// Failures that Docker reports without the words around those of `run`.
fn bare(message: impl Into<String>) -> Error {
    crate::cli::app::err(&format!("{}\n", message.into()));
    Error::silent(1)
}

async fn run(app: App, given: Given) -> Result<i32> {
    check_pull(&given)?;
    let mut body = create_body(&given)?;
    let detach = given.on("detach");
    if detach && given.changed("attach") {
        return Err(bare(
            "conflicting options: cannot specify both --attach and --detach",
        ));
    }
    let config = body.create.config.clone();
    if !detach {
        before(&app, &given, config.attach_stdin).map_err(|e| bare(e.message))?;
    }
    let keys = given.text("detach-keys").to_owned();
    let detach_bytes = parse_keys(&keys).map_err(Error::plain)?;
    if config.tty {
        let (height, width) = size();
        if let Some(host) = &mut body.create.host_config {
            host.console_size = [u32::from(height), u32::from(width)];
        }
    }
    let client = app.client().await?;
    let created = create(&app, &client, &given, &body).await?;
    let id = created.id;
    let removes = body
        .create
        .host_config
        .as_ref()
        .is_some_and(|h| h.auto_remove);
    let streams = !detach && (config.attach_stdin || config.attach_stdout || config.attach_stderr);
    if !streams {
        let _waiting = wait(&client, &id, removes).await?;
        out_id(&id);
        return start(&client, &id).await.map(|()| 0);
    }
    let attach = attach_path(&id, &config, &keys)?;
    let hijacked = client.hijack(&attach, Body::Empty).await?;
    let waiting = wait(&client, &id, removes).await?;
    let resize_path = container(&id, "/resize")?;
    let plan = Plan {
        tty: config.tty,
        stdin: config.attach_stdin,
        detach: detach_bytes,
        resize: Some(resize_path.clone()),
    };
    let proxy = given.on("sig-proxy") && !config.tty;
    start(&client, &id).await?;
    if config.tty {
        resize(&client, &resize_path).await;
    }
    let ended = with_signals(&client, &id, proxy, carry(&client, hijacked, &plan)).await?;
    if ended == Ended::Detached {
        return Ok(0);
    }
    let code = code(waiting).await?;
    if !config.tty {
        hints::after_code(&app, code);
    }
    Ok(code)
}

fn out_id(id: &str) {
    out(&format!("{id}\n"));
}

/// Which streams to attach to, in the order of Docker's client.
pub fn attach_path(id: &str, config: &ContainerConfig, keys: &str) -> Result<String> {
    let mut query = vec![("stream", "1")];
    if !keys.is_empty() {
        query.push(("detachKeys", keys));
    }
    for (on, name) in [
        (config.attach_stdin, "stdin"),
        (config.attach_stdout, "stdout"),
        (config.attach_stderr, "stderr"),
    ] {
        if on {
            query.push((name, "1"));
        }
    }
    Ok(path(&container(id, "/attach")?, &query))
}

/// Sends the request that answers when the container has ended; returns once the engine has begun to wait.
pub async fn wait(client: &Client, id: &str, removed: bool) -> Result<Response> {
    let condition = if removed { "removed" } else { "next-exit" };
    let target = path(&container(id, "/wait")?, &[("condition", condition)]);
    Ok(client.request(Method::POST, &target, Body::Empty).await?)
}

/// The exit code that the engine tells when the container has ended.
pub async fn code(waiting: Response) -> Result<i32> {
    let answer: WaitResponse = waiting.json().await?;
    if let Some(error) = answer.error.filter(|e| !e.message.is_empty()) {
        err(&format!("Error waiting for container: {}\n", error.message));
        return Err(Error::silent(125));
    }
    Ok(i32::try_from(answer.status_code).unwrap_or(125))
}

pub async fn start(client: &Client, id: &str) -> Result<()> {
    let target = container(id, "/start")?;
    client.request(Method::POST, &target, Body::Empty).await?;
    Ok(())
}

/// Passes signals on for as long as something else is being done.
pub async fn with_signals<T>(
    client: &Client,
    id: &str,
    on: bool,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let kill = async |signal: &'static str| {
        if let Ok(base) = container(id, "/kill") {
            let target = path(&base, &[("signal", signal)]);
            // The container may have ended in between.
            let _ = client.request(Method::POST, &target, Body::Empty).await;
        }
    };
    let signals = async {
        if on {
            forward_signals(kill).await;
        }
        std::future::pending::<()>().await
    };
    tokio::select! {
        result = work => result,
        () = signals => Err(Error::silent(start_code(""))),
    }
}
