//! `rm`: removes containers.

use super::each;
use crate::cli::app::{App, container, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::Bool;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::{self, Body};
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container rm", "container remove", "rm"],
        usage: "CONTAINER [CONTAINER...]",
        about: "Remove containers",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("force", "f", Bool, "Kill a running container first"),
        flag("link", "l", Bool, "Remove the link of this name"),
        flag("volumes", "v", Bool, "Remove its anonymous volumes too"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let mut query = Vec::new();
    for (on, key) in [("force", "force"), ("link", "link"), ("volumes", "v")] {
        if given.on(on) {
            query.push((key, "1"));
        }
    }
    each(&client, &given.args, async |client, name| {
        let bare = name.trim_matches('/');
        if bare.is_empty() {
            return Err(Error::plain("container name cannot be empty"));
        }
        let target = path(&container(bare, "")?, &query);
        match client.request(Method::DELETE, &target, Body::Empty).await {
            // With -f, one that is not there is removed already; Docker says so and goes on.
            Err(error @ client::Error::Api { status: 404, .. }) if given.on("force") => {
                crate::cli::app::err(&format!("{error}\n"));
                Err(Error::silent(0))
            }
            other => {
                other?;
                Ok(name.to_owned())
            }
        }
    })
    .await
    .or_else(|error| match error.message.trim().is_empty() {
        // Only containers that were gone already.
        true => Ok(0),
        false => Err(error),
    })
}
