//! `attach`: connects this terminal to a running container.

use super::check_tty;
use super::run::{code, with_signals};
use crate::cli::app::{App, container, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::stream::{Ended, Plan, carry, redraw};
use crate::cli::terminal::parse_keys;
use crate::client::Body;
use crate::wire::ContainerInspect;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container attach", "attach"],
        usage: "CONTAINER",
        about: "Connect this terminal to a running container",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag(
            "detach-keys",
            "",
            Text,
            "Keys that detach from the container",
        ),
        flag("no-stdin", "", Bool, "Do not connect standard input"),
        flag("sig-proxy", "", Bool, "Pass signals on to the container").default("true"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let waiting = container(given.first(), "/wait")?;
    let found: ContainerInspect = client.get(&container(given.first(), "/json")?).await?;
    for (wrong, state, advice) in [
        (!found.state.running, "stopped", "start it first"),
        (found.state.paused, "paused", "unpause it first"),
        (
            found.state.restarting,
            "restarting",
            "wait until it is running",
        ),
    ] {
        if wrong {
            return Err(Error::plain(format!(
                "You cannot attach to a {state} container, {advice}"
            )));
        }
    }
    let waiting = client.request(Method::POST, &waiting, Body::Empty).await?;
    let tty = found.config.tty;
    let stdin = !given.on("no-stdin") && found.config.open_stdin;
    check_tty(&app, !given.on("no-stdin"), tty)?;
    let keys = given.text("detach-keys");
    let detach = parse_keys(keys).map_err(Error::plain)?;
    let mut query = vec![("stream", "1"), ("stdout", "1"), ("stderr", "1")];
    if stdin {
        query.push(("stdin", "1"));
    }
    if !keys.is_empty() {
        query.push(("detachKeys", keys));
    }
    let id = found.id.as_str();
    let hijacked = client
        .hijack(&path(&container(id, "/attach")?, &query), Body::Empty)
        .await?;
    let resize_path = container(id, "/resize")?;
    if tty {
        redraw(&client, &resize_path).await;
    }
    let plan = Plan {
        tty,
        stdin,
        detach,
        resize: Some(resize_path),
    };
    let proxy = given.on("sig-proxy") && !tty;
    match with_signals(&client, id, proxy, carry(&client, hijacked, &plan)).await? {
        Ended::Detached => Err(Error::plain("read escape sequence")),
        Ended::Closed => code(waiting).await,
    }
}
