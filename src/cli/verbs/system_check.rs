//! `system check`: looks at every record and blob of the state folder.

use crate::cli::app::{App, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};
use crate::wire::CheckFinding;

pub fn verb() -> Verb {
    Verb {
        paths: &["system check"],
        usage: "",
        about: "Check everything the engine has stored",
        arity: Arity::None,
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, _given: Given) -> Result<i32> {
    let client = app.client().await?;
    let found: Vec<CheckFinding> = client.get("/schooner/check").await?;
    if found.is_empty() {
        out("Everything is in order.\n");
        return Ok(0);
    }
    for finding in &found {
        let kind = if finding.damage {
            "damage"
        } else {
            "left over"
        };
        out(&format!("{kind}: {}: {}\n", finding.object, finding.what));
    }
    // What is left over is collected by itself; only damage is a failure.
    if found.iter().any(|f| f.damage) {
        return Err(Error::silent(1));
    }
    Ok(0)
}
