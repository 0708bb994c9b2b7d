//! `info`: the engine as a whole.

use super::version::client_version;
use crate::base::size;
use crate::cli::app::{App, err, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::Text;
use crate::cli::grammar::{Arity, Given, Verb, flag};
use crate::cli::print::document;
use crate::cli::template::{Record, Value};
use crate::wire::Info;

pub fn verb() -> Verb {
    Verb {
        paths: &["system info", "info"],
        usage: "",
        about: "Show the engine as a whole",
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

async fn run(app: App, given: Given) -> Result<i32> {
    let template = document::template("", given.text("format"))?;
    let found = match app.client().await {
        Ok(client) => client
            .get::<serde_json::Value>("/info")
            .await
            .map_err(Error::from),
        Err(error) => Err(error),
    };
    if let Some(template) = template {
        document::print(&template, &value(&found?))?;
        return Ok(0);
    }
    out(&format!(
        "Client:\n Version:    {}\n Context:    default\n Debug Mode: {}\n\nServer:\n",
        client_version(),
        app.debug
    ));
    let info: Info = serde_json::from_value(found?)?;
    out(&text(&info));
    for warning in info.warnings.unwrap_or_default() {
        err(&format!("{warning}\n"));
    }
    Ok(0)
}

fn value(found: &serde_json::Value) -> Value {
    let is_map = |name: &str| matches!(name, "Runtimes" | "IndexConfigs" | "status");
    let Value::Struct(info) = Value::typed(found, "system.dockerInfo", &is_map) else {
        return Value::from_json(found);
    };
    let client = serde_json::json!({"Debug": false, "Version": client_version(), "Context": "default", "Plugins": [], "Warnings": null});
    let mut fields = info.fields.clone();
    fields.push((
        "ClientInfo".into(),
        Value::typed(&client, "*system.clientInfo", &is_map),
    ));
    for (name, value) in &mut fields {
        if name == "Swarm"
            && let Value::Struct(swarm) = value
        {
            *value = Value::record(Record {
                type_name: "swarm.Info".into(),
                fields: swarm.fields.clone(),
                ..Record::default()
            });
        }
    }
    Value::record(Record {
        type_name: "system.dockerInfo".into(),
        fields,
        ..Record::default()
    })
}

fn text(info: &Info) -> String {
    let mut lines = vec![
        format!("Containers: {}", info.containers),
        format!(" Running: {}", info.containers_running),
        format!(" Paused: {}", info.containers_paused),
        format!(" Stopped: {}", info.containers_stopped),
        format!("Images: {}", info.images),
        format!("Server Version: {}", info.server_version),
        format!("Storage Driver: {}", info.driver),
    ];
    lines.extend(
        info.driver_status
            .iter()
            .map(|[name, value]| format!(" {name}: {value}")),
    );
    lines.push(format!("Logging Driver: {}", info.logging_driver));
    for (name, value) in [
        ("Cgroup Driver", &info.cgroup_driver),
        ("Cgroup Version", &info.cgroup_version),
    ] {
        if !value.is_empty() {
            lines.push(format!("{name}: {value}"));
        }
    }
    lines.push("Plugins:".into());
    lines.push(format!(" Volume: {}", info.plugins.volume.join(" ")));
    lines.push(format!(" Network: {}", info.plugins.network.join(" ")));
    if let Some(authorization) = info
        .plugins
        .authorization
        .as_ref()
        .filter(|a| !a.is_empty())
    {
        lines.push(format!(" Authorization: {}", authorization.join(" ")));
    }
    lines.push(format!(" Log: {}", info.plugins.log.join(" ")));
    if !info.cdi_spec_dirs.is_empty() {
        lines.push("CDI spec directories:".into());
        lines.extend(info.cdi_spec_dirs.iter().map(|d| format!(" {d}")));
    }
    lines.push(format!("Swarm: {}", info.swarm.local_node_state));
    let runtimes: Vec<&str> = info.runtimes.keys().map(String::as_str).collect();
    lines.push(format!("Runtimes: {}", runtimes.join(" ")));
    lines.push(format!("Default Runtime: {}", info.default_runtime));
    lines.push(format!("Init Binary: {}", info.init_binary));
    for (name, commit) in [
        ("containerd", &info.containerd_commit),
        ("runc", &info.runc_commit),
        ("init", &info.init_commit),
    ] {
        lines.push(format!("{name} version: {}", commit.id));
    }
    if !info.security_options.is_empty() {
        lines.push("Security Options:".into());
        for option in &info.security_options {
            for (n, part) in option.split(',').enumerate() {
                let (key, value) = part.split_once('=').unwrap_or(("name", part));
                lines.push(match (n, key) {
                    (0, _) => format!(" {value}"),
                    (_, "profile") => format!("  Profile: {value}"),
                    (_, key) => format!("  {key}: {value}"),
                });
            }
        }
    }
    lines.extend([
        format!("Kernel Version: {}", info.kernel_version),
        format!("Operating System: {}", info.operating_system),
        format!("OSType: {}", info.os_type),
        format!("Architecture: {}", info.architecture),
        format!("CPUs: {}", info.ncpu),
        format!("Total Memory: {}", size::binary(info.mem_total as f64)),
        format!("Name: {}", info.name),
        format!("ID: {}", info.id),
        format!("Docker Root Dir: {}", info.docker_root_dir),
        format!("Debug Mode: {}", info.debug),
    ]);
    if !info.labels.is_empty() {
        lines.push("Labels:".into());
        lines.extend(info.labels.iter().map(|l| format!(" {l}")));
    }
    lines.push(format!("Experimental: {}", info.experimental_build));
    if let Some(insecure) = info.registry_config["InsecureRegistryCIDRs"].as_array() {
        lines.push("Insecure Registries:".into());
        lines.extend(
            insecure
                .iter()
                .filter_map(|i| i.as_str())
                .map(|i| format!(" {i}")),
        );
    }
    lines.push(format!(
        "Live Restore Enabled: {}",
        info.live_restore_enabled
    ));
    lines.iter().map(|l| format!(" {l}\n")).collect::<String>() + "\n"
}
