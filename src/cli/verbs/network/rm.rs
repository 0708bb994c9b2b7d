//! `network rm`: removes networks.

use super::resource;
use crate::cli::app::{App, err, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::Bool;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::{self, Body};
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["network rm", "network remove"],
        usage: "NETWORK [NETWORK...]",
        about: "Remove networks that no container is in",
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

/// Docker says each failure at once, and last of all that it exits.
async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let mut failed = false;
    for name in &given.args {
        let outcome = match resource(name, "") {
            Ok(target) => match client.request(Method::DELETE, &target, Body::Empty).await {
                Err(client::Error::Api { status: 404, .. }) if given.on("force") => continue,
                answer => answer.map(drop).map_err(Error::from),
            },
            Err(error) => Err(error),
        };
        match outcome {
            Ok(()) => out(&format!("{name}\n")),
            Err(error) => {
                err(&format!("{}\n", error.message));
                failed = true;
            }
        }
    }
    match failed {
        true => Err(Error::plain("exit status 1")),
        false => Ok(0),
    }
}
