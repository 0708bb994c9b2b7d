//! `commit`: makes an image of what a container changed.

use crate::base::reference::Reference;
use crate::cli::app::{App, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, List, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::Body;
use crate::wire::IdResponse;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["container commit", "commit"],
        usage: "CONTAINER [REPOSITORY[:TAG]]",
        about: "Make an image of what a container changed",
        arity: Arity::Between(1, 2),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("author", "a", Text, "Who made the image"),
        flag(
            "change",
            "c",
            List,
            "Apply an instruction of a Dockerfile to the image",
        ),
        flag("message", "m", Text, "Comment of the image"),
        flag("pause", "p", Bool, "Hold the container meanwhile").default("true"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let name = given.args.get(1).map_or("", String::as_str);
    let (repo, tag) = split(name)?;
    let changes = given.list("change");
    let mut query = vec![
        ("author", given.text("author")),
        ("comment", given.text("message")),
        ("container", given.first()),
        ("repo", &repo),
        ("tag", &tag),
    ];
    query.extend(changes.iter().map(|c| ("changes", c.as_str())));
    if !given.on("pause") {
        query.push(("pause", "0"));
    }
    let client = app.client().await?;
    let made: IdResponse = client
        .json(Method::POST, &path("/commit", &query), Body::Empty)
        .await?;
    out(&format!("{}\n", made.id));
    Ok(0)
}

/// Repository and tag, as Docker's client sends them.
fn split(name: &str) -> Result<(String, String)> {
    if name.is_empty() {
        return Ok(Default::default());
    }
    let named = Reference::parse(name).map_err(|e| Error::plain(e.to_string()))?;
    if named.digest.is_some() {
        return Err(Error::plain(
            "refusing to create a tag with a digest reference",
        ));
    }
    let mut repo = named.with_default_tag();
    let tag = repo.tag.take().unwrap_or_default();
    Ok((repo.familiar(), tag))
}
