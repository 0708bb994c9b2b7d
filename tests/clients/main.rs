//! One list of commands, driven through any `docker`-like program against any engine, and compared with what a real
//! engine answered. Three axes: the real CLI on our engine, our CLI on the real engine, our CLI on our engine.

mod cases;
mod compare;
mod docker_py;
mod normalise;
#[path = "../support/mod.rs"]
mod support;
