//! `volume ls`: lists volumes.

use crate::base::size;
use crate::cli::app::{App, filtered, out};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::listing::{Listing, label_of};
use crate::cli::print::natural;
use crate::cli::template::Record;
use crate::wire::{Volume, VolumeList};

pub fn verb() -> Verb {
    Verb {
        paths: &["volume ls", "volume list"],
        usage: "",
        about: "List volumes",
        arity: Arity::None,
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("cluster", "", Bool, "Show cluster volumes alone").hidden(),
        flag(
            "filter",
            "f",
            Filter,
            "Show only those that match (dangling=true, label=a=b ...)",
        ),
        flag(
            "format",
            "",
            Text,
            "Format of the output: 'table', 'table TEMPLATE', 'json', or a Go template",
        ),
        flag("quiet", "q", Bool, "Print names only"),
    ]
}

const LISTING: Listing = Listing {
    table: "{{.Driver}}\t{{.Name}}",
    raw: "name: {{.Name}}\ndriver: {{.Driver}}\n",
    headers: &[
        ("Name", "VOLUME NAME"),
        ("Driver", "DRIVER"),
        ("Scope", "SCOPE"),
        ("Availability", "AVAILABILITY"),
        ("Mountpoint", "MOUNTPOINT"),
        ("Labels", "LABELS"),
        ("Links", "LINKS"),
        ("Size", "SIZE"),
        ("Group", "GROUP"),
        ("Status", "STATUS"),
    ],
    parse_error: "template parsing error",
    execute_error: "template parsing error",
};

const CLUSTER: &str = "table {{.Name}}\t{{.Group}}\t{{.Driver}}\t{{.Availability}}\t{{.Status}}";

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let found: VolumeList = client.get(&filtered("/volumes", &given.filters())).await?;
    let mut all = found.volumes.unwrap_or_default();
    all.sort_by(|a, b| natural::compare(&a.name, &b.name));
    let mut format = given.text("format");
    if given.on("cluster") {
        // There is no cluster, so it has no volumes.
        all.clear();
        format = if format.is_empty() { CLUSTER } else { format };
    } else if format.is_empty() && given.on("quiet") {
        format = "{{.Name}}";
    }
    out(&LISTING.render(format, all.iter().map(row).collect())?);
    Ok(0)
}

/// The columns of `system df -v`.
pub fn usage_listing() -> Listing {
    Listing {
        table: "{{.Name}}\t{{.Links}}\t{{.Size}}",
        ..LISTING
    }
}

pub fn row(volume: &Volume) -> Record {
    let labels = volume.labels.clone().unwrap_or_default();
    let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let label = label_of(labels);
    let usage = volume.usage_data.as_ref();
    let links = usage.map_or("N/A".to_owned(), |u| u.ref_count.to_string());
    let bytes = usage.map_or("N/A".to_owned(), |u| size::decimal(u.size as f64));
    let fields = vec![
        ("Availability", "N/A".into()),
        ("Driver", volume.driver.as_str().into()),
        ("Group", "N/A".into()),
        ("Labels", pairs.join(",").into()),
        ("Links", links.into()),
        ("Mountpoint", volume.mountpoint.as_str().into()),
        ("Name", volume.name.as_str().into()),
        ("Scope", volume.scope.as_str().into()),
        ("Size", bytes.into()),
        ("Status", "N/A".into()),
    ];
    Record::context("*formatter.volumeContext", fields).hide("Label", label)
}
