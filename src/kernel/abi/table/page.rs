//! `docs/compatibility.md`, generated from the table.
//!
//! The test fails when the file is stale; `SCHOONER_REGENERATE=1 cargo test --lib compatibility` writes it.
#![cfg(test)]

use super::{MODULES, Support};
use crate::base::component::OFFERED;
use std::fmt::Write;

fn page() -> String {
    let mut page = String::from(
        "# What a WebAssembly program may import\n\n\
         Generated from `src/kernel/abi/table`; a test holds both together.\n\n\
         A program of this engine is a WebAssembly module that exports `_start` and `memory` and imports functions from the three\n\
         modules below. Names that are not listed answer `ENOSYS`. Imports from any other module make the program unfit to run:\n\
         `exec format error: unknown import …`, exit status 255. A program may also be a component of WASI 0.2.\n",
    );
    for module in &MODULES {
        let count = |wanted: fn(&Support) -> bool| {
            module
                .entries
                .iter()
                .filter(|entry| wanted(&entry.support))
                .count()
        };
        let _ = write!(
            page,
            "\n## `{}`\n\n{}\n\n{} supported, {} in part, {} always an error.\n\n| import | support | note |\n|---|---|---|\n",
            module.name,
            module.about,
            count(|support| matches!(support, Support::Full)),
            count(|support| matches!(support, Support::Partial(_))),
            count(|support| matches!(support, Support::Error(..))),
        );
        for entry in module.entries {
            let _ = match entry.support {
                Support::Full => writeln!(page, "| `{}` | yes | |", entry.name),
                Support::Partial(note) => writeln!(page, "| `{}` | in part | {note} |", entry.name),
                Support::Error(errno, note) => {
                    writeln!(page, "| `{}` | `{}` | {note} |", entry.name, errno.name())
                }
            };
        }
    }
    page.push_str(
        "\n## Components\n\n\
         A component exports `wasi:cli/run` and imports interfaces of WASI 0.2, any version: what Rust (`wasm32-wasip2`), TinyGo,\n\
         componentize-py and `wasm-tools component new` make. These are offered, all of each; any other import makes the\n\
         component unfit to run, and `image check` says which.\n\n| package | interfaces |\n|---|---|\n",
    );
    for (package, interfaces) in OFFERED {
        let names: Vec<String> = interfaces.iter().map(|name| format!("`{name}`")).collect();
        let _ = writeln!(page, "| `{package}` | {} |", names.join(", "));
    }
    page
}

#[test]
fn compatibility_page_is_fresh() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/compatibility.md");
    let page = page();
    if std::env::var_os("SCHOONER_REGENERATE").is_some() {
        std::fs::write(&path, &page).expect("docs is writable");
    }
    let stored = std::fs::read_to_string(&path)
        .unwrap_or_default()
        .replace("\r\n", "\n");
    assert!(
        stored == page,
        "docs/compatibility.md is stale: SCHOONER_REGENERATE=1 cargo test --lib compatibility"
    );
}
