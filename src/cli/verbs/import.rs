//! `import`: makes an image of a tar archive.

use crate::base::reference::Reference;
use crate::cli::app::{App, path};
use crate::cli::error::{Error, Result, open_error};
use crate::cli::grammar::Kind::{List, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::print::progress::{Target, show};
use crate::cli::stream::Chunks;
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["image import", "import"],
        usage: "file|URL|- [REPOSITORY[:TAG]]",
        about: "Make an image of a tar archive",
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

fn flags() -> Vec<Flag> {
    vec![
        flag(
            "change",
            "c",
            List,
            "Apply an instruction of a Dockerfile to the image",
        ),
        flag("message", "m", Text, "Comment of the image"),
        flag("platform", "", Text, "Platform of the image"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let source = given.first();
    let name = given.args.get(1).map_or("", String::as_str);
    if !name.is_empty() {
        Reference::parse(name).map_err(|e| Error::plain(e.to_string()))?;
    }
    let url = source.starts_with("http://") || source.starts_with("https://");
    let body = match source {
        _ if url => Body::Empty,
        "-" => Body::Stream(
            "application/x-tar",
            Box::new(Chunks::new(tokio::io::stdin())),
        ),
        file => {
            let opened = tokio::fs::File::open(file)
                .await
                .map_err(|e| open_error(file, &e))?;
            Body::Stream("application/x-tar", Box::new(Chunks::new(opened)))
        }
    };
    let changes = given.list("change");
    let mut query = vec![
        ("fromSrc", if url { source } else { "-" }),
        ("message", given.text("message")),
        ("repo", name),
    ];
    query.extend(changes.iter().map(|c| ("changes", c.as_str())));
    if !given.text("platform").is_empty() {
        query.push(("platform", given.text("platform")));
    }
    let client = app.client().await?;
    let target = path("/images/create", &query);
    let response = client.request(Method::POST, &target, body).await?;
    show(&app, response, Target::Stdout).await?;
    Ok(0)
}
