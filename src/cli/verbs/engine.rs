//! `engine`: the engine itself, for those who want to see it. Everybody else never needs these.

use crate::cli::app::{App, out, path};
use crate::cli::error::{Error, Result};
use crate::cli::grammar::Kind::{Bool, Duration, Int, List};
use crate::cli::grammar::{Arity, Flag, Given, Run, Verb, flag, walk};
use crate::client::{self, Body, autostart};
use hyper::Method;
use std::path::PathBuf;
use std::time;

/// How the engine is to be served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Serve {
    pub state: PathBuf,
    /// Addresses to listen at; the first is the user's own.
    pub hosts: Vec<String>,
    /// Whether restart policies are honoured.
    pub restart: bool,
    /// How long it stays with nothing to do; `None` for ever.
    pub idle: Option<time::Duration>,
}

pub fn verbs() -> Vec<Verb> {
    let verb = |paths: &'static [&'static str], about, flags, run: Run| Verb {
        paths,
        usage: "",
        about,
        arity: Arity::None,
        options_first: false,
        flags,
        run,
        hidden: false,
    };
    vec![
        verb(
            &["engine start"],
            "Start the engine, unless it runs",
            start_flags,
            |app, given| Box::pin(start(app, given)),
        ),
        verb(
            &["engine stop"],
            "Stop the engine and every container",
            stop_flags,
            |app, given| Box::pin(stop(app, given)),
        ),
        verb(
            &["engine status"],
            "Say whether the engine runs",
            Vec::new,
            |app, given| Box::pin(status(app, given)),
        ),
        verb(
            &["engine host"],
            "Print the engine's address, for DOCKER_HOST",
            Vec::new,
            |app, given| Box::pin(host(app, given)),
        ),
        verb(
            &["engine logs"],
            "Print the engine's own log",
            log_flags,
            |app, given| Box::pin(logs(app, given)),
        ),
    ]
}

fn start_flags() -> Vec<Flag> {
    vec![
        flag("host", "H", List, "Listen at this address too"),
        flag(
            "idle",
            "",
            Duration,
            "Leave after this time with nothing to do; 0 to stay",
        )
        .default("30m"),
        flag(
            "restart",
            "r",
            Bool,
            "Start containers again as their restart policies say",
        )
        .default("true"),
    ]
}

fn log_flags() -> Vec<Flag> {
    vec![flag(
        "follow",
        "f",
        Bool,
        "Go on printing as more is written",
    )]
}

fn stop_flags() -> Vec<Flag> {
    vec![
        flag(
            "timeout",
            "t",
            Int,
            "Seconds that containers have before they are killed",
        )
        .default("10"),
    ]
}

/// Reads the arguments of the hidden `engine serve`.
pub fn serve_options(args: &[String]) -> Result<Serve> {
    let flags = start_flags();
    let walked = walk(&flags, args, false).map_err(Error::plain)?;
    let given = Given::new("engine serve", &flags, walked).map_err(Error::plain)?;
    let state = App::state()?;
    let mut hosts = vec![crate::base::home::endpoint(&state)];
    hosts.extend(given.list("host"));
    let idle = u64::try_from(given.duration("idle")).unwrap_or(0);
    Ok(Serve {
        state,
        hosts,
        restart: given.on("restart"),
        idle: (idle > 0).then(|| time::Duration::from_nanos(idle)),
    })
}

async fn start(app: App, given: Given) -> Result<i32> {
    let client = app.unconnected()?;
    if client.ping().await.is_ok() {
        out("The engine is running already.\n");
        return Ok(0);
    }
    let mut launch = App::launch()?;
    for host in given.list("host") {
        client::Endpoint::parse(&host)?;
        launch.args.push(format!("--host={host}").into());
    }
    launch
        .args
        .push(format!("--idle={}", given.text("idle")).into());
    launch
        .args
        .push(format!("--restart={}", given.on("restart")).into());
    autostart::start(&client, &launch).await?;
    out(&format!("The engine is running at {}\n", app.address()?));
    Ok(0)
}

async fn stop(app: App, given: Given) -> Result<i32> {
    let client = app.unconnected()?;
    let timeout = given.changed("timeout").then(|| given.text("timeout"));
    let query: Vec<_> = timeout.map(|t| ("t", t)).into_iter().collect();
    let target = path("/schooner/stop", &query);
    match client.request(Method::POST, &target, Body::Empty).await {
        Ok(_) => {}
        Err(client::Error::NotRunning { .. }) => {
            out("The engine is not running.\n");
            return Ok(0);
        }
        Err(error) => return Err(error.into()),
    }
    // It answers when every container has ended and leaves then; this command ends when it has left.
    while client.ping().await.is_ok() {
        tokio::time::sleep(time::Duration::from_millis(20)).await;
    }
    out("The engine has stopped.\n");
    Ok(0)
}

async fn status(app: App, _given: Given) -> Result<i32> {
    let client = app.unconnected()?;
    let address = app.address()?;
    match client.ping().await {
        Ok(_) => {
            let info: crate::wire::Info = client.get("/info").await?;
            out(&format!(
                "The engine is running at {address}\nContainers: {} ({} running), images: {}\n",
                info.containers, info.containers_running, info.images
            ));
            Ok(0)
        }
        Err(client::Error::NotRunning { .. }) => {
            out(&format!(
                "The engine is not running. The first command that needs it starts it at {address}\n"
            ));
            Err(Error::silent(3))
        }
        Err(error) => Err(error.into()),
    }
}

async fn host(app: App, _given: Given) -> Result<i32> {
    // Whoever asks for the address is about to use it with a client that cannot start the engine.
    app.client().await?;
    out(&format!("{}\n", app.address()?));
    Ok(0)
}

async fn logs(_app: App, given: Given) -> Result<i32> {
    let log = App::launch()?.log;
    let mut shown = 0;
    loop {
        let bytes = match tokio::fs::read(&log).await {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(e.into()),
        };
        let new = bytes.get(shown..).unwrap_or(&bytes);
        crate::cli::stream::write_all(&mut std::io::stdout().lock(), new)?;
        shown = bytes.len();
        if !given.on("follow") {
            return Ok(0);
        }
        tokio::time::sleep(time::Duration::from_millis(200)).await;
    }
}
