//! `network prune`: removes networks that no container is in.

use crate::cli::app::{App, filtered, out};
use crate::cli::confirm::confirm;
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::Body;
use crate::wire::NetworksPruned;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["network prune"],
        usage: "",
        about: "Remove networks that no container is in",
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
            "Remove only those that match (until=24h, label=a=b ...)",
        ),
        flag("force", "f", Bool, "Do not ask"),
    ]
}

const QUESTION: &str = "WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you want to continue?";

async fn run(app: App, given: Given) -> Result<i32> {
    if !given.on("force") && !confirm(QUESTION)? {
        return Ok(0);
    }
    let client = app.client().await?;
    let target = filtered("/networks/prune", &given.filters());
    let pruned: NetworksPruned = client.json(Method::POST, &target, Body::Empty).await?;
    let gone = pruned.networks_deleted.unwrap_or_default();
    if !gone.is_empty() {
        out(&format!("Deleted Networks:\n{}\n\n", gone.join("\n")));
    }
    Ok(0)
}
