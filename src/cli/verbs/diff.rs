//! `diff`: what a container changed of its image.

use crate::cli::app::{App, container, out};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};
use crate::wire::FilesystemChange;

pub fn verb() -> Verb {
    Verb {
        paths: &["container diff", "diff"],
        usage: "CONTAINER",
        about: "Show what a container changed of its image",
        arity: Arity::Exactly(1),
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    if given.first().is_empty() {
        return Err(Error::plain("Container name cannot be empty"));
    }
    let client = app.client().await?;
    let target = container(given.first(), "/changes")?;
    let changes: Option<Vec<FilesystemChange>> = client.get(&target).await?;
    for change in changes.unwrap_or_default() {
        let letter = match change.kind {
            0 => 'C',
            1 => 'A',
            _ => 'D',
        };
        out(&format!("{letter} {}\n", change.path));
    }
    Ok(0)
}
