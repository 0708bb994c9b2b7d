//! `search`: looks for images in the public registry.

use crate::cli::app::{App, out, path};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter, Int, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::listing::Listing;
use crate::cli::template::Record;
use crate::cli::verbs::ps::ellipsis;
use crate::wire::SearchResult;

pub fn verb() -> Verb {
    Verb {
        paths: &["search"],
        usage: "TERM",
        about: "Look for images in the public registry",
        arity: Arity::Exactly(1),
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
            "f",
            Filter,
            "Show only those that match (is-official=true, stars=3 ...)",
        ),
        flag("format", "", Text, "Format of the output: a Go template"),
        flag("limit", "", Int, "How many results at most"),
        flag("no-trunc", "", Bool, "Do not shorten anything"),
    ]
}

const LISTING: Listing = Listing {
    table: "{{.Name}}\t{{.Description}}\t{{.StarCount}}\t{{.IsOfficial}}",
    raw: "",
    headers: &[
        ("Name", "NAME"),
        ("Description", "DESCRIPTION"),
        ("StarCount", "STARS"),
        ("IsOfficial", "OFFICIAL"),
        ("IsAutomated", "AUTOMATED"),
    ],
    parse_error: "template parsing error",
    execute_error: "template parsing error",
};

/// Characters of a description in a table.
const DESCRIPTION: usize = 45;

async fn run(app: App, given: Given) -> Result<i32> {
    let filters = given.filters();
    let (json, limit) = (filters.to_json(), given.int("limit").to_string());
    let mut query = vec![("term", given.first())];
    if given.int("limit") > 0 {
        query.push(("limit", &limit));
    }
    if !filters.is_empty() {
        query.push(("filters", &json));
    }
    let client = app.client().await?;
    let client = client.with_registry_auth(&app.registry_auth("docker.io")?);
    let found: Vec<SearchResult> = client.get(&path("/images/search", &query)).await?;
    let full = given.on("no-trunc");
    let rows = found.iter().map(|one| row(one, full)).collect();
    out(&LISTING.render(given.text("format"), rows)?);
    Ok(0)
}

fn row(one: &SearchResult, full: bool) -> Record {
    let mark = |on: bool| if on { "[OK]" } else { "" };
    let flat = one.description.replace(['\n', '\r'], " ");
    let description = if full {
        flat
    } else {
        ellipsis(&flat, DESCRIPTION)
    };
    let fields = vec![
        ("Description", description.into()),
        ("IsAutomated", mark(one.is_automated).into()),
        ("IsOfficial", mark(one.is_official).into()),
        ("Name", one.name.as_str().into()),
        ("StarCount", one.star_count.to_string().into()),
    ];
    Record::context("*formatter.searchContext", fields)
}
