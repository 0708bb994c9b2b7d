//! Each dependency has a line of reason, and no line outlives its dependency.

use crate::source::root;
use std::collections::BTreeSet;

#[test]
fn each_dependency_has_a_line_of_reason() {
    let manifest = std::fs::read_to_string(root().join("Cargo.toml")).expect("Cargo.toml");
    let page = std::fs::read_to_string(root().join("docs/dependencies.md")).expect("the page");
    let mut section = "";
    let mut used = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']');
        } else if section.ends_with("dependencies")
            && let Some((name, _)) = line.split_once(" = ")
        {
            used.insert(name.to_owned());
        }
    }
    let rows = page
        .lines()
        .filter_map(|l| l.strip_prefix("| ")?.split(" | ").next());
    let told: BTreeSet<String> = rows
        .filter(|cell| *cell != "crate")
        .flat_map(|cell| cell.split(", "))
        .filter_map(|name| name.split_whitespace().next())
        .map(str::to_owned)
        .collect();
    let silent: Vec<_> = used.difference(&told).collect();
    assert!(silent.is_empty(), "no reason is given for {silent:?}");
    let gone: Vec<_> = told.difference(&used).collect();
    assert!(gone.is_empty(), "{gone:?} are told of and not used");
}
