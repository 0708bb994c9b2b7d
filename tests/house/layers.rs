//! A module uses only what stands below it.

use crate::source::{below, root};
use std::collections::BTreeSet;

/// Each module and the modules that it may name.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &[]),
    ("wire", &["base"]),
    ("oci", &["base"]),
    ("store", &["base", "oci"]),
    ("vfs", &["base", "oci", "store"]),
    ("net", &["base"]),
    ("kernel", &["base", "vfs", "net"]),
    ("registry", &["base", "oci", "store"]),
    (
        "engine",
        &[
            "base", "wire", "oci", "store", "vfs", "net", "kernel", "registry",
        ],
    ),
    ("server", &["base", "wire", "engine"]),
    ("client", &["base", "wire"]),
    ("cli", &["base", "wire", "oci", "client"]),
];

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for source in below("src") {
        let Some(module) = source
            .path
            .strip_prefix("src/")
            .and_then(|p| p.split_once('/'))
            .map(|(m, _)| m)
        else {
            continue;
        };
        let allowed = LAYERS
            .iter()
            .find(|(m, _)| *m == module)
            .unwrap_or_else(|| panic!("src/{module} is in no layer"));
        for used in crate_paths(source.code()) {
            if used != module && !allowed.1.contains(&used.as_str()) {
                wrong.push(format!("{} names crate::{used}", source.path));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "modules may use only what stands below them:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn only_main_names_both_sides() {
    let main = std::fs::read_to_string(root().join("src/main.rs")).expect("main.rs");
    assert!(main.contains("cli") && main.contains("server"));
}

/// The first segments after `crate::`, with the braces of `use crate::{a, b::c}` looked into.
fn crate_paths(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut item = String::new();
            for c in list.chars() {
                match c {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => {
                        found.extend(first_word(&item));
                        item.clear();
                        continue;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                item.push(c);
            }
            found.extend(first_word(&item));
        } else {
            found.extend(first_word(rest));
        }
    }
    found
}

/// A module's name at the start of a path; macros and types begin otherwise.
fn first_word(path: &str) -> Option<String> {
    let word: String = path
        .trim_start()
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
        .collect();
    let module = word.chars().next().is_some_and(|c| c.is_ascii_lowercase());
    (module && LAYERS.iter().any(|(m, _)| *m == word)).then_some(word)
}

#[test]
fn the_reader_of_paths_sees_every_form() {
    let text =
        "use crate::{base::id, kernel::{a, b}, vfs};\nuse crate::store::X; crate::macro_of_ours!()";
    let found: Vec<String> = crate_paths(text).into_iter().collect();
    assert_eq!(found, ["base", "kernel", "store", "vfs"]);
}
