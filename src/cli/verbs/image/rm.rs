//! `rmi`: removes names of images, and images with their last name.

use crate::base::platform;
use crate::cli::app::{App, err, image, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, List};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::{self, Body};
use crate::wire::ImageDeleted;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["image rm", "image remove", "rmi"],
        usage: "IMAGE [IMAGE...]",
        about: "Remove names of images, and images with their last name",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag(
            "force",
            "f",
            Bool,
            "Remove it although a stopped container has it",
        ),
        flag("no-prune", "", Bool, "Keep parents that have no name"),
        flag(
            "platform",
            "",
            List,
            "Remove only the image for this platform (os[/arch[/variant]])",
        ),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let force = given.on("force");
    let mut platforms = Vec::new();
    for text in given
        .list("platform")
        .iter()
        .flat_map(|list| list.split(','))
    {
        let parameter = platform::parameter(text).map_err(|e| Error::plain(e.to_string()))?;
        platforms.extend(parameter);
    }
    let mut query = Vec::new();
    if force {
        query.push(("force", "1"));
    }
    if given.on("no-prune") {
        query.push(("noprune", "1"));
    }
    query.extend(platforms.iter().map(|p| ("platforms", p.as_str())));
    let client = app.client().await?;
    let (mut failures, mut fatal) = (Vec::new(), false);
    for name in &given.args {
        let target = path(&image(name, ""), &query);
        match client
            .json::<Vec<ImageDeleted>>(Method::DELETE, &target, Body::Empty)
            .await
        {
            Ok(gone) => gone.iter().for_each(|one| {
                out(&match one.deleted.as_str() {
                    "" => format!("Untagged: {}\n", one.untagged),
                    id => format!("Deleted: {id}\n"),
                });
            }),
            Err(error) => {
                fatal |= !matches!(error, client::Error::Api { status: 404, .. });
                failures.push(error.to_string());
            }
        }
    }
    let failures = failures.join("\n");
    match failures.is_empty() {
        true => Ok(0),
        // With force, what is not there is removed already.
        false if force && !fatal => {
            err(&format!("{failures}\n"));
            Ok(0)
        }
        false => Err(Error::plain(failures)),
    }
}
