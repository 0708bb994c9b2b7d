//! `network ls`: lists networks.

use crate::base::id;
use crate::cli::app::{App, filtered, out};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::listing::{Listing, label_of};
use crate::cli::print::natural;
use crate::cli::template::Record;
use crate::wire::Network;

pub fn verb() -> Verb {
    Verb {
        paths: &["network ls", "network list"],
        usage: "",
        about: "List networks",
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
            "f",
            Filter,
            "Show only those that match (driver=bridge, label=a=b ...)",
        ),
        flag(
            "format",
            "",
            Text,
            "Format of the output: 'table', 'table TEMPLATE', 'json', or a Go template",
        ),
        flag("no-trunc", "", Bool, "Do not shorten ids"),
        flag("quiet", "q", Bool, "Print ids only"),
    ]
}

const LISTING: Listing = Listing {
    table: "{{.ID}}\t{{.Name}}\t{{.Driver}}\t{{.Scope}}",
    raw: "network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n",
    headers: &[
        ("ID", "NETWORK ID"),
        ("Name", "NAME"),
        ("Driver", "DRIVER"),
        ("Scope", "SCOPE"),
        ("IPv4", "IPV4"),
        ("IPv6", "IPV6"),
        ("Internal", "INTERNAL"),
        ("Labels", "LABELS"),
        ("CreatedAt", "CREATED AT"),
    ],
    parse_error: "template parsing error",
    execute_error: "template parsing error",
};

async fn run(app: App, given: Given) -> Result<i32> {
    let client = app.client().await?;
    let mut all: Vec<Network> = client.get(&filtered("/networks", &given.filters())).await?;
    all.sort_by(|a, b| natural::compare(&a.name, &b.name));
    let format = match given.text("format") {
        "" if given.on("quiet") => "{{.ID}}",
        format => format,
    };
    let full = given.on("no-trunc");
    let rows = all.iter().map(|network| row(network, full)).collect();
    out(&LISTING.render(format, rows)?);
    Ok(0)
}

fn row(network: &Network, full: bool) -> Record {
    let shown = if full {
        &network.id
    } else {
        id::short(&network.id)
    };
    let labels = network.labels.clone().unwrap_or_default();
    let pairs: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let label = label_of(labels);
    let fields = vec![
        ("CreatedAt", created(&network.created).into()),
        ("Driver", network.driver.as_str().into()),
        ("ID", shown.into()),
        ("IPv4", network.enable_ipv4.to_string().into()),
        ("IPv6", network.enable_ipv6.to_string().into()),
        ("Internal", network.internal.to_string().into()),
        ("Labels", pairs.join(",").into()),
        ("Name", network.name.as_str().into()),
        ("Scope", network.scope.as_str().into()),
    ];
    Record::context("*network.networkContext", fields).hide("Label", label)
}

/// Go's text of a time in UTC, with its fraction.
fn created(rfc3339: &str) -> String {
    let text = rfc3339.trim_end_matches('Z').replacen('T', " ", 1);
    format!("{text} +0000 UTC")
}
