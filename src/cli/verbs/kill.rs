//! `kill`: sends a signal to containers, KILL unless another is named.

use super::each;
use crate::cli::app::{App, container, path};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::Text;
use crate::cli::grammar::{Arity, Given, Verb, flag};
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container kill", "kill"],
        usage: "CONTAINER [CONTAINER...]",
        about: "Send a signal to running containers",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags: || vec![flag("signal", "s", Text, "The signal; KILL without it")],
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let signal = given.text("signal");
    let query: Vec<_> = (!signal.is_empty())
        .then_some(("signal", signal))
        .into_iter()
        .collect();
    each(&client, &given.args, async |client, name| {
        let target = path(&container(name, "/kill")?, &query);
        client.request(Method::POST, &target, Body::Empty).await?;
        Ok(name.to_owned())
    })
    .await
}
