//! `save`: writes images into an archive.

use crate::base::platform;
use crate::cli::app::{App, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::Text;
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::output::Output;
use crate::client::Body;
use hyper::Method;

pub fn verb() -> Verb {
    Verb {
        paths: &["image save", "save"],
        usage: "IMAGE [IMAGE...]",
        about: "Write images into a tar archive (to standard output unless -o is given)",
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
            "output",
            "o",
            Text,
            "File to write instead of standard output",
        ),
        flag(
            "platform",
            "",
            Text,
            "Write only the image for this platform (os[/arch[/variant]])",
        ),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    let parameter = platform::parameter(given.text("platform"));
    let parameter = parameter.map_err(|e| Error::plain(format!("invalid platform: {e}")))?;
    let output = Output::choose(given.text("output"), "save image")?;
    let mut query: Vec<(&str, &str)> = given.args.iter().map(|n| ("names", n.as_str())).collect();
    query.extend(parameter.iter().map(|p| ("platform", p.as_str())));
    let client = app.client().await?;
    let target = path("/images/get", &query);
    let response = client.request(Method::GET, &target, Body::Empty).await?;
    output.write(&app, response).await?;
    Ok(0)
}
