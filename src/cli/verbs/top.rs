//! `top`: the processes of a container, with the options of ps(1).

use crate::cli::app::{App, container, out, path};
use crate::cli::error::Result;
use crate::cli::grammar::{Arity, Given, Verb};
use crate::cli::print::table;
use crate::client::Body;
use crate::wire::TopResponse;
use hyper::Method;

/// The narrowest column.
const LEAST: usize = 20;

pub fn verb() -> Verb {
    Verb {
        paths: &["container top", "top"],
        usage: "CONTAINER [ps OPTIONS]",
        about: "Show the processes of a container",
        arity: Arity::AtLeast(1),
        options_first: true,
        flags: Vec::new,
        run: |app, given| Box::pin(run(app, given)),
        hidden: false,
    }
}

async fn run(app: App, given: Given) -> Result<i32> {
    let options = given.args[1..].join(" ");
    let query: &[(&str, &str)] = match options.as_str() {
        "" => &[],
        given => &[("ps_args", given)],
    };
    let client = app.client().await?;
    let target = path(&container(&given.args[0], "/top")?, query);
    let top: TopResponse = client.json(Method::GET, &target, Body::Empty).await?;
    let rows = top
        .titles
        .into_iter()
        .chain(top.processes.into_iter().flatten());
    let text: String = rows.map(|row| row.join("\t") + "\n").collect();
    out(&table::align_wide(&text, LEAST));
    Ok(0)
}
