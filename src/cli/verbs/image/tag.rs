//! `tag`: gives an image one more name.

use crate::base::reference::Reference;
use crate::cli::app::{App, image, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["image tag", "tag"],
        usage: "SOURCE_IMAGE[:TAG] TARGET_IMAGE[:TAG]",
        about: "Give an image one more name",
        arity: Arity::Exactly(2),
        options_first: true,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let source = given.first();
    let target = given.args.get(1).map_or("", String::as_str);
    let bad = |text: &str, why: String| {
        let words =
            format!("Error parsing reference: {text:?} is not a valid repository/tag: {why}");
        Error::plain(words)
    };
    if !crate::base::id::is_full(source) {
        Reference::parse(source).map_err(|e| bad(source, e.to_string()))?;
    }
    let reference = Reference::parse(target).map_err(|e| bad(target, e.to_string()))?;
    if reference.digest.is_some() {
        return Err(Error::plain(
            "refusing to create a tag with a digest reference",
        ));
    }
    let reference = reference.with_default_tag();
    let repo = reference.familiar_name();
    let query = [
        ("repo", repo.as_str()),
        ("tag", reference.tag.as_deref().unwrap_or_default()),
    ];
    let client = app.client().await?;
    let target = path(&image(source, "/tag"), &query);
    client.request(Method::POST, &target, Body::Empty).await?;
    Ok(0)
}
