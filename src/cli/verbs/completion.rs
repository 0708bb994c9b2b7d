//! `completion`: prints the script with which a shell completes our commands.

use crate::cli::app::{App, out};
use crate::cli::completion;
use crate::cli::error::{Error, Result};
use crate::cli::grammar::{Arity, Given, Verb};

pub fn verbs() -> Vec<Verb> {
    let verb = |paths: &'static [&'static str], about| Verb {
        paths,
        usage: "",
        about,
        arity: Arity::None,
        options_first: false,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    };
    vec![
        verb(&["completion bash"], "Print the completion script for bash"),
        verb(&["completion fish"], "Print the completion script for fish"),
        verb(
            &["completion powershell"],
            "Print the completion script for PowerShell",
        ),
        verb(&["completion zsh"], "Print the completion script for zsh"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let shell = given.path.rsplit(' ').next().unwrap_or_default();
    let script = completion::script(app.program, shell)
        .ok_or_else(|| Error::plain(format!("no completion script for {shell}")))?;
    out(&script);
    Ok(0)
}
