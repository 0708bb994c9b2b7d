//! `pause` and `unpause`: hold every process of containers, and let them go on.

use super::each;
use crate::cli::app::{App, container};
use crate::cli::error::Result;
use crate::cli::grammar::{Arity, Given, Verb};
use crate::client::Body;
use hyper::Method;

pub fn verbs() -> Vec<Verb> {
    let verb = |paths: &'static [&'static str], about| Verb {
        paths,
        usage: "CONTAINER [CONTAINER...]",
        about,
        arity: Arity::AtLeast(1),
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    };
    vec![
        verb(
            &["container pause", "pause"],
            "Hold every process of containers",
        ),
        verb(
            &["container unpause", "unpause"],
            "Let the processes of paused containers go on",
        ),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let verb = if given.path.ends_with("unpause") {
        "/unpause"
    } else {
        "/pause"
    };
    let client = app.client().await?;
    each(&client, &given.args, async |client, name| {
        let target = container(name, verb)?;
        client.request(Method::POST, &target, Body::Empty).await?;
        Ok(name.to_owned())
    })
    .await
}
