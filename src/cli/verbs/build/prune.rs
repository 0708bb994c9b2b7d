//! `builder prune`: removes what a build cache holds beyond the images.

use crate::cli::app::{App, path};
use crate::cli::confirm::confirm;
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Bytes, Filter};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::pruned::report;
use crate::client::Body;
use crate::wire::BuildPruned;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["builder prune"],
        usage: "",
        about: "Remove build cache",
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
            "Also cache that is in use by nothing but itself",
        ),
        flag(
            "filter",
            "",
            Filter,
            "Remove only what matches (until=24h ...)",
        ),
        flag("force", "f", Bool, "Do not ask"),
        flag("keep-storage", "", Bytes, "Bytes of cache to keep").default("0"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    if !given.on("force") {
        let which = if given.on("all") {
            "all build cache"
        } else {
            "all dangling build cache"
        };
        let question =
            format!("WARNING! This will remove {which}. Are you sure you want to continue?");
        if !confirm(&question)? {
            return Ok(0);
        }
    }
    let (filters, keep) = (given.filters(), given.bytes("keep-storage").to_string());
    let json = filters.to_json();
    let mut query = Vec::new();
    if given.on("all") {
        query.push(("all", "1"));
    }
    if keep != "0" {
        query.push(("keep-storage", keep.as_str()));
    }
    if !filters.is_empty() {
        query.push(("filters", json.as_str()));
    }
    let client = app.client().await?;
    let pruned: BuildPruned = client
        .json(Method::POST, &path("/build/prune", &query), Body::Empty)
        .await?;
    let gone = pruned.caches_deleted.unwrap_or_default();
    report("Deleted build cache objects", &gone, pruned.space_reclaimed);
    Ok(0)
}
