//! Every recorded Dockerfile gives the config, or the error, that it gave on a real Docker.

use crate::client::{Context, build};
use crate::support::World;
use serde_json::{Map, Value};

struct Case<'t> {
    name: &'t str,
    file: &'t str,
    /// The lines behind `== `.
    answer: Vec<&'t str>,
}

fn cases(text: &str) -> Vec<Case<'_>> {
    let text = text.strip_prefix("## ").expect("a case");
    let parts = text.split("\n## ").map(|part| {
        let (name, rest) = part.split_once('\n').expect("a name");
        let (file, answer) = rest.split_at(rest.find("\n== ").expect("an answer") + 1);
        Case {
            name,
            file: file
                .strip_suffix("\n\n")
                .map_or(file, |f| &file[..f.len() + 1]),
            answer: answer
                .lines()
                .filter_map(|l| l.strip_prefix("== "))
                .collect(),
        }
    });
    parts.collect()
}

#[test]
fn recorded_dockerfiles_build_as_on_docker() {
    let world = World::new();
    let text = std::fs::read_to_string(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/build/dockerfiles.txt"
    ))
    .expect("the cases");
    let mut wrong = Vec::new();
    for case in cases(&text) {
        // Names that are for the network, which is not there, and what the real engine falls over.
        let skipped = case
            .answer
            .iter()
            .any(|a| a.contains("dial tcp") || *a == "error: unexpected EOF");
        if skipped {
            continue;
        }
        let context = Context::new(&[]).file("file", case.file);
        let built = build(&world, "dockerfile=file", context);
        let expected = case.answer[0];
        let found = match expected.strip_prefix("error: ") {
            Some(error) => {
                let error = error.trim_start_matches("Error response from daemon: ");
                // Debian's build of the real engine has older words for ports.
                let error = error
                    .replace("Invalid containerPort", "invalid containerPort")
                    .replace("Invalid proto", "invalid proto");
                let found = built
                    .error()
                    .unwrap_or("no error")
                    .replace("failed to parse file", "failed to parse Dockerfile");
                (error, found)
            }
            None => (expected.to_owned(), config(&world, &built.id())),
        };
        if found.0 != found.1 {
            wrong.push(format!(
                "{}:\n  Docker {}\n  ours   {}",
                case.name, found.0, found.1
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The config as it was recorded: fields in order, those without a value left out, the author with them.
fn config(world: &World, id: &str) -> String {
    let shown: Value = serde_json::from_str(&world.ok(&["image", "inspect", id])).expect("JSON");
    let mut fields: std::collections::BTreeMap<String, Value> = std::collections::BTreeMap::new();
    for (key, value) in shown[0]["Config"].as_object().expect("a config") {
        let empty = match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(list) => list.is_empty(),
            Value::Object(map) => map.is_empty(),
            _ => false,
        };
        if !empty {
            fields.insert(key.clone(), sorted(value));
        }
    }
    if let Some(author) = shown[0]["Author"].as_str().filter(|a| !a.is_empty()) {
        fields.insert("Author".to_owned(), author.into());
    }
    python(&Value::Object(fields.into_iter().collect::<Map<_, _>>()))
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let sorted: std::collections::BTreeMap<_, _> =
                map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            Value::Object(sorted.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// JSON with a space behind commas and colons, as the recorder wrote it.
fn python(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let all: Vec<String> = map
                .iter()
                .map(|(k, v)| format!("{}: {}", Value::from(k.as_str()), python(v)))
                .collect();
            format!("{{{}}}", all.join(", "))
        }
        Value::Array(list) => format!(
            "[{}]",
            list.iter().map(python).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
    }
}
