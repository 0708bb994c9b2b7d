//! Dockerfile builds.
//!
//! `dockerfile` reads the file, `expand` and `args` do its variables, `config` the instructions that only change the config:
//! all pure. `POST /build` is `verb`; a `builder` goes through the stages, each a chain of images, and looks every step up in
//! the `cache` before it is done. Files are copied from tree to layer without a container (`copy`); `RUN` is a real container
//! of the stage, whose changes become the layer (`run`).

mod args;
mod base;
mod builder;
mod cache;
pub mod config;
mod context;
mod copied;
mod copy;
pub mod dockerfile;
pub mod expand;
mod options;
mod out;
mod run;
mod step;
mod verb;

pub use options::BuildOptions;
