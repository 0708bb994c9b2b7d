//! `volume prune`: removes volumes that no container has.

use crate::cli::app::{App, filtered};
use crate::cli::confirm::confirm;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Filter};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::pruned;
use crate::client::Body;
use crate::wire::VolumesPruned;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["volume prune"],
        usage: "",
        about: "Remove volumes that no container has",
        arity: Arity::None,
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("all", "a", Bool, "Also those that somebody named"),
        flag(
            "filter",
            "",
            Filter,
            "Remove only those that match (label=a=b ...)",
        ),
        flag("force", "f", Bool, "Do not ask"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let mut filters = given.filters();
    let all = given.on("all");
    if all {
        if filters.has("all") {
            return Err(Error::plain(
                "conflicting options: cannot specify both --all and --filter all=1",
            ));
        }
        filters.add("all", "true");
    }
    if !given.on("force") {
        let which = if all { "all" } else { "anonymous" };
        let question = format!(
            "WARNING! This will remove {which} local volumes not used by at least one container.\nAre you sure you want to continue?"
        );
        if !confirm(&question)? {
            return Ok(0);
        }
    }
    let client = app.client().await?;
    let target = filtered("/volumes/prune", &filters);
    let answer: VolumesPruned = client.json(Method::POST, &target, Body::Empty).await?;
    let gone = answer.volumes_deleted.unwrap_or_default();
    pruned::report("Deleted Volumes", &gone, answer.space_reclaimed);
    Ok(0)
}
