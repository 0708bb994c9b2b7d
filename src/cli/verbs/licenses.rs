//! `licenses`: under which terms this program and the programs in its images come.

use crate::cli::app::{App, out};
use crate::cli::error::Result;
use crate::cli::grammar::{Arity, Given, Verb};
use crate::cli::print::table::align;

pub fn verb() -> Verb {
    Verb {
        paths: &["licenses"],
        usage: "",
        about: "Show the licences of this program and of the programs in its images",
        arity: Arity::None,
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, _given: Given) -> Result<i32> {
    let client = app.client().await?;
    let notes: Vec<serde_json::Value> = client.get("/schooner/licenses").await?;
    let text =
        |note: &serde_json::Value, key: &str| note[key].as_str().unwrap_or_default().to_owned();
    let mut table = String::from("PROGRAM\tLICENCE\tSOURCE\n");
    table.push_str(&format!("schooner\t{}\tsrc\n", env!("CARGO_PKG_LICENSE")));
    for note in &notes {
        table.push_str(&format!(
            "{}\t{}\t{}\n",
            text(note, "program"),
            text(note, "licence"),
            text(note, "source")
        ));
    }
    out(&align(&table));
    for note in &notes {
        let crates = note["crates"].as_array().cloned().unwrap_or_default();
        if crates.is_empty() {
            continue;
        }
        out(&format!("\nlinked into {}:\n", text(note, "program")));
        for linked in crates.iter().filter_map(|c| c.as_str()) {
            out(&format!("  {linked}\n"));
        }
    }
    Ok(0)
}
