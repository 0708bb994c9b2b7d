//! `redis`: the programs of the `redis` image — the server, its client, its benchmark, and `gosu`, which the image's start script
//! leaves root with.
//!
//! `protocol` is what goes over a connection; `data` is what is kept; `commands` answers; `server` holds clients and the loop that
//! serves them; `persist` brings the data to files and back. `cli`, `benchmark` and `gosu` are programs of their own.

mod benchmark;
mod cli;
mod commands;
mod data;
mod gosu;
mod persist;
mod protocol;
mod server;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[
    ("redis-server", server::main),
    ("redis-cli", cli::main),
    ("redis-benchmark", benchmark::main),
    ("gosu", gosu::main),
];

fn main() {
    applet::run(TABLE)
}
