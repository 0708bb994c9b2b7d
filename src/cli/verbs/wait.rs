//! `wait`: blocks until containers have stopped and prints their exit codes.

use super::each;
use crate::cli::app::{App, container};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};
use crate::client::Body;
use crate::wire::WaitResponse;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container wait", "wait"],
        usage: "CONTAINER [CONTAINER...]",
        about: "Wait until containers stop, then print their exit codes",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    each(&client, &given.args, async |client, name| {
        let target = container(name, "/wait")?;
        let answer: WaitResponse = client.json(Method::POST, &target, Body::Empty).await?;
        match answer.error.filter(|e| !e.message.is_empty()) {
            Some(error) => Err(Error::plain(error.message)),
            None => Ok(answer.status_code.to_string()),
        }
    })
    .await
}
