//! Removing: for each filter the containers first, then what they held: networks, volumes, images.

use crate::engine::{ask, encoded};
use crate::settings::Settings;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// What to look for, as the API's `filters` has it: names with their values.
pub type Filter = BTreeMap<String, BTreeSet<String>>;

/// A line of a library, `label=a=b&label=c=d`; `None` for a line that says nothing.
pub fn filter(line: &str) -> Option<Filter> {
    let mut filter = Filter::new();
    for pair in line.split('&') {
        let (name, value) = pair.split_once('=')?;
        let value = decoded(value)?;
        filter.entry(decoded(name)?).or_default().insert(value);
    }
    Some(filter)
}

/// A text without `%xx`, where `+` is a space.
fn decoded(text: &str) -> Option<String> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'%' => {
                let code = std::str::from_utf8(rest.get(..2)?).ok()?;
                bytes.push(u8::from_str_radix(code, 16).ok()?);
                rest = &rest[2..];
            }
            b'+' => bytes.push(b' '),
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}

/// A filter as the real one shows and sends it.
pub fn shown(filter: &Filter) -> String {
    let values = |all: &BTreeSet<String>| -> Value {
        all.iter()
            .map(|one| (one.clone(), json!(true)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let names = filter.iter().map(|(name, all)| (name.clone(), values(all)));
    Value::Object(names.collect()).to_string()
}

/// One kind of thing: its list, where its items are in the answer, what names an item, and how one is removed.
struct Kind {
    list: &'static str,
    member: Option<&'static str>,
    name: &'static str,
    remove: &'static str,
    options: &'static str,
}

const KINDS: [Kind; 4] = [
    Kind {
        list: "/containers/json?all=1&filters=",
        member: None,
        name: "Id",
        remove: "/containers/",
        options: "?force=1&v=1",
    },
    Kind {
        list: "/networks?filters=",
        member: None,
        name: "Id",
        remove: "/networks/",
        options: "",
    },
    Kind {
        list: "/volumes?filters=",
        member: Some("Volumes"),
        name: "Name",
        remove: "/volumes/",
        options: "?force=1",
    },
    Kind {
        list: "/images/json?filters=",
        member: None,
        name: "Id",
        remove: "/images/",
        options: "?force=1",
    },
];

/// Removes everything that some filter finds, and says how much that was.
pub fn reap(filters: &BTreeSet<Filter>, settings: &Settings) {
    let mut counts = [0; KINDS.len()];
    for filter in filters {
        if settings.verbose {
            println!("Deleting {}", shown(filter));
        }
        for (kind, count) in KINDS.iter().zip(&mut counts) {
            *count += remove(kind, filter, settings);
        }
    }
    let [containers, networks, volumes, images] = counts;
    println!(
        "Removed {containers} container(s), {networks} network(s), {volumes} volume(s) {images} image(s)"
    );
}

/// Removes one kind until nothing is found any more, or it was tried often enough; how many went.
fn remove(kind: &Kind, filter: &Filter, settings: &Settings) -> usize {
    let mut gone = BTreeSet::new();
    for turn in 0..settings.tries {
        if turn > 0 {
            // A signal ends the pause early, which does no harm.
            let _ = schooner_sys::sleep(settings.pause);
        }
        let found = match list(kind, filter) {
            Ok(found) => found,
            Err(words) => {
                println!("{words}");
                continue;
            }
        };
        if found.is_empty() {
            break;
        }
        let mut left = 0;
        for name in found {
            let path = format!("{}{}{}", kind.remove, encoded(&name), kind.options);
            match ask("DELETE", &path) {
                Ok((200..=299 | 404, _)) => drop(gone.insert(name)),
                Ok((_, answer)) => {
                    left += 1;
                    println!("{}", answer["message"].as_str().unwrap_or("not removed"));
                }
                Err(words) => {
                    left += 1;
                    println!("{words}");
                }
            }
        }
        if left == 0 {
            break;
        }
    }
    gone.len()
}

fn list(kind: &Kind, filter: &Filter) -> Result<Vec<String>, String> {
    let (status, answer) = ask("GET", &format!("{}{}", kind.list, encoded(&shown(filter))))?;
    if status != 200 {
        let words = answer["message"].as_str().unwrap_or("no list");
        return Err(words.to_owned());
    }
    let items = match kind.member {
        Some(member) => answer[member].as_array(),
        None => answer.as_array(),
    };
    // It does not remove itself: it ends when it is done.
    let own = std::env::var("HOSTNAME").unwrap_or_default();
    let is_own = |item: &Value, name: &str| {
        item["Labels"]["org.testcontainers.ryuk"] == "true"
            || (own.len() >= 12 && name.starts_with(&own))
    };
    let names = items.into_iter().flatten().filter_map(|item| {
        let name = item[kind.name].as_str()?;
        (!is_own(item, name)).then(|| name.to_owned())
    });
    Ok(names.collect())
}
