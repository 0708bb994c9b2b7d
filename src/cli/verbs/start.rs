//! `start`: starts containers that were made or have stopped; with `-a` it stays with one.

use super::check_tty;
use super::run::{code, start as begin, wait, with_signals};
use crate::cli::app::{App, container, err, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::hints;
use crate::cli::out;
use crate::cli::stream::{Ended, Plan, carry, resize};
use crate::cli::terminal::parse_keys;
use crate::client::Body;
use crate::wire::ContainerInspect;

pub fn verb() -> Verb {
    Verb {
        paths: &["container start", "start"],
        usage: "CONTAINER [CONTAINER...]",
        about: "Start stopped containers",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("attach", "a", Bool, "Show its output and pass signals on"),
        flag("checkpoint", "", Text, "Restore from this checkpoint").hidden(),
        flag("checkpoint-dir", "", Text, "Folder of checkpoints").hidden(),
        flag(
            "detach-keys",
            "",
            Text,
            "Keys that detach from the container",
        ),
        flag(
            "interactive",
            "i",
            Bool,
            "Connect our standard input to its",
        ),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    for flag in ["checkpoint", "checkpoint-dir"] {
        if given.changed(flag) {
            return Err(Error::plain(format!(
                "\"--{flag}\" is only supported on a Docker daemon with experimental features enabled"
            )));
        }
    }
    if given.on("attach") || given.on("interactive") {
        return attached(app, given).await;
    }
    let client = app.client().await?;
    let mut failed = Vec::new();
    for name in &given.args {
        match begin(&client, name).await {
            Ok(()) => out(&format!("{name}\n")),
            Err(error) => {
                err(&format!("{}\n", error.message));
                hints::after(&app, &error);
                failed.push(name.as_str());
            }
        }
    }
    if failed.is_empty() {
        return Ok(0);
    }
    Err(Error::plain(format!(
        "Error: failed to start containers: {}",
        failed.join(", ")
    )))
}

async fn attached(app: App, given: Given) -> Result<i32> {
    if given.args.len() > 1 {
        return Err(Error::plain(
            "you cannot start and attach multiple containers at once",
        ));
    }
    let client = app.client().await?;
    let found: ContainerInspect = client.get(&container(given.first(), "/json")?).await?;
    let id = found.id.as_str();
    let tty = found.config.tty;
    let stdin = given.on("interactive") && found.config.open_stdin;
    check_tty(&app, stdin, tty)?;
    let keys = given.text("detach-keys");
    let detach = parse_keys(keys).map_err(Error::plain)?;
    let mut query = vec![("stream", "1"), ("stdout", "1"), ("stderr", "1")];
    if stdin {
        query.push(("stdin", "1"));
    }
    if !keys.is_empty() {
        query.push(("detachKeys", keys));
    }
    let target = path(&container(id, "/attach")?, &query);
    let hijacked = client.hijack(&target, Body::Empty).await?;
    let waiting = wait(&client, id, found.host_config.auto_remove).await?;
    begin(&client, id).await?;
    let resize_path = container(id, "/resize")?;
    if tty {
        resize(&client, &resize_path).await;
    }
    let plan = Plan {
        tty,
        stdin,
        detach,
        resize: Some(resize_path),
    };
    let ended = with_signals(&client, id, !tty, carry(&client, hijacked, &plan)).await?;
    match ended {
        Ended::Detached => Ok(0),
        Ended::Closed => code(waiting).await,
    }
}
