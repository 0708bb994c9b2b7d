//! `ryuk`: the program of the `testcontainers/ryuk` image. Test libraries tell it by which labels their containers, networks,
//! volumes and images are known; when the last of them has hung up and none comes back, it removes all of these and ends.
//!
//! `settings` reads the environment, `server` talks to the libraries, `engine` asks the engine through its mounted socket,
//! `reap` removes.

mod engine;
mod reap;
mod server;
mod settings;

use applet::Applet;

const TABLE: &[(&str, Applet)] = &[("ryuk", server::main)];

fn main() {
    applet::run(TABLE)
}
