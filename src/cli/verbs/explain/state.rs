//! What would go wrong now: the command's objects are looked up in the engine, if one runs.

use super::Operand;
use crate::cli::app::{App, escape};
use crate::cli::grammar::{Verb, Walked};
use crate::client::Client;
use crate::wire::ContainerInspect;

/// A line for each thing that would be in the way, or is worth knowing.
pub async fn problems(
    app: &App,
    verb: &Verb,
    walked: &Walked,
    operands: &[Operand<'_>],
) -> Vec<String> {
    let Ok(client) = app.unconnected() else {
        return Vec::new();
    };
    if client.ping().await.is_err() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for operand in operands {
        lines.extend(match operand.role.as_str() {
            "CONTAINER" => container(&client, verb, walked, operand.value).await,
            "IMAGE" | "SOURCE_IMAGE" => image(&client, verb, operand.value).await,
            _ => None,
        });
    }
    lines.extend(name(&client, verb, walked).await);
    lines
}

async fn inspect(client: &Client, name: &str) -> Result<ContainerInspect, Option<u16>> {
    let path = format!("/containers/{}/json", escape(name));
    client.get(&path).await.map_err(|e| e.status())
}

async fn container(client: &Client, verb: &Verb, walked: &Walked, name: &str) -> Option<String> {
    let found = match inspect(client, name).await {
        Ok(found) => found,
        Err(Some(404)) => {
            return Some(format!(
                "there is no container {name:?}; it would say 'No such container: {name}'."
            ));
        }
        Err(_) => return None,
    };
    let state = found.state.status.as_str();
    let forced = walked
        .values
        .iter()
        .any(|(n, v)| *n == "force" && v == "true");
    let running = found.state.running;
    Some(match verb.paths[0] {
        "container rm" if running && !forced => format!(
            "{name} is {state}; it would say 'container is running: stop the container before removing or force remove'."
        ),
        "container exec" | "container kill" | "container pause" | "container top" if !running => {
            format!("{name} is {state}; it would say that it 'is not running'.")
        }
        "container start" if running => format!("{name} is {state} already; nothing would happen."),
        "container stop" if !running => format!("{name} is {state} already; nothing would happen."),
        _ => format!("{name} is {state}."),
    })
}

async fn image(client: &Client, verb: &Verb, name: &str) -> Option<String> {
    let path = format!("/images/{}/json", escape(name));
    let answer: Result<serde_json::Value, _> = client.get(&path).await;
    match answer.map_err(|e| e.status()) {
        Ok(_) => Some(format!("the image {name} is here.")),
        Err(Some(404)) => Some(match verb.paths[0] {
            "container run" | "container create" => {
                format!("the image {name} is not here and would be pulled.")
            }
            _ => format!("there is no image {name:?}; it would say 'No such image'."),
        }),
        Err(_) => None,
    }
}

/// Whether `--name` is taken.
async fn name(client: &Client, verb: &Verb, walked: &Walked) -> Option<String> {
    if !matches!(verb.paths[0], "container run" | "container create") {
        return None;
    }
    let (_, name) = walked.values.iter().rev().find(|(n, _)| *n == "name")?;
    inspect(client, name).await.ok()?;
    Some(format!(
        "the name {name} is taken; it would say 'The container name \"/{name}\" is already in use by container …'."
    ))
}
