//! `push`: uploads an image to its registry.

use crate::base::platform;
use crate::cli::app::{App, image, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::progress::{Target, show};
use crate::cli::verbs::pull::asked;
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["image push", "push"],
        usage: "NAME[:TAG]",
        about: "Upload an image to its registry",
        arity: Arity::Exactly(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("all-tags", "a", Bool, "Upload every tag of the repository"),
        flag(
            "disable-content-trust",
            "",
            Bool,
            "Skip signing of the image",
        )
        .default("true"),
        flag(
            "platform",
            "",
            Text,
            "Upload only the image for this platform (os[/arch[/variant]])",
        ),
        flag("quiet", "q", Bool, "Print nothing but the image's name"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let platform = given.text("platform");
    // Docker puts no blank between the two either.
    let parameter = platform::parameter(platform)
        .map_err(|e| Error::plain(format!("Invalid platform {platform}{e}")))?;
    let reference = asked(&given)?;
    let quiet = given.on("quiet");
    let client = app.client().await?;
    let client = client.with_registry_auth(&app.registry_auth(&reference.domain)?);
    let mut query = vec![("tag", reference.tag.as_deref().unwrap_or_default())];
    query.extend(parameter.iter().map(|p| ("platform", p.as_str())));
    let target = path(&image(&reference.familiar_name(), "/push"), &query);
    let response = client.request(Method::POST, &target, Body::Empty).await?;
    let told = if quiet {
        Target::Nowhere
    } else {
        Target::Stdout
    };
    show(&app, response, told).await?;
    if quiet {
        out(&format!("{reference}\n"));
    }
    Ok(0)
}
