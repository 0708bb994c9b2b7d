//! Dockerfile builds.
//!
//! `dockerfile` reads the file, `expand` and `args` do its variables, `config` the instructions that only change the config:
//! all pure. `POST /build` is `verb`; a `builder` goes through the stages, each a chain of images, and looks every step up in
//! the `cache` before it is done. Files are copied from tree to layer without a container (`copy`); `RUN` is a real container
//! of the stage, whose changes become the layer (`run`), with what `RUN --mount` asks for (`mounts`, `caches`).
//!
//! The same interpreter stands behind two doors. The classic one gets the context as a tar and says Docker's lines; BuildKit's
//! (`front`) reads a `Plan` first, fetches what the plan needs, and hears `Event`s, from which the server makes BuildKit's words.

mod args;
mod base;
mod builder;
mod cache;
mod caches;
pub mod config;
mod context;
mod contexts;
mod copied;
mod copy;
pub mod dockerfile;
mod download;
pub mod expand;
mod export;
mod front;
mod mounts;
mod names;
mod needs;
mod options;
mod out;
mod platforms;
mod remote;
mod report;
mod run;
mod step;
mod supply;
mod verb;

pub use caches::Caches;
pub use contexts::Named;
pub use export::{Exported, ExportedFiles, ExportedKind};
pub use front::Plan;
pub use options::{BuildOptions, Frontend};
pub use report::{Event, Failure};
pub use supply::{ContextTar, Secrets, Supplies};
