//! `ps`: lists containers.

use crate::base::{duration, id, size, time};
use crate::cli::app::{App, err, out, path};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Bool, Filter, Int, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::hints;
use crate::cli::print::listing::{Listing, label_of};
use crate::cli::template::{NilKind, Record, Value};
use crate::wire::{ContainerSummary, Port};

pub fn verb() -> Verb {
    Verb {
        paths: &["container ls", "container list", "container ps", "ps"],
        usage: "",
        about: "List containers",
        arity: Arity::None,
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag("all", "a", Bool, "Show stopped containers too"),
        flag(
            "filter",
            "f",
            Filter,
            "Show only those that match (status=exited, name=web, label=x ...)",
        ),
        flag(
            "format",
            "",
            Text,
            "Format of the output: 'table', 'table TEMPLATE', 'json', or a Go template",
        ),
        flag("last", "n", Int, "Show the last n created, in any state").default("-1"),
        flag("latest", "l", Bool, "Show the last created, in any state"),
        flag("no-trunc", "", Bool, "Do not shorten anything"),
        flag("quiet", "q", Bool, "Print IDs only"),
        flag("size", "s", Bool, "Show sizes"),
    ]
}

const TABLE: &str =
    "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}";
const SIZED: &str = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t{{.Names}}\t{{.Size}}";

pub const fn listing(table: &'static str) -> Listing {
    Listing {
        table,
        raw: "container_id: {{.ID}}\nimage: {{.Image}}\ncommand: {{.Command}}\ncreated_at: {{.CreatedAt}}\nstate: {{.State}}\nstatus: {{.Status}}\nnames: {{.Names}}\nlabels: {{.Labels}}\nports: {{- pad .Ports 1 0}}\n",
        headers: &[
            ("ID", "CONTAINER ID"),
            ("Names", "NAMES"),
            ("Image", "IMAGE"),
            ("Command", "COMMAND"),
            ("CreatedAt", "CREATED AT"),
            ("RunningFor", "CREATED"),
            ("Ports", "PORTS"),
            ("State", "STATE"),
            ("Status", "STATUS"),
            ("Size", "SIZE"),
            ("Labels", "LABELS"),
            ("Mounts", "MOUNTS"),
            ("LocalVolumes", "LOCAL VOLUMES"),
            ("Networks", "NETWORKS"),
            ("Platform", "PLATFORM"),
        ],
        parse_error: "failed to parse template",
        execute_error: "failed to execute template",
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let format = given.text("format");
    let quiet = given.on("quiet");
    if quiet && !format.is_empty() {
        err("WARNING: Ignoring custom format, because both --format and --quiet are set.\n");
    }
    if !format.is_empty() {
        // As in Docker a field that does not exist is told without any container too.
        let nobody = row(&ContainerSummary::default(), false, 0);
        listing(TABLE).render(format, vec![nobody])?;
    }
    let sized =
        given.on("size") || (!quiet && format.contains(".Size")) || format.contains("json .");
    let client = app.client().await?;
    let filters = given.filters();
    let json = filters.to_json();
    let last = if given.on("latest") {
        1
    } else {
        given.int("last")
    };
    let limit = last.to_string();
    let mut query = Vec::new();
    if given.on("all") {
        query.push(("all", "1"));
    }
    if last > 0 {
        query.push(("limit", limit.as_str()));
    }
    if sized {
        query.push(("size", "1"));
    }
    if !filters.is_empty() {
        query.push(("filters", json.as_str()));
    }
    let found: Vec<ContainerSummary> = client.get(&path("/containers/json", &query)).await?;
    let full = given.on("no-trunc");
    if quiet {
        let ids = found
            .iter()
            .map(|c| if full { &c.id } else { id::short(&c.id) });
        out(&ids.map(|i| format!("{i}\n")).collect::<String>());
        return Ok(0);
    }
    let now = time::now();
    let rows = found.iter().map(|c| row(c, full, now)).collect();
    let listing = listing(if given.on("size") { SIZED } else { TABLE });
    out(&listing.render(format, rows)?);
    if found.is_empty() && format.is_empty() && query.is_empty() {
        hints::after_empty_list(&app);
    }
    Ok(0)
}

pub fn row(c: &ContainerSummary, full: bool, now: i64) -> Record {
    let command = format!(
        "\"{}\"",
        if full {
            c.command.clone()
        } else {
            ellipsis(&c.command, 20)
        }
    );
    let names: Vec<&str> = c
        .names
        .iter()
        .map(|n| n.strip_prefix('/').unwrap_or(n))
        // Links show up as `other/alias`.
        .filter(|n| full || !n.contains('/'))
        .collect();
    let labels: Vec<String> = c.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let networks: Vec<&str> = c
        .network_settings
        .networks
        .keys()
        .map(String::as_str)
        .collect();
    let mounts: Vec<String> = c
        .mounts
        .iter()
        .map(|m| {
            let name = if m.name.is_empty() {
                &m.source
            } else {
                &m.name
            };
            if full {
                name.clone()
            } else {
                ellipsis(name, 15)
            }
        })
        .collect();
    let locals = c.mounts.iter().filter(|m| m.driver == "local").count();
    let writable = size::decimal_short(c.size_rw as f64);
    let total = match c.size_root_fs {
        0 => writable,
        n => format!("{writable} (virtual {})", size::decimal_short(n as f64)),
    };
    let label = label_of(c.labels.clone());
    let image = match c.image.as_str() {
        "" => "<no image>".to_owned(),
        // An image without a name is known by its id.
        image if !full && image.starts_with("sha256:") => id::short(image).to_owned(),
        image => image.to_owned(),
    };
    let age = duration::human(now.saturating_sub(c.created.saturating_mul(1_000_000_000)));
    Record::context(
        "*formatter.ContainerContext",
        vec![
            ("Command", command.into()),
            ("CreatedAt", time::go_string(c.created).into()),
            (
                "ID",
                if full {
                    c.id.as_str()
                } else {
                    id::short(&c.id)
                }
                .into(),
            ),
            ("Image", image.into()),
            ("Labels", labels.join(",").into()),
            ("LocalVolumes", locals.to_string().into()),
            ("Mounts", mounts.join(",").into()),
            ("Names", names.join(",").into()),
            ("Networks", networks.join(",").into()),
            ("Platform", Value::Nil(NilKind::Pointer)),
            ("Ports", ports(&c.ports).into()),
            ("RunningFor", format!("{age} ago").into()),
            ("Size", total.into()),
            ("State", c.state.as_str().into()),
            ("Status", c.status.as_str().into()),
        ],
    )
    .hide("Label", label)
}

/// Shortens to so many characters, the last of them `…`.
pub fn ellipsis(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

/// Ports as Docker shows them: neighbours with the same binding become a range.
pub fn ports(ports: &[Port]) -> String {
    let mut sorted: Vec<&Port> = ports.iter().collect();
    sorted.sort_by(|a, b| {
        (a.private_port, &a.ip, a.public_port, &a.kind).cmp(&(
            b.private_port,
            &b.ip,
            b.public_port,
            &b.kind,
        ))
    });
    let mut bound = Vec::new();
    let mut spans: Vec<(String, u16, u16)> = Vec::new();
    for port in sorted {
        if port.public_port != 0 && port.public_port != port.private_port {
            let ip = if port.ip.contains(':') {
                format!("[{}]", port.ip)
            } else {
                port.ip.clone()
            };
            bound.push(format!(
                "{ip}:{}->{}/{}",
                port.public_port, port.private_port, port.kind
            ));
            continue;
        }
        let key = match (port.ip.as_str(), port.public_port) {
            (_, 0) => format!("/{}", port.kind),
            (ip, _) if ip.contains(':') => format!("[{ip}]/{}", port.kind),
            (ip, _) => format!("{ip}/{}", port.kind),
        };
        match spans
            .iter_mut()
            .find(|(k, _, last)| *k == key && last.checked_add(1) == Some(port.private_port))
        {
            Some(span) => span.2 = port.private_port,
            None => spans.push((key, port.private_port, port.private_port)),
        }
    }
    let mut shown: Vec<String> = spans
        .iter()
        .map(|(key, first, last)| {
            let span = if first == last {
                first.to_string()
            } else {
                format!("{first}-{last}")
            };
            match key.split_once('/') {
                Some(("", kind)) => format!("{span}/{kind}"),
                Some((ip, kind)) => format!("{ip}:{span}->{span}/{kind}"),
                None => span,
            }
        })
        .collect();
    shown.extend(bound);
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_their_ranges() {
        let port = |ip: &str, private_port, public_port| Port {
            ip: ip.into(),
            private_port,
            public_port,
            kind: "tcp".into(),
        };
        assert_eq!(
            ports(&[port("0.0.0.0", 80, 8080), port("::", 80, 8080)]),
            "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"
        );
        assert_eq!(
            ports(&[port("", 80, 0), port("", 81, 0), port("", 90, 0)]),
            "80-81/tcp, 90/tcp"
        );
        assert_eq!(
            ports(&[port("0.0.0.0", 80, 80), port("0.0.0.0", 81, 81)]),
            "0.0.0.0:80-81->80-81/tcp"
        );
    }

    #[test]
    fn long_commands_are_cut() {
        assert_eq!(ellipsis("sleep 100", 20), "sleep 100");
        assert_eq!(
            ellipsis("sh -c 'echo a lot of words'", 20),
            "sh -c 'echo a lot o…"
        );
    }
}
