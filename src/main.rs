//! The one program: the command line for people, and the engine when it is asked to be one.

use schooner::base::home;
use schooner::server;
use std::time::Duration;

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let state = home::state_dir().expect("home");
    let hosts = vec![home::endpoint(&state)];
    let cache = std::env::var_os("SCHOONER_CACHE").map(Into::into);
    let options = server::Options {
        state,
        hosts,
        cache,
        restart: true,
        idle: Some(Duration::from_secs(1800)),
    };
    if let Err(e) = server::serve(options).await {
        eprintln!("{e}");
        std::process::exit(1);
    }
}
