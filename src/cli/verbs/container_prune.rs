//! `container prune`: removes every container that does not run.

use crate::cli::app::{App, filtered};
use crate::cli::confirm::confirm;
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::pruned;
use crate::client::Body;
use crate::wire::ContainersPruned;
use hyper::Method;

const QUESTION: &str =
    "WARNING! This will remove all stopped containers.\nAre you sure you want to continue?";

pub fn verb() -> Verb {
    Verb {
        paths: &["container prune"],
        usage: "",
        about: "Remove all containers that do not run",
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
            "filter",
            "",
            Filter,
            "Remove only those that match (label=a=b, until=24h ...)",
        ),
        flag("force", "f", Bool, "Do not ask"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    if !given.on("force") && !confirm(QUESTION)? {
        return Ok(0);
    }
    let client = app.client().await?;
    let target = filtered("/containers/prune", &given.filters());
    let answer: ContainersPruned = client.json(Method::POST, &target, Body::Empty).await?;
    let gone = answer.containers_deleted.unwrap_or_default();
    pruned::report("Deleted Containers", &gone, answer.space_reclaimed);
    Ok(0)
}
