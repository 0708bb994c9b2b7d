//! `inspect`: everything the engine knows about objects, as JSON or through a template.

use crate::base::platform;
use crate::cli::app::{App, container, escape, image, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::template::{Mode, NilKind, Record, Template, Value};
use crate::client::{self, Client};

pub fn verbs() -> Vec<Verb> {
    let typed = |paths: &'static [&'static str], usage, about, flags| Verb {
        paths,
        usage,
        about,
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    };
    vec![
        typed(
            &["inspect"],
            "NAME|ID [NAME|ID...]",
            "Show everything known about objects",
            all_flags,
        ),
        typed(
            &["container inspect"],
            "CONTAINER [CONTAINER...]",
            "Show everything known about containers",
            container_flags,
        ),
        typed(
            &["image inspect"],
            "IMAGE [IMAGE...]",
            "Show everything known about images",
            image_flags,
        ),
        typed(
            &["network inspect"],
            "NETWORK [NETWORK...]",
            "Show everything known about networks",
            network_flags,
        ),
        typed(
            &["volume inspect"],
            "VOLUME [VOLUME...]",
            "Show everything known about volumes",
            || vec![format()],
        ),
    ]
}

fn format() -> Flag {
    flag(
        "format",
        "f",
        Text,
        "Format of the output: 'json', or a Go template",
    )
}

fn all_flags() -> Vec<Flag> {
    vec![
        format(),
        flag("size", "s", Bool, "Show sizes of containers"),
        flag("type", "", Text, "Only objects of this kind"),
    ]
}

fn container_flags() -> Vec<Flag> {
    vec![format(), flag("size", "s", Bool, "Show sizes")]
}

fn image_flags() -> Vec<Flag> {
    vec![
        format(),
        flag("platform", "", Text, "Platform of the image"),
    ]
}

fn network_flags() -> Vec<Flag> {
    vec![
        format(),
        flag("verbose", "v", Bool, "Also what a cluster knows"),
    ]
}

const TYPES: &[&str] = &[
    "config",
    "container",
    "image",
    "network",
    "node",
    "plugin",
    "secret",
    "service",
    "task",
    "volume",
];

/// Fields whose keys are data: Go has maps there and not structs.
const MAPS: &[&str] = &[
    "Labels",
    "Networks",
    "Ports",
    "PortBindings",
    "Volumes",
    "ExposedPorts",
    "Annotations",
    "Tmpfs",
    "Sysctls",
    "StorageOpt",
    "DriverOpts",
    "Options",
    "Details",
    "Runtimes",
    "Attributes",
    "IndexConfigs",
    "Containers",
    "AuxiliaryAddresses",
];

/// Pointers that Go leaves out of the JSON when they are nil; a template may still name them.
const POINTERS: &[(&str, &[&str])] = &[
    ("", &["SizeRw", "SizeRootFs"]),
    ("State", &["Health"]),
    ("HostConfig", &["Init"]),
    ("Config", &["Healthcheck", "StopTimeout"]),
];

/// Values of one object that Go leaves out of the JSON when they are empty.
struct Empties {
    of: &'static str,
    texts: &'static [&'static str],
    lists: &'static [&'static str],
    maps: &'static [&'static str],
}

const EMPTIES: &[Empties] = &[
    Empties {
        of: "HostConfig",
        texts: &[],
        lists: &["Mounts"],
        maps: &["Annotations", "StorageOpt", "Tmpfs", "Sysctls"],
    },
    Empties {
        of: "Config",
        texts: &["StopSignal", "MacAddress"],
        lists: &["Shell"],
        maps: &["ExposedPorts"],
    },
];

async fn run(app: App, given: Given) -> Result<i32> {
    let kind = match given.path.split_once(' ') {
        Some((group, _)) => group.to_owned(),
        None => given.text("type").to_owned(),
    };
    if !kind.is_empty() && !TYPES.contains(&kind.as_str()) {
        let all: Vec<String> = TYPES.iter().map(|t| format!("{t:?}")).collect();
        return Err(Error::plain(format!(
            "unknown type: {kind:?}: must be one of {}",
            all.join(", ")
        )));
    }
    let template = match given.text("format") {
        "" => None,
        "json" => Some(None),
        text => {
            let parsed = Template::parse("", text)
                .map_err(|e| Error::template(format!("template parsing error: {e}")))?;
            Some(Some(parsed))
        }
    };
    let platform = platform::parameter(given.text("platform"));
    let asked = Asked {
        sizes: given.on("size"),
        platform: platform.map_err(|e| Error::plain(e.to_string()))?,
    };
    let client = app.client().await?;
    let mut shown = Vec::new();
    let mut failure: Option<Vec<String>> = None;
    for name in &given.args {
        let found = match fetch(&client, &kind, name, &asked).await {
            Ok(found) => found,
            Err(error) => {
                failure.get_or_insert_with(Vec::new).push(error.message);
                continue;
            }
        };
        match &template {
            Some(Some(template)) => match render(template, &found) {
                Ok(text) => out(&format!("{text}\n")),
                Err(words) => {
                    out("\n");
                    return Err(Error::plain(format!("template parsing error: {words}")));
                }
            },
            _ => shown.push(found),
        }
    }
    match template {
        None => out(&pretty(&serde_json::Value::Array(shown))),
        Some(None) => out(&format!("{}\n", serde_json::Value::Array(shown))),
        // Docker ends a template's output with a line feed even if there is none.
        Some(Some(_))
            if failure
                .as_ref()
                .is_some_and(|f| f.len() == given.args.len()) =>
        {
            out("\n")
        }
        Some(Some(_)) => {}
    }
    match failure {
        None => Ok(0),
        Some(messages) => Err(Error::plain(messages.join("\n"))),
    }
}

/// JSON as Docker indents it: four spaces, and an empty list on one line.
fn pretty(value: &serde_json::Value) -> String {
    use serde::Serialize;
    let mut bytes = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, format);
    // Writing to memory does not fail.
    let _ = value.serialize(&mut serializer);
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    text.push('\n');
    text
}

/// What is asked of each object.
struct Asked {
    sizes: bool,
    /// The API's parameter.
    platform: Option<String>,
}

async fn fetch(
    client: &Client,
    kind: &str,
    name: &str,
    asked: &Asked,
) -> Result<serde_json::Value> {
    let size = if asked.sizes { "?size=1" } else { "" };
    let platform: Vec<(&str, &str)> = asked
        .platform
        .iter()
        .map(|p| ("platform", p.as_str()))
        .collect();
    if name.trim().is_empty() && matches!(kind, "network" | "volume") {
        return Err(Error::plain(format!(
            "invalid {kind} name or ID: value is empty"
        )));
    }
    let name_in_path = escape(name);
    let candidates = [
        ("container", container(name, &format!("/json{size}"))?),
        ("image", path(&image(name, "/json"), &platform)),
        ("network", format!("/networks/{name_in_path}")),
        ("volume", format!("/volumes/{name_in_path}")),
    ];
    for (of, path) in candidates {
        if !kind.is_empty() && of != kind {
            continue;
        }
        match client.get::<serde_json::Value>(&path).await {
            Ok(found) => return Ok(found),
            // An object of another kind may have the name, or the engine may not know this kind.
            Err(client::Error::Api {
                status: 404 | 501, ..
            }) if kind.is_empty() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::plain(match kind {
        "" => format!("Error: No such object: {name}"),
        kind => format!("Error: No such {kind}: {name}"),
    }))
}

/// First as Go's structs; what they do not have is looked for in the plain JSON, whose error is the one to show.
fn render(template: &Template, found: &serde_json::Value) -> std::result::Result<String, String> {
    let is_map = |name: &str| MAPS.contains(&name);
    let typed = match Value::typed(found, "*container.InspectResponse", &is_map) {
        Value::Struct(record) => Value::record(with_nils(&record, "")),
        other => other,
    };
    template.execute(&typed, Mode::default()).or_else(|_| {
        let mode = Mode {
            strict_keys: true,
            ..Mode::default()
        };
        template.execute(&Value::from_json(found), mode)
    })
}

/// Adds what Go's structs have and their JSON leaves out.
fn with_nils(record: &Record, name: &str) -> Record {
    let mut fields = record.fields.clone();
    let is_image = name.is_empty() && record.get("RootFS").is_some();
    for (field, value) in &mut fields {
        let Value::Struct(inner) = value else {
            continue;
        };
        if is_image && field == "Config" {
            *value = Value::record(image_config(inner));
            continue;
        }
        *value = Value::record(match field.as_str() {
            // Their only inner object is a map in Go.
            "GraphDriver" | "LogConfig" => data_map(inner),
            _ => with_nils(inner, field),
        });
    }
    let mut hidden = Vec::new();
    let mut add = |names: &[&str], value: &Value| {
        for name in names {
            if record.get(name).is_none() {
                hidden.push(((*name).to_owned(), value.clone()));
            }
        }
    };
    for (_, names) in POINTERS.iter().filter(|(of, _)| *of == name) {
        add(names, &Value::Nil(NilKind::Pointer));
    }
    for empties in EMPTIES.iter().filter(|e| e.of == name) {
        add(empties.texts, &"".into());
        add(empties.lists, &Value::Nil(NilKind::List));
        add(empties.maps, &Value::Nil(NilKind::Map));
    }
    Record {
        type_name: record.type_name.clone(),
        fields,
        context: false,
        hidden,
    }
}

/// The fields of an image's config in the order of Go's struct, which the API's JSON does not have.
const IMAGE_CONFIG: &[&str] = &[
    "User",
    "ExposedPorts",
    "Env",
    "Entrypoint",
    "Cmd",
    "Volumes",
    "WorkingDir",
    "Labels",
    "StopSignal",
    "ArgsEscaped",
    "Healthcheck",
    "OnBuild",
    "Shell",
];

/// What is empty is left out of its JSON and can still be named.
fn image_config(config: &Record) -> Record {
    let empty = |value: &Value| !value.is_true();
    let ordered = IMAGE_CONFIG.iter().filter_map(|name| {
        let value = config.get(name)?.clone();
        Some(((*name).to_owned(), value))
    });
    let (hidden, fields) = ordered.partition(|(_, value)| empty(value));
    let mut shown = Record {
        type_name: config.type_name.clone(),
        fields,
        context: false,
        hidden,
    };
    for empties in EMPTIES.iter().filter(|e| e.of == "Config") {
        let mut add = |names: &[&str], value: &Value| {
            let missing = names.iter().filter(|name| config.get(name).is_none());
            shown
                .hidden
                .extend(missing.map(|n| ((*n).to_owned(), value.clone())));
        };
        add(empties.texts, &"".into());
        add(empties.lists, &Value::Nil(NilKind::List));
        add(empties.maps, &Value::Nil(NilKind::Map));
    }
    let health = ("Healthcheck".to_owned(), Value::Nil(NilKind::Pointer));
    if config.get("Healthcheck").is_none() {
        shown.hidden.push(health);
    }
    shown
}

fn data_map(driver: &Record) -> Record {
    let fields = driver
        .fields
        .iter()
        .map(|(name, value)| match value {
            Value::Struct(data) => (
                name.clone(),
                Value::Map(std::rc::Rc::new(data.fields.iter().cloned().collect())),
            ),
            other => (name.clone(), other.clone()),
        })
        .collect();
    Record {
        type_name: driver.type_name.clone(),
        fields,
        ..Record::default()
    }
}
