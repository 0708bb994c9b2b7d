//! `images`: lists images.

use crate::base::{duration, id, size, time};
use crate::cli::app::{App, out, path};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::listing::Listing;
use crate::cli::template::Record;
use crate::cli::verbs::image::tree;
use crate::wire::ImageSummary;

pub fn verb() -> Verb {
    Verb {
        paths: &["image ls", "image list", "images"],
        usage: "[REPOSITORY[:TAG]]",
        about: "List images",
        arity: Arity::AtMost(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("all", "a", Bool, "Show intermediate images too"),
        flag("digests", "", Bool, "Show digests"),
        flag(
            "filter",
            "f",
            Filter,
            "Show only those that match (dangling=true, reference=alp* ...)",
        ),
        flag(
            "format",
            "",
            Text,
            "Format of the output: 'table', 'table TEMPLATE', 'json', or a Go template",
        ),
        flag("no-trunc", "", Bool, "Do not shorten anything"),
        flag("quiet", "q", Bool, "Print IDs only"),
        flag("tree", "", Bool, "Show what images consist of").hidden(),
    ]
}

const TABLE: &str = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";
const DIGESTS: &str =
    "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";

pub const fn listing(table: &'static str) -> Listing {
    Listing {
        table,
        raw: "repository: {{.Repository}}\ntag: {{.Tag}}\nimage_id: {{.ID}}\ncreated_at: {{.CreatedAt}}\nvirtual_size: {{.Size}}\n",
        headers: &[
            ("ID", "IMAGE ID"),
            ("Repository", "REPOSITORY"),
            ("Tag", "TAG"),
            ("Digest", "DIGEST"),
            ("CreatedSince", "CREATED"),
            ("CreatedAt", "CREATED AT"),
            ("Size", "SIZE"),
            ("Containers", "CONTAINERS"),
            ("VirtualSize", "SIZE"),
            ("SharedSize", "SHARED SIZE"),
            ("UniqueSize", "UNIQUE SIZE"),
        ],
        parse_error: "template parsing error",
        execute_error: "template parsing error",
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    if given.on("tree") {
        tree::check(&given)?;
    }
    let client = app.client().await?;
    let mut filters = given.filters();
    if !given.first().is_empty() {
        filters.add("reference", given.first());
    }
    let json = filters.to_json();
    let mut query = Vec::new();
    if given.on("all") {
        query.push(("all", "1"));
    }
    if !filters.is_empty() {
        query.push(("filters", json.as_str()));
    }
    let found: Vec<ImageSummary> = client.get(&path("/images/json", &query)).await?;
    if given.on("tree") {
        tree::print(&found);
        return Ok(0);
    }
    let full = given.on("no-trunc");
    let now = time::now();
    let rows: Vec<Record> = found
        .iter()
        .flat_map(|image| rows(image, given.on("digests"), full, now))
        .collect();
    let format = given.text("format");
    // Docker lets a format of one's own win over --quiet.
    if given.on("quiet") && matches!(format, "" | "table") {
        out(&listing(TABLE).render("{{.ID}}", rows)?);
        return Ok(0);
    }
    let listing = listing(if given.on("digests") { DIGESTS } else { TABLE });
    out(&listing.render(format, rows)?);
    Ok(0)
}

/// An image has a row for each of its tags, or one without.
fn rows(image: &ImageSummary, digests: bool, full: bool, now: i64) -> Vec<Record> {
    let digest_of = |repository: &str| {
        digests_of(image)
            .filter_map(|d| d.split_once('@'))
            .find(|(name, _)| *name == repository)
            .map(|(_, digest)| digest.to_owned())
    };
    let mut rows: Vec<Record> = tags_of(image)
        .filter_map(|t| t.rsplit_once(':'))
        .filter(|(name, _)| *name != "<none>")
        .map(|(name, tag)| {
            let digest = digest_of(name).unwrap_or_else(|| "<none>".into());
            row(image, name, tag, &digest, full, now)
        })
        .collect();
    if rows.is_empty() {
        let untagged = digests_of(image).find_map(|d| d.split_once('@'));
        let (name, digest) = untagged.unwrap_or(("<none>", "<none>"));
        rows.push(row(
            image,
            name,
            "<none>",
            if digests { digest } else { "<none>" },
            full,
            now,
        ));
    }
    rows
}

fn tags_of(image: &ImageSummary) -> impl Iterator<Item = &str> {
    image.repo_tags.iter().flatten().map(String::as_str)
}

fn digests_of(image: &ImageSummary) -> impl Iterator<Item = &str> {
    image.repo_digests.iter().flatten().map(String::as_str)
}

/// Row of an image for `system df -v`: its first tag stands for all.
pub fn first_row(image: &ImageSummary, full: bool, now: i64) -> Record {
    let first = tags_of(image).next().and_then(|tag| tag.rsplit_once(':'));
    let (name, tag) = first.unwrap_or(("<none>", "<none>"));
    row(image, name, tag, "", full, now)
}

fn row(image: &ImageSummary, name: &str, tag: &str, digest: &str, full: bool, now: i64) -> Record {
    let known = |n: i64, text: String| if n < 0 { "N/A".to_owned() } else { text };
    let age = duration::human(now.saturating_sub(image.created.saturating_mul(1_000_000_000)));
    let bytes = image.size as f64;
    Record::context(
        "*formatter.imageContext",
        vec![
            (
                "Containers",
                known(image.containers, image.containers.to_string()).into(),
            ),
            ("CreatedAt", time::go_string(image.created).into()),
            ("CreatedSince", format!("{age} ago").into()),
            ("Digest", digest.into()),
            (
                "ID",
                if full {
                    image.id.as_str()
                } else {
                    id::short(&image.id)
                }
                .into(),
            ),
            ("Repository", name.into()),
            (
                "SharedSize",
                known(image.shared_size, size::decimal(image.shared_size as f64)).into(),
            ),
            ("Size", size::decimal_short(bytes).into()),
            ("Tag", tag.into()),
            (
                "UniqueSize",
                known(
                    image.shared_size,
                    size::decimal(bytes - image.shared_size as f64),
                )
                .into(),
            ),
            ("VirtualSize", size::decimal(bytes).into()),
        ],
    )
}
