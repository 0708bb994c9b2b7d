//! `image prune`: removes images that nothing needs.

use crate::cli::app::{App, out, path};
use crate::cli::confirm::confirm;
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::pruned::total;
use crate::client::Body;
use crate::wire::ImagesPruned;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["image prune"],
        usage: "",
        about: "Remove images that nothing needs",
        arity: Arity::None,
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag(
            "all",
            "a",
            Bool,
            "Also images with a name that no container has",
        ),
        flag(
            "filter",
            "",
            Filter,
            "Remove only those that match (until=24h, label=a=b ...)",
        ),
        flag("force", "f", Bool, "Do not ask"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let all = given.on("all");
    if !given.on("force") {
        let which = match all {
            true => "all images without at least one container associated to them",
            false => "all dangling images",
        };
        let question =
            format!("WARNING! This will remove {which}.\nAre you sure you want to continue?");
        if !confirm(&question)? {
            return Ok(0);
        }
    }
    let mut filters = given.filters();
    filters.add("dangling", if all { "false" } else { "true" });
    let client = app.client().await?;
    let target = path("/images/prune", &[("filters", &filters.to_json())]);
    let pruned: ImagesPruned = client.json(Method::POST, &target, Body::Empty).await?;
    print_pruned(&pruned);
    total(pruned.space_reclaimed);
    Ok(0)
}

/// Names what went, if anything did.
pub fn print_pruned(pruned: &ImagesPruned) {
    let gone = pruned.images_deleted.as_deref().unwrap_or_default();
    if gone.is_empty() {
        return;
    }
    let lines = gone.iter().map(|one| match one.untagged.as_str() {
        "" => format!("deleted: {}\n", one.deleted),
        name => format!("untagged: {name}\n"),
    });
    out(&format!("Deleted Images:\n{}\n", lines.collect::<String>()));
}
