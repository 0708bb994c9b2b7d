//! `events`: what happens in the engine, as it happens.

use crate::base::time;
use crate::cli::app::{App, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Filter, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::template::{Mode, Record, Template, Value};
use crate::client::{Body, Lines};
use crate::wire::Event;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["system events", "events"],
        usage: "",
        about: "Print events of the engine as they happen",
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
            "Show only those that match (event=start, container=web ...)",
        ),
        flag(
            "format",
            "",
            Text,
            "Format of the output: 'json', or a Go template",
        ),
        flag("since", "", Text, "Begin with the events since then"),
        flag("until", "", Text, "End then"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let template = match given.text("format") {
        "" => None,
        "json" => Some("{{json .}}".to_owned()),
        text => Some(text.to_owned()),
    };
    let wrong = |e: String| Error::template(format!("Error parsing format: {e}"));
    let template = template
        .map(|text| Template::parse("", &text))
        .transpose()
        .map_err(wrong)?;
    // A field that no event has is found before the first event.
    if let Some(template) = &template {
        let empty = serde_json::to_value(Event::default())?;
        template
            .execute(&value(&empty), Mode::default())
            .map_err(wrong)?;
    }
    let filters = given.filters();
    let json = filters.to_json();
    let now = time::now();
    let moment = |name: &str| match given.text(name) {
        "" => Ok(String::new()),
        text => time::to_api(text, now).map_err(|e| Error::plain(e.to_string())),
    };
    let (since, until) = (moment("since")?, moment("until")?);
    let mut query = Vec::new();
    for (key, text) in [("since", &since), ("until", &until)] {
        if !text.is_empty() {
            query.push((key, text.as_str()));
        }
    }
    if !filters.is_empty() {
        query.push(("filters", json.as_str()));
    }
    let client = app.client().await?;
    let target = path("/events", &query);
    let mut events = Lines::new(client.request(Method::GET, &target, Body::Empty).await?);
    while let Some(json) = events.next::<serde_json::Value>().await? {
        match &template {
            None => out(&plain(&serde_json::from_value(json)?)),
            Some(template) => {
                let text = template
                    .execute(&value(&json), Mode::default())
                    .map_err(wrong)?;
                out(&format!("{text}\n"));
            }
        }
    }
    Ok(0)
}

fn value(json: &serde_json::Value) -> Value {
    let is_map = |name: &str| name == "Attributes";
    let Value::Struct(event) = Value::typed(json, "*events.Message", &is_map) else {
        return Value::from_json(json);
    };
    // Go's names of the fields that the JSON writes small; an absent one is empty.
    let text = |key: &str| json.get(key).and_then(|v| v.as_str()).unwrap_or_default();
    let number = |key: &str| json.get(key).and_then(|v| v.as_i64()).unwrap_or(0);
    let mut fields = event.fields.clone();
    fields.retain(|(_, v)| !matches!(v, Value::Method(_)));
    Value::record(Record {
        type_name: "*events.Message".into(),
        fields,
        context: false,
        hidden: vec![
            ("Status".into(), text("status").into()),
            ("ID".into(), text("id").into()),
            ("From".into(), text("from").into()),
            ("Scope".into(), text("scope").into()),
            ("Time".into(), number("time").into()),
            ("TimeNano".into(), number("timeNano").into()),
        ],
    })
}

/// The line without a format: time, type, action, id, attributes.
fn plain(event: &Event) -> String {
    let mut line = match (event.time_nano, event.time) {
        (0, 0) => String::new(),
        (0, seconds) => format!(
            "{} ",
            time::rfc3339_nine_local(seconds.saturating_mul(1_000_000_000))
        ),
        (nanos, _) => format!("{} ", time::rfc3339_nine_local(nanos)),
    };
    line.push_str(&format!(
        "{} {} {}",
        event.kind, event.action, event.actor.id
    ));
    if !event.actor.attributes.is_empty() {
        let all: Vec<String> = event
            .actor
            .attributes
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect();
        line.push_str(&format!(" ({})", all.join(", ")));
    }
    line.push('\n');
    line
}
