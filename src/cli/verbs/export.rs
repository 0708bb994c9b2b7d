//! `export`: a container's tree as a tar.

use crate::cli::app::{App, container};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::Text;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::output::Output;
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container export", "export"],
        usage: "CONTAINER",
        about: "Write the files of a container as a tar archive",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![flag(
        "output",
        "o",
        Text,
        "Write to a file instead of standard output",
    )]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let output = Output::choose(given.text("output"), "export container")?;
    let client = app.client().await?;
    let target = container(given.first(), "/export")?;
    let response = client.request(Method::GET, &target, Body::Empty).await?;
    output.write(&app, response).await?;
    Ok(0)
}
