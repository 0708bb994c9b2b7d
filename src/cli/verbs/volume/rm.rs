//! `volume rm`: removes volumes.

use super::resource;
use crate::cli::app::{App, path};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::Bool;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::verbs::each;
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["volume rm", "volume remove"],
        usage: "VOLUME [VOLUME...]",
        about: "Remove volumes that no container has",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![flag(
        "force",
        "f",
        Bool,
        "Do not complain about those that are not there",
    )]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let query: &[(&str, &str)] = match given.on("force") {
        true => &[("force", "1")],
        false => &[],
    };
    each(&client, &given.args, async |client, name| {
        let target = path(&resource(name)?, query);
        client.request(Method::DELETE, &target, Body::Empty).await?;
        Ok(name.to_owned())
    })
    .await
}
