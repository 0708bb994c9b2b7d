//! One list of commands, driven through any `docker`-like program against any engine, and compared with what a real
//! engine answered. Three axes: the real CLI on our engine, our CLI on the real engine, our CLI on our engine.
//! How people use it: README.md beside this file.

mod axes;
mod compose;
mod difference;
mod docker_py;
mod docker_py_suite;
mod exchange;
mod explained;
mod list;
mod normalise;
mod progress;
mod record;
mod replay;
mod run;
#[path = "../support/mod.rs"]
mod support;
mod testcontainers;
mod transcript;
mod world;
