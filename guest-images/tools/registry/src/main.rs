//! `registry`: the server of the `registry` image. The OCI distribution API over files laid out as Docker's own registry lays
//! them out, so that a volume filled by the one is read by the other; one process, one loop over all connections.
//!
//! `settings` is what the configuration file and the environment say; `server` is the loop, `connection` one client, `http` what
//! goes over the wire; `route` tells what a path means, `api` answers; `store` is the folder, `collect` takes out of it what
//! nothing names any more; `auth` knows users, `log` tells what happened.

mod api;
mod auth;
mod cli;
mod collect;
mod connection;
mod http;
mod log;
mod route;
mod server;
mod settings;
mod store;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[("registry", cli::main)];

fn main() {
    applet::run(TABLE)
}
