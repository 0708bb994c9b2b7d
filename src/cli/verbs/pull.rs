//! `pull`: fetches an image.

use crate::base::reference::Reference;
use crate::cli::app::{App, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::progress::{Target, show};
use crate::client::{Body, Client, Response};
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["image pull", "pull"],
        usage: "NAME[:TAG|@DIGEST]",
        about: "Fetch an image",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("all-tags", "a", Bool, "Fetch every tag of the repository"),
        flag(
            "disable-content-trust",
            "",
            Bool,
            "Skip verification of the image",
        )
        .default("true"),
        flag("platform", "", Text, "Platform of the image"),
        flag("quiet", "q", Bool, "Print nothing but the image's name"),
    ]
}

/// Asks the engine for an image; the answer is a stream of progress.
pub async fn request(
    app: &App,
    client: &Client,
    reference: &Reference,
    platform: &str,
    all_tags: bool,
) -> Result<Response> {
    let name = reference.name();
    let tag = reference
        .digest
        .as_deref()
        .or(reference.tag.as_deref())
        .filter(|_| !all_tags)
        .unwrap_or_default();
    let mut query = vec![("fromImage", name.as_str()), ("tag", tag)];
    if !platform.is_empty() {
        query.push(("platform", platform));
    }
    let client = client.with_registry_auth(&app.registry_auth(&reference.domain)?);
    let target = path("/images/create", &query);
    Ok(client.request(Method::POST, &target, Body::Empty).await?)
}

/// The name that `pull` or `push` was given, with the tag that is meant where none stands; says so.
pub fn asked(given: &Given) -> Result<Reference> {
    let reference = Reference::parse(given.first()).map_err(|e| Error::plain(e.to_string()))?;
    let all = given.on("all-tags");
    let bare = reference.tag.is_none() && reference.digest.is_none();
    if all && !bare {
        return Err(Error::plain("tag can't be used with --all-tags/-a"));
    }
    if all {
        return Ok(reference);
    }
    if bare && !given.on("quiet") {
        out("Using default tag: latest\n");
    }
    Ok(reference.with_default_tag())
}

async fn run(app: App, given: Given) -> Result<i32> {
    let (all, quiet) = (given.on("all-tags"), given.on("quiet"));
    let reference = asked(&given)?;
    let client = app.client().await?;
    let response = request(&app, &client, &reference, given.text("platform"), all).await?;
    let target = if quiet {
        Target::Nowhere
    } else {
        Target::Stdout
    };
    show(&app, response, target).await?;
    out(&format!("{reference}\n"));
    Ok(0)
}
