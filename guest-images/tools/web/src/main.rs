//! `web`: the server of the `nginx` image. Static files, redirections, error pages and proxying, as the common part of nginx's
//! configuration describes them; one process, one loop over all connections.
//!
//! `directives` reads the text of a configuration, `config` finds what it means (`sites`); `server` is the loop, `connection`
//! one client, `respond` decides an answer, `files` and `upstream` are where answers come from, `log` tells of them.

mod config;
mod connection;
mod directives;
mod files;
mod log;
mod nginx;
mod respond;
mod server;
mod sites;
mod upstream;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[("nginx", nginx::main)];

fn main() {
    applet::run(TABLE)
}
