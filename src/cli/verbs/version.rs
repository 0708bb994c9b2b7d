//! `version`: of this program and of the engine.

use crate::base::time;
use crate::cli::app::{App, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::Text;
use crate::cli::grammar::{Arity, Given, Verb, flag};
use crate::cli::print::document;
use crate::cli::template::{NilKind, Record, Value};
use crate::wire::{API_VERSION, Version};

/// The Docker release whose behaviour this program follows.
const FOLLOWS: &str = "28.5.2";

pub fn verb() -> Verb {
    Verb {
        paths: &["version"],
        usage: "",
        about: "Show the versions of this program and of the engine",
        arity: Arity::None,
        options_first: false,
        flags: || {
            vec![flag(
                "format",
                "f",
                Text,
                "Format of the output: 'json', or a Go template",
            )]
        },
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

/// The line of `--version`.
pub fn line(program: &str) -> String {
    let own = env!("CARGO_PKG_VERSION");
    match program {
        "docker" => format!("Docker version {FOLLOWS}, build schooner-{own}\n"),
        _ => format!("Schooner version {own}, follows Docker {FOLLOWS}\n"),
    }
}

/// The version that this client names as its own.
pub fn client_version() -> String {
    format!("{FOLLOWS}+schooner{}", env!("CARGO_PKG_VERSION"))
}

fn go_arch() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn go_os() -> &'static str {
    match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    }
}

fn client_record() -> serde_json::Value {
    serde_json::json!({
        "Version": client_version(),
        "ApiVersion": API_VERSION,
        "DefaultAPIVersion": API_VERSION,
        "GitCommit": "",
        "GoVersion": "",
        "Os": go_os(),
        "Arch": go_arch(),
        "BuildTime": "",
        "Context": "default",
    })
}

async fn run(app: App, given: Given) -> Result<i32> {
    let template = document::template("version", given.text("format"))?;
    let server = match app.client().await {
        Ok(client) => client
            .get::<serde_json::Value>("/version")
            .await
            .map(readable_times)
            .map_err(Error::from),
        Err(error) => Err(error),
    };
    if let Some(template) = template {
        document::print(&template, &value(server.as_ref().ok()))?;
        return server.map(|_| 0);
    }
    let mut text = format!(
        "Client:\n Version:           {}\n API version:       {API_VERSION}\n OS/Arch:           {}/{}\n Context:           default\n",
        client_version(),
        go_os(),
        go_arch()
    );
    if let Ok(found) = &server {
        let version: Version = serde_json::from_value(found.clone())?;
        text.push_str(&server_text(&version));
    }
    out(&text);
    server.map(|_| 0)
}

/// The components' times of building, as people write times.
fn readable_times(mut version: serde_json::Value) -> serde_json::Value {
    let components = version["Components"].as_array_mut();
    for component in components.into_iter().flatten() {
        let built = &mut component["Details"]["BuildTime"];
        let nanos = built.as_str().and_then(time::parse_rfc3339);
        match nanos {
            Some(nanos) => *built = time::ansic(nanos).into(),
            // Looking made it null; what had no time gets none.
            None if built.is_null() => {
                if let Some(details) = component["Details"].as_object_mut() {
                    details.shift_remove("BuildTime");
                }
            }
            None => {}
        }
    }
    version
}

fn value(server: Option<&serde_json::Value>) -> Value {
    let is_map = |name: &str| name == "Details";
    let server = match server {
        Some(found) => Value::typed(found, "*types.Version", &is_map),
        None => Value::Nil(NilKind::Pointer),
    };
    Value::record(Record {
        type_name: "system.versionInfo".into(),
        fields: vec![
            (
                "Client".into(),
                Value::typed(&client_record(), "system.clientVersion", &is_map),
            ),
            ("Server".into(), server),
        ],
        ..Record::default()
    })
}

fn server_text(version: &Version) -> String {
    let mut out = match version.platform.name.as_str() {
        "" => "\nServer:\n".to_owned(),
        name => format!("\nServer: {name}\n"),
    };
    for component in &version.components {
        let detail = |key: &str| component.details.get(key).cloned().unwrap_or_default();
        out.push_str(&format!(
            " {}:\n  Version:          {}\n",
            component.name, component.version
        ));
        if component.name != "Engine" {
            if component.details.contains_key("GitCommit") {
                out.push_str(&format!("  GitCommit:        {}\n", detail("GitCommit")));
            }
            continue;
        }
        for (label, text) in [
            (
                "API version",
                format!(
                    "{} (minimum version {})",
                    detail("ApiVersion"),
                    detail("MinAPIVersion")
                ),
            ),
            ("Go version", detail("GoVersion")),
            ("Git commit", detail("GitCommit")),
            ("Built", detail("BuildTime")),
            ("OS/Arch", format!("{}/{}", detail("Os"), detail("Arch"))),
            ("Experimental", detail("Experimental")),
        ] {
            out.push_str(format!("  {:<18}{text}", format!("{label}:")).trim_end());
            out.push('\n');
        }
    }
    out
}
