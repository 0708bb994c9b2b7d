//! `stop`: asks containers to end, and ends them if they do not. `restart` does so too and starts them again.

use super::each;
use crate::cli::app::{App, container, err, path};
use crate::cli::error::Result;
use crate::cli::grammar::Kind::{Int, Text};
use crate::cli::grammar::{Arity, Flag, Given, Verb, flag};
use crate::cli::hints;
use crate::client::Body;
use hyper::Method;

pub fn verbs() -> Vec<Verb> {
    let verb = |paths: &'static [&'static str], about| Verb {
        paths,
        usage: "CONTAINER [CONTAINER...]",
        about,
        arity: Arity::AtLeast(1),
        options_first: false,
        flags,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    };
    vec![
        verb(&["container stop", "stop"], "Stop running containers"),
        verb(
            &["container restart", "restart"],
            "Stop containers and start them again",
        ),
    ]
}

fn flags() -> Vec<Flag> {
    vec![
        flag("signal", "s", Text, "Signal to ask with"),
        flag("time", "", Int, "Seconds to wait before killing")
            .default("0")
            .hidden(),
        flag("timeout", "t", Int, "Seconds to wait before killing").default("0"),
    ]
}

async fn run(app: App, given: Given) -> Result<i32> {
    if given.changed("time") {
        err("Flag --time has been deprecated, use --timeout instead\n");
    }
    let client = app.client().await?;
    let timeout = ["timeout", "time"]
        .iter()
        .find(|f| given.changed(f))
        .map(|f| given.text(f));
    let verb = if given.path.ends_with("restart") {
        "/restart"
    } else {
        "/stop"
    };
    let signal = given.text("signal");
    let mut query = Vec::new();
    query.extend(timeout.map(|t| ("t", t)));
    if !signal.is_empty() {
        query.push(("signal", signal));
    }
    each(&client, &given.args, async |client, name| {
        let target = path(&container(name, verb)?, &query);
        let begun = std::time::Instant::now();
        client.request(Method::POST, &target, Body::Empty).await?;
        hints::after_stop(&app, begun.elapsed());
        Ok(name.to_owned())
    })
    .await
}
