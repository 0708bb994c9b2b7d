//! Every file says what it promises; nothing unfinished is left in the product's code.

use crate::source::below;

#[test]
fn every_file_opens_with_what_it_promises() {
    let silent: Vec<String> = ["src", "tests"]
        .iter()
        .flat_map(|folder| below(folder))
        .filter(|s| !s.text.starts_with("//!"))
        .map(|s| s.path)
        .collect();
    assert!(
        silent.is_empty(),
        "these files open without a `//!` line:\n{}",
        silent.join("\n")
    );
}

#[test]
fn nothing_unfinished() {
    let marks = [
        concat!("to", "do!("),
        concat!("unimple", "mented!("),
        concat!("FIX", "ME"),
        concat!("XX", "X "),
        concat!("TO", "DO"),
    ];
    let found: Vec<String> = below("src")
        .iter()
        .flat_map(|s| {
            let lines = s.text.lines().enumerate();
            let hits = lines.filter(|(_, line)| marks.iter().any(|m| line.contains(m)));
            hits.map(|(n, line)| format!("{}:{}: {}", s.path, n + 1, line.trim()))
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(found.is_empty(), "unfinished:\n{}", found.join("\n"));
}

#[test]
fn unsafe_only_where_the_design_names_it() {
    // Loading our own compiled code, giving memory back (docs/design/engine.md), and the handles of Windows.
    let allowed = |path: &str| {
        path.contains("windows")
            || path == "src/kernel/cache.rs"
            || path == "src/engine/machine/heap.rs"
            || path == "src/engine/machine/memory/macos.rs"
            || path.starts_with("src/kernel/cache/")
    };
    let found: Vec<String> = below("src")
        .into_iter()
        .filter(|s| !allowed(&s.path))
        .filter(|s| {
            s.code()
                .lines()
                .any(|l| !l.trim_start().starts_with("//") && l.contains("unsafe "))
        })
        .map(|s| s.path)
        .collect();
    assert!(
        found.is_empty(),
        "unsafe outside the places that the design names:\n{}",
        found.join("\n")
    );
}

#[test]
fn every_unsafe_block_says_why_it_is_sound() {
    for source in below("src") {
        let lines: Vec<&str> = source.text.lines().collect();
        for (n, line) in lines
            .iter()
            .enumerate()
            .filter(|(_, l)| l.contains("unsafe {"))
        {
            let said = lines[n.saturating_sub(6)..n]
                .iter()
                .any(|l| l.contains("SAFETY"));
            assert!(
                said,
                "{}:{}: `{}` without a SAFETY line",
                source.path,
                n + 1,
                line.trim()
            );
        }
    }
}
