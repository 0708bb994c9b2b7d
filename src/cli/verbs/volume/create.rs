//! `volume create`: makes a volume, or finds the one of this name.

use crate::cli::app::{App, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bytes, List, Map, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::Body;
use crate::wire::{StringMap, Volume, VolumeCreate};
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["volume create"],
        usage: "[VOLUME]",
        about: "Make a volume",
        arity: Arity::AtMost(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

/// Flags of volumes that a cluster shares.
const CLUSTER: [&str; 9] = [
    "availability",
    "group",
    "scope",
    "secret",
    "sharing",
    "topology-preferred",
    "topology-required",
    "type",
    "limit-bytes",
];

fn flags() -> Vec<Flag> {
    let mut all = vec![
        flag("driver", "d", Text, "Name of the driver").default("local"),
        flag("label", "", List, "Label of the volume"),
        flag("opt", "o", Map, "Options of the driver"),
        flag("name", "", Text, "Name of the volume").hidden(),
        flag("required-bytes", "", Bytes, "Size of a cluster volume").hidden(),
    ];
    all.extend(
        CLUSTER
            .iter()
            .map(|name| flag(name, "", List, "Of a cluster volume").hidden()),
    );
    all
}

async fn run(app: App, given: Given) -> Result<i32> {
    let mut name = given.first().to_owned();
    if !given.text("name").is_empty() {
        if !name.is_empty() {
            return Err(Error::plain(
                "conflicting options: cannot specify a volume-name through both --name and as a positional arg",
            ));
        }
        given.text("name").clone_into(&mut name);
    }
    let pairs = |flag: &str| -> Option<StringMap> {
        let pair = |text: &String| {
            let (key, value) = text.split_once('=').unwrap_or((text, ""));
            (key.to_owned(), value.to_owned())
        };
        let all: StringMap = given.list(flag).iter().map(pair).collect();
        Some(all).filter(|all| !all.is_empty())
    };
    let in_cluster = CLUSTER
        .iter()
        .chain(&["required-bytes"])
        .any(|f| given.changed(f));
    let request = VolumeCreate {
        cluster_volume_spec: in_cluster.then(|| serde_json::json!({})),
        driver: given.text("driver").to_owned(),
        driver_opts: pairs("opt"),
        labels: pairs("label"),
        name,
    };
    let client = app.client().await?;
    let body = Body::json(&request)?;
    let made: Volume = client.json(Method::POST, "/volumes/create", body).await?;
    out(&format!("{}\n", made.name));
    Ok(0)
}
