//! `network connect` and `network disconnect`: bring a container into a network, and out of it.

use super::resource;
use crate::cli::app::App;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Int, List, Map, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::client::Body;
use crate::wire::{EndpointSettings, NetworkConnect, NetworkDisconnect, StringMap};
use hyper::Method;
use serde_json::{Value, json};

pub fn verbs() -> Vec<Verb> {
    let verb = |paths, about, flags, run| Verb {
        paths,
        usage: "NETWORK CONTAINER",
        about,
        arity: Arity::Exactly(2),
        options_first: false,
        flags,
        run,
        hidden: false,
    };
    vec![
        verb(
            &["network connect"],
            "Bring a container into a network",
            joining,
            |app, given| Box::pin(connect(app, given)),
        ),
        verb(
            &["network disconnect"],
            "Take a container out of a network",
            leaving,
            |app, given| Box::pin(disconnect(app, given)),
        ),
    ]
}

fn joining() -> Vec<Flag> {
    vec![
        flag("alias", "", List, "Further name in the network"),
        flag("driver-opt", "", Map, "Options of the driver"),
        flag(
            "gw-priority",
            "",
            Int,
            "Which network's gateway leads out: the highest",
        ),
        flag("ip", "", Text, "IPv4 address"),
        flag("ip6", "", Text, "IPv6 address"),
        flag("link", "", List, "Name another container (name:alias)"),
        flag("link-local-ip", "", List, "Link-local address"),
    ]
}

fn leaving() -> Vec<Flag> {
    vec![flag("force", "f", Bool, "Also a container that is no more")]
}

async fn connect(app: App, given: Given) -> Result<i32> {
    let mut addresses = json!({});
    for (flag, key) in [("ip", "IPv4Address"), ("ip6", "IPv6Address")] {
        if !given.text(flag).is_empty() {
            addresses[key] = json!(given.text(flag));
        }
    }
    if let Some(local) = given.some_list("link-local-ip") {
        addresses["LinkLocalIPs"] = json!(local);
    }
    let option = |text: &String| {
        let pair = text
            .split_once('=')
            .map(|(k, v)| (k.to_owned(), v.to_owned()));
        pair.ok_or_else(|| Error::plain("invalid key/value pair format in driver options"))
    };
    let options: Result<StringMap> = given.list("driver-opt").iter().map(option).collect();
    let request = NetworkConnect {
        container: given.args[1].clone(),
        endpoint_config: Some(EndpointSettings {
            ipam_config: Some(Value::Object(
                addresses.as_object().cloned().unwrap_or_default(),
            )),
            links: given.some_list("link"),
            aliases: Some(given.list("alias")),
            driver_opts: Some(options?),
            gw_priority: given.int("gw-priority"),
            ..EndpointSettings::default()
        }),
    };
    send(app, &given, "/connect", Body::json(&request)?).await
}

async fn disconnect(app: App, given: Given) -> Result<i32> {
    let request = NetworkDisconnect {
        container: given.args[1].clone(),
        force: given.on("force"),
    };
    send(app, &given, "/disconnect", Body::json(&request)?).await
}

async fn send(app: App, given: &Given, verb: &str, body: Body) -> Result<i32> {
    let target = resource(given.first(), verb)?;
    let client = app.client().await?;
    client.request(Method::POST, &target, body).await?;
    Ok(0)
}
