//! `system df`: what images, containers, volumes and the build cache take.

use super::df_cache;
use crate::base::{size, time};
use crate::cli::app::{App, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::listing::Listing;
use crate::cli::template::{Mode, Record, Template, Value};
use crate::cli::verbs::{images, ps, volume};
use crate::wire::{BuildCache, ContainerSummary, DiskUsage, ImageSummary, Volume};

pub fn verb() -> Verb {
    Verb {
        paths: &["system df"],
        usage: "",
        about: "Show what images, containers and volumes take",
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
            "format",
            "",
            Text,
            "Format of the output: 'table', 'table TEMPLATE', 'json', or a Go template",
        ),
        flag("verbose", "v", Bool, "Show each object"),
    ]
}

const LISTING: Listing = Listing {
    table: "{{.Type}}\t{{.TotalCount}}\t{{.Active}}\t{{.Size}}\t{{.Reclaimable}}",
    raw: "type: {{.Type}}\ntotal: {{.TotalCount}}\nactive: {{.Active}}\nsize: {{.Size}}\nreclaimable: {{.Reclaimable}}\n",
    headers: &[
        ("Type", "TYPE"),
        ("TotalCount", "TOTAL"),
        ("Active", "ACTIVE"),
        ("Size", "SIZE"),
        ("Reclaimable", "RECLAIMABLE"),
    ],
    parse_error: "template parsing error",
    execute_error: "template parsing error",
};

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let mut usage: DiskUsage = client.get("/system/df").await?;
    if let Some(containers) = &mut usage.containers {
        containers.sort_by_key(|c| std::cmp::Reverse(c.created));
    }
    let format = given.text("format");
    if !given.on("verbose") {
        let rows = vec![
            images_row(&usage),
            containers_row(&usage),
            volumes_row(&usage),
            cache_row(&usage),
        ];
        out(&LISTING.render(format, rows)?);
        return Ok(0);
    }
    let verbose = Verbose {
        usage: &usage,
        now: time::now(),
    };
    match format {
        "" | "table" | "raw" => out(&verbose.tables()?),
        _ => out(&verbose.template(format)?),
    }
    Ok(0)
}

/// One line of the summary.
fn line(kind: &str, count: usize, active: usize, total: i64, free: i64, share: bool) -> Record {
    let mut reclaimable = size::decimal(free as f64);
    if share && total > 0 {
        reclaimable += &format!(" ({}%)", free.saturating_mul(100) / total);
    }
    let fields = vec![
        ("Active", active.to_string().into()),
        ("Reclaimable", reclaimable.into()),
        ("Size", size::decimal(total as f64).into()),
        ("TotalCount", count.to_string().into()),
        ("Type", kind.into()),
    ];
    let own = match kind {
        "Images" => "*formatter.diskUsageImagesContext",
        "Containers" => "*formatter.diskUsageContainersContext",
        "Local Volumes" => "*formatter.diskUsageVolumesContext",
        _ => "*formatter.diskUsageBuilderContext",
    };
    Record::context(own, fields)
}

/// What containers have of their images alone cannot be given back.
fn images_row(usage: &DiskUsage) -> Record {
    let all: &[ImageSummary] = usage.images.as_deref().unwrap_or_default();
    let used = || all.iter().filter(|i| i.containers > 0);
    let kept: i64 = used()
        .filter(|i| i.size != -1 && i.shared_size != -1)
        .map(|i| i.size - i.shared_size)
        .sum();
    let total = usage.layers_size;
    line(
        "Images",
        all.len(),
        used().count(),
        total,
        total - kept,
        true,
    )
}

fn containers_row(usage: &DiskUsage) -> Record {
    let all: &[ContainerSummary] = usage.containers.as_deref().unwrap_or_default();
    let active = |c: &ContainerSummary| {
        ["running", "paused", "restarting"]
            .iter()
            .any(|state| c.state.contains(state))
    };
    let total = all.iter().map(|c| c.size_rw).sum();
    let free = all.iter().filter(|c| !active(c)).map(|c| c.size_rw).sum();
    let count = all.iter().filter(|c| active(c)).count();
    line("Containers", all.len(), count, total, free, true)
}

fn volumes_row(usage: &DiskUsage) -> Record {
    let all: &[Volume] = usage.volumes.as_deref().unwrap_or_default();
    let known = || all.iter().filter_map(|v| v.usage_data.as_ref());
    let sized = || known().filter(|u| u.size != -1);
    let total = sized().map(|u| u.size).sum();
    let free = sized().filter(|u| u.ref_count == 0).map(|u| u.size).sum();
    let active = known().filter(|u| u.ref_count > 0).count();
    line("Local Volumes", all.len(), active, total, free, true)
}

fn cache_row(usage: &DiskUsage) -> Record {
    let all: &[BuildCache] = usage.build_cache.as_deref().unwrap_or_default();
    let total = df_cache::bytes(all);
    let busy: i64 = all.iter().filter(|c| c.in_use).map(|c| c.size).sum();
    let active = all.iter().filter(|c| c.in_use).count();
    line("Build Cache", all.len(), active, total, total - busy, false)
}

struct Verbose<'u> {
    usage: &'u DiskUsage,
    now: i64,
}

impl Verbose<'_> {
    fn images(&self, full: bool) -> Vec<Record> {
        let all = self.usage.images.iter().flatten();
        all.map(|i| images::first_row(i, full, self.now)).collect()
    }

    fn containers(&self, full: bool) -> Vec<Record> {
        let all = self.usage.containers.iter().flatten();
        all.map(|c| ps::row(c, full, self.now)).collect()
    }

    fn volumes(&self) -> Vec<Record> {
        self.usage
            .volumes
            .iter()
            .flatten()
            .map(volume::usage_row)
            .collect()
    }

    fn caches(&self, full: bool) -> Vec<Record> {
        let all = self.usage.build_cache.iter().flatten();
        all.map(|c| df_cache::row(c, full, self.now)).collect()
    }

    /// The page that people read.
    fn tables(&self) -> Result<String> {
        let images = images::listing(
            "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}",
        );
        let containers = ps::listing(
            "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}",
        );
        let volumes = volume::usage_listing();
        Ok(format!(
            "Images space usage:\n\n{}\nContainers space usage:\n\n{}\nLocal Volumes space usage:\n\n{}\nBuild cache usage: {}\n\n{}",
            images.render("", self.images(false))?,
            containers.render("", self.containers(false))?,
            volumes.render("", self.volumes())?,
            size::decimal(
                df_cache::bytes(self.usage.build_cache.as_deref().unwrap_or_default()) as f64
            ),
            df_cache::LISTING.render("", self.caches(false))?
        ))
    }

    /// `json`, or a template over all objects at once.
    fn template(&self, format: &str) -> Result<String> {
        let list = |rows: Vec<Record>| Value::list(rows.into_iter().map(Value::record).collect());
        let fields = vec![
            ("Images", list(self.images(true))),
            ("Containers", list(self.containers(true))),
            ("Volumes", list(self.volumes())),
            ("BuildCache", list(self.caches(true))),
        ];
        let all = Record {
            context: false,
            ..Record::context("*formatter.diskUsageContext", fields)
        };
        let text = match format {
            "json" => "{{json .}}",
            other => other.strip_prefix("table").map_or(other, str::trim_start),
        };
        let text = crate::cli::print::listing::unescape(text);
        let wrong = |e| Error::plain(format!("template parsing error: {e}"));
        let template = Template::parse("", &text).map_err(wrong)?;
        let shown = template.execute(&Value::record(all), Mode::default());
        // Docker's words for a template that fails have no more in front.
        Ok(shown.map_err(Error::plain)? + if format == "json" { "\n" } else { "" })
    }
}
