//! `load`: takes images in from an archive.

use crate::base::platform;
use crate::cli::app::{App, path};
use crate::cli::error::{Error, Result, open_error};
use crate::cli::grammar::Kind::{Bool, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::progress::{Target, show};
use crate::cli::stream::Chunks;
use crate::cli::terminal;
use crate::client::Body;
use hyper::Method;
use std::io::IsTerminal;

pub fn verb() -> Verb {
    Verb {
        paths: &["image load", "load"],
        usage: "",
        about: "Take images in from a tar archive or standard input",
        arity: Arity::None,
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag(
            "input",
            "i",
            Text,
            "Archive to read instead of standard input",
        ),
        flag(
            "platform",
            "",
            Text,
            "Take only images for this platform (os[/arch[/variant]])",
        ),
        flag("quiet", "q", Bool, "Show no progress"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let file = given.text("input");
    let body = match file {
        "" if terminal::stdin_is_terminal() => {
            return Err(Error::plain(
                "requested load from stdin, but stdin is empty",
            ));
        }
        "" => Body::Stream(
            "application/x-tar",
            Box::new(Chunks::new(tokio::io::stdin())),
        ),
        file => {
            let opened = tokio::fs::File::open(file).await;
            let opened = opened.map_err(|e| open_error(file, &e))?;
            Body::Stream("application/x-tar", Box::new(Chunks::new(opened)))
        }
    };
    let parameter = platform::parameter(given.text("platform"));
    let parameter = parameter.map_err(|e| Error::plain(format!("invalid platform: {e}")))?;
    let quiet = given.on("quiet") || !std::io::stdout().is_terminal();
    let mut query = vec![("quiet", if quiet { "1" } else { "0" })];
    query.extend(parameter.iter().map(|p| ("platform", p.as_str())));
    let client = app.client().await?;
    let target = path("/images/load", &query);
    let response = client.request(Method::POST, &target, body).await?;
    show(&app, response, Target::Stdout).await?;
    Ok(0)
}
