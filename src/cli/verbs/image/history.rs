//! `history`: the steps that made an image.

use crate::base::{duration, id, platform, size, time};
use crate::cli::app::{App, image, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::listing::Listing;
use crate::cli::template::Record;
use crate::cli::verbs::ps::ellipsis;
use crate::wire::ImageHistory;

pub fn verb() -> Verb {
    Verb {
        paths: &["image history", "history"],
        usage: "IMAGE",
        about: "Show the steps that made an image",
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
            "format",
            "",
            Text,
            "Format of the output: 'table', 'table TEMPLATE', 'json', or a Go template",
        ),
        flag("human", "H", Bool, "Print ages and rounded sizes").default("true"),
        flag("no-trunc", "", Bool, "Do not shorten anything"),
        flag(
            "platform",
            "",
            Text,
            "Platform of the image (os[/arch[/variant]])",
        ),
        flag("quiet", "q", Bool, "Print IDs only"),
    ]
}

const LISTING: Listing = Listing {
    table: "{{.ID}}\t{{.CreatedSince}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}",
    raw: "",
    headers: &[
        ("ID", "IMAGE"),
        ("CreatedSince", "CREATED"),
        ("CreatedAt", "CREATED AT"),
        ("CreatedBy", "CREATED BY"),
        ("Size", "SIZE"),
        ("Comment", "COMMENT"),
    ],
    parse_error: "template parsing error",
    execute_error: "template parsing error",
};

/// The table without `--human`.
const EXACT: &str = "table {{.ID}}\t{{.CreatedAt}}\t{{.CreatedBy}}\t{{.Size}}\t{{.Comment}}";
/// Characters of an instruction in a table.
const INSTRUCTION: usize = 45;
/// Go's zero time in seconds: the step's time is not known.
const NEVER: i64 = -62_135_596_800;

async fn run(app: App, given: Given) -> Result<i32> {
    let parameter = platform::parameter(given.text("platform"));
    let parameter = parameter.map_err(|e| Error::plain(format!("invalid platform: {e}")))?;
    let query: Vec<(&str, &str)> = parameter.iter().map(|p| ("platform", p.as_str())).collect();
    let client = app.client().await?;
    let target = path(&image(given.first(), "/history"), &query);
    let steps: Vec<ImageHistory> = client.get(&target).await?;
    let shown = Shown {
        full: given.on("no-trunc"),
        human: given.on("human"),
        now: time::now(),
    };
    let rows = steps.iter().map(|step| shown.row(step)).collect();
    let format = match given.text("format") {
        _ if given.on("quiet") => "{{.ID}}",
        "" | "table" if !shown.human => EXACT,
        format => format,
    };
    out(&LISTING.render(format, rows)?);
    Ok(0)
}

struct Shown {
    full: bool,
    human: bool,
    now: i64,
}

impl Shown {
    fn row(&self, step: &ImageHistory) -> Record {
        let created = step.created.saturating_mul(1_000_000_000);
        let at = match step.created > NEVER {
            true => time::rfc3339_nano(created),
            false => String::new(),
        };
        let since = match self.human && !at.is_empty() {
            true => format!("{} ago", duration::human(self.now.saturating_sub(created))),
            false => at.clone(),
        };
        let by = step.created_by.replace('\t', " ");
        let by = if self.full {
            by
        } else {
            ellipsis(&by, INSTRUCTION)
        };
        let size = match self.human {
            true => size::decimal_short(step.size as f64),
            false => step.size.to_string(),
        };
        let id = if self.full {
            step.id.as_str()
        } else {
            id::short(&step.id)
        };
        let fields = vec![
            ("Comment", step.comment.as_str().into()),
            ("CreatedAt", at.into()),
            ("CreatedBy", by.into()),
            ("CreatedSince", since.into()),
            ("ID", id.into()),
            ("Size", size.into()),
        ];
        Record::context("*image.historyContext", fields)
    }
}
