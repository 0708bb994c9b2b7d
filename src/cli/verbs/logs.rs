//! `logs`: prints what a container wrote.

use crate::base::time;
use crate::cli::app::{App, container, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::stream::{print_frames, write_all};
use crate::client::Body;
use crate::wire::ContainerInspect;
use crate::wire::frame::Decoder;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container logs", "logs"],
        usage: "CONTAINER",
        about: "Print what a container wrote",
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
            "details",
            "",
            Bool,
            "Print the attributes of the log driver too",
        ),
        flag("follow", "f", Bool, "Go on printing as more is written"),
        flag(
            "since",
            "",
            Text,
            "Only from this time on (2013-01-02T13:23:37Z, or 42m for 42 minutes ago)",
        ),
        flag("tail", "n", Text, "Only so many lines from the end").default("all"),
        flag("timestamps", "t", Bool, "Print the time of each line"),
        flag("until", "", Text, "Only up to this time"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let found: ContainerInspect = client.get(&container(given.first(), "/json")?).await?;
    let mut query = vec![
        ("stdout", "1"),
        ("stderr", "1"),
        ("tail", given.text("tail")),
    ];
    for (name, key) in [
        ("details", "details"),
        ("follow", "follow"),
        ("timestamps", "timestamps"),
    ] {
        if given.on(name) {
            query.push((key, "1"));
        }
    }
    let moment = |name: &str| {
        let text = given.text(name);
        if text.is_empty() {
            return Ok(String::new());
        }
        time::to_api(text, time::now())
            .map_err(|e| Error::plain(format!("invalid value for {name:?}: {e}")))
    };
    let (since, until) = (moment("since")?, moment("until")?);
    if !since.is_empty() {
        query.push(("since", &since));
    }
    if !until.is_empty() {
        query.push(("until", &until));
    }
    let target = path(&container(&found.id, "/logs")?, &query);
    let mut response = client.request(Method::GET, &target, Body::Empty).await?;
    let mut decoder = Decoder::default();
    while let Some(chunk) = response.chunk().await? {
        if found.config.tty {
            write_all(&mut std::io::stdout().lock(), &chunk)?;
        } else {
            decoder.push(&chunk);
            print_frames(&mut decoder)?;
        }
    }
    Ok(0)
}
