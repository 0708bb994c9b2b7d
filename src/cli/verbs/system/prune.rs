//! `system prune`: removes everything that nothing needs, kind after kind.

use crate::cli::app::{App, out, path};
use crate::cli::confirm::confirm;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Filter};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::pruned::total;
use crate::cli::verbs::image::print_pruned;
use crate::client::{self, Body, Client};
use crate::wire::ImagesPruned;
use hyper::Method;
use serde_json::Value;

pub fn verb() -> Verb {
    Verb {
        paths: &["system prune"],
        usage: "",
        about: "Remove everything that nothing needs",
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
            "Remove only what matches (until=24h, label=a=b ...)",
        ),
        flag("force", "f", Bool, "Do not ask"),
        flag("volumes", "", Bool, "Also anonymous volumes"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let filters = given.filters();
    if given.on("volumes") && filters.has("until") {
        return Err(Error::plain(
            "ERROR: The \"until\" filter is not supported with \"--volumes\"",
        ));
    }
    if !given.on("force") && !confirm(&question(&given))? {
        return Ok(0);
    }
    let client = app.client().await?;
    let mut freed = 0;
    let json = filters.to_json();
    let plain: Vec<(&str, &str)> = match filters.is_empty() {
        true => Vec::new(),
        false => vec![("filters", &json)],
    };
    freed += kind(
        &client,
        "/containers/prune",
        &plain,
        "Containers",
        "ContainersDeleted",
    )
    .await?;
    freed += kind(
        &client,
        "/networks/prune",
        &plain,
        "Networks",
        "NetworksDeleted",
    )
    .await?;
    if given.on("volumes") {
        freed += kind(
            &client,
            "/volumes/prune",
            &plain,
            "Volumes",
            "VolumesDeleted",
        )
        .await?;
    }
    let mut images = filters.clone();
    images.add("dangling", if given.on("all") { "false" } else { "true" });
    let target = path("/images/prune", &[("filters", &images.to_json())]);
    let pruned: ImagesPruned = client.json(Method::POST, &target, Body::Empty).await?;
    print_pruned(&pruned);
    freed += pruned.space_reclaimed;
    let mut cache = plain.clone();
    if given.on("all") {
        cache.push(("all", "1"));
    }
    freed += kind(
        &client,
        "/build/prune",
        &cache,
        "build cache objects",
        "CachesDeleted",
    )
    .await?;
    total(freed);
    Ok(0)
}

/// Docker's warning with everything that will go.
fn question(given: &Given) -> String {
    let all = given.on("all");
    let mut kinds = vec![
        "all stopped containers",
        "all networks not used by at least one container",
    ];
    if given.on("volumes") {
        kinds.push("all anonymous volumes not used by at least one container");
    }
    kinds.extend(match all {
        true => [
            "all images without at least one container associated to them",
            "all build cache",
        ],
        false => ["all dangling images", "unused build cache"],
    });
    let lines = |items: &[&str]| -> String { items.iter().map(|i| format!("  - {i}\n")).collect() };
    let mut text = format!("WARNING! This will remove:\n{}", lines(&kinds));
    let mut filters = given.list("filter");
    filters.sort();
    if !filters.is_empty() {
        let filters: Vec<&str> = filters.iter().map(String::as_str).collect();
        text += "\n  Items to be pruned will be filtered with:\n";
        text += &lines(&filters);
    }
    text + "\nAre you sure you want to continue?"
}

/// Prunes one kind and names what went; returns the bytes that came back. An engine may not have every kind.
async fn kind(
    client: &Client,
    route: &str,
    query: &[(&str, &str)],
    title: &str,
    field: &str,
) -> Result<u64> {
    let target = path(route, query);
    let asked = client.json::<Value>(Method::POST, &target, Body::Empty);
    let answer = match asked.await {
        Err(client::Error::Api {
            status: 404 | 501, ..
        }) => return Ok(0),
        answer => answer?,
    };
    let gone = answer[field].as_array().map_or(&[][..], Vec::as_slice);
    let names: Vec<&str> = gone.iter().filter_map(Value::as_str).collect();
    if !names.is_empty() {
        out(&format!("Deleted {title}:\n{}\n\n", names.join("\n")));
    }
    Ok(answer["SpaceReclaimed"].as_u64().unwrap_or(0))
}
