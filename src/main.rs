//! The one program: the command line for people, and the engine when it is asked to be one.

use schooner::cli::{self, Outcome, Serve};
use schooner::server;

fn main() {
    let args = std::env::args_os().map(|a| a.to_string_lossy().into_owned());
    let code = match cli::run(args.collect()) {
        Outcome::Exit(code) => code,
        Outcome::Serve(options) => serve(options),
    };
    std::process::exit(code);
}

/// Becomes the engine; its standard error is its log.
fn serve(options: Serve) -> i32 {
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let options = server::Options {
        state: options.state,
        hosts: options.hosts,
        cache: std::env::var_os("SCHOONER_CACHE").map(Into::into),
        restart: options.restart,
        idle: options.idle,
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(e) => {
            tracing::error!("cannot start the engine: {e}");
            return 1;
        }
    };
    match runtime.block_on(server::serve(options)) {
        Ok(()) => 0,
        Err(e) => {
            tracing::error!("{e}");
            1
        }
    }
}
