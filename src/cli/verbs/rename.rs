//! `rename`: gives a container another name.

use crate::cli::app::{App, container, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container rename", "rename"],
        usage: "CONTAINER NEW_NAME",
        about: "Give a container another name",
        arity: Arity::Exactly(2),
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let (old, new) = (given.args[0].trim(), given.args[1].trim());
    if old.is_empty() || new.is_empty() {
        return Err(Error::plain(
            "Error: Neither old nor new names may be empty",
        ));
    }
    let client = app.client().await?;
    let target = path(&container(old, "/rename")?, &[("name", new)]);
    match client.request(Method::POST, &target, Body::Empty).await {
        Ok(_) => Ok(0),
        Err(error) => Err(Error::plain(format!(
            "{error}\nError: failed to rename container named {old}"
        ))),
    }
}
