//! `create`: makes a container without starting it; also the part of `run` that does so.

use super::{check_tty, warn};
use crate::base::reference::Reference;
use crate::cli::app::{App, err, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};
use crate::cli::hints;
use crate::cli::options::{Body, container_flags, create_body};
use crate::cli::print::progress::{Target, show};
use crate::client::{self, Client};
use crate::wire::CreateResponse;
use hyper::Method;
use std::path::Path;

pub fn verb() -> Verb {
    Verb {
        paths: &["container create", "create"],
        usage: "IMAGE [COMMAND] [ARG...]",
        about: "Make a container, without starting it",
        arity: Arity::AtLeast(1),
        options_first: true,
        flags: container_flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    // What the client itself refuses looks as in `run`; what the engine refuses does not.
    check_pull(&given).map_err(|e| e.of("create"))?;
    let body = create_body(&given).map_err(|e| e.of("create"))?;
    let client = app.client().await?;
    let created = create(&app, &client, &given, &body).await?;
    out(&format!("{}\n", created.id));
    Ok(0)
}

pub fn check_pull(given: &Given) -> Result<()> {
    match given.text("pull") {
        "always" | "missing" | "never" => Ok(()),
        other => Err(Error::plain(format!(
            "invalid pull option: '{other}': must be one of \"always\", \"missing\" or \"never\""
        ))),
    }
}

/// Creates; fetches the image first if it must, and once more if the engine does not have it.
pub async fn create(
    app: &App,
    client: &Client,
    given: &Given,
    body: &Body,
) -> Result<CreateResponse> {
    let image = &body.create.config.image;
    // An id is no name that could be pulled.
    let reference = match Reference::parse(image) {
        Ok(reference) => Some(reference.with_default_tag()),
        Err(crate::base::reference::BadReference::Id(_)) => None,
        Err(bad) => return Err(Error::plain(bad.to_string())),
    };
    let cidfile = given.text("cidfile");
    if !cidfile.is_empty() && Path::new(cidfile).exists() {
        return Err(Error::plain(format!(
            "container ID file found, make sure the other container isn't running or delete {cidfile}"
        )));
    }
    if given.text("pull") == "always"
        && let Some(reference) = &reference
    {
        pull(app, client, given, reference, &body.platform).await?;
    }
    let mut query = Vec::new();
    if !body.name.is_empty() {
        query.push(("name", body.name.as_str()));
    }
    if !body.platform.is_empty() {
        query.push(("platform", body.platform.as_str()));
    }
    hints::before_volumes(app, &given.list("volume"));
    let target = path("/containers/create", &query);
    let send = async || -> client::Result<CreateResponse> {
        let json = client::Body::json(&body.create)?;
        client.json(Method::POST, &target, json).await
    };
    let created = match send().await {
        Err(error)
            if missing_image(&error) && given.text("pull") == "missing" && reference.is_some() =>
        {
            let reference = reference.as_ref().map(|r| r.familiar()).unwrap_or_default();
            if !given.on("quiet") {
                err(&format!("Unable to find image '{reference}' locally\n"));
            }
            let parsed = Reference::parse(image).map_err(|e| Error::plain(e.to_string()))?;
            pull(
                app,
                client,
                given,
                &parsed.with_default_tag(),
                &body.platform,
            )
            .await?;
            send().await?
        }
        other => other?,
    };
    warn(&created.warnings);
    if !cidfile.is_empty() {
        std::fs::write(cidfile, &created.id).map_err(|e| {
            let opened = crate::cli::error::open_error(cidfile, &e).message;
            Error::plain(format!("failed to create the container ID file: {opened}"))
        })?;
    }
    Ok(created)
}

/// The engine also answers 404 for a missing network or volume.
fn missing_image(error: &client::Error) -> bool {
    matches!(error, client::Error::Api { status: 404, message } if message.contains("No such image"))
}

/// `run` shows the progress of pulling on standard error.
async fn pull(
    app: &App,
    client: &Client,
    given: &Given,
    reference: &Reference,
    platform: &str,
) -> Result<()> {
    let response = super::pull::request(app, client, reference, platform, false).await?;
    let target = if given.on("quiet") {
        Target::Nowhere
    } else {
        Target::Stderr
    };
    show(app, response, target).await.map(drop)
}

/// Refuses `-it` without a terminal before anything is made.
pub fn before(app: &App, given: &Given, attach_stdin: bool) -> Result<()> {
    check_tty(app, attach_stdin, given.on("tty"))
}
